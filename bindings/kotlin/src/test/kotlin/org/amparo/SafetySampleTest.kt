// The samples of docs/embedding.md on checklists, recipients and channel forms run as they are printed there.
package org.amparo

import org.amparo.core.CardOfferKind
import org.amparo.core.ChecklistHeading
import org.amparo.core.FormId
import org.amparo.core.IncidentContent
import org.amparo.core.ItemView
import org.amparo.core.PackOfferKind
import org.amparo.core.ShownText
import org.amparo.sample.bringUpToDate
import org.amparo.sample.openRun
import org.amparo.sample.readWhileLocked
import org.amparo.sample.reminders
import org.amparo.sample.scan
import org.amparo.sample.sealThrough
import org.amparo.sample.trust
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import java.time.Instant
import java.time.LocalDate

internal class SafetySampleTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun aPackIsReadBeforeAndAfterUnlocking() = scenario {
        val shown = mutableListOf<Pair<ShownText, ItemView?>>()
        readWhileLocked(Starter.first.inputStream(), Starter.publisher.key, "ar") { text, item -> shown += text to item }
        assertTrue(shown.size > 10 && shown.all { (text, _) -> text.isRightToLeft })
        assertTrue(shown.any { (_, item) -> item?.leavesTrace == true })

        val clock = starterDay()
        newVault(folder, clock = clock).use { vault ->
            bringUpToDate(vault, Starter.first, Starter.publisher.key)
            bringUpToDate(vault, Starter.first, Starter.publisher.key)
            val check = vault.checklists.list("en").single { it.id == "device-check" }
            val run = openRun(vault, check, "en")
            assertEquals(run.summary.id, openRun(vault, check, "en").summary.id)
            vault.checklists.finish(run.summary.id)
            val today = LocalDate.parse("2026-12-01")
            assertEquals(mapOf("device-check" to today.plusDays(7)), days(reminders(vault, "en", today)))
            clock.forward(days = 9)
            assertEquals(mapOf("device-check" to today.plusDays(9)), days(reminders(vault, "en", today.plusDays(9))))

            bringUpToDate(vault, Starter.update, Starter.publisher.key)
            bringUpToDate(vault, Starter.first, Starter.publisher.key)
            assertEquals(2uL, vault.packs.list().single().version)
            vault.packs.remove(Starter.ID)
            bringUpToDate(vault, Starter.update, Starter.publisher.key)
            assertTrue(vault.packs.list().single().removed != null)
            assertEquals(PackOfferKind.Again(2uL), vault.packs.offer(Starter.update).kind)
        }
    }

    private fun days(reminders: Map<ChecklistHeading, LocalDate>) = reminders.mapKeys { it.key.id }

    @Test
    fun aRecipientIsScannedComparedAndSealedToThroughTheirChannel() = scenario {
        val desk = CardDesk(folder, "Defensa", "cso")
        val codes = RecipientCards().qrCodes(desk.card).map { it.text }
        val shown = mutableListOf<String>()
        val card = scan(listOf("https://example.org") + codes) { shown += it }
        assertArrayEquals(desk.card, card)
        assertEquals("1 of ${codes.size}", shown.first())
        assertNull(scan(codes.drop(1)) {})

        val said = mutableListOf<String>()
        // The pack is installed on a day on which it is valid; the card is of today.
        val clock = starterDay()
        newVault(folder, clock = clock).use { vault ->
            installStarter(vault)
            clock.time = Instant.now()
            assertNull(trust(vault, card!!, compare = { null }) { said += it })
            val recipient = trust(vault, card, compare = { desk.words }) { said += it }!!
            assertEquals(CardOfferKind.Same, vault.recipients.offer(card).kind)
            assertEquals(2uL, trust(vault, desk.rotate(), compare = { error("it is known") }) { said += it }!!.version)
            assertEquals(emptyList<String>(), said)
            assertNull(trust(vault, card, compare = { desk.words }) { said += it })
            assertEquals(listOf("This card was refused (558). Nothing was changed."), said)

            val incident = vault.incidents.create(IncidentContent(narrative = "They broke the door."))
            val form = FormId(Starter.ID, "general-cso")
            val target = folder.resolve("report.age").toFile()
            assertNull(sealThrough(vault, incident, listOf(recipient), form, "es", target) { false })
            assertTrue(!target.exists())
            val sealed = sealThrough(vault, incident, listOf(recipient), form, "es", target) { check ->
                check.fields.isNotEmpty() && check.fields.all { it.text!!.locale == "es" }
            }
            assertEquals(target.length().toULong(), sealed!!.single().files.single().size)
            assertTrue(AmparoDesk().verify(target, desk.keys).ok)
        }
    }
}
