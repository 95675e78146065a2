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

    private static func failure(_ text: String) -> EvidenceError {
        .Invalid(code: 902, text: text, field: "", limit: 0)
    }
}
