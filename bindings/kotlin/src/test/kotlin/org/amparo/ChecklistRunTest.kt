// Packs come into a vault or are refused by name, ticks survive an update, and what is to be repeated is due on the day.
package org.amparo

import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import org.amparo.core.ActCode
import org.amparo.core.ChecklistException
import org.amparo.core.DueState
import org.amparo.core.ItemFate
import org.amparo.core.ItemState
import org.amparo.core.ItemView
import org.amparo.core.PackOfferKind
import org.amparo.core.RunQuery
import org.amparo.core.RunStanding
import org.amparo.core.RunView
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import java.time.Instant

internal class ChecklistRunTest {
    @TempDir
    lateinit var folder: Path

    private val pack = Starter.ID

    private fun RunView.item(id: String): ItemView = checklist!!.sections.flatMap { it.items }.single { it.id == id }

    @Test
    fun aPackComesInOnceItsPublisherIsAccepted() = scenario {
        newVault(folder, clock = starterDay()).use { vault ->
            val offer = vault.packs.offer(Starter.first)
            assertEquals(PackOfferKind.Refused, offer.kind)
            assertEquals(268u, offer.refusal)
            assertEquals(Starter.publisher.key, offer.publisher.key)
            vault.packs.acceptPublisher(offer.publisher.key)
            assertEquals(PackOfferKind.New, vault.packs.offer(Starter.first).kind)
            val installed = vault.packs.install(Starter.first)
            assertEquals(listOf(installed), vault.packs.list())
            assertEquals(listOf(pack), vault.packs.publishers().single().packs)

            // What the vault shows is what the pack shows without it.
            val open = openChecklistPack(Starter.first, Starter.publisher.key, "fr")
            assertEquals(open.checklists(), vault.checklists.list("fr"))
            assertEquals(open.checklist("raid"), vault.checklists.show(pack, "raid", "fr"))
            assertEquals(open.triage(), vault.checklists.triage(pack, "fr"))

            assertTrue(vault.packs.forgetPublisher(Starter.publisher.key))
            assertFalse(vault.packs.forgetPublisher(Starter.publisher.key))
            assertFalse(vault.packs.list().single().accepted)
            thrownBy<ChecklistException.UnknownPublisher> { vault.packs.install(Starter.update) }
        }
    }

    @Test
    fun whatMayNotComeInIsRefusedByName() = scenario {
        val clock = starterDay()
        newVault(folder, clock = clock).use { vault ->
            thrownBy<ChecklistException.UnknownPublisher> { vault.packs.install(Starter.first) }
            assertEquals(emptyList<Any>(), vault.packs.list())
            vault.packs.acceptPublisher(Starter.publisher.key)
            vault.packs.acceptPublisher(Starter.other.key)

            clock.time = Instant.parse("2099-01-01T00:00:00Z")
            thrownBy<ChecklistException.PackExpired> { vault.packs.install(Starter.first) }
            clock.time = Instant.parse("2020-01-01T00:00:00Z")
            thrownBy<ChecklistException.PackNotYetValid> { vault.packs.install(Starter.first) }
            assertEquals(emptyList<Any>(), vault.packs.list())

            clock.time = starterDay().time
            vault.packs.install(Starter.update)
            val before = vault.packs.list() to vault.checklists.list("en")
            val tampered = Starter.update.clone().also { it[it.size / 2] = (it[it.size / 2].toInt() xor 1).toByte() }
            assertEquals(271u, thrownBy<ChecklistException.PackRollback> { vault.packs.install(Starter.first) }.amparoCode)
            assertEquals(269u, thrownBy<ChecklistException.OtherPublisher> { vault.packs.install(Starter.ofOther) }.amparoCode)
            thrownBy<ChecklistException.PackTampered> { vault.packs.install(tampered) }
            thrownBy<ChecklistException.NotAPack> { vault.packs.install("GIF89a".toByteArray()) }
            assertEquals(before, vault.packs.list() to vault.checklists.list("en"), "nothing changed")

            // What is installed is shown in any year, and said to be old.
            clock.time = Instant.parse("2099-01-01T00:00:00Z")
            assertTrue(vault.packs.list().single().reviewOverdue)
            assertEquals(before.second, vault.checklists.list("en"))
        }
    }

