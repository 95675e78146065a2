// Checklists and the user's runs through them, without blocking the caller's thread.
package org.amparo

import kotlinx.coroutines.flow.Flow
import org.amparo.core.ActCode
import org.amparo.core.ChecklistHeading
import org.amparo.core.ChecklistView
import org.amparo.core.Checklists
import org.amparo.core.DueChecklist
import org.amparo.core.Incident
import org.amparo.core.IncidentId
import org.amparo.core.RunId
import org.amparo.core.RunQuery
import org.amparo.core.RunSummary
import org.amparo.core.RunView
import org.amparo.core.Score
import org.amparo.core.TriageView

/**
 * The checklists of a vault's packs, and the user's runs. Got from [AmparoVault.checklists]. Safe to use from several threads.
 *
 * `language` is a BCP 47 tag everywhere, such as `Locale.getDefault().toLanguageTag()`: each text comes in the nearest language that the
 * pack has, and says which. Checklists and items are named by their ids, which are the same in all versions of a pack.
 */
public class VaultChecklists internal constructor(private val core: Checklists, private val calls: Calls, private val changes: Changes) {
    /** What a list shows of every checklist of every installed pack. */
    public suspend fun list(language: String): List<ChecklistHeading> = calls.run { core.list(language) }

    /** A checklist of an installed pack, without a run. */
    public suspend fun show(pack: String, checklist: String, language: String): ChecklistView =
        calls.run { core.show(pack, checklist, language) }

    /** The triage of an installed pack, from "what is happening?" to a checklist; `null` when it has none. */
    public suspend fun triage(pack: String, language: String): TriageView? = calls.run { core.triage(pack, language) }

    /** Starts a run of a checklist. Several runs of one may go on at a time. On the medium when this returns. */
    public suspend fun start(pack: String, checklist: String): RunId = calls.run {
        core.start(pack, checklist).also { tell(it, ChangeKind.ADDED) }
    }

    /** Runs for which every condition of [query] holds, newest first, whatever the clock said. */
    public suspend fun runs(language: String, query: RunQuery = RunQuery()): List<RunSummary> = calls.run { core.runs(query, language) }

    /** As [runs], all of them. Pages are read as they are collected; `before` and `limit` of [query] are not looked at. */
    public fun allRuns(language: String, query: RunQuery = RunQuery()): Flow<RunSummary> = paged<RunSummary, RunId> { before ->
        runs(language, query.copy(before = before, limit = PAGE)).let { page -> page to page.lastOrNull()?.id }
    }

    /** A run: its checklist as it is now, with what was ticked, and what was ticked and is not in it any more. */
    public suspend fun run(run: RunId, language: String): RunView = calls.run { core.run(run, language) }

    /**
     * Ticks an item of a run. Without a [note] the one that is there stays; an empty one takes it away. A note has at most 1024 bytes of
     * UTF-8. On the medium when this returns.
     */
    public suspend fun tick(run: RunId, item: String, note: String? = null): Unit = calls.run {
        core.tick(run, item, note).also { tell(run, ChangeKind.CHANGED) }
    }

    /** Says that an item does not concern the user. As [tick] otherwise. */
    public suspend fun notApplicable(run: RunId, item: String, note: String? = null): Unit = calls.run {
        core.notApplicable(run, item, note).also { tell(run, ChangeKind.CHANGED) }
    }

    /** Takes a tick back, with its note; also of an item that is gone. Returns whether there was one. */
    public suspend fun untick(run: RunId, item: String): Boolean = calls.run {
        core.untick(run, item).also { if (it) tell(run, ChangeKind.CHANGED) }
    }

    /** Finishes a run, whatever is open in it, and keeps how it ended: every item, and the points of a scored checklist. */
    public suspend fun finish(run: RunId): Unit = calls.run { core.finish(run).also { tell(run, ChangeKind.CHANGED) } }

    /** Goes on with a run that was finished. Its result stays until it is finished again. */
    public suspend fun reopen(run: RunId): Unit = calls.run { core.reopen(run).also { tell(run, ChangeKind.CHANGED) } }

    /** Deletes a run with its ticks, notes and result. Incidents that were begun from it stay. */
    public suspend fun delete(run: RunId): Unit = calls.run { core.delete(run).also { tell(run, ChangeKind.REMOVED) } }

    /**
     * Begins an incident from an item that leads to one: a draft with the act, and the act's name in [language] as its title. A draft that
     * was begun from the same item and was not touched since is given again.
     */
    public suspend fun draftIncident(run: RunId, item: String, act: ActCode, language: String): Incident = calls.run {
        core.draftIncident(run, item, act, language).also {
            changes.tell(VaultChange.OfIncident(it.id, ChangeKind.ADDED))
            tell(run, ChangeKind.CHANGED)
        }
    }

    /** The run that an incident was begun from; `null` when it was not begun from one. */
    public suspend fun originOf(incident: IncidentId): RunId? = calls.run { core.originOf(incident) }

    /**
     * Every checklist that is to be repeated, of all installed packs: when it was last finished, and whether it is due. Asked on the day,
     * so ask again when the app comes to the foreground. Reminding is the app's.
     */
    public suspend fun due(language: String): List<DueChecklist> = calls.run { core.due(language) }

    /**
     * The results of a scored checklist, oldest first, each with what changed since the one before. They are there also when the pack is
     * gone.
     */
    public suspend fun scores(pack: String, checklist: String, language: String): List<Score> =
        calls.run { core.scores(pack, checklist, language) }

    private fun tell(run: RunId, kind: ChangeKind) = changes.tell(VaultChange.OfRun(run, kind))
}
