// Cancelling a coroutine stops its job, waits for its end, and leaves nothing half-made behind.
package org.amparo

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.withTimeout
import org.amparo.core.CaptureRequest
import org.amparo.core.EvidenceException
import org.amparo.core.EvidenceKind
import org.amparo.core.ImportRequest
import org.amparo.core.RecipientGroup
import org.amparo.core.RecipientKind
import org.amparo.core.ReportRequest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.IOException
import java.io.InputStream
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

internal class CancelTest {
    @TempDir
    lateinit var folder: Path

    private fun bigFile(mebibytes: Int) = folder.resolve("film.ts").toFile().also { file ->
        file.outputStream().use { out -> repeat(mebibytes) { out.write(Random(it).nextBytes(1024 * 1024)) } }
    }

    private suspend fun assertNothingKept(vault: AmparoVault) {
        assertEquals(emptyList<Any>(), vault.evidence.recent().evidence)
        assertEquals(emptyList<Any>(), vault.evidence.deleted().evidence)
        assertTrue(vault.check().sound)
    }

    @Test
    fun anImportThatWasCancelledKeepsNothing() = scenario {
        val film = bigFile(96)
        newVault(folder).use { vault ->
            val progress = JobProgress()
            val seen = async { progress.bytes(5.milliseconds).toList() }
            val importing = async { vault.evidence.importFile(film, progress = progress) }
            progress.bytes(1.milliseconds).first { it > 0uL }
            importing.cancelAndJoin()
            thrownBy<CancellationException> { importing.await() }

            // The job has ended: the flow of its progress too, far from the end of the file, and the vault is as before.
            val told = withTimeout(5.seconds) { seen.await() }
            assertEquals(told.sorted(), told)
            assertTrue(told.last() in 1uL..<film.length().toULong(), "stopped at ${told.last()}")
            assertNothingKept(vault)
        }
    }

    @Test
    fun progressIsToldToTheEnd() = scenario {
        val film = bigFile(16)
        newVault(folder).use { vault ->
            val progress = JobProgress()
            val seen = async { progress.bytes(1.milliseconds).toList() }
            val evidence = vault.evidence.importFile(film, ImportRequest(note = "whole"), progress)
            assertEquals(film.length().toULong(), evidence.size)
            val told = seen.await()
            assertEquals(0uL, told.first())
            assertEquals(film.length().toULong(), told.last())
            assertTrue(told.size > 2, "something in between: $told")
            // Also for whoever comes late, and for a second one.
            assertEquals(listOf(film.length().toULong()), progress.bytes().toList())
            thrownBy<IllegalStateException> { vault.evidence.importFile(film, progress = progress) }
        }
    }

    @Test
    fun aStreamThatHangsDoesNotHoldUpItsCancellation() = scenario {
        newVault(folder).use { vault ->
            val reads = CountDownLatch(1)
            val goesOn = CountDownLatch(1)
            val hanging = object : InputStream() {
                override fun read(): Int = error("not called")
                override fun read(target: ByteArray, offset: Int, length: Int): Int {
                    if (reads.count > 0) {
                        reads.countDown()
                        return length
                    }
                    goesOn.await()
                    return -1
                }
            }
            val importing = launch(Dispatchers.IO) { vault.evidence.importStream(hanging) }
            reads.await()
            withTimeout(10.seconds) { importing.cancelAndJoin() }
            assertNothingKept(vault)
            goesOn.countDown()
        }
    }

    @Test
    fun aStreamThatBreaksIsNeverEvidence() = scenario {
        newVault(folder).use { vault ->
            // Before the first byte, in the middle of a block, and at the very border of one.
            for (good in listOf(0, 1, 100_000, 1 shl 20)) {
                val breaks = object : InputStream() {
                    var left = good
                    override fun read(): Int = if (left-- > 0) 7 else throw IOException("the server is gone")
                    override fun read(target: ByteArray, offset: Int, length: Int): Int {
                        if (left == 0) throw IOException("the server is gone")
                        return minOf(left, length).also { left -= it }
                    }
                }
                val broke = thrownBy<IOException> { vault.evidence.importStream(breaks) }
                assertEquals("the server is gone", broke.message, "after $good bytes")
            }
            assertNothingKept(vault)

            val defect = IllegalStateException("a defect of the stream's")
            val broke = thrownBy<IOException> {
                vault.evidence.importStream(object : InputStream() {
                    override fun read(): Int = throw defect
                })
            }
            // Behind whatever the coroutines' debugging puts before it.
            assertTrue(generateSequence<Throwable>(broke) { it.cause }.any { it === defect })
        }
    }

    @Test
    fun aWholeStreamIsEvidenceBitForBit() = scenario {
        newVault(folder).use { vault ->
            for (size in listOf(1, 65_536, 65_537, 1 shl 20, 5_000_000)) {
                val bytes = media(size)
                val evidence = vault.evidence.importStream(bytes.inputStream(), ImportRequest(fileName = "$size"))
                assertEquals(sha256(bytes), evidence.sha256)
                assertEquals(org.amparo.core.Origin.Import, evidence.description.how)
            }
            thrownBy<EvidenceException.Empty> { vault.evidence.importStream(ByteArray(0).inputStream()) }
        }
    }

    @Test
    fun aDescriptorIsClosedAlsoWhereItsJobNeverBegan() = scenario {
        val one = Dispatchers.IO.limitedParallelism(1)
        AmparoVault.create(vaultIn(folder), passphrase(), FAST, dispatcher = one).use { vault ->
            val libc = Libc.get()
            val ends = IntArray(2).also { libc.pipe(it) }
            val goesOn = CountDownLatch(1)
            val busy = launch(one) { goesOn.await() }
            val importing = launch(start = CoroutineStart.UNDISPATCHED) { vault.evidence.importDescriptor(ends[0]) }
            importing.cancel()
            goesOn.countDown()
            importing.join()
            busy.join()
            // Nobody has the reading end any more.
            thrownBy<com.sun.jna.LastErrorException> { libc.write(ends[1], direct(ByteArray(1)), com.sun.jna.NativeLong(1)) }
            libc.close(ends[1])
            assertNothingKept(vault)
        }
    }

    @Test
    fun aSealThatWasCancelledLeavesNoFile() = scenario {
        val film = bigFile(64)
        newVault(folder).use { vault ->
            val recipient = AmparoDesk().generateKey(folder.resolve("keys.txt").toFile())
            val incident = vault.incidents.create("Something.")
            vault.evidence.importFile(film, ImportRequest(incident = incident.id))
            val request = ReportRequest(incident.id, listOf(RecipientGroup(RecipientKind.Lawyer, listOf(recipient))))
            val progress = JobProgress()
            val target = Files.createDirectory(folder.resolve("out")).resolve("report.age").toFile()
            val sealing = async { vault.reports.sealFile(request, target, progress) }
            progress.bytes(1.milliseconds).first { it > 0uL }
            sealing.cancelAndJoin()
            assertTrue(sealing.isCancelled)
            assertEquals(emptyList<Path>(), Files.list(folder.resolve("out")).use { it.toList() })
            assertFalse(vault.reports.list(incident.id).any { it.sealed })
        }
    }

    @Test
    fun aCaptureNobodyWaitsForIsNotBegun() = scenario {
        val clock = HoldingClock()
        newVault(folder, clock = clock).use { vault ->
            clock.holds = true
            val starting = launch { vault.evidence.startCapture(CaptureRequest(EvidenceKind.Audio, "audio/ogg")) }
            clock.inTheMiddle { starting.cancel() }
            starting.join()
            assertNothingKept(vault)
        }
    }
}