    @Test
    fun ticksSurviveAnUpdate() = scenario {
        val clock = starterDay()
        val vault = newVault(folder, clock = clock)
        installStarter(vault)
        val run = vault.checklists.start(pack, "arrest")
        for (item in listOf("arrest.lawyer-number", "arrest.medicine", "arrest.doctor")) {
            vault.checklists.tick(run, item, "note on $item")
        }
        vault.checklists.notApplicable(run, "arrest.silence")
        val before = vault.checklists.run(run, "es")
        assertEquals(listOf(3u, 1u), before.summary.progress.run { listOf(done, notApplicable) })
        assertFalse("note on" in before.toString(), "a log does not tell what was entered")

        val offer = vault.packs.offer(Starter.update)
        assertEquals(PackOfferKind.Update(1uL), offer.kind)
        assertEquals(listOf("arrest.medicine"), offer.changes!!.goneItems)
        vault.packs.install(Starter.update)
        vault.lock()

        // All of it is there after the next unlock.
        unlock(folder, clock = clock).use { again ->
            val after = again.checklists.run(run, "en")
            assertEquals(RunStanding.Present, after.summary.standing)
            val reworded = after.item("arrest.lawyer-number")
            assertTrue(reworded.text.text.startsWith("Know by heart"))
            assertEquals(listOf("en"), reworded.tick!!.reworded)
            assertTrue(reworded.tick!!.said!!.text.startsWith("Learn by heart"))
            val kept = after.item("arrest.doctor")
            assertEquals(ItemState.DONE, kept.state)
            assertEquals(emptyList<String>(), kept.tick!!.reworded)
            assertEquals("note on arrest.doctor", kept.tick!!.note)
            assertEquals(ItemState.NOT_APPLICABLE, after.item("arrest.silence").state)
            val gone = after.left.single()
            assertEquals("arrest.medicine", gone.item)
            assertEquals(ItemFate.Removed(2uL, "arrest.doctor"), gone.fate)
            assertEquals("note on arrest.medicine", gone.tick.note)

            thrownBy<ChecklistException.NotFound> { again.checklists.tick(run, "arrest.medicine") }
            assertTrue(again.checklists.untick(run, "arrest.medicine"))
            assertFalse(again.checklists.untick(run, "arrest.medicine"))

            again.packs.remove(pack)
            val left = again.checklists.run(run, "en")
            assertEquals(RunStanding.PackRemoved, left.summary.standing)
            assertNull(left.checklist)
            assertEquals(3, left.left.size)
        }
    }

    @Test
    fun aRunIsFinishedReopenedAndDeleted() = scenario {
        newVault(folder, clock = starterDay()).use { vault ->
            installStarter(vault)
            val run = vault.checklists.start(pack, "raid")
            vault.checklists.finish(run)
            val refused = thrownBy<ChecklistException.RunFinished> { vault.checklists.tick(run, "raid.nothing") }
            assertEquals(285u, refused.amparoCode)
            assertEquals(listOf(run), vault.checklists.runs("en", RunQuery(finished = true)).map { it.id })
            vault.checklists.reopen(run)
            assertEquals(emptyList<Any>(), vault.checklists.runs("en", RunQuery(finished = true)))
            vault.checklists.delete(run)
            thrownBy<ChecklistException.NotFound> { vault.checklists.run(run, "en") }

            val all = List(230) { vault.checklists.start(pack, "protest") }
            assertEquals(all.reversed(), vault.checklists.allRuns("en").toList().map { it.id })
        }
    }

