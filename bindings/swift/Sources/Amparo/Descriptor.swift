// Descriptors of the system on their way to the core, which takes them over: each is closed once, whatever happens.

import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Owns a descriptor until it is given away.
final class Descriptor: @unchecked Sendable {
    // Unchecked because of the variable: it is only used under the lock.
    private let lock = NSLock()
    private var number: Int32

    /// Takes over a descriptor that somebody gives away.
    init(taking number: Int32) {
        self.number = number
    }

    /// A duplicate of the handle's: both stand at the same place of the file, and each is closed by itself.
    convenience init(duplicating handle: FileHandle) throws {
        // Not below 3: those are the standard streams', which the core refuses to take over.
        let duplicate = fcntl(handle.fileDescriptor, F_DUPFD_CLOEXEC, 3)
        guard duplicate >= 0 else { throw Self.failure("this file handle is not open") }
        self.init(taking: duplicate)
    }

    /// Two ends of which one is read and the other written.
    static func pair() throws -> (source: Descriptor, feed: Descriptor) {
        var ends: [Int32] = [-1, -1]
        #if canImport(Darwin)
            let kind = SOCK_STREAM
        #else
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        #endif
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw failure("the system has no descriptors left") }
        #if canImport(Darwin)
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            // Where the core ended early, writing fails: it must not end the app with a signal.
            var on: Int32 = 1
            setsockopt(ends[1], SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
        return (Descriptor(taking: ends[0]), Descriptor(taking: ends[1]))
    }

    deinit {
        if number >= 0 { _ = close(number) }
    }

    /// The number, for somebody who closes it. To be called once.
    func giveAway() -> Int32 {
        lock.withLock {
            defer { number = -1 }
            return number
        }
    }

    /// Writes all of `data` on a thread of its own, then closes this end. Ends early where the other end was closed; that the reader
    /// did not get everything is known there. It does not stop for a cancelled job: an end that is closed early would look like
    /// the end of the data.
    func write(_ data: Data) {
        let end = giveAway()
        Thread.detachNewThread {
            defer { _ = close(end) }
            data.withUnsafeBytes { bytes in
                var written = 0
                while written < bytes.count {
                    #if canImport(Darwin)
                        let flags: Int32 = 0
                    #else
                        let flags = Int32(MSG_NOSIGNAL.rawValue)
                    #endif
                    let count = send(end, bytes.baseAddress! + written, bytes.count - written, flags)
                    if count < 0 && errno == EINTR { continue }
                    if count <= 0 { return }
                    written += count
                }
            }
        }
    }

    private static func failure(_ text: String) -> EvidenceError {
        .Invalid(code: 902, text: text, field: "", limit: 0)
    }
}
