// Reading evidence back: pieces, a channel that seeks, a stream. Every byte that comes out was authenticated.
package org.amparo

import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext
import org.amparo.core.EvidenceException
import org.amparo.core.MediaReader
import org.amparo.core.RecordingReader
import java.io.IOException
import java.io.InputStream
import java.nio.channels.SeekableByteChannel

/**
 * Reads one piece of evidence, or the pieces of a recording as one. Got from [VaultEvidence.openReader] and
 * [VaultEvidence.openRecording]. Constant memory, any place, any order; safe to use from several threads.
 *
 * Close it when it is no longer needed: that closes the file and wipes its key. A lock of the vault makes it fail with `Locked`.
 */
public class EvidenceReader private constructor(
    /** Bytes of the evidence. */
    public val size: Long,
    /** How many pieces of a recording there are that hold anything; 1 of a single piece of evidence. */
    public val pieces: Int,
    private val readCore: (ULong, UInt) -> ByteArray,
    private val closeCore: () -> Unit,
    private val calls: Calls,
) : AutoCloseable {
    internal constructor(core: MediaReader, calls: Calls) :
        this(core.size().toLong(), 1, core::read, core::close, calls)

    internal constructor(core: RecordingReader, calls: Calls) :
        this(core.size().toLong(), core.pieces().toInt(), core::read, core::close, calls)

    @Volatile
    private var closed = false

    /**
     * The bytes from [offset] on: [length] of them, less at the end, none past it. What is asked for is in memory as a whole: read a
     * film in pieces. Damage is an error at its place and nowhere else.
     */
    public suspend fun read(offset: Long, length: Int): ByteArray = calls.run { readBlocking(offset, length) }

    /**
     * This reader as a channel, at its beginning. Not for writing. **Its functions block for the disk**, as a channel's do: use it on a
     * thread that may. What fails is an `IOException` that [amparoCode] understands. Closing the channel closes the reader.
     */
    public fun channel(): SeekableByteChannel = ReaderChannel(this)

    /**
     * This reader as a stream, from its beginning, with `mark` and `reset`. **Its functions block for the disk**, as a stream's do: use
     * it on a thread that may. What fails is an `IOException` that [amparoCode] understands. Closing the stream closes the reader.
     */
    public fun inputStream(): InputStream = ReaderStream(this)

    /** Runs [block] with this reader, and closes it afterwards without blocking the caller's thread. */
    public suspend fun <T> use(block: suspend (EvidenceReader) -> T): T {
        try {
            return block(this)
        } finally {
            withContext(NonCancellable + calls.dispatcher) { close() }
        }
    }

    /** Closes the file and wipes its key, as soon as no read is under way. Closing again does nothing. */
    override fun close() {
        closed = true
        closeCore()
    }

    internal val isOpen: Boolean get() = !closed

    /** As [read], on this thread. */
    internal fun readBlocking(offset: Long, length: Int): ByteArray {
        require(offset >= 0) { "offset is negative" }
        require(length >= 0) { "length is negative" }
        val wanted = minOf(length.toLong(), (size - offset).coerceAtLeast(0)).toInt()
        if (wanted <= PIECE_BYTES) return piece(offset, wanted)
        val all = ByteArray(wanted)
        var filled = 0
        while (filled < wanted) {
            val piece = piece(offset + filled, minOf(PIECE_BYTES, wanted - filled))
            // The core gives less only at the end, which `wanted` stops before.
            if (piece.isEmpty()) return all.copyOf(filled).also { all.fill(0) }
            piece.copyInto(all, filled)
            filled += piece.size
            piece.fill(0)
        }
        return all
    }

    /** At most [PIECE_BYTES]. */
    internal fun piece(offset: Long, length: Int): ByteArray {
        if (closed) throw closedError(null)
        try {
            return readCore(offset.toULong(), length.toUInt())
        } catch (gone: IllegalStateException) {
            // Closed by another thread since: the generated object is gone then.
            throw if (closed) closedError(gone) else gone
        }
    }

    private fun closedError(cause: Throwable?) =
        EvidenceException.Closed(READER_CLOSED, "the reader is closed").also { if (cause != null) it.initCause(cause) }
}

/** What a channel or a stream throws where the core failed: its text as the message, and it as the cause. */
internal inline fun <T> asIo(read: () -> T): T = try {
    read()
} catch (failure: EvidenceException) {
    throw IOException(failure.amparoText, failure)
}
