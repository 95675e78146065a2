// A channel's form says in the user's language what is missing, keeps from the channel what it must not get, and what to leave for later.
package org.amparo

import org.amparo.core.CaptureRequest
import org.amparo.core.Consent
import org.amparo.core.ConsentGap
import org.amparo.core.ConsentPurpose
import org.amparo.core.ConsentStatus
import org.amparo.core.EvidenceId
import org.amparo.core.EvidenceKind
import org.amparo.core.FieldChoice
import org.amparo.core.FieldStatus
import org.amparo.core.FormException
import org.amparo.core.FormId
import org.amparo.core.FormLevel
import org.amparo.core.IncidentContent
import org.amparo.core.LaterReason
import org.amparo.core.Person
import org.amparo.core.PersonRole
import org.amparo.core.PurposeConsent
import org.amparo.core.RecipientGroup
import org.amparo.core.RecipientKind
import org.amparo.core.ReportException
import org.amparo.core.ReportRequest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.file.Path

internal class FormCheckTest {
    @TempDir
    lateinit var folder: Path

    private val un = FormId(Starter.ID, "un-special-rapporteur-hrd")
    private val platform = FormId(Starter.ID, "platform-trust-safety")
    private val cso = FormId(Starter.ID, "general-cso")

    private fun file(name: String): File = folder.resolve(name).toFile()

    private suspend fun vaultWith(pack: ByteArray) = newVault(folder, clock = starterDay()).also {
        it.packs.acceptPublisher(Starter.publisher.key)
        it.packs.install(pack)
    }

    private fun allowed(kind: RecipientKind, vararg purposes: Pair<ConsentPurpose, Boolean>) =
        Consent(ConsentStatus.Granted, scope = listOf(kind), purposes = purposes.map { (asked, yes) -> PurposeConsent(asked, yes) })

    /** To a desk whose keys are in `keys.txt`, with the channel's form. */
    private suspend fun request(vault: AmparoVault, content: IncidentContent, kind: RecipientKind, form: FormId): ReportRequest {
        val key = file("keys.txt").takeIf { it.exists() }?.readLines()?.firstNotNullOf { Regex("age1\\S+").find(it)?.value }
            ?: AmparoDesk().generateKey(file("keys.txt"))
        return ReportRequest(vault.incidents.create(content).id, listOf(RecipientGroup(kind, listOf(key), form = form)))
    }

    @Test
    fun formsAreListedForWhomTheyAre() = scenario {
        vaultWith(Starter.first).use { vault ->
            val all = vault.forms.list("ar")
            assertEquals(4, all.size)
            assertTrue(all.all { it.problem == null && it.title!!.isRightToLeft && !it.title!!.isFallback })
            assertEquals(listOf(un), vault.forms.list("ar", RecipientKind.UnProcedure).map { it.id })
            vault.packs.remove(Starter.ID)
            assertEquals(emptyList<Any>(), vault.forms.list("ar"))
        }
    }

    @Test
    fun anAnonymousVictimIsNotSubmittedToTheUnitedNations() = scenario {
        vaultWith(Starter.first).use { vault ->
            val kind = RecipientKind.UnProcedure
            // Of whom nobody asked anything, that is what is to be done first.
            val nobody = Person(role = PersonRole.Victim)
            val unasked = request(vault, IncidentContent(narrative = "They took her.", persons = listOf(nobody)), kind, un)
            val notAsked = vault.forms.check(unasked, un, "en").consent.single().gap
            assertTrue(notAsked is ConsentGap.NotNamed, notAsked.toString())

            val victim = nobody.copy(consent = allowed(kind))
            val anonymous = request(vault, IncidentContent(narrative = "They took her.", persons = listOf(victim)), kind, un)
            for (language in listOf("en", "es", "fr", "ar", "ru")) {
                val check = vault.forms.check(anonymous, un, language)
                assertFalse(check.canBeSealed || check.isComplete)
                assertEquals(0u to ConsentGap.NoName, check.consent.first().let { it.person to it.gap }, language)
                val texts = listOf(check.title, check.consentText, check.consentWhy) + check.fields.map { it.text }
                assertTrue(texts.all { it!!.locale == language && it.text.isNotBlank() }, language)
            }
            // What matters most comes first.
            val levels = vault.forms.check(anonymous, un, "en").fields.map { it.level }
            assertEquals(levels.sortedBy { listOf(FormLevel.REQUIRED, FormLevel.WANTED, FormLevel.FORBIDDEN).indexOf(it) }, levels)
            assertTrue(FormLevel.REQUIRED in levels && FormLevel.WANTED in levels)
            assertEquals(544u, thrownBy<ReportException.FormConsent> { vault.reports.preview(anonymous) }.amparoCode)
            thrownBy<ReportException.FormConsent> { vault.reports.sealFile(anonymous, file("report.age")) }
            assertFalse(file("report.age").exists())

            val letter = ConsentPurpose.LetterToAuthorities
            val half = victim.copy(name = "Amal", consent = allowed(kind, letter to true))
            val asked = request(vault, IncidentContent(narrative = "They took her.", persons = listOf(half)), kind, un)
            val gaps = vault.forms.check(asked, un, "en").consent.map { it.gap }
            assertEquals(listOf(ConsentGap.NotAsked(ConsentPurpose.Publication)), gaps)
            // A no is an answer.
            val whole = half.copy(consent = allowed(kind, letter to true, ConsentPurpose.Publication to false))
            val sealable = request(vault, IncidentContent(narrative = "They took her.", persons = listOf(whole)), kind, un)
            assertTrue(vault.forms.check(sealable, un, "en").run { canBeSealed && !isComplete })
            vault.reports.sealFile(sealable, file("report.age"))
            AmparoDesk().open(file("report.age"), file("keys.txt"), file("opened"))
            assertTrue("Amal" in file("opened").resolve("report.json").readText())
        }
    }

