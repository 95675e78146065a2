// Recipients whose cards the user trusts, without blocking the caller's thread.
package org.amparo

import org.amparo.core.CardId
import org.amparo.core.CardOffer
import org.amparo.core.Recipient
import org.amparo.core.RecipientGroup
import org.amparo.core.RecipientKind
import org.amparo.core.Recipients
import java.nio.ByteBuffer

/**
 * The recipients of a vault. Got from [AmparoVault.recipients]. Safe to use from several threads.
 *
 * A card comes as a file or as QR codes ([CardScanner]). What makes it the recipient's is a fingerprint that the user compared by another
 * way than the card came; an app must not take it from the card itself. Without a vault, [RecipientCards] reads cards and draws them.
 */
public class VaultRecipients internal constructor(private val core: Recipients, private val calls: Calls, private val changes: Changes) {
    /**
     * Looks at a card file: who signed it, and what importing it would do. Changes nothing. A card that would be refused is no error
     * here, unless it is no card whose signature holds.
     */
    public suspend fun offer(bytes: ByteArray): CardOffer = calls.run { withDirect(ByteBuffer.wrap(bytes)) { core.offer(it) } }

    /**
     * Imports a card file, or updates the recipient of its id. For a recipient who is not here yet, [fingerprint] is the one that the
     * user compared with the recipient by another way than the card came: 32 hexadecimal digits or thirteen words, in any case and
     * grouping. For one who is here it may be absent: the key that was compared then must have signed this card too. The card that is
     * here once more changes nothing. On the medium when this returns.
     */
    public suspend fun importCard(bytes: ByteArray, fingerprint: String? = null): Recipient = calls.run {
        withDirect(ByteBuffer.wrap(bytes)) { core.importCard(it, fingerprint) }.also {
            tell(it.id, if (it.added == it.updated) ChangeKind.ADDED else ChangeKind.CHANGED)
        }
    }

    /**
     * All recipients, in the order in which they came; with [kind] those of one kind. One whose card cannot be read any more is listed as
     * `Damaged`, without a `kind`.
     */
    public suspend fun list(kind: RecipientKind? = null): List<Recipient> = calls.run { core.list(kind) }

    /** One recipient. */
    public suspend fun get(id: CardId): Recipient = calls.run { core.get(id) }

    /** The recipient's card file, at most 16 KiB, as it was imported: to hand on to a colleague, who compares it anew. */
    public suspend fun card(id: CardId): ByteArray = calls.run { core.card(id) }

    /** Keeps the user's own words on a recipient, at most 4096 bytes of UTF-8. They are never part of a report. */
    public suspend fun setNote(id: CardId, note: String): Recipient = calls.run {
        core.setNote(id, note).also { tell(id, ChangeKind.CHANGED) }
    }

    /** Removes a recipient. Nothing of them is kept: their card, if it comes again, is a first import, and is compared again. */
    public suspend fun remove(id: CardId): Unit = calls.run { core.remove(id).also { tell(id, ChangeKind.REMOVED) } }

    /**
     * One group of a `ReportRequest` for these recipients, who must all be of one kind: each is sealed to with the key that is valid
     * today. They are told everything that may be told to their kind; set `choice` in a copy to tell less, and `form` to check what
     * their channel asks for.
     */
    public suspend fun group(ids: List<CardId>): RecipientGroup = calls.run { core.group(ids) }

    private fun tell(id: CardId, kind: ChangeKind) = changes.tell(VaultChange.OfRecipient(id, kind))
}
