// Lists that come in pages, as one flow.
package org.amparo

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** How much one page of such a flow asks for. */
internal const val PAGE: UInt = 200u

/** Asks [page] for the entries from a cursor on and for the next cursor, as long as there is one and somebody collects. */
internal fun <T, C : Any> paged(page: suspend (C?) -> Pair<List<T>, C?>): Flow<T> = flow {
    var after: C? = null
    do {
        val (entries, next) = page(after)
        entries.forEach { emit(it) }
        after = next
    } while (after != null)
}
