// Recording into the vault. From a recorder's own queue, take the blocking methods: they are made for it. In a task, these.

import Foundation

extension Capture {
    /// As the blocking `write`. One `await` after the other keeps the order; two tasks that write at once do not. A slice is what it
    /// shows, whatever its `startIndex`.
    public func write(bytes: Data) async throws {
        try await Blocking.record.run {
            // In parts, because the core counts the bytes of one call with 32 bits.
            var rest = bytes[...]
            repeat {
                let part = rest.prefix(64 << 20)
                rest = rest.dropFirst(part.count)
                try self.write(bytes: part)
            } while !rest.isEmpty
        }
    }

    /// Takes what a recorder lends for the time of a callback, without a copy. Blocks, as the recorder's queue may.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        // Read only, and not beyond this call: that is what makes a `Data` around lent bytes sound.
        try write(
            bytes: Data(bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count, deallocator: .none))
    }

    /// As the blocking `sync`.
    public func sync() async throws {
        try await Blocking.record.run { try self.sync() }
    }

    /// As the blocking `finish`.
    public func finish() async throws -> Evidence {
        try await ending(.changed) { try self.finish() }
    }

    /// As the blocking `abort`.
    public func abort() async throws {
        try await ending(.removed) { try self.abort() }
    }

    /// Tells what became of it: nothing is kept of a capture that was given nothing, and what was written is kept where ending failed.
    private func ending<Result: Sendable>(
        _ kind: ChangeKind, _ end: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        do {
            let result = try await Blocking.record.run(end)
            Changes.shared.tell(.evidence(id(), kind))
            return result
        } catch {
            switch error {
            case EvidenceError.Closed: break
            case EvidenceError.Empty: Changes.shared.tell(.evidence(id(), .removed))
            default: Changes.shared.tell(.evidence(id(), .changed))
            }
            throw error
        }
    }
}
