// How every call of this layer reaches the core: on threads that may block, and with cancellation that the core hears of.

import Dispatch
import Foundation

/// The threads that wait for the disk and for key derivations, so that neither the main actor nor Swift's own few threads do.
///
/// Calls, long jobs and recording have separate lanes: a list is shown while files are imported, and a capture goes on and a vault is
/// locked although both other lanes are full. The lanes are narrow because the core does one thing at a time to the disk anyway,
/// and because threads that block are taken away from the rest of the app.
enum Blocking {
    /// Calls that take milliseconds, and key derivations.
    case call
    /// Calls that take as long as their file is large.
    case job
    /// Captures and locking: never behind anything else.
    case record

    private static let calls = Lane("org.amparo.calls", width: 4)
    private static let jobs = Lane("org.amparo.jobs", width: 2)
    private static let records = Lane("org.amparo.records", width: 4)

    private var lane: Lane {
        switch self {
        case .call: Blocking.calls
        case .job: Blocking.jobs
        case .record: Blocking.records
        }
    }

    /// Runs `work` on this lane. It cannot be stopped once it has begun: it is told to the caller even if the task was cancelled
    /// meanwhile, because what it did is done.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        let outcome = Outcome<Result>()
        await withCheckedContinuation { continuation in
            lane.add {
                outcome.set(Swift.Result { try work() })
                continuation.resume()
            }
        }
        return try outcome.get()
    }

    /// Runs a long job. Cancelling the task cancels the job through `cancel`, or through a token of its own; this returns when the
    /// job has ended, so that nothing it used is in use afterwards. A job that was ended for this reason throws
    /// `CancellationError`, as tasks do; one that somebody else ended through the token throws its topic's `Cancelled`.
    static func job<Result: Sendable>(
        _ cancel: CancelToken?,
        _ progress: ProgressCounter?,
        _ work: @escaping @Sendable (CancelToken) throws -> Result
    ) async throws -> Result {
        let token = cancel ?? CancelToken()
        defer { (progress as? JobProgress)?.end() }
        try Task.checkCancellation()
        do {
            return try await withTaskCancellationHandler {
                try await Blocking.job.run { try work(token) }
            } onCancel: {
                token.cancel()
            }
        } catch let error as any AmparoError where error.isCancelled && Task.isCancelled {
            throw CancellationError()
        }
    }
}

/// What a call came to, on its way from the thread that made it. A continuation would carry it too; but where it is resumed before it
/// is awaited, the thread sanitizer does not see that the one comes after the other, and an app's developers would be shown races that
/// are none. A lock it sees.
private final class Outcome<Value: Sendable>: @unchecked Sendable {
    // Unchecked because of the variable: it is only used under the lock.
    private let lock = NSLock()
    private var result: Result<Value, any Error>?

    func set(_ result: Result<Value, any Error>) { lock.withLock { self.result = result } }

    /// To be called after `set`.
    func get() throws -> Value {
        guard let result = lock.withLock({ result }) else { preconditionFailure("a call that was not made was awaited") }
        return try result.get()
    }
}

/// A queue on which at most `width` blocks run at a time, first come, first served.
private final class Lane: Sendable {
    private let queue: DispatchQueue
    private let operations: OperationQueue

    init(_ label: String, width: Int) {
        queue = DispatchQueue(label: label, qos: .userInitiated, attributes: .concurrent)
        operations = OperationQueue()
        operations.maxConcurrentOperationCount = width
        // Not kept alive by the operations: that is what `queue` is for.
        operations.underlyingQueue = queue
    }

    func add(_ block: @escaping @Sendable () -> Void) {
        operations.addOperation(block)
    }
}
