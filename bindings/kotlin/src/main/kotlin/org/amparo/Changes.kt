// What a vault's screens listen to: which records were written, told after they were.
package org.amparo

import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.flow.asSharedFlow
import org.amparo.core.AnchorId
import org.amparo.core.CardId
import org.amparo.core.EvidenceId
import org.amparo.core.IncidentId
import org.amparo.core.ReportId
import org.amparo.core.RunId

/** What became of a record. */
public enum class ChangeKind {
    /** It is new. */
    ADDED,

    /** It is not as it was. */
    CHANGED,

    /** It is gone. */
    REMOVED,
}

/**
 * Something that was written to a vault through this layer. It carries ids and nothing of what was written: load what you show.
 * Kinds of changes may be added: let a `when` have an `else`.
 */
public sealed interface VaultChange {
    /** An incident. */
    public data class OfIncident(
        /** Which one. */
        val id: IncidentId,
        /** What became of it. */
        val kind: ChangeKind,
    ) : VaultChange

    /** A piece of evidence, also one that is being captured. */
    public data class OfEvidence(
        /** Which one. */
        val id: EvidenceId,
        /** What became of it. */
        val kind: ChangeKind,
    ) : VaultChange

    /** A sealed report. */
    public data class OfReport(
        /** Which one. */
        val id: ReportId,
        /** What became of it. */
        val kind: ChangeKind,
    ) : VaultChange

    /** An anchor of the custody log. */
    public data class OfAnchor(
        /** Which one. */
        val id: AnchorId,
        /** What became of it. */
        val kind: ChangeKind,
    ) : VaultChange

    /** A run through a checklist. */
    public data class OfRun(
        /** Which one. */
        val id: RunId,
        /** What became of it. */
        val kind: ChangeKind,
    ) : VaultChange

    /** A recipient. */
    public data class OfRecipient(
        /** Which one. */
        val id: CardId,
        /** What became of them. */
        val kind: ChangeKind,
    ) : VaultChange

    /** The checklist packs or their publishers. Load every checklist and form that is shown. */
    public data object OfPacks : VaultChange

    /** So many records that they are not told one by one, as an import of records brings. Load everything that is shown. */
    public data object OfMany : VaultChange

    /** The vault was locked. Nothing follows; forget what is shown. */
    public data object Locked : VaultChange
}

/** Tells the changes of one vault to whoever listens. */
internal class Changes {
    // Without a bound, because a listener that is late must neither hold up a write nor miss the change it waits for. What is kept
    // for it is a few words a change, and nothing where nobody listens.
    private val told = MutableSharedFlow<VaultChange>(extraBufferCapacity = Int.MAX_VALUE)

    val flow: SharedFlow<VaultChange> = told.asSharedFlow()

    /** Never waits. */
    fun tell(change: VaultChange) {
        told.tryEmit(change)
    }
}
