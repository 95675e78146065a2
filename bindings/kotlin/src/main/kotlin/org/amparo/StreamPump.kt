// Importing what only an `InputStream` yields. The core imports descriptors, so the stream is pumped into a pipe that it reads from.
package org.amparo

import com.sun.jna.LastErrorException
import com.sun.jna.NativeLong
import org.amparo.core.CancelToken
import java.io.InputStream
import java.nio.ByteBuffer
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.thread
import kotlin.concurrent.withLock

/**
 * A pipe that a thread of its own fills from a stream. A thread of its own, and none of the dispatcher's: the import blocks one of
 * those until the pump is done, so that a dispatcher with no thread to spare would wait for itself.
 *
 * The end of a pipe looks the same whether the stream ended or broke. A stream that broke must not become evidence that looks
 * complete, so before the pipe ends for any reason but the stream's own end, [token] is cancelled and one more byte is written: the
 * core asks the token after every block that holds anything, and keeps nothing then.
 */
internal class StreamPump(private val stream: InputStream, private val token: CancelToken) {
    /** The end to read from. Whoever reads closes it. */
    val readEnd: Int

    /** What the stream threw. Final once the import ended. */
    @Volatile
    var failure: Throwable? = null
        private set

    private val writeEnd: Int
    private val turn = ReentrantLock()
    private var closed = false

    @Volatile
    private var stopped = false

    init {
        val ends = IntArray(2)
        Libc.get().pipe(ends)
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    /** Begins to pump. To be called once. */
    fun start() {
        thread(name = "amparo-import", isDaemon = true) { pump() }
    }

    /**
     * Ends the pipe so that nothing is kept. May be called at any time and from any thread; waits neither for the stream nor for a
     * write that is under way, because whoever writes looks again at [stopped] afterwards.
     */
    fun stop() {
        token.cancel()
        stopped = true
        if (turn.tryLock()) {
            try {
                end(whole = false)
            } finally {
                turn.unlock()
            }
        }
    }

    private fun pump() {
        val piece = ByteArray(PIPE_BYTES)
        val direct = ByteBuffer.allocateDirect(PIPE_BYTES)
        var whole = false
        try {
            while (!stopped) {
                val count = stream.read(piece)
                if (count < 0) {
                    whole = true
                    break
                }
                direct.cleared().put(piece, 0, count).flipped()
                if (!write(direct)) break
            }
        } catch (thrown: Throwable) {
            failure = thrown
        } finally {
            piece.fill(0)
            direct.wipe()
            turn.withLock { end(whole && !stopped) }
        }
    }

    /** Whether all of it was taken; not where the pipe was ended at either end. */
    private fun write(bytes: ByteBuffer): Boolean {
        while (bytes.hasRemaining()) {
            val written = turn.withLock {
                if (closed || stopped) return false
                try {
                    // A slice, because the position is not looked at.
                    Libc.get().write(writeEnd, bytes.slice(), NativeLong(bytes.remaining().toLong())).toInt()
                } catch (refused: LastErrorException) {
                    if (refused.errorCode == EINTR) 0 else return false
                }
            }
            bytes.movedTo(bytes.position() + written)
        }
        return true
    }

    /** With [turn] held. */
    private fun end(whole: Boolean) {
        if (closed) return
        closed = true
        val libc = Libc.get()
        if (!whole) {
            token.cancel()
            // Where nobody reads any more there is nobody to be told.
            runCatching { libc.write(writeEnd, ByteBuffer.allocateDirect(1), NativeLong(1)) }
        }
        runCatching { libc.close(writeEnd) }
    }

    private companion object {
        /** What a pipe holds on Linux: more at once would only wait. */
        const val PIPE_BYTES = 64 * 1024
        const val EINTR = 4
    }
}
