// A reader in the two shapes that Java's libraries take.
package org.amparo

import java.io.IOException
import java.io.InputStream
import java.nio.ByteBuffer
import java.nio.channels.ClosedChannelException
import java.nio.channels.NonWritableChannelException
import java.nio.channels.SeekableByteChannel

/** [EvidenceReader.channel]. One thread at a time moves the position; the others wait. */
internal class ReaderChannel(private val reader: EvidenceReader) : SeekableByteChannel {
    private var position = 0L

    @Synchronized
    override fun read(target: ByteBuffer): Int {
        refuseIfClosed()
        if (!target.hasRemaining()) return 0
        if (position >= reader.size) return -1
        val piece = asIo { reader.piece(position, minOf(target.remaining(), PIECE_BYTES)) }
        if (piece.isEmpty()) return -1
        target.put(piece)
        piece.fill(0)
        position += piece.size
        return piece.size
    }

    @Synchronized
    override fun position(): Long {
        refuseIfClosed()
        return position
    }

    @Synchronized
    override fun position(newPosition: Long): SeekableByteChannel {
        refuseIfClosed()
        require(newPosition >= 0) { "position is negative" }
        position = newPosition
        return this
    }

    override fun size(): Long {
        refuseIfClosed()
        return reader.size
    }

    override fun write(source: ByteBuffer): Int = throw NonWritableChannelException()

    override fun truncate(size: Long): SeekableByteChannel = throw NonWritableChannelException()

    override fun isOpen(): Boolean = reader.isOpen

    override fun close() = reader.close()

    private fun refuseIfClosed() {
        if (!reader.isOpen) throw ClosedChannelException()
    }
}

/** [EvidenceReader.inputStream]. Reads ahead one piece, so that decoders that take a byte at a time do not cross over for each. */
internal class ReaderStream(private val reader: EvidenceReader) : InputStream() {
    private var position = 0L
    private var marked = 0L
    private var ahead = ByteArray(0)
    private var aheadAt = 0L

    @Synchronized
    override fun read(): Int {
        val at = fill()
        if (at < 0) return -1
        position++
        return ahead[at].toInt() and 0xff
    }

    @Synchronized
    override fun read(target: ByteArray, offset: Int, length: Int): Int {
        if (offset < 0 || length < 0 || length > target.size - offset) throw IndexOutOfBoundsException()
        if (length == 0) return 0
        val at = fill()
        if (at < 0) return -1
        val count = minOf(length, ahead.size - at)
        ahead.copyInto(target, offset, at, at + count)
        position += count
        return count
    }

    @Synchronized
    override fun skip(count: Long): Long {
        refuseIfClosed()
        val skipped = count.coerceIn(0, (reader.size - position).coerceAtLeast(0))
        position += skipped
        return skipped
    }

    @Synchronized
    override fun available(): Int {
        refuseIfClosed()
        return if (isAhead()) (aheadAt + ahead.size - position).toInt() else 0
    }

    override fun markSupported(): Boolean = true

    @Synchronized
    override fun mark(limit: Int) {
        marked = position
    }

    @Synchronized
    override fun reset() {
        refuseIfClosed()
        position = marked
    }

    @Synchronized
    override fun close() {
        ahead.fill(0)
        ahead = ByteArray(0)
        reader.close()
    }

    /** Where in [ahead] the position is, with at least one byte there; -1 at the end. */
    private fun fill(): Int {
        refuseIfClosed()
        if (!isAhead()) {
            if (position >= reader.size) return -1
            ahead.fill(0)
            ahead = asIo { reader.piece(position, PIECE_BYTES) }
            aheadAt = position
            if (ahead.isEmpty()) return -1
        }
        return (position - aheadAt).toInt()
    }

    private fun isAhead() = position >= aheadAt && position < aheadAt + ahead.size

    private fun refuseIfClosed() {
        if (!reader.isOpen) throw IOException("the stream is closed")
    }
}