    @Test
    fun anIncidentBeginsFromAnItem() = scenario {
        newVault(folder, clock = starterDay()).use { vault ->
            installStarter(vault)
            val run = vault.checklists.start(pack, "arrest")
            val draft = vault.checklists.draftIncident(run, "arrest.urgent-support", ActCode.ArbitraryDetention, "fr")
            assertTrue(draft.content.draft && draft.content.title.isNotEmpty())
            assertEquals(ActCode.ArbitraryDetention, draft.content.acts.single().code)
            assertEquals(run, vault.checklists.originOf(draft.id))
            assertEquals(listOf(draft.id), vault.checklists.run(run, "fr").drafts.map { it.incident })
            // Tapped twice, it is one incident.
            assertEquals(draft, vault.checklists.draftIncident(run, "arrest.urgent-support", ActCode.ArbitraryDetention, "fr"))
            thrownBy<ChecklistException.NotFound> {
                vault.checklists.draftIncident(run, "arrest.urgent-support", ActCode.Killing, "fr")
            }
            assertNull(vault.checklists.originOf(vault.incidents.create("By itself.").id))
        }
    }

    @Test
    fun aSelfAssessmentKeepsItsResults() = scenario {
        newVault(folder, clock = starterDay()).use { vault ->
            installStarter(vault)
            val first = vault.checklists.start(pack, "risk-assessment")
            vault.checklists.finish(first)
            val second = vault.checklists.start(pack, "risk-assessment")
            vault.checklists.tick(second, "risk-assessment.phone-locked")
            vault.checklists.finish(second)
            vault.packs.remove(pack)
            val scores = vault.checklists.scores(pack, "risk-assessment", "ru")
            assertEquals(listOf(first, second), scores.map { it.run })
            assertEquals(scores[0].points.of, scores[0].points.points)
            assertEquals(scores[0].points.points - 4u, scores[1].points.points)
            val change = scores[1].changes.single()
            assertEquals(listOf(4u, 0u), listOf(change.riskBefore, change.riskAfter))
            assertEquals(listOf(ItemState.OPEN, ItemState.DONE), listOf(change.before, change.after))
        }
    }

    @Test
    fun whatIsToBeRepeatedIsDueOnTheDay() = scenario {
        val clock = starterDay()
        newVault(folder, clock = clock).use { vault ->
            installStarter(vault)
            suspend fun state() = vault.checklists.due("ar").single { it.heading.id == "device-check" }.also {
                assertEquals(7u, it.recursDays)
            }.state
            assertEquals(DueState.NeverStarted, state())
            vault.checklists.finish(vault.checklists.start(pack, "device-check"))
            assertEquals(DueState.Later("2026-12-08", 7u), state())
            clock.forward(days = 6)
            assertEquals(DueState.Later("2026-12-08", 1u), state())
            clock.forward(days = 1)
            assertEquals(DueState.Due("2026-12-08", 0u), state())
            clock.forward(days = 30)
            assertEquals(DueState.Due("2026-12-08", 30u), state())
            clock.forward(days = -60)
            assertEquals(DueState.ClockWentBack, state())
        }
    }

    @Test
    fun whatIsWrittenIsTold() = scenario {
        newVault(folder, clock = starterDay()).use { vault ->
            val told = async(start = CoroutineStart.UNDISPATCHED) { vault.changes.take(7).toList() }
            installStarter(vault)
            val run = vault.checklists.start(pack, "arrest")
            vault.checklists.tick(run, "arrest.doctor")
            thrownBy<ChecklistException.NotFound> { vault.checklists.tick(run, "arrest.nothing") }
            val draft = vault.checklists.draftIncident(run, "arrest.urgent-support", ActCode.ArbitraryDetention, "en")
            vault.checklists.delete(run)
            val expected = listOf(
                VaultChange.OfPacks,
                VaultChange.OfPacks,
                VaultChange.OfRun(run, ChangeKind.ADDED),
                VaultChange.OfRun(run, ChangeKind.CHANGED),
                VaultChange.OfIncident(draft.id, ChangeKind.ADDED),
                VaultChange.OfRun(run, ChangeKind.CHANGED),
                VaultChange.OfRun(run, ChangeKind.REMOVED),
            )
            assertEquals(expected, told.await())
        }
    }
}
