// How far a long job is, as something to iterate over.

import Foundation

/// How far one long job is. Make one, give it to the call, and iterate over it beside the call:
///
/// ```swift
/// let progress = JobProgress()
/// async let evidence = vault.evidence().importFile(at: url, progress: progress)
/// for await bytes in progress { bar.value = Double(bytes) }
/// show(try await evidence)
/// ```
///
/// The sequence begins with the bytes that have passed until now, goes on when they changed, and ends after the job, however that
/// ends, with the last value. The job is asked ten times a second and knows nothing of it: iterating may begin late, happen several
/// times at once, or not at all. For one job only.
public final class JobProgress: ProgressCounter, AsyncSequence, @unchecked Sendable {
    // Unchecked because the generated superclass is; the one variable here is behind its lock.
    private let lock = NSLock()
    private var ended = false

    /// Whether the job is over, for whatever reason.
    public var isOver: Bool { lock.withLock { ended } }

    /// Called by the layer when the job has returned.
    func end() { lock.withLock { ended = true } }

    /// How often the core is asked.
    static let interval = Duration.milliseconds(100)

    public func makeAsyncIterator() -> Iterator { Iterator(progress: self) }

    /// One look at the job after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let progress: JobProgress
        private var last: UInt64?
        private var isOver = false

        init(progress: JobProgress) { self.progress = progress }

        /// The bytes, when they changed. `nil` after the job, and when this task was cancelled.
        public mutating func next() async -> UInt64? {
            while !isOver && !Task.isCancelled {
                // In this order: what the job did before its end is seen by the look after it.
                isOver = progress.isOver
                let bytes = progress.bytes()
                if bytes != last {
                    last = bytes
                    return bytes
                }
                if !isOver { try? await Task.sleep(for: JobProgress.interval) }
            }
            return nil
        }
    }
}