    @Test
    fun aPlatformIsNotToldWhoSawIt() = scenario {
        vaultWith(Starter.first).use { vault ->
            val kind = RecipientKind.Platform
            val persons = listOf(
                Person(role = PersonRole.Victim, name = "Layla", consent = allowed(kind)),
                Person(role = PersonRole.Witness, name = "Zaynab", consent = allowed(kind)),
            )
            val content = IncidentContent(narrative = "They posted her address.", persons = persons)
            val request = request(vault, content, kind, platform)
            val check = vault.forms.check(request, platform, "fr")
            assertTrue(check.canBeSealed && !check.isComplete)
            val left = check.fields.filter { it.status == FieldStatus.LEFT_OUT }
            assertTrue(left.isNotEmpty() && left.all { it.level == FormLevel.FORBIDDEN && it.text!!.locale == "fr" })

            val preview = vault.reports.preview(request).single()
            assertEquals(left.map { it.field }, preview.form.filter { it.status == FieldStatus.LEFT_OUT }.map { it.field })
            vault.reports.sealFile(request.confirmed(listOf(preview)), file("report.age"))
            AmparoDesk().open(file("report.age"), file("keys.txt"), file("opened"))
            val told = file("opened").walk().filter { it.isFile }.joinToString("\n") { it.readText() }
            assertTrue("Layla" in told && "They posted her address." in told)
            assertFalse("Zaynab" in told, "who only saw it is in no file of the report")
        }
    }

    @Test
    fun theSizeSaysWhatToLeaveForLater() = scenario {
        val limit = 1_048_576
        val limits = "report_bytes = $limit\nsource = \"https://example.org\"\nlast_reviewed = \"2026-11-24\""
        vaultWith(Starter.limited("general-cso", limits)).use { vault ->
            val base = request(vault, IncidentContent(narrative = "They broke the door."), RecipientKind.Cso, cso)
            suspend fun photo(size: Int): EvidenceId =
                vault.evidence.startCapture(CaptureRequest(EvidenceKind.Photo, "image/jpeg", incident = base.incident)).use {
                    it.write(media(size))
                    it.finish().id
                }
            // What is smaller by an order of magnitude goes first.
            val (small, middle, large, huge) = listOf(5_000, 50_000, 1_000_000, 3_000_000).map { photo(it) }
            val check = vault.forms.check(base, cso, "ru")
            assertFalse(check.canBeSealed || check.size.fits)
            assertEquals(limit.toULong(), check.size.sealedLimit)
            assertEquals(Starter.LIMITED["ru"], check.limitsText!!.text)
            assertEquals(listOf(small, middle), check.size.keep)
            val later = check.size.later.associate { it.evidence to it.why }
            assertEquals(mapOf(large to LaterReason.NO_ROOM, huge to LaterReason.DOES_NOT_FIT), later)
            thrownBy<ReportException.FormTooLarge> { vault.reports.sealFile(base, file("report.age")) }

            // As it suggests: it fits, to the byte that was said.
            val group = base.groups.single().copy(choice = FieldChoice(evidence = check.size.keep))
            val request = base.copy(groups = listOf(group))
            val fitting = vault.forms.check(request, cso, "ru")
            assertTrue(fitting.canBeSealed && fitting.isComplete)
            vault.reports.sealFile(request, file("report.age"))
            assertEquals(fitting.size.sealed, file("report.age").length().toULong())
            assertTrue(file("report.age").length() <= limit)
        }
    }

    @Test
    fun aFormThatIsNotThereIsNoForm() = scenario {
        vaultWith(Starter.first).use { vault ->
            val request = request(vault, IncidentContent(narrative = "Something."), RecipientKind.Cso, cso)
            val missing = FormId(Starter.ID, "nothing")
            assertEquals(540u, thrownBy<FormException.NotFound> { vault.forms.check(request, missing, "en") }.amparoCode)
            thrownBy<FormException.NotFound> { vault.forms.check(request, FormId("nothing", "nothing"), "en") }
            assertFalse(vault.forms.check(request, platform, "en").rightKind)
            val wrong = request.copy(groups = request.groups.map { it.copy(form = platform) })
            thrownBy<ReportException.FormUnusable> { vault.reports.preview(wrong) }
            thrownBy<FormException.Invalid> { vault.forms.check(request, cso, "en", group = 1u) }
        }
    }
}
