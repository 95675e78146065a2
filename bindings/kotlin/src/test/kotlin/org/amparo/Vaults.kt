// What the scenarios share: vaults that open fast, and waiting for something to come true.
package org.amparo

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.amparo.core.Clock
import org.amparo.core.ClockReading
import org.amparo.core.ClockTrust
import org.amparo.core.DeviceKey
import org.amparo.core.Kdf
import org.junit.jupiter.api.Assertions.fail
import java.io.File
import java.nio.file.Path
import java.time.Instant
import java.util.concurrent.Semaphore
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** The weakest derivation that the core takes. */
internal val FAST: Kdf = Kdf.Fixed(65536u, 3u, 1u)

/** A new array each time: what takes it wipes it. */
internal fun passphrase(): CharArray = "correct horse battery staple".toCharArray()

/** The vault's folder under a test's own. */
internal fun vaultIn(folder: Path): File = folder.resolve("vault").toFile()

internal suspend fun newVault(folder: Path, deviceKey: DeviceKey? = null, clock: Clock? = null): AmparoVault =
    AmparoVault.create(vaultIn(folder), passphrase(), FAST, deviceKey, clock)

internal suspend fun unlock(folder: Path, deviceKey: DeviceKey? = null, clock: Clock? = null): AmparoVault =
    AmparoVault.unlock(vaultIn(folder), passphrase(), deviceKey, clock)

/** A scenario with real threads and real time: what is tested blocks. Whatever hangs fails here and not at the build's end. */
internal fun scenario(limit: Duration = 120.seconds, run: suspend CoroutineScope.() -> Unit): Unit =
    runBlocking { withTimeout(limit) { run() } }

/** Waits until [what] holds. */
internal suspend fun until(limit: Duration = 30.seconds, what: suspend () -> Boolean): Unit =
    withTimeout(limit) { while (!what()) delay(5) }

/** What [run] throws, which must be an [E]. */
internal suspend inline fun <reified E : Throwable> thrownBy(run: () -> Any?): E {
    val thrown = try {
        run()
        null
    } catch (thrown: Throwable) {
        thrown
    }
    if (thrown is E) return thrown
    if (thrown == null) fail<Nothing>("expected ${E::class.simpleName}, nothing was thrown")
    throw AssertionError("expected ${E::class.simpleName}", thrown)
}

/** A clock that holds up whoever asks it the time, once it was told to: so a test can do something in the middle of a call. */
internal class HoldingClock : Clock {
    private val asked = Semaphore(0)
    private val goesOn = Semaphore(0)

    @Volatile
    var holds: Boolean = false

    override fun now(): ClockReading {
        if (holds) {
            asked.release()
            goesOn.acquire()
        }
        return ClockReading(Instant.now(), ClockTrust.Checked)
    }

    /** Runs [then] while a call waits for the time, and lets it and all that follow go on. */
    suspend fun inTheMiddle(then: suspend () -> Unit) {
        withContext(Dispatchers.IO) { asked.acquire() }
        holds = false
        then()
        goesOn.release()
    }
}

/** Bytes that differ from place to place, the same for the same [seed]. */
internal fun media(size: Int, seed: Int = 1): ByteArray {
    var state = seed * 2654435761u.toInt() or 1
    return ByteArray(size) {
        state = state xor (state shl 13)
        state = state xor (state ushr 17)
        state = state xor (state shl 5)
        state.toByte()
    }
}
