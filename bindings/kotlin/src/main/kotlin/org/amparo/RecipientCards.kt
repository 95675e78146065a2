// Cards of recipients without a vault: what one says, as QR codes on a screen, and out of a camera's pictures.
package org.amparo

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import org.amparo.core.CardInfo
import org.amparo.core.QrAssembler
import org.amparo.core.QrCode
import org.amparo.core.ScanProgress
import org.amparo.core.qrCodesOfCard
import org.amparo.core.readCard
import org.amparo.core.readQrPicture
import java.nio.ByteBuffer

/** Recipients' cards, without a vault. Safe to use from several threads. Calls do their work on [dispatcher]. */
public class RecipientCards(dispatcher: CoroutineDispatcher = Dispatchers.IO) {
    private val calls = Calls(dispatcher)

    /**
     * What a card file says, and who signed it. Its signature holds; whether the signer is who they say they are, people must compare.
     * Dates are not looked at.
     */
    public suspend fun read(bytes: ByteArray): CardInfo = calls.run { withDirect(ByteBuffer.wrap(bytes)) { readCard(it) } }

    /**
     * The QR codes of a card file, as few and small as a phone reads well, all of one size. Draw each with four light modules around,
     * dark on light whatever the theme.
     */
    public suspend fun qrCodes(bytes: ByteArray): List<QrCode> = calls.run { withDirect(ByteBuffer.wrap(bytes)) { qrCodesOfCard(it) } }

    /**
     * The texts of all QR codes in a picture of [width] × [height] grey values, row by row without padding, 0 is black: the first plane of
     * a camera's frame, where its rows have no padding. What remains of [luma] is read, in place where the buffer is direct. Each text
     * once, in no particular order; empty when there is none. Up to a second for a large photograph.
     */
    public suspend fun readPicture(width: UInt, height: UInt, luma: ByteBuffer): List<String> =
        calls.run { withDirect(luma) { readQrPicture(width, height, it) } }
}

/**
 * Puts the codes of one card together, in any order, while a camera finds them. Safe to use from several threads. Calls do their work on
 * [dispatcher].
 */
public class CardScanner(dispatcher: CoroutineDispatcher = Dispatchers.IO) {
    private val calls = Calls(dispatcher)

    // Made by the first call and not by the caller: the first object of the core's loads the native library.
    private val core by lazy { QrAssembler() }

    /**
     * Adds the text of one code, exactly as it was scanned: a space at its end is part of it. One that was added before changes nothing.
     * What is not of a card, or not of this one, is refused, changes nothing, and may be ignored while scanning goes on. After `Complete`,
     * and after a card's own refusal, the scanner is empty again; after `CodesContradict` call [reset].
     */
    public suspend fun add(text: String): ScanProgress = calls.run { core.add(text) }

    /** Forgets what was added: for a button "start again". */
    public suspend fun reset(): Unit = calls.run { core.reset() }

    /** The numbers of the codes that are missing, from 1. Empty too before the first one was added. */
    public suspend fun missing(): List<UInt> = calls.run { core.missing() }
}
