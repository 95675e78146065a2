// Bytes on their way to the core, which reads them in place and therefore takes buffers outside the Java heap only.
package org.amparo

import java.nio.Buffer
import java.nio.ByteBuffer

/**
 * Runs [use] with what remains of [bytes], in a direct buffer that begins with it, and then moves the position to the limit, as a
 * channel does. A direct buffer is read in place, any other is copied and the copy wiped.
 *
 * A slice, because the generated code takes a buffer's address and not its position: without it, what lies before the position would
 * be stored. Moving the position afterwards also keeps the garbage collector from freeing the memory while it is read.
 */
internal inline fun <T> withDirect(bytes: ByteBuffer, use: (ByteBuffer) -> T): T {
    val result = if (bytes.isDirect) {
        use(bytes.slice())
    } else {
        withWiped(bytes.remaining()) { copy ->
            copy.put(bytes.duplicate()).flipped()
            use(copy)
        }
    }
    bytes.movedTo(bytes.limit())
    return result
}

/** Runs [use] with a direct buffer of [size] bytes that is wiped afterwards. */
internal inline fun <T> withWiped(size: Int, use: (ByteBuffer) -> T): T {
    // One byte at least: the native side wants an address even of nothing.
    val buffer = ByteBuffer.allocateDirect(size.coerceAtLeast(1))
    buffer.cutAt(size)
    try {
        return use(buffer)
    } finally {
        buffer.wipe()
    }
}

/** Overwrites all of it, wherever position and limit are. */
internal fun ByteBuffer.wipe() {
    duplicate().cleared().wipeRemaining()
}

/** Overwrites what lies between position and limit. */
internal fun ByteBuffer.wipeRemaining() {
    while (hasRemaining()) put(ZEROS, 0, minOf(ZEROS.size, remaining()))
}

// These four go to `Buffer`: before Android 9, `ByteBuffer` has no methods of its own for them, and code that was compiled against a newer
// one fails there when it runs. The profile `android-check` looks for it.

/** As `position(Int)`. */
internal fun ByteBuffer.movedTo(position: Int): ByteBuffer = also { move(it, position) }

/** As `limit(Int)`. */
internal fun ByteBuffer.cutAt(limit: Int): ByteBuffer = also { cut(it, limit) }

/** As `flip()`. */
internal fun ByteBuffer.flipped(): ByteBuffer = also { flip(it) }

/** As `clear()`. */
internal fun ByteBuffer.cleared(): ByteBuffer = also { clear(it) }

private fun move(buffer: Buffer, position: Int) = buffer.position(position)

private fun cut(buffer: Buffer, limit: Int) = buffer.limit(limit)

private fun flip(buffer: Buffer) = buffer.flip()

private fun clear(buffer: Buffer) = buffer.clear()

/** What one call takes or gives at most where something is copied on its way. */
internal const val PIECE_BYTES: Int = 256 * 1024

private val ZEROS = ByteArray(16 * 1024)
