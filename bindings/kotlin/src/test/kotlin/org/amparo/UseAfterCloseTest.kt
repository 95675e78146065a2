// What was closed says so: no crash, no other bytes, whoever else is using it at that moment.
package org.amparo

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import org.amparo.core.CaptureRequest
import org.amparo.core.EvidenceException
import org.amparo.core.EvidenceKind
import org.amparo.core.IncidentException
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.ByteBuffer
import java.nio.channels.ClosedChannelException
import java.nio.file.Path

internal class UseAfterCloseTest {
    @TempDir
    lateinit var folder: Path

    private val video = CaptureRequest(EvidenceKind.Video, "video/mp2t")

    private suspend fun recording(vault: AmparoVault, bytes: ByteArray): String = vault.evidence.startCapture(video).use { capture ->
        capture.write(bytes)
        capture.finish().id
    }

    @Test
    fun aCaptureIsOverOnce() = scenario {
        newVault(folder).use { vault ->
            val ends: List<suspend (EvidenceCapture) -> Unit> = listOf({ it.finish() }, { it.abort() }, { it.close() })
            for (end in ends) {
                val capture = vault.evidence.startCapture(video)
                capture.write(media(1000))
                end(capture)
                val afterwards: List<suspend () -> Unit> = listOf(
                    { capture.write(media(1)) },
                    { capture.write(direct(media(1))) },
                    { capture.sync() },
                    { capture.finish() },
                    { capture.abort() },
                )
                for (call in afterwards) {
                    val refused = thrownBy<EvidenceException.Closed> { call() }
                    assertEquals(901u, refused.amparoCode)
                }
                assertEquals(1000, capture.size)
                capture.close()
            }
        }
    }

    @Test
    fun aReaderIsClosedInAllItsShapes() = scenario {
        newVault(folder).use { vault ->
            val id = recording(vault, media(1000))
            val reader = vault.evidence.openReader(id)
            val (channel, stream) = reader.channel() to reader.inputStream()
            reader.close()
            reader.close()
            assertEquals(905u, thrownBy<EvidenceException.Closed> { reader.read(0, 1) }.amparoCode)
            thrownBy<ClosedChannelException> { channel.read(ByteBuffer.allocate(1)) }
            thrownBy<java.io.IOException> { stream.read() }
            assertEquals(1000, reader.size)
        }
    }

    @Test
    fun closingWhileOthersReadIsNoRace() = scenario {
        newVault(folder).use { vault ->
            val bytes = media(500_000)
            val id = recording(vault, bytes)
            repeat(40) {
                val reader = vault.evidence.openReader(id)
                val reads = (1..4).map {
                    async(Dispatchers.IO) {
                        thrownBy<EvidenceException.Closed> {
                            while (true) assertArrayEquals(bytes.copyOfRange(1000, 200_000), reader.read(1000, 199_000))
                        }
                    }
                }
                reader.read(0, 1)
                reader.close()
                reads.awaitAll()
            }
        }
    }

    @Test
    fun endingWhileOthersWriteIsNoRace() = scenario {
        newVault(folder).use { vault ->
            repeat(10) { round ->
                val capture = vault.evidence.startCapture(video)
                capture.write(media(10))
                val writes = (1..4).map {
                    async(Dispatchers.IO) { thrownBy<EvidenceException.Closed> { while (true) capture.write(direct(media(10_000))) } }
                }
                if (round % 2 == 0) capture.finish() else capture.close()
                writes.awaitAll()
                assertEquals(capture.size.toULong(), vault.evidence.get(capture.id).size)
            }
        }
    }

    @Test
    fun everythingOfALockedVaultSaysSo() = scenario {
        val vault = newVault(folder)
        val id = recording(vault, media(1000))
        val reader = vault.evidence.openReader(id)
        val stream = vault.evidence.openReader(id).inputStream()
        vault.lock()
        assertTrue(thrownBy<IncidentException.Locked> { vault.incidents.list() }.isVaultLocked)
        thrownBy<IncidentException.Locked> { vault.incidents.create("Too late.") }
        thrownBy<EvidenceException.Locked> { vault.evidence.get(id) }
        thrownBy<EvidenceException.Locked> { vault.evidence.startCapture(video) }
        thrownBy<EvidenceException.Locked> { reader.read(0, 1) }
        assertTrue(thrownBy<java.io.IOException> { stream.read() }.isVaultLocked)
        reader.close()
        stream.close()
    }
}
