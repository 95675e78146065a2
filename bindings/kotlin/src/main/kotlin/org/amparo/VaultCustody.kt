// The custody log, without blocking the caller's thread.
package org.amparo

import kotlinx.coroutines.flow.Flow
import org.amparo.core.Anchor
import org.amparo.core.AnchorCheck
import org.amparo.core.AnchorExport
import org.amparo.core.AnchorId
import org.amparo.core.AnchorKind
import org.amparo.core.AnchorRequest
import org.amparo.core.ChainReport
import org.amparo.core.Custody
import org.amparo.core.CustodyKey
import org.amparo.core.EvidenceId
import org.amparo.core.HistoryEntry
import org.amparo.core.HistoryLine
import java.nio.ByteBuffer

/**
 * The custody log of a vault: what happened to each piece of evidence, hash-chained and signed. Got from [AmparoVault.custody]. Safe to
 * use from several threads.
 *
 * Whoever holds a head and a proof checks them without a vault, and without this layer, because that neither blocks nor waits:
 * [org.amparo.core.readCustodyHead], [org.amparo.core.verifyInclusionProof], [org.amparo.core.verifyConsistencyProof].
 */
public class VaultCustody internal constructor(private val core: Custody, private val calls: Calls, private val changes: Changes) {
    /**
     * Reads the whole log and checks every line against its neighbours and against the latest signed head. Whatever is wrong with the
     * log is in the report. The vault is busy meanwhile.
     */
    public suspend fun verify(): ChainReport = calls.run { core.verify() }

    /** What happened to one piece of evidence, oldest first. */
    public suspend fun history(evidence: EvidenceId): List<HistoryEntry> = calls.run { core.history(evidence) }

    /** Entries from number [from] on, at most [limit] (1 to 500). */
    public suspend fun entries(from: ULong = 0u, limit: UInt = 100u): List<HistoryEntry> = calls.run { core.entries(from, limit) }

    /** As [entries], all of them. Pages are read as they are collected. */
    public fun allEntries(): Flow<HistoryEntry> = paged<HistoryEntry, ULong> { from ->
        entries(from ?: 0u, PAGE).let { page -> page to page.lastOrNull()?.let { it.seq + 1u } }
    }

    /**
     * What happened to one piece of evidence in sentences, oldest first. [language] is a BCP 47 tag; there are texts in English, Spanish,
     * French, Arabic and Russian, and English is taken for any other.
     */
    public suspend fun historyText(evidence: EvidenceId, language: String): List<HistoryLine> =
        calls.run { core.historyText(evidence, language) }

    /** The whole log in sentences: entries from number [from] on, at most [limit] (1 to 500). See [historyText]. */
    public suspend fun logText(language: String, from: ULong = 0u, limit: UInt = 100u): List<HistoryLine> =
        calls.run { core.logText(from, limit, language) }

    /**
     * Signs the present head, if anything was added since the last one, and returns the latest: a signed note; `null` while the log is
     * empty. Done by itself at every seal and lock.
     */
    public suspend fun signHead(): String? = calls.run { core.signHead() }

    /** The latest signed head, without signing a new one. */
    public suspend fun head(): String? = calls.run { core.head() }

    /** The key that heads are signed with. **It identifies the vault**: it is for the owner, and never part of a report. */
    public suspend fun verifyingKey(): CustodyKey = calls.run { core.verifyingKey() }

    /** Proof that the log of [old] entries is the beginning of the log of [new] entries, as the text of a JSON file. */
    public suspend fun consistencyProof(old: ULong, new: ULong): String = calls.run { core.consistencyProof(old, new) }

    /** Entry number [seq] with the proof that it stands in the log of [size] entries, as the text of a JSON file. */
    public suspend fun inclusionProof(seq: ULong, size: ULong): String = calls.run { core.inclusionProof(seq, size) }

    /**
     * Signs the head, commits to it under a fresh salt, and gives what to send to a timestamp authority or a calendar. Nothing is sent
     * here; the answer goes to [storeAnchor].
     */
    public suspend fun prepareAnchor(kind: AnchorKind): AnchorRequest = calls.run {
        core.prepareAnchor(kind).also { tell(it.id, ChangeKind.ADDED) }
    }

    /**
     * Stores the answer to an anchor's request after it was compared with it; what was stored earlier is kept. **The authority's signature
     * is not checked.**
     */
    public suspend fun storeAnchor(id: AnchorId, answer: ByteArray): Anchor = calls.run {
        withDirect(ByteBuffer.wrap(answer)) { core.storeAnchor(id, it) }.also { tell(id, ChangeKind.CHANGED) }
    }

    /** Stores what a calendar answered when it was asked again about its promise: [digest] is that of the end that is pending. */
    public suspend fun completeAnchor(id: AnchorId, digest: ByteArray, answer: ByteArray): Anchor = calls.run {
        withDirect(ByteBuffer.wrap(digest)) { of -> withDirect(ByteBuffer.wrap(answer)) { core.completeAnchor(id, of, it) } }
            .also { tell(id, ChangeKind.CHANGED) }
    }

    /** One anchor. */
    public suspend fun anchor(id: AnchorId): Anchor = calls.run { core.anchor(id) }

    /** All anchors, oldest first. */
    public suspend fun anchors(): List<Anchor> = calls.run { core.anchors() }

    /** Checks every anchor again: the head's signature, whether the log still begins with it, and every token. */
    public suspend fun verifyAnchors(): List<AnchorCheck> = calls.run { core.verifyAnchors() }

    /** An anchor's token and statement, for somebody who checks them without the vault. */
    public suspend fun exportAnchor(id: AnchorId): AnchorExport = calls.run { core.exportAnchor(id) }

    private fun tell(id: AnchorId, kind: ChangeKind) = changes.tell(VaultChange.OfAnchor(id, kind))
}
