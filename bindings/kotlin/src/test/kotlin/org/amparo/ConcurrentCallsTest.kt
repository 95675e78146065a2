// Many coroutines on one vault at once: every call is answered rightly, and none overwrites another's work.
package org.amparo

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.launch
import org.amparo.core.CaptureRequest
import org.amparo.core.EvidenceKind
import org.amparo.core.EvidenceState
import org.amparo.core.ImportRequest
import org.amparo.core.IncidentException
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path

internal class ConcurrentCallsTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun everyTopicAtOnce() = scenario {
        newVault(folder).use { vault ->
            val incidents = (1..60).map { number ->
                async(Dispatchers.Default) {
                    val saved = vault.incidents.create("Number $number.")
                    assertEquals(saved, vault.incidents.get(saved.id))
                    saved.id
                }
            }
            val captures = (1..6).map { number ->
                async(Dispatchers.Default) {
                    val recorded = media(700_000, seed = number)
                    val evidence = vault.evidence.startCapture(CaptureRequest(EvidenceKind.Video, "video/mp2t")).use { capture ->
                        for (at in recorded.indices step 70_000) capture.write(direct(recorded.copyOfRange(at, at + 70_000)))
                        capture.finish()
                    }
                    assertEquals(sha256(recorded), evidence.sha256)
                    vault.evidence.openReader(evidence.id).use { reader ->
                        (1..8).map { part ->
                            launch {
                                val at = part * 80_000L
                                assertArrayEquals(recorded.copyOfRange(at.toInt(), at.toInt() + 60_000), reader.read(at, 60_000))
                            }
                        }.forEach { it.join() }
                    }
                    evidence.id
                }
            }
            val imports = (1..6).map { number ->
                async(Dispatchers.Default) {
                    val bytes = media(200_000, seed = 100 + number)
                    val evidence = vault.evidence.importStream(bytes.inputStream(), ImportRequest(fileName = "$number"))
                    assertEquals(sha256(bytes), evidence.sha256)
                    evidence.id
                }
            }
            val all = (captures + imports).awaitAll().toSet()
            assertEquals(60, incidents.awaitAll().toSet().size)
            assertEquals(60, vault.incidents.list().incidents.size)
            assertEquals(all, vault.evidence.recent().evidence.map { it.id }.toSet())
            vault.evidence.recent().evidence.forEach { assertEquals(EvidenceState.Complete, it.state) }
        }
    }

    @Test
    fun ofThoseWhoSaveTheSameRevisionOneWins() = scenario {
        newVault(folder).use { vault ->
            val loaded = vault.incidents.create("Loaded by all.")
            val outcomes = (1..20).map { number ->
                async(Dispatchers.Default) {
                    try {
                        vault.incidents.save(loaded, loaded.content.copy(narrative = "Saved by $number."))
                        number
                    } catch (refused: IncidentException.Conflict) {
                        assertEquals(2u, refused.current)
                        null
                    }
                }
            }.awaitAll()
            val winner = outcomes.filterNotNull().single()
            assertEquals("Saved by $winner.", vault.incidents.get(loaded.id).content.narrative)
            assertEquals(2, vault.incidents.revisions(loaded.id).size)
        }
    }

    @Test
    fun aCaptureTakesFromSeveralThreadsWithoutMixing() = scenario {
        newVault(folder).use { vault ->
            vault.evidence.startCapture(CaptureRequest(EvidenceKind.Video, "video/mp2t")).use { capture ->
                // Heap buffers share one staging buffer, of which a write of several pieces must not lose its turn.
                (1..4).map { number ->
                    launch(Dispatchers.IO) { repeat(5) { capture.write(ByteArray(600_000) { number.toByte() }) } }
                }.forEach { it.join() }
                val evidence = capture.finish()
                assertEquals(12_000_000uL, evidence.size)
                vault.evidence.openReader(evidence.id).use { reader ->
                    for (at in 0 until 20) {
                        val written = reader.read(at * 600_000L, 600_000)
                        assertEquals(1, written.toSet().size, "one write is in one piece")
                    }
                }
            }
        }
    }
}
