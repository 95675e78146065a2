// Full-text search, without blocking the caller's thread.
package org.amparo

import kotlinx.coroutines.flow.Flow
import org.amparo.core.Cursor
import org.amparo.core.IncidentQuery
import org.amparo.core.Search
import org.amparo.core.SearchHit
import org.amparo.core.SearchPage

/**
 * Searches a vault's incidents and the notes on their evidence. Got from [AmparoVault.search]. Safe to use from several threads.
 *
 * Where somebody types, collect what they typed with `mapLatest { vault.search.incidents(it) }`: a search that was overtaken is over in
 * milliseconds, and its result is dropped.
 */
public class VaultSearch internal constructor(private val core: Search, private val calls: Calls) {
    /**
     * Incidents in which every word of [query] begins some word, newest first: at most [limit] (1 to 1000), from where [after] points.
     * Accents, case and the writing of numbers do not matter. What was typed is never a syntax and never an error; without any letter or
     * digit it matches nothing.
     */
    public suspend fun incidents(query: String, limit: UInt = 100u, after: Cursor? = null): SearchPage =
        calls.run { core.incidents(query, limit, after) }

    /** As [incidents], of those for which every one of [conditions] holds. */
    public suspend fun incidentsWhere(query: String, conditions: IncidentQuery, limit: UInt = 100u, after: Cursor? = null): SearchPage =
        calls.run { core.incidentsWhere(query, conditions, limit, after) }

    /** As [incidentsWhere], all of them. Pages are read as they are collected. */
    public fun all(query: String, conditions: IncidentQuery = IncidentQuery()): Flow<SearchHit> =
        paged<SearchHit, Cursor> { after -> incidentsWhere(query, conditions, PAGE, after).let { it.hits to it.next } }
}
