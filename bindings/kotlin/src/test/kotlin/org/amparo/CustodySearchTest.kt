// The custody log tells what happened and proves it to others; what was entered is found again.
package org.amparo

import java.nio.file.Path
import kotlinx.coroutines.flow.toList
import org.amparo.core.AnchorKind
import org.amparo.core.CaptureRequest
import org.amparo.core.CustodyEvent
import org.amparo.core.CustodyException
import org.amparo.core.Derivatives
import org.amparo.core.EvidenceKind
import org.amparo.core.IncidentContent
import org.amparo.core.IncidentQuery
import org.amparo.core.readCustodyHead
import org.amparo.core.verifyConsistencyProof
import org.amparo.core.verifyInclusionProof
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

internal class CustodySearchTest {
    @TempDir
    lateinit var folder: Path

    private suspend fun recording(vault: AmparoVault): String =
        vault.evidence.startCapture(CaptureRequest(EvidenceKind.Audio, "audio/ogg")).use { capture ->
            capture.write(media(1000))
            capture.finish().id
        }

    @Test
    fun whatHappenedIsTold() = scenario {
        newVault(folder).use { vault ->
            assertNull(vault.custody.head())
            thrownBy<CustodyException.NothingToAnchor> { vault.custody.prepareAnchor(AnchorKind.Rfc3161) }
            val id = recording(vault)
            vault.evidence.recordViewed(id)
            vault.evidence.delete(id, Derivatives.REFUSE)
            assertEquals(
                listOf(CustodyEvent.Captured, CustodyEvent.Viewed, CustodyEvent.Deleted),
                vault.custody.history(id).map { it.entry!!.event },
            )
            assertEquals(3, vault.custody.historyText(id, "ar").size)
            assertEquals(vault.custody.entries().map { it.entry }, vault.custody.allEntries().toList().map { it.entry })
            vault.custody.signHead()
            assertTrue(vault.custody.verify().intact)
        }
    }

    @Test
    fun whoeverHoldsAHeadAndAProofNeedsNoVault() = scenario {
        val vault = newVault(folder)
        val id = recording(vault)
        val (old, oldSize) = vault.custody.signHead()!! to vault.custody.entries().size.toULong()
        vault.evidence.recordViewed(id)
        val (new, newSize) = vault.custody.signHead()!! to vault.custody.entries().size.toULong()
        val key = vault.custody.verifyingKey().publicKey
        val consistency = vault.custody.consistencyProof(oldSize, newSize)
        val inclusion = vault.custody.inclusionProof(0u, newSize)
        vault.lock()

        assertEquals(newSize, readCustodyHead(new, key).size)
        verifyConsistencyProof(consistency, old, new, key)
        assertEquals(CustodyEvent.Captured, verifyInclusionProof(inclusion, new, key).event)
        thrownBy<CustodyException> { verifyInclusionProof(inclusion, old, key) }
        AmparoVault.create(folder.resolve("other").toFile(), passphrase(), FAST).use { other ->
            val others = other.custody.verifyingKey().publicKey
            thrownBy<CustodyException.HeadNotSigned> { readCustodyHead(new, others) }
        }
    }

    @Test
    fun anAnchorIsAskedForAndItsAnswerCompared() = scenario {
        newVault(folder).use { vault ->
            recording(vault)
            val request = vault.custody.prepareAnchor(AnchorKind.OpenTimestamps)
            assertEquals(32, request.bytes.size)
            assertEquals(listOf(request.id), vault.custody.anchors().map { it.id })
            thrownBy<CustodyException.NotATimestamp> { vault.custody.storeAnchor(request.id, media(50)) }
            thrownBy<CustodyException.AnchorNotStored> { vault.custody.exportAnchor(request.id) }
            // A calendar's answer: the promise to have it in a block, after the digest itself.
            val uri = "https://calendar.example".toByteArray()
            val tag = byteArrayOf(0x83.toByte(), 0xdf.toByte(), 0xe3.toByte(), 0x0d, 0x2e, 0xf9.toByte(), 0x0c, 0x8e.toByte())
            val answer = byteArrayOf(0) + tag + byteArrayOf((uri.size + 1).toByte(), uri.size.toByte()) + uri
            val stored = vault.custody.storeAnchor(request.id, answer)
            assertEquals(stored.stored, vault.custody.anchor(request.id).stored)
            assertNull(vault.custody.verifyAnchors().single().fault)
            assertEquals(request.commitment, vault.custody.exportAnchor(request.id).commitment)
        }
    }

    @Test
    fun whatWasEnteredIsFound() = scenario {
        newVault(folder).use { vault ->
            val door = vault.incidents.create("📷 Vinieron de noche y rompieron LA PUÉRTA.")
            vault.incidents.create(IncidentContent(narrative = "puerta", draft = true))
            vault.incidents.createAll(List(230) { IncidentContent(narrative = "raid number $it") })
            val hit = vault.search.incidentsWhere("puert", IncidentQuery(draft = false)).hits.single()
            assertEquals(door.id, hit.incident.id)
            assertEquals("PUÉRTA", hit.excerpt!!.matched)
            assertEquals(2, vault.search.incidents("PUERTA").hits.size)
            assertEquals(230, vault.search.all("raid").toList().size)
            for (nothing in listOf("", "\"", "* OR *", "\u0000")) assertEquals(0, vault.search.incidents(nothing).hits.size)
        }
    }
}
