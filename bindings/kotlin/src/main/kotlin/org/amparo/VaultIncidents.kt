// Incidents, without blocking the caller's thread.
package org.amparo

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import org.amparo.core.Cursor
import org.amparo.core.Incident
import org.amparo.core.IncidentContent
import org.amparo.core.IncidentId
import org.amparo.core.IncidentPage
import org.amparo.core.IncidentSummary
import org.amparo.core.Incidents

/** The incidents of a vault. Got from [AmparoVault.incidents]. Safe to use from several threads. */
public class VaultIncidents internal constructor(
    private val core: Incidents,
    private val calls: Calls,
    private val changes: Changes,
) {
    /** Saves a new incident of which there is a sentence only: that is enough. On the medium when this returns. */
    public suspend fun create(narrative: String): Incident = create(IncidentContent(narrative = narrative))

    /** Saves a new incident. On the medium when this returns. */
    public suspend fun create(content: IncidentContent): Incident = calls.run {
        core.create(content).also { changes.tell(Change.OfIncident(it.id, ChangeKind.ADDED)) }
    }

    /**
     * Saves what was entered now and keeps what was there before as a revision. [revision] is the one that was edited: where somebody
     * saved another one meanwhile, this throws [org.amparo.core.IncidentException.Conflict] and overwrites nothing. Saving the same
     * again changes nothing.
     */
    public suspend fun save(id: IncidentId, revision: UInt, content: IncidentContent): Incident = calls.run {
        core.save(id, revision, content).also {
            if (it.revision != revision) changes.tell(Change.OfIncident(id, ChangeKind.CHANGED))
        }
    }

    /** Saves [incident] with [content] in place of its own. See the other `save`. */
    public suspend fun save(incident: Incident, content: IncidentContent): Incident =
        save(incident.id, incident.revision, content)

    /** One incident, with the ids of its evidence. */
    public suspend fun get(id: IncidentId): Incident = calls.run { core.get(id) }

    /** Newest first, at most [limit] (1 to 500), from where [after] points: the `next` of the page before. */
    public suspend fun list(limit: UInt = 100u, after: Cursor? = null): IncidentPage = calls.run { core.list(limit, after) }

    /** All of them, newest first. Pages are read as they are collected, so that stopping early costs nothing. */
    public fun all(): Flow<IncidentSummary> = flow {
        var after: Cursor? = null
        do {
            val page = list(PAGE, after)
            page.incidents.forEach { emit(it) }
            after = page.next
        } while (after != null)
    }

    private companion object {
        const val PAGE: UInt = 200u
    }
}
