// Jobs on descriptors, which are given away: whatever happens, they are closed, also where a job never began.
package org.amparo

import org.amparo.core.CancelToken
import org.amparo.core.Progress
import java.io.IOException
import java.io.InputStream
import java.util.concurrent.atomic.AtomicReference

/** A job that takes [descriptor] over. The core closes it once it was called; a caller that is cancelled before that leaves it to us. */
internal suspend fun <T> Calls.descriptorJob(descriptor: Int, progress: JobProgress?, job: (CancelToken, Progress?) -> T): T {
    var handedOver = false
    try {
        return job(progress) { token, bytes ->
            handedOver = true
            job(token, bytes)
        }
    } finally {
        // The job has ended here, or never began: nobody else writes this.
        if (!handedOver) closeDescriptor(descriptor)
    }
}

/** Closes a descriptor that nobody was given. One that is not open was a mistake of the caller's, which is told elsewhere. */
internal fun closeDescriptor(descriptor: Int) {
    // Never a standard stream, as in the core.
    if (descriptor > 2) runCatching { Libc.get().close(descriptor) }
}

/**
 * A job that reads what [stream] yields, to its end, through a pipe whose reading end it takes over. Where the stream breaks, this
 * throws what it threw and nothing is kept. The stream is not closed. Where the coroutine is cancelled this does not wait for a stream
 * that hangs: it may then be read from once more.
 */
internal suspend fun <T> Calls.streamJob(stream: InputStream, progress: JobProgress?, job: (Int, CancelToken, Progress?) -> T): T {
    val stop = Stop()
    val pumping = AtomicReference<StreamPump?>()
    val stopAll: () -> Unit = {
        stop.ask()
        pumping.get()?.stop()
    }
    return stoppable(progress, stopAll) {
        val token = stop.makeToken()
        val pump = StreamPump(stream, token)
        pumping.set(pump)
        // Cancelled before there was a pump to stop.
        if (token.isCancelled()) pump.stop()
        pump.start()
        try {
            job(pump.readEnd, token, progress?.core)
        } catch (failure: Exception) {
            val broke = pump.failure
            if (broke != null && failure.isJobCancelled) throw brokenStream(broke)
            throw failure
        } finally {
            pump.stop()
        }
    }
}

/** What is thrown where a stream broke: an `IOException`, with what the stream threw as its cause where that was none. */
private fun brokenStream(cause: Throwable): IOException =
    cause as? IOException ?: IOException("the stream could not be read to its end", cause)
