// Incidents, without blocking the caller's thread.
package org.amparo

import kotlinx.coroutines.flow.Flow
import org.amparo.core.Change
import org.amparo.core.Counts
import org.amparo.core.CountsRequest
import org.amparo.core.Cursor
import org.amparo.core.Incident
import org.amparo.core.IncidentContent
import org.amparo.core.IncidentId
import org.amparo.core.IncidentPage
import org.amparo.core.IncidentQuery
import org.amparo.core.IncidentSummary
import org.amparo.core.Incidents
import org.amparo.core.Revision
import org.amparo.core.TimelineCursor
import org.amparo.core.TimelineEntry
import org.amparo.core.TimelinePage
import org.amparo.core.TimelineQuery

/** The incidents of a vault. Got from [AmparoVault.incidents]. Safe to use from several threads. */
public class VaultIncidents internal constructor(private val core: Incidents, private val calls: Calls, private val changes: Changes) {
    /** Saves a new incident of which there is a sentence only: that is enough. On the medium when this returns. */
    public suspend fun create(narrative: String): Incident = create(IncidentContent(narrative = narrative))

    /** Saves a new incident. On the medium when this returns. */
    public suspend fun create(content: IncidentContent): Incident = calls.run {
        core.create(content).also { changes.tell(VaultChange.OfIncident(it.id, ChangeKind.ADDED)) }
    }

    /** Saves new incidents, all or none. As [create] otherwise. */
    public suspend fun createAll(contents: List<IncidentContent>): List<Incident> = calls.run {
        core.createAll(contents).onEach { changes.tell(VaultChange.OfIncident(it.id, ChangeKind.ADDED)) }
    }

    /**
     * Saves what was entered now and keeps what was there before as a revision. [revision] is the one that was edited: where somebody
     * saved another one meanwhile, this throws [org.amparo.core.IncidentException.Conflict] and overwrites nothing. Saving the same
     * again changes nothing.
     */
    public suspend fun save(id: IncidentId, revision: UInt, content: IncidentContent): Incident = calls.run {
        core.save(id, revision, content).also {
            if (it.revision != revision) changes.tell(VaultChange.OfIncident(id, ChangeKind.CHANGED))
        }
    }

    /** Saves [incident] with [content] in place of its own. See the other `save`. */
    public suspend fun save(incident: Incident, content: IncidentContent): Incident = save(incident.id, incident.revision, content)

    /** One incident, with the ids of its evidence. */
    public suspend fun get(id: IncidentId): Incident = calls.run { core.get(id) }

    /** Newest first, at most [limit] (1 to 1000), from where [after] points: the `next` of the page before. */
    public suspend fun list(limit: UInt = 100u, after: Cursor? = null): IncidentPage = calls.run { core.list(limit, after) }

    /** As [list], of those for which every condition of [query] holds. */
    public suspend fun query(query: IncidentQuery, limit: UInt = 100u, after: Cursor? = null): IncidentPage =
        calls.run { core.query(query, limit, after) }

    /** All for which every condition of [query] holds, newest first. Pages are read as they are collected, so stopping early costs nothing. */
    public fun all(query: IncidentQuery = IncidentQuery()): Flow<IncidentSummary> =
        paged<IncidentSummary, Cursor> { after -> query(query, PAGE, after).let { it.incidents to it.next } }

    /**
     * What happened when: oldest first, at most [limit] entries (1 to 1000), from where [after] points. Incidents of which nobody said
     * when come at the end.
     */
    public suspend fun timeline(query: TimelineQuery = TimelineQuery(), limit: UInt = 100u, after: TimelineCursor? = null): TimelinePage =
        calls.run { core.timeline(query, limit, after) }

    /** As [timeline], all of it. Pages are read as they are collected. */
    public fun wholeTimeline(query: TimelineQuery = TimelineQuery()): Flow<TimelineEntry> =
        paged<TimelineEntry, TimelineCursor> { after -> timeline(query, PAGE, after).let { it.entries to it.next } }

    /**
     * How many incidents there are of each code and in each month, with small numbers suppressed, for publication. Drafts are not
     * counted. Reads all of the vault's summaries.
     */
    public suspend fun counts(request: CountsRequest): Counts = calls.run { core.counts(request) }

    /** All revisions, oldest first; the last one is the present. */
    public suspend fun revisions(id: IncidentId): List<Revision> = calls.run { core.revisions(id) }

    /** The incident as it was at [revision]. The evidence ids are those of now. */
    public suspend fun getRevision(id: IncidentId, revision: UInt): Incident = calls.run { core.getRevision(id, revision) }

    /** What is different in revision [b], seen from revision [a]; empty when nothing is. Only what was entered is compared. */
    public suspend fun compare(id: IncidentId, a: UInt, b: UInt): List<Change> = calls.run { core.compare(id, a, b) }
}
