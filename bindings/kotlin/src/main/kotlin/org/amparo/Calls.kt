// How every call of this layer reaches the core: on a dispatcher where threads may block, with cancellation that the core hears of.
package org.amparo

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import org.amparo.core.CancelToken
import org.amparo.core.Progress
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** The one way to the core. Holds no state but the dispatcher, so it is shared by everything that belongs to one vault. */
internal class Calls(val dispatcher: CoroutineDispatcher) {
    /**
     * A call that cannot be stopped once it has begun. Where the coroutine is cancelled meanwhile, the call still ends, what it
     * wrote stays, and the caller gets a [CancellationException] in place of the result.
     */
    suspend fun <T> run(call: () -> T): T = withContext(dispatcher) { call() }

    /** A call whose result must be let go of. Where nobody is left to take it, [release] gets it. */
    suspend fun <T : Any> acquire(release: (T) -> Unit, call: () -> T): T {
        var made: T? = null
        try {
            return withContext(dispatcher) { call().also { made = it } }
        } catch (cancelled: CancellationException) {
            // withContext waits for the block, so `made` is final here.
            made?.let { left -> withContext(NonCancellable + dispatcher) { release(left) } }
            throw cancelled
        }
    }

    /**
     * A long job. Cancelling the coroutine cancels the job through its token; this returns only when the job has ended, so that
     * nothing it used is in use afterwards.
     */
    suspend fun <T> job(progress: JobProgress?, job: (CancelToken, Progress?) -> T): T {
        val stop = Stop()
        return stoppable(progress, stop::ask) { job(stop.makeToken(), progress?.core) }
    }

    /** As [job], for one that is stopped by [stop]: called at most once, on the thread that cancels, only while the job may run. */
    suspend fun <T> stoppable(progress: JobProgress?, stop: () -> Unit, job: () -> T): T {
        progress?.begin()
        try {
            return stoppedWithCaller(stop) { withContext(dispatcher) { job() } }
        } catch (failure: Exception) {
            // What the core threw because it was stopped is the cancellation, and not a failure of the job.
            if (failure.isJobCancelled && !currentCoroutineContext().isActive) {
                throw CancellationException("the job was cancelled", failure)
            }
            throw failure
        } finally {
            progress?.end()
        }
    }
}

/**
 * A token that is made by the job and not by its caller: the first object of the core's loads the native library, which blocks. Whoever
 * asks before there is a token is heard when there is one.
 */
internal class Stop {
    // Each side writes its own and then reads the other's, so that one of them sees both.
    @Volatile
    private var asked = false

    @Volatile
    private var made: CancelToken? = null

    /** Makes the token of the one job. To be called where it may block. */
    fun makeToken(): CancelToken = CancelToken().also {
        made = it
        if (asked) it.cancel()
    }

    /** Asks the job to stop. Does not block. */
    fun ask() {
        asked = true
        made?.cancel()
    }
}

private suspend fun <T> stoppedWithCaller(stop: () -> Unit, block: suspend () -> T): T = coroutineScope {
    val ended = AtomicBoolean()
    // Unconfined, so that a dispatcher that is busy with the job does not delay what stops the job.
    val watch = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
        try {
            awaitCancellation()
        } finally {
            if (!ended.get()) stop()
        }
    }
    try {
        block()
    } finally {
        ended.set(true)
        watch.cancel()
    }
}

/**
 * How far one long job is. Make one, give it to the call, and collect [bytes] in another coroutine:
 *
 * ```
 * val progress = JobProgress()
 * launch { progress.bytes().collect { bar.value = it } }
 * val evidence = vault.evidence.importFile(file, progress = progress)
 * ```
 *
 * Safe to use from several threads. For one job only.
 */
public class JobProgress {
    private val counter = lazy { Progress() }
    private val state = MutableStateFlow(State.WAITING)

    private enum class State { WAITING, RUNNING, ENDED }

    /** For the job: making it may load the native library. */
    internal val core: Progress get() = counter.value

    /** Bytes that have passed until now. Does not block. */
    public val current: ULong get() = if (counter.isInitialized()) counter.value.bytes() else 0u

    /**
     * Bytes that have passed, read every [interval] and told when they changed. The flow begins with what there is now and ends
     * after the job, however that ends, with the last value. Collecting it costs the job nothing; it may be collected late, by
     * several, or by nobody.
     */
    public fun bytes(interval: Duration = 100.milliseconds): Flow<ULong> = flow {
        do {
            emit(current)
            val ended = withTimeoutOrNull(interval) { state.first { it == State.ENDED } } != null
        } while (!ended)
        emit(current)
    }.distinctUntilChanged()

    internal fun begin() {
        check(state.compareAndSet(State.WAITING, State.RUNNING)) { "a JobProgress is for one job" }
    }

    internal fun end() {
        state.value = State.ENDED
    }
}
