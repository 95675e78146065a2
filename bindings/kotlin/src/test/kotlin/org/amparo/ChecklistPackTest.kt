// The pack that an app brings with it is read with the vault locked and with none at all, and with nothing changed about it.
package org.amparo

import org.amparo.core.ChecklistException
import org.amparo.core.ItemState
import org.amparo.core.Lead
import org.amparo.core.NextStep
import org.amparo.core.RecipientKind
import org.amparo.core.Situation
import org.amparo.core.TextDirection
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path

internal class ChecklistPackTest {
    @TempDir
    lateinit var folder: Path

    private suspend fun open(language: String, bytes: ByteArray = Starter.first, publisher: String = Starter.publisher.key) =
        openChecklistPack(bytes, publisher, language)

    @Test
    fun itIsReadWithNoVaultAtAll() = scenario {
        val pack = open("ar-EG")
        assertEquals(Starter.ID, pack.info().id)
        assertEquals(1uL, pack.info().version)
        assertEquals(setOf("en", "es", "fr", "ar", "ru"), pack.info().languages.map { it.tag }.toSet())
        assertTrue(pack.checklists().size >= 12)
        assertTrue(pack.checklists().sumOf { it.items.toInt() } >= 150)
        for (heading in pack.checklists()) {
            val list = pack.checklist(heading.id)
            assertEquals(heading, list.heading)
            for (text in listOf(heading.title) + list.sections.flatMap { it.items }.flatMap { listOf(it.text, it.why!!) }) {
                assertTrue(text.isRightToLeft && !text.isFallback && text.locale == "ar", heading.id)
                assertTrue(text.text.any { it in '\u0600'..'\u06FF' }, heading.id)
            }
        }
        val arrest = pack.checklist("arrest")
        assertEquals(Situation.Arrest, arrest.heading.situation)
        assertEquals(Lead.Recipients(RecipientKind.Lawyer), arrest.sections.first().items.first().leads.first())
        assertTrue(arrest.sections.flatMap { it.items }.all { it.state == ItemState.OPEN && it.tick == null })
        assertEquals(282u, thrownBy<ChecklistException.NotFound> { pack.checklist("nothing") }.amparoCode)
    }

    @Test
    fun itIsReadWhileTheVaultIsLocked() = scenario {
        val vault = newVault(folder)
        vault.lock()
        assertTrue(thrownBy<ChecklistException.Locked> { vault.checklists.list("ar") }.isVaultLocked)
        val arrest = open("ar").checklist("arrest")
        assertTrue(arrest.sections.isNotEmpty() && arrest.heading.title.direction == TextDirection.RTL)
    }

    @Test
    fun everyWayThroughTheQuestionsEnds() = scenario {
        val pack = open("es")
        val triage = pack.triage()!!
        val questions = triage.questions.associateBy { it.id }
        val ends = mutableListOf<NextStep.End>()
        fun follow(id: String, before: Set<String>) {
            assertFalse(id in before, "$id is asked once on a way")
            for (answer in questions.getValue(id).answers) {
                when (val next = answer.next) {
                    is NextStep.Question -> follow(next.id, before + id)
                    is NextStep.End -> ends += next
                }
            }
        }
        follow(triage.start, emptySet())
        assertTrue(ends.all { it.checklist != null || it.recipients != null })
        // What an answer leads to can be shown.
        ends.mapNotNull { it.checklist }.toSet().forEach { pack.checklist(it) }
    }

    @Test
    fun aLanguageThatItLacksIsShownInItsOwn() = scenario {
        val title = open("tlh").checklist("arrest").heading.title
        assertEquals("en", title.locale)
        assertFalse(title.isRightToLeft)
        assertEquals("\u2066${title.text}\u2069", title.isolated())
        val arabic = open("ar").title()!!
        assertEquals("\u2067${arabic.text}\u2069", arabic.isolated())
    }

    @Test
    fun whatWasChangedIsRefused() = scenario {
        val pack = Starter.first
        val languages = listOf("en", "es", "fr", "ar", "ru")
        suspend fun all(bytes: ByteArray, language: String) = open(language, bytes).let { open ->
            open.checklists().map { open.checklist(it.id) } to open.triage()
        }
        val whole = languages.associateWith { all(pack, it) }
        // One bit anywhere, from the first byte to the last. The texts of other languages than the one that is shown are not read, so a
        // pack may open in those; what it shows then is what was signed.
        for (place in listOf(0, 20, 100, 300) + (1..12).map { pack.size / 12 * it - 1 }) {
            val changed = pack.clone().also { it[place] = (it[place].toInt() xor 1).toByte() }
            val refused = languages.mapNotNull { language ->
                try {
                    assertEquals(whole[language], all(changed, language), "byte $place, $language")
                    null
                } catch (refused: ChecklistException) {
                    refused
                }
            }
            assertTrue(refused.isNotEmpty(), "byte $place is of no language")
            val named = refused.all {
                it is ChecklistException.PackTampered || it is ChecklistException.NotAPack || it is ChecklistException.UnknownPublisher
            }
            assertTrue(named, "byte $place: $refused")
        }
        thrownBy<ChecklistException.PackTampered> { open("ar", pack.copyOf(pack.size - 1)) }
        thrownBy<ChecklistException.PackTampered> { open("ar", pack + 0) }
        thrownBy<ChecklistException.NotAPack> { open("ar", ByteArray(0)) }
    }

    @Test
    fun whatSomebodyElseSignedIsRefused() = scenario {
        assertEquals(268u, thrownBy<ChecklistException.UnknownPublisher> { open("ar", Starter.ofOther) }.amparoCode)
        thrownBy<ChecklistException.UnknownPublisher> { open("ar", publisher = Starter.other.key) }
        assertEquals(ARGUMENT, thrownBy<ChecklistException.Invalid> { open("ar", publisher = "publisher") }.amparoCode)
        assertEquals(Starter.ID, open("ar", Starter.ofOther, Starter.other.key).info().id)
    }
}
