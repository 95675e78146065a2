// Whatever was entered comes back as it was: every script, every field, and what only a newer version knows.
package org.amparo

import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import org.amparo.core.Act
import org.amparo.core.ActCode
import org.amparo.core.Consent
import org.amparo.core.ConsentStatus
import org.amparo.core.Coordinates
import org.amparo.core.DatePrecision
import org.amparo.core.Detention
import org.amparo.core.IncidentContent
import org.amparo.core.IncidentException
import org.amparo.core.IncidentQuery
import org.amparo.core.IncidentStatus
import org.amparo.core.Occurred
import org.amparo.core.OnlineHarm
import org.amparo.core.OnlineHarmKind
import org.amparo.core.Perpetrator
import org.amparo.core.Person
import org.amparo.core.PersonRole
import org.amparo.core.Place
import org.amparo.core.RecipientKind
import org.amparo.core.SupportKind
import org.amparo.core.SupportNeed
import org.amparo.core.Urgency
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path

internal class IncidentRoundTripTest {
    @TempDir
    lateinit var folder: Path

    private val content = IncidentContent(
        title = "مداهمة المكتب",
        narrative = "في الساعة الخامسة صباحاً 👮‍♀️🚪 كسروا الباب. «Abrid», дом 5, 五点, e\u0301 ≠ é, \u200fRLM, 🏳️‍🌈",
        language = "ar",
        acts = listOf(
            Act(ActCode.RaidSearch, method = "كسر"),
            Act(
                ActCode.Unlisted("drone_strike"),
                occurred = Occurred("2026-11", DatePrecision.Month),
                detention = Detention(place = "سجن", since = "2026-11-24T05:00", lawyerAccess = false),
            ),
        ),
        occurred = Occurred("2026-11-24T05:00+03:00", DatePrecision.Exact, to = "2026-11-24"),
        place = Place(text = "القاهرة", country = "EG", coordinates = Coordinates(30.0444, 31.2357), accuracyM = 12.5),
        status = IncidentStatus.Ongoing,
        urgency = Urgency.Unlisted("within_the_hour"),
        persons = listOf(
            Person(
                name = "ليلى 🌙",
                role = PersonRole.Victim,
                consent = Consent(ConsentStatus.Granted, scope = listOf(RecipientKind.Lawyer, RecipientKind.Unlisted("ombudsperson"))),
                confidential = listOf("name"),
            ),
        ),
        perpetrators = listOf(Perpetrator(name = "وحدة ٧", number = 4u)),
        onlineHarms = listOf(OnlineHarm(OnlineHarmKind.Doxxing, urls = listOf("https://example.org/%F0%9F%94%A5"))),
        supportNeeds = listOf(SupportNeed(SupportKind.LegalSupport)),
        tags = listOf("مكتب", "🔥", "İstanbul"),
        confidential = listOf("place"),
        unknown = """{"weather":{"sky":"غائم ☁️","wind":[1,2.5,null]}}""",
    )

    /** As it comes back: what acts name persons and perpetrators by is given at the first save. */
    private fun assertSame(expected: IncidentContent, actual: IncidentContent) {
        actual.persons.forEach { assertNotNull(it.id) }
        actual.perpetrators.forEach { assertNotNull(it.id) }
        assertEquals(
            expected,
            actual.copy(
                persons = actual.persons.map { it.copy(id = null) },
                perpetrators = actual.perpetrators.map { it.copy(id = null) },
            ),
        )
    }

    @Test
    fun everythingComesBackAsItWasEntered() = scenario {
        val saved = newVault(folder).use { vault -> vault.incidents.create(content) }
        assertSame(content, saved.content)
        unlock(folder).use { vault ->
            val read = vault.incidents.get(saved.id)
            assertEquals(saved, read)
            assertEquals("amparo.incident/1", read.schema)
            val again = vault.incidents.save(read, read.content)
            assertEquals(1u, again.revision, "saving the same again changes nothing")
            val changed = vault.incidents.save(read, read.content.copy(title = "🚨"))
            assertEquals(read.content.copy(title = "🚨"), changed.content)
            assertEquals(read.content, vault.incidents.getRevision(saved.id, 1u).content)
            assertEquals(listOf("/title"), vault.incidents.compare(saved.id, 1u, 2u).map { it.path })
            assertEquals(listOf(1u, 2u), vault.incidents.revisions(saved.id).map { it.number })
        }
    }

    @Test
    fun whoeverWasFasterIsNotOverwritten() = scenario {
        newVault(folder).use { vault ->
            val loaded = vault.incidents.create("First.")
            vault.incidents.save(loaded, loaded.content.copy(narrative = "Second."))
            val conflict = thrownBy<IncidentException.Conflict> { vault.incidents.save(loaded, loaded.content.copy(narrative = "Third.")) }
            assertEquals(2u, conflict.current)
            assertEquals("Second.", vault.incidents.get(loaded.id).content.narrative)
        }
    }

    @Test
    fun aRecordDoesNotTellItselfToALog() {
        assertEquals("IncidentContent(..)", content.toString())
        assertEquals("Person(..)", content.persons.single().toString())
    }

    @Test
    fun aFlowHasEveryPage() = scenario {
        newVault(folder).use { vault ->
            val saved = vault.incidents.createAll(List(450) { IncidentContent(narrative = "Number $it.", draft = it % 3 == 0) })
            assertEquals(450, vault.incidents.all().map { it.id }.toList().toSet().size)
            assertEquals(150, vault.incidents.all(IncidentQuery(draft = true)).toList().size)
            assertEquals(5, vault.incidents.all().take(5).toList().size)
            val first = vault.incidents.list(limit = 3u)
            assertEquals(3, first.incidents.size)
            assertEquals(
                emptySet<String>(),
                first.incidents.map { it.id }.toSet() intersect
                    vault.incidents.list(limit = 500u, after = first.next).incidents.map { it.id }.toSet(),
            )
            assertEquals(450, saved.map { it.id }.toSet().size)
            assertEquals(450, vault.incidents.wholeTimeline().toList().size)
        }
    }
}
