// Reading evidence at any place, in pieces, without blocking the caller.

import Foundation

/// What is read at any place: one piece of evidence, or all pieces of a recording.
public protocol EvidenceReader: AnyObject, Sendable {
    /// Bytes that can be read.
    func size() -> UInt64
    /// The bytes from `offset` on, at most 262,144 of them. Blocks for the disk.
    func read(offset: UInt64, length: UInt32) throws -> Data
    /// Closes the file and wipes its key.
    func close() throws
}

extension MediaReader: EvidenceReader {}
extension RecordingReader: EvidenceReader {}

/// What the core gives at most in one call.
private let pieceBytes = 256 * 1024

extension EvidenceReader {
    /// The bytes from `offset` on: `length` of them, less at the end, none past it. Every byte was authenticated; damage is an error at
    /// its place and nowhere else. All of them are in memory at once: for a whole film, take `chunks`.
    public func read(at offset: UInt64, length: Int) async throws -> Data {
        try await Blocking.call.run {
            var bytes = Data()
            while bytes.count < length {
                let wanted = min(length - bytes.count, pieceBytes)
                let piece = try self.read(offset: offset + UInt64(bytes.count), length: UInt32(wanted))
                if piece.isEmpty { break }
                bytes.append(piece)
            }
            return bytes
        }
    }

    /// The bytes from `offset` to the end, piece by piece. Reading begins with the first `await`, and the next piece is read when it is
    /// asked for. Iterate as often as you like.
    public func chunks(from offset: UInt64 = 0) -> EvidenceChunks<Self> {
        EvidenceChunks(reader: self, offset: offset)
    }

    /// Where nobody can wait: closing needs no disk.
    func closeNow() {
        try? close()
    }
}

/// The bytes of evidence, piece by piece, each of at most 256 KiB.
public struct EvidenceChunks<Reader: EvidenceReader>: AsyncSequence, Sendable {
    public typealias Element = Data
    let reader: Reader
    let offset: UInt64

    public func makeAsyncIterator() -> Iterator { Iterator(reader: reader, offset: offset) }

    /// One piece after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let reader: Reader
        var offset: UInt64

        /// The next piece, `nil` at the end. Throws `CancellationError` when the task was cancelled.
        public mutating func next() async throws -> Data? {
            try Task.checkCancellation()
            let piece = try await reader.read(at: offset, length: pieceBytes)
            offset += UInt64(piece.count)
            return piece.isEmpty ? nil : piece
        }
    }
}

// What the generated interface blocks for, off the caller's thread.

extension MediaReader {
    /// As the blocking `read`.
    public func read(offset: UInt64, length: UInt32) async throws -> Data {
        try await Blocking.call.run { try self.read(offset: offset, length: length) }
    }

    /// As the blocking `close`.
    public func close() async throws {
        try await Blocking.call.run { try self.close() }
    }
}

extension RecordingReader {
    /// As the blocking `read`.
    public func read(offset: UInt64, length: UInt32) async throws -> Data {
        try await Blocking.call.run { try self.read(offset: offset, length: length) }
    }

    /// As the blocking `close`.
    public func close() async throws {
        try await Blocking.call.run { try self.close() }
    }
}
