// Bytes on their way to the core, which reads them in place and therefore takes buffers outside the Java heap only.
package org.amparo

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
            copy.put(bytes.duplicate()).flip()
            use(copy)
        }
    }
    bytes.position(bytes.limit())
    return result
}

/** Runs [use] with a direct buffer of [size] bytes that is wiped afterwards. */
internal inline fun <T> withWiped(size: Int, use: (ByteBuffer) -> T): T {
    // One byte at least: the native side wants an address even of nothing.
    val buffer = ByteBuffer.allocateDirect(size.coerceAtLeast(1))
    buffer.limit(size)
    try {
        return use(buffer)
    } finally {
        buffer.wipe()
    }
}

/** Overwrites all of it, wherever position and limit are. */
internal fun ByteBuffer.wipe() {
    val all = duplicate()
    all.clear()
    all.wipeRemaining()
}

/** Overwrites what lies between position and limit. */
internal fun ByteBuffer.wipeRemaining() {
    while (hasRemaining()) put(ZEROS, 0, minOf(ZEROS.size, remaining()))
}

/** What one call takes or gives at most where something is copied on its way. */
internal const val PIECE_BYTES: Int = 256 * 1024

private val ZEROS = ByteArray(16 * 1024)
