// A capture under way: what the camera or the microphone yields goes into the vault as it comes.
package org.amparo

import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext
import org.amparo.core.Capture
import org.amparo.core.Evidence
import org.amparo.core.EvidenceException
import org.amparo.core.EvidenceId
import java.nio.ByteBuffer
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * Records straight into the vault. Got from [VaultEvidence.startCapture].
 *
 * ```
 * vault.evidence.startCapture(CaptureRequest(EvidenceKind.Video, "video/mp4")).use { capture ->
 *     for (buffer in encoder) capture.write(buffer)
 *     capture.finish()
 * }
 * ```
 *
 * Nothing of it is lost by forgetting: closed without [finish], forgotten, cut by a lock of the vault or by the app's end, it is
 * evidence with the bytes that were given, in the state `Interrupted` or `Unterminated`. Only [abort] throws anything away.
 *
 * Safe to use from several threads: calls follow one another. The bytes are in the order in which the calls began only where one
 * thread or coroutine makes them.
 */
public class EvidenceCapture internal constructor(private val core: Capture, private val calls: Calls, private val changes: Changes) :
    AutoCloseable {
    /** The id of the evidence it becomes. */
    public val id: EvidenceId = core.id()

    private val turn = ReentrantLock(true)
    private var over = false
    private var staging: ByteBuffer? = null

    /** Bytes that were taken. Does not wait, so that a display may ask while a write is under way. */
    @Volatile
    public var size: Long = 0
        private set

    /**
     * Takes what remains of [bytes] and moves its position to its limit. A direct buffer is read in place: give those for media. Any
     * other is copied through one that is wiped. The buffer belongs to the capture until this returns; wipe it then.
     *
     * A call costs some tens of microseconds whatever it brings, which counts where pieces are small and many: what comes faster than
     * tens of MiB a second is best given in pieces of 256 KiB. About once a second what was taken is synced by itself. After an error no more is taken: end the capture, what was written is
     * kept. Cancelling the coroutine does not take a write back.
     */
    public suspend fun write(bytes: ByteBuffer): Unit = calls.run { writeBlocking(bytes) }

    /** Takes [length] bytes of [bytes] from [offset] on, copied through a buffer that is wiped. Wipe the array afterwards. */
    public suspend fun write(bytes: ByteArray, offset: Int = 0, length: Int = bytes.size - offset): Unit =
        write(ByteBuffer.wrap(bytes, offset, length))

    /** As [write], for a recorder with a thread of its own. Blocks for the disk: never on the main thread. */
    public fun writeBlocking(bytes: ByteBuffer): Unit = turn.withLock {
        refuseIfOver()
        if (bytes.isDirect) {
            val count = bytes.remaining()
            withDirect(bytes) { core.write(it) }
            size += count
        } else {
            writeCopied(bytes)
        }
    }

    /** Returns when every slot that is full is on the medium: for an app that is about to be suspended. */
    public suspend fun sync(): Unit = calls.run {
        turn.withLock {
            refuseIfOver()
            core.sync()
        }
    }

    /**
     * Ends the capture: when this returns, the evidence, its hash and its custody entry are on the medium. Throws
     * [EvidenceException.Empty] where nothing was given; nothing is kept then. After any other failure what was written is kept and
     * labelled, under [id]. The capture is over in any case.
     */
    public suspend fun finish(): Evidence = calls.run { ending(ChangeKind.CHANGED) { core.finish() } }

    /** Throws the capture away, as if it had never begun. The capture is over in any case. */
    public suspend fun abort(): Unit = calls.run { abortBlocking() }

    /** Runs [block] with this capture, and closes it afterwards without blocking the caller's thread. */
    public suspend fun <T> use(block: suspend (EvidenceCapture) -> T): T {
        try {
            return block(this)
        } finally {
            withContext(NonCancellable + calls.dispatcher) { close() }
        }
    }

    /**
     * Ends the capture with what it was given, if it is not over: the evidence is `Interrupted` and keeps every byte. Blocks for the
     * disk; in a coroutine, [use] does it elsewhere.
     */
    override fun close(): Unit = turn.withLock {
        if (!over) {
            end()
            core.close()
            changes.tell(VaultChange.OfEvidence(id, ChangeKind.CHANGED))
        }
    }

    /** As [abort], on this thread. */
    internal fun abortBlocking(): Unit = ending(ChangeKind.REMOVED) { core.abort() }

    private inline fun <T> ending(kind: ChangeKind, how: () -> T): T = turn.withLock {
        refuseIfOver()
        end()
        try {
            how().also { changes.tell(VaultChange.OfEvidence(id, kind)) }
        } catch (failure: EvidenceException) {
            // Also now it is not what it was: gone where it was empty, labelled otherwise.
            val left = if (failure is EvidenceException.Empty) ChangeKind.REMOVED else ChangeKind.CHANGED
            changes.tell(VaultChange.OfEvidence(id, left))
            throw failure
        }
    }

    private fun writeCopied(bytes: ByteBuffer) {
        val staging = staging ?: ByteBuffer.allocateDirect(PIECE_BYTES).also { staging = it }
        while (bytes.hasRemaining()) {
            val count = minOf(staging.capacity(), bytes.remaining())
            staging.cleared().put(bytes.duplicate().cutAt(bytes.position() + count)).flipped()
            try {
                core.write(staging.slice())
            } finally {
                staging.wipeRemaining()
            }
            // After each piece: what failed begins at the position.
            bytes.movedTo(bytes.position() + count)
            size += count
        }
    }

    private fun end() {
        over = true
        staging = null
    }

    private fun refuseIfOver() {
        if (over) throw EvidenceException.Closed(CAPTURE_OVER, "the capture is over: it was finished, given up or closed")
    }
}
