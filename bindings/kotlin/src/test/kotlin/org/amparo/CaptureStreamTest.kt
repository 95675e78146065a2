// A capture is streamed in, direct buffers and others, and read back in every shape.
package org.amparo

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.onSubscription
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import org.amparo.core.CaptureRequest
import org.amparo.core.EvidenceException
import org.amparo.core.EvidenceKind
import org.amparo.core.EvidenceState
import org.amparo.core.Origin
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.ClosedChannelException
import java.nio.channels.NonWritableChannelException
import java.nio.file.Path
import kotlin.concurrent.thread

internal class CaptureStreamTest {
    @TempDir
    lateinit var folder: Path

    private val video = CaptureRequest(EvidenceKind.Video, "video/mp2t")

    @Test
    fun whatWasStreamedIsReadBackInEveryShape() = scenario {
        val recorded = media(3 * 1024 * 1024 + 17)
        newVault(folder).use { vault ->
            val incident = vault.incidents.create("A checkpoint.")
            val evidence = vault.evidence.startCapture(video.copy(incident = incident.id)).use { capture ->
                var at = 0
                // Sizes around the borders of slots and pieces, and one above what is copied at once.
                for (size in generateSequence(listOf(1, 4095, 65536, 65537, 262144, 300_000)) { it }.flatten()) {
                    val count = minOf(size, recorded.size - at)
                    capture.write(direct(recorded.copyOfRange(at, at + count)))
                    at += count
                    assertEquals(at.toLong(), capture.size)
                    if (at == recorded.size) break
                }
                capture.sync()
                capture.finish()
            }
            assertEquals(recorded.size.toULong(), evidence.size)
            assertEquals(sha256(recorded), evidence.sha256)
            assertEquals(EvidenceState.Complete, evidence.state)
            assertEquals(Origin.InApp, evidence.description.how)
            assertEquals(listOf(evidence), vault.evidence.list(incident.id))

            vault.evidence.openReader(evidence.id).use { reader ->
                assertEquals(recorded.size.toLong(), reader.size)
                assertArrayEquals(recorded, reader.read(0, Int.MAX_VALUE))
                assertArrayEquals(recorded.copyOfRange(100_000, 900_000), reader.read(100_000, 800_000))
                assertEquals(17, reader.read(recorded.size - 17L, 1000).size)
                assertEquals(0, reader.read(recorded.size.toLong(), 1).size)
                assertEquals(0, reader.read(Long.MAX_VALUE, 1).size)
                thrownBy<IllegalArgumentException> { reader.read(-1, 1) }
            }
            assertStream(recorded, vault.evidence.openReader(evidence.id))
            assertChannel(recorded, vault.evidence.openReader(evidence.id))
        }
    }

    private fun assertStream(recorded: ByteArray, reader: EvidenceReader) {
        val stream = reader.inputStream()
        assertEquals(recorded[0].toInt() and 0xff, stream.read())
        assertTrue(stream.available() > 0)
        stream.mark(Int.MAX_VALUE)
        assertEquals(1_000_000, stream.skip(1_000_000))
        assertEquals(0, stream.available())
        assertArrayEquals(recorded.copyOfRange(1_000_001, 1_000_101), stream.readNBytes(100))
        stream.reset()
        assertArrayEquals(recorded.copyOfRange(1, recorded.size), stream.readAllBytes())
        assertEquals(-1, stream.read())
        assertEquals(0, stream.skip(5))
        stream.close()
        assertThrows(IOException::class.java) { stream.read() }
    }

    private fun assertChannel(recorded: ByteArray, reader: EvidenceReader) {
        val channel = reader.channel()
        assertEquals(recorded.size.toLong(), channel.size())
        val all = ByteBuffer.allocate(recorded.size)
        while (all.hasRemaining()) assertTrue(channel.read(all) > 0)
        assertArrayEquals(recorded, all.array())
        assertEquals(-1, channel.read(ByteBuffer.allocate(1)))
        val some = ByteBuffer.allocateDirect(50)
        channel.position(2_000_000).read(some)
        assertEquals(2_000_050, channel.position())
        assertArrayEquals(recorded.copyOfRange(2_000_000, 2_000_050), ByteArray(50).also { some.flip().get(it) })
        assertThrows(NonWritableChannelException::class.java) { channel.write(ByteBuffer.allocate(1)) }
        assertThrows(NonWritableChannelException::class.java) { channel.truncate(0) }
        channel.close()
        assertThrows(ClosedChannelException::class.java) { channel.position() }
        assertThrows(ClosedChannelException::class.java) { channel.read(some.clear()) }
    }

