// A passphrase on its way to the core: from the caller's array into one buffer outside the Java heap, and nothing left behind.
package org.amparo

import org.amparo.core.VaultException
import java.nio.ByteBuffer
import java.nio.CharBuffer
import java.nio.charset.CodingErrorAction

/**
 * Runs [use] with [passphrase] as UTF-8 in a direct buffer. The array is wiped before [use] begins and the buffer when it ends, also
 * where it fails or is cancelled.
 *
 * Direct, because the garbage collector copies what lies on the Java heap as it pleases and wipes no copy. For the same reason no
 * `String` and no intermediate array is made.
 */
internal inline fun <T> withPassphrase(passphrase: CharArray, use: (ByteBuffer) -> T): T {
    // Three bytes a unit suffice for UTF-8: what needs four bytes is a pair of units.
    return withWiped(passphrase.size * 3) { buffer ->
        try {
            encodeUtf8(passphrase, buffer)
        } finally {
            passphrase.fill('\u0000')
        }
        use(buffer)
    }
}

/** As for a `CharArray`, of a passphrase that is UTF-8 already. */
internal inline fun <T> withPassphrase(passphrase: ByteArray, use: (ByteBuffer) -> T): T = withWiped(passphrase.size) { buffer ->
    buffer.put(passphrase).flipped()
    passphrase.fill(0)
    use(buffer)
}

/** Fills [buffer] with [chars] and flips it. Half of a surrogate pair is refused: replaced, it would be another passphrase. */
internal fun encodeUtf8(chars: CharArray, buffer: ByteBuffer) {
    val encoder = Charsets.UTF_8.newEncoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT)
    if (encoder.encode(CharBuffer.wrap(chars), buffer, true).isError || encoder.flush(buffer).isError) {
        throw VaultException.Invalid(ARGUMENT, "the passphrase is not text", "passphrase", 0uL)
    }
    buffer.flipped()
}
