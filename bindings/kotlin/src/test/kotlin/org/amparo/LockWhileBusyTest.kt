// Locking does not wait for what is under way, and nothing of what was taken is lost by it.
package org.amparo

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.amparo.core.CaptureRequest
import org.amparo.core.EvidenceException
import org.amparo.core.EvidenceKind
import org.amparo.core.EvidenceState
import org.amparo.core.IncidentException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.InputStream
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

internal class LockWhileBusyTest {
    @TempDir
    lateinit var folder: Path

    private val video = CaptureRequest(EvidenceKind.Video, "video/mp2t")

    @Test
    fun everythingUnderWayEndsAsLocked() = scenario {
        val vault = newVault(folder)
        val incident = vault.incidents.create("Something.")
        val capture = vault.evidence.startCapture(video)
        val taken = AtomicLong()
        val began = CountDownLatch(3)
        val busy = listOf(
            async(Dispatchers.IO) {
                thrownBy<EvidenceException.Locked> {
                    while (true) {
                        val piece = media(50_000, seed = taken.get().toInt() + 1)
                        capture.write(direct(piece))
                        taken.addAndGet(50_000)
                        began.countDown()
                    }
                }
            },
            async(Dispatchers.IO) {
                thrownBy<IncidentException.Locked> {
                    while (true) {
                        vault.incidents.get(incident.id)
                        began.countDown()
                    }
                }
            },
            async(Dispatchers.IO) {
                thrownBy<EvidenceException> {
                    vault.evidence.importStream(object : InputStream() {
                        override fun read(): Int = 1
                        override fun read(target: ByteArray, offset: Int, length: Int): Int = length.also { began.countDown() }
                    })
                }
            },
        )
        began.await()
        delay(100.milliseconds)
        withTimeout(20.seconds) { vault.lock() }
        busy.awaitAll().forEach { assertTrue(it.isVaultLocked, it.toString()) }
        assertTrue(vault.isLocked)
        assertTrue(thrownBy<EvidenceException> { capture.write(media(1)) }.isVaultLocked)
        capture.close()

        unlock(folder).use { again ->
            val left = again.evidence.get(capture.id)
            assertEquals(EvidenceState.Interrupted, left.state)
            // What was taken is there; a write that was cut by the lock may be too.
            assertTrue(left.size.toLong() - taken.get() in 0..50_000, "taken ${taken.get()}, kept ${left.size}")
        }
    }

    @Test
    fun aLockDoesNotQueueBehindTheDispatcher() = scenario {
        val one = Dispatchers.IO.limitedParallelism(1)
        val vault = AmparoVault.create(vaultIn(folder), passphrase(), FAST, dispatcher = one)
        val goesOn = CountDownLatch(1)
        val busy = launch(one) { goesOn.await() }
        val waiting = async(Dispatchers.Default) { thrownBy<IncidentException.Locked> { vault.incidents.list() } }
        withTimeout(20.seconds) { vault.lock() }
        assertTrue(busy.isActive)
        goesOn.countDown()
        waiting.await()
    }

    @Test
    fun aLockIsNotCancelledWithItsCaller() = scenario {
        val vault = newVault(folder)
        val screen = launch(Dispatchers.Default) {
            try {
                delay(1000.seconds)
            } finally {
                assertFalse(currentCoroutineContext().isActive)
                vault.lock()
            }
        }
        delay(20.milliseconds)
        screen.cancelAndJoin()
        assertTrue(vault.isLocked)
        unlock(folder).lock()
    }

    @Test
    fun lockingAgainDoesNothing() = scenario {
        val vault = newVault(folder)
        coroutineScope { repeat(5) { launch(Dispatchers.Default) { vault.lock() } } }
        vault.lock()
        unlock(folder).lock()
    }
}
