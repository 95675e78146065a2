// A passphrase on its way to the core: in one place of memory that is wiped, and in no other.

import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A passphrase in memory that is wiped. What it is made from is wiped when it is made, and it itself when it was used for its call,
/// or is let go of.
///
/// ```swift
/// var typed = Data(…)                       // UTF-8
/// let vault = try await Vault.unlock(at: folder, passphrase: Passphrase(taking: &typed))
/// ```
///
/// Safe to use from several threads.
public final class Passphrase: @unchecked Sendable {
    // Unchecked because of the pointer: it is only used under the lock.
    private let lock = NSLock()
    private let memory: UnsafeMutableRawBufferPointer
    /// Where in `memory` it is.
    private let place: Range<Int>
    private var isWiped = false

    /// Takes UTF-8 and overwrites `bytes` with zeros. Only that array: a copy that the app made earlier is the app's to wipe.
    public init(taking bytes: inout [UInt8]) {
        (memory, place) = Self.room(bytes.count)
        bytes.withUnsafeMutableBytes { take($0) }
    }

    /// Takes UTF-8 and overwrites `bytes` with zeros. Only that buffer: a copy that the app made earlier is the app's to wipe. Where
    /// the app can choose, an array is better: up to 14 bytes `Data` keeps in itself, and leaves a copy wherever it is handed on.
    public init(taking bytes: inout Data) {
        (memory, place) = Self.room(bytes.count)
        bytes.withUnsafeMutableBytes { take($0) }
    }

    /// Takes what a text field has. Nobody can wipe a `String`: it stays in memory until that is used for something else. Where the
    /// app has bytes, `init(taking:)` is better.
    public convenience init(_ text: String) {
        var bytes = Array(text.utf8)
        self.init(taking: &bytes)
    }

    deinit {
        Self.wipe(memory)
        memory.deallocate()
    }

    /// Wipes it now: it cannot be used any more. Waits for a call that is using it.
    public func wipe() {
        lock.withLock { spend() }
    }

    /// Lends the bytes to one call, without a copy, and wipes them when it returns or throws.
    func use<Result>(_ call: (Data) throws -> Result) throws -> Result {
        try lock.withLock {
            guard !isWiped, let start = memory.baseAddress else {
                throw VaultError.Invalid(code: 902, text: "the passphrase was used and wiped", field: "passphrase", limit: 0)
            }
            defer { spend() }
            // A part of something longer, which does not begin where that begins: anything else that is as short as a passphrase
            // `Data` copies into itself. `PassphraseMemoryTest` looks whether it still holds.
            return try call(Data(bytesNoCopy: start, count: memory.count, deallocator: .none)[place])
        }
    }

    private func spend() {
        Self.wipe(memory)
        isWiped = true
    }

    private func take(_ source: UnsafeMutableRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: memory[place]).copyMemory(from: UnsafeRawBufferPointer(source))
        Self.wipe(source)
    }

    private static func room(_ count: Int) -> (UnsafeMutableRawBufferPointer, Range<Int>) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count + 32, alignment: 1)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        return (memory, 16..<16 + count)
    }

    /// With the function that the compiler must not leave out although nobody reads the memory again.
    private static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
        guard let start = memory.baseAddress, !memory.isEmpty else { return }
        #if canImport(Darwin)
            memset_s(start, memory.count, 0, memory.count)
        #else
            explicit_bzero(start, memory.count)
        #endif
    }
}
