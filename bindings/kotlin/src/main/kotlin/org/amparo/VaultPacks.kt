// The packs that checklists come in: those installed in a vault, and the one that an app brings with it, which needs no vault.
package org.amparo

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import org.amparo.core.AcceptedPublisher
import org.amparo.core.ChecklistPack
import org.amparo.core.InstalledPack
import org.amparo.core.PackOffer
import org.amparo.core.Packs
import org.amparo.core.ShownText
import org.amparo.core.TextDirection
import java.nio.ByteBuffer

/** The checklist packs of a vault, and whose may be installed. Got from [AmparoVault.packs]. Safe to use from several threads. */
public class VaultPacks internal constructor(private val core: Packs, private val calls: Calls, private val changes: Changes) {
    /**
     * Accepts a publisher by its [key] (64 hexadecimal digits): its packs may be installed from now on. Only after the user compared the
     * fingerprint with one that came by another way; an app accepts by itself no key but that of the pack that it brings with it.
     */
    public suspend fun acceptPublisher(key: String): Unit = calls.run { core.acceptPublisher(key).also { tell() } }

    /** The publishers that were accepted. */
    public suspend fun publishers(): List<AcceptedPublisher> = calls.run { core.publishers() }

    /**
     * Takes a publisher's acceptance back. What is installed stays; updates are refused until it is accepted again. Returns whether it
     * was accepted.
     */
    public suspend fun forgetPublisher(key: String): Boolean = calls.run { core.forgetPublisher(key).also { if (it) tell() } }

    /**
     * Looks at a pack file: who signed it, and what installing it would do. Changes nothing. A pack that would be refused is no error:
     * its `refusal` has the number.
     */
    public suspend fun offer(bytes: ByteArray): PackOffer = calls.run { withDirect(ByteBuffer.wrap(bytes)) { core.offer(it) } }

    /**
     * Installs a pack file, or updates the pack of its id. All of it is verified first; a refusal changes nothing. The same pack once
     * more repairs it. Ticks of its items stay. On the medium when this returns.
     */
    public suspend fun install(bytes: ByteArray): InstalledPack = calls.run {
        withDirect(ByteBuffer.wrap(bytes)) { core.install(it) }.also { tell() }
    }

    /** All packs that are or were installed, in the order of their first installation. */
    public suspend fun list(): List<InstalledPack> = calls.run { core.list() }

    /** Removes a pack. Its runs and results stay; nothing older comes in its place. */
    public suspend fun remove(id: String): Unit = calls.run { core.remove(id).also { tell() } }

    private fun tell() = changes.tell(VaultChange.OfPacks)
}

/**
 * Opens the pack that an app brings with it, in the language nearest to [language] (BCP 47, such as `ar` or `pt-BR`): no vault is needed,
 * because somebody who is being arrested may not have unlocked. [bytes] must be signed by [publisher], whose key (64 hexadecimal digits)
 * stands in the app's code and not beside the pack. Dates are not judged: advice of last year, shown as such, is better than none.
 *
 * What is read from the pack that this gives is in memory already, so that its functions do not block. Keep it for as long as the app
 * runs; the garbage collector frees it. What other people send belongs into a vault: [VaultPacks.install].
 */
public suspend fun openChecklistPack(
    bytes: ByteArray,
    publisher: String,
    language: String,
    dispatcher: CoroutineDispatcher = Dispatchers.IO,
): ChecklistPack = Calls(dispatcher).acquire(release = { it.close() }) {
    withDirect(ByteBuffer.wrap(bytes)) { ChecklistPack.bundled(it, publisher, language) }
}

/** Whether the language of this text is read from right to left: for the direction of the view that shows it, whatever the app's own is. */
public val ShownText.isRightToLeft: Boolean get() = direction == TextDirection.RTL

/**
 * The text between the characters that keep its direction to itself (Unicode's isolates), for use inside a text of another direction,
 * as in "Ticked: …". It is not for a view that shows this text alone.
 */
public fun ShownText.isolated(): String = (if (isRightToLeft) RIGHT_TO_LEFT_ISOLATE else LEFT_TO_RIGHT_ISOLATE) + text + POP_ISOLATE

private const val LEFT_TO_RIGHT_ISOLATE = "\u2066"
private const val RIGHT_TO_LEFT_ISOLATE = "\u2067"
private const val POP_ISOLATE = "\u2069"
