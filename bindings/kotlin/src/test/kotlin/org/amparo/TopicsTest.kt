// Every other topic once: search, custody log, records from vault to vault, what is known of evidence and its copies.
package org.amparo

import kotlinx.coroutines.flow.toList
import org.amparo.core.Act
import org.amparo.core.ActCode
import org.amparo.core.AnchorKind
import org.amparo.core.CaptureRequest
import org.amparo.core.CapturedAt
import org.amparo.core.CustodyEvent
import org.amparo.core.CustodyException
import org.amparo.core.Derivation
import org.amparo.core.Derivatives
import org.amparo.core.DeriveRequest
import org.amparo.core.DeviceMetadata
import org.amparo.core.EvidenceException
import org.amparo.core.EvidenceKind
import org.amparo.core.ImportPolicy
import org.amparo.core.IncidentContent
import org.amparo.core.IncidentQuery
import org.amparo.core.InterchangeException
import org.amparo.core.Purpose
import org.amparo.core.RecipientKind
import org.amparo.core.Speaker
import org.amparo.core.Testimony
import org.amparo.core.UwaziOptions
import org.amparo.core.readCustodyHead
import org.amparo.core.verifyConsistencyProof
import org.amparo.core.verifyInclusionProof
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path

internal class TopicsTest {
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
    fun theCustodyLogIsProvenWithoutTheVault() = scenario {
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
    fun whatWasToldIsFound() = scenario {
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

    @Test
    fun recordsGoFromVaultToVault() = scenario {
        val export = folder.resolve("export.json").toFile()
        val saved = newVault(folder).use { vault ->
            val saved = vault.incidents.create(
                IncidentContent(
                    title = "مداهمة المكتب",
                    acts = listOf(Act(ActCode.Unlisted("drone_strike"))),
                    unknown = """{"weather":"غائم ☁️"}""",
                ),
            )
            val progress = JobProgress()
            assertEquals(1uL, vault.interchange.exportFile(export, progress = progress).incidents)
            assertTrue(progress.current in 1uL..export.length().toULong())
            saved
        }
        AmparoVault.create(folder.resolve("other").toFile(), passphrase(), FAST).use { other ->
            assertEquals(1uL, other.interchange.importFile(export, ImportPolicy(dryRun = true)).created)
            assertEquals(0, other.incidents.list().incidents.size)
            assertEquals(1uL, other.interchange.importFile(export).created)
            assertEquals(saved.content, other.incidents.get(saved.id).content)
            assertEquals(1uL, other.interchange.importFile(export).unchanged)

            val table = folder.resolve("uwazi.csv").toFile()
            other.interchange.exportUwaziFile(table, UwaziOptions(RecipientKind.Lawyer, language = "ar"))
            assertTrue("مداهمة المكتب" in table.readText())
            thrownBy<InterchangeException.TargetExists> { other.interchange.exportFile(export) }
        }
    }

    @Test
    fun whatIsKnownOfEvidenceIsChanged() = scenario {
        newVault(folder).use { vault ->
            val store = vault.evidence
            val (one, two) = vault.incidents.create("One.").id to vault.incidents.create("Two.").id
            val id = recording(vault)
            store.attach(id, one)
            store.attach(id, two)
            assertTrue(store.detach(id, one))
            assertFalse(store.detach(id, one), "it was attached once")
            assertEquals(listOf(id), vault.incidents.get(two).evidence)

            store.setNote(id, "ملاحظة")
            store.setLanguage(id, "ar")
            store.setCapturedAt(id, CapturedAt("2026-11-24T05:00"))
            store.setDevice(id, DeviceMetadata(model = "A phone"))
            store.setTestimony(id, Testimony(speaker = Speaker(name = "Umm Layla")))
            val known = store.get(id).description
            assertEquals(listOf("ملاحظة", "ar", "2026-11-24T05:00"), listOf(known.note, known.language, known.capturedAt!!.time))
            assertEquals("A phone" to "Umm Layla", known.device!!.model to known.testimony!!.speaker!!.name)
            assertFalse(known.mayBeTold(RecipientKind.Lawyer), "nobody was asked")

            val copy = folder.resolve("copy").toFile().also { it.writeBytes(media(5000)) }
            val request = DeriveRequest(Derivation(Purpose.Redacted, "test"))
            val copies = listOf(
                store.deriveFromFile(id, request, copy),
                store.deriveFromDescriptor(id, request, toRead(copy)),
                store.deriveFromStream(id, request, copy.inputStream()),
            )
            assertEquals(1, copies.map { it.sha256 }.toSet().size)
            assertEquals(copies.map { it.id }.toSet(), store.derivatives(id).map { it.id }.toSet())

            assertEquals(3uL, thrownBy<EvidenceException.HasDerivatives> { store.delete(id, Derivatives.REFUSE) }.derivatives)
            val deleted = store.delete(id, Derivatives.DELETE).evidence
            assertEquals(copies.map { it.id }.toSet() + id, deleted.toSet())
            assertEquals(deleted.toSet(), store.deleted().evidence.map { it.id }.toSet())
            thrownBy<EvidenceException.Deleted> { store.openReader(id) }
        }
    }

    @Test
    fun everythingIsListedOnce() = scenario {
        newVault(folder).use { vault ->
            val imported = List(230) { vault.evidence.importBytes(direct(media(10, seed = it + 1))).id }
            assertEquals(imported.reversed().toSet(), vault.evidence.all().toList().map { it.id }.toSet())
            assertEquals(230, vault.evidence.all().toList().size)
        }
    }

    @Test
    fun aPictureLosesItsMetadata() = scenario {
        val photo = jpegWithExif()
        newVault(folder).use { vault ->
            val original = vault.evidence.importFile(folder.resolve("photo.jpg").toFile().also { it.writeBytes(photo) })
            assertEquals(EvidenceKind.Photo, original.description.kind)
            val copy = vault.evidence.stripMetadata(original.id)
            assertEquals(Purpose.Stripped, copy.description.derivation!!.purpose)
            assertEquals(setOf("exif", "trailing_data"), copy.description.derivation!!.removed.toSet())
            val bytes = vault.evidence.openReader(copy.id).use { it.read(0, Int.MAX_VALUE) }
            assertFalse("Layla" in bytes.toString(Charsets.ISO_8859_1))
            assertArrayEquals(pixels(photo), pixels(bytes))
            assertArrayEquals(photo, vault.evidence.openReader(original.id).use { it.read(0, Int.MAX_VALUE) })
            assertEquals(listOf(copy), vault.evidence.derivatives(original.id))
        }
    }
}