    @Test
    fun heapBuffersAndArraysAreCopiedWhole() = scenario {
        val recorded = media(1_500_000)
        newVault(folder).use { vault ->
            val evidence = vault.evidence.startCapture(video).use { capture ->
                capture.write(recorded, 0, 700_000)
                val rest = ByteBuffer.wrap(recorded)
                rest.position(700_000).limit(1_200_000)
                capture.write(rest)
                assertEquals(1_200_000, rest.position())
                capture.write(ByteBuffer.wrap(recorded, 1_200_000, 300_000).slice().asReadOnlyBuffer())
                capture.write(ByteArray(0))
                capture.finish()
            }
            assertEquals(sha256(recorded), evidence.sha256)
        }
    }

    @Test
    fun aRecorderWithAThreadOfItsOwnWrites() = scenario {
        val recorded = media(1_000_000)
        newVault(folder).use { vault ->
            vault.evidence.startCapture(video).use { capture ->
                thread { recorded.asList().chunked(100_000).forEach { capture.writeBlocking(direct(it.toByteArray())) } }.join()
                assertEquals(sha256(recorded), capture.finish().sha256)
            }
        }
    }

    @Test
    fun aCaptureThatIsForgottenKeepsEveryByte() = scenario {
        val recorded = media(123_456)
        newVault(folder).use { vault ->
            val id = vault.evidence.startCapture(video).use { capture ->
                capture.write(recorded)
                capture.id
            }
            val left = vault.evidence.get(id)
            assertEquals(EvidenceState.Interrupted, left.state)
            assertEquals(sha256(recorded), left.sha256)

            thrownBy<IllegalStateException> {
                vault.evidence.startCapture(video.copy(continues = id)).use { capture ->
                    capture.write(recorded)
                    error("the camera is gone")
                }
            }
            assertEquals(2, vault.evidence.segments(id).size)
            vault.evidence.openRecording(id).use { reader ->
                assertEquals(2, reader.pieces)
                assertArrayEquals(recorded + recorded, reader.read(0, Int.MAX_VALUE))
            }
        }
    }

    @Test
    fun nothingIsLeftOfWhatWasGivenUpOrEmpty() = scenario {
        newVault(folder).use { vault ->
            vault.evidence.startCapture(video).use { capture ->
                capture.write(media(100_000))
                capture.abort()
            }
            vault.evidence.startCapture(video).use { capture -> thrownBy<EvidenceException.Empty> { capture.finish() } }
            assertEquals(emptyList<Any>(), vault.evidence.recent().evidence)
        }
    }

    @Test
    fun everyChangeIsTold() = scenario {
        val vault = newVault(folder)
        val listens = CompletableDeferred<Unit>()
        val told = async {
            vault.changes.onSubscription { listens.complete(Unit) }.takeWhile { it != VaultChange.Locked }.toList()
        }
        listens.await()
        val incident = vault.incidents.create("Something.")
        vault.incidents.save(incident, incident.content)
        vault.incidents.save(incident, incident.content.copy(title = "A title"))
        lateinit var kept: String
        vault.evidence.startCapture(video).use { capture ->
            kept = capture.id
            capture.write(media(10))
            capture.finish()
        }
        lateinit var gone: String
        vault.evidence.startCapture(video).use { capture ->
            gone = capture.id
            capture.abort()
        }
        vault.evidence.attach(kept, incident.id)
        launch { vault.lock() }
        assertEquals(
            listOf(
                VaultChange.OfIncident(incident.id, ChangeKind.ADDED),
                VaultChange.OfIncident(incident.id, ChangeKind.CHANGED),
                VaultChange.OfEvidence(kept, ChangeKind.ADDED),
                VaultChange.OfEvidence(kept, ChangeKind.CHANGED),
                VaultChange.OfEvidence(gone, ChangeKind.ADDED),
                VaultChange.OfEvidence(gone, ChangeKind.REMOVED),
                VaultChange.OfEvidence(kept, ChangeKind.CHANGED),
                VaultChange.OfIncident(incident.id, ChangeKind.CHANGED),
            ),
            told.await(),
        )
    }
}
