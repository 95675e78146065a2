// A vault that needs this device's key: what the key answers, what it refuses, and what becomes of its defects.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3)))
struct DeviceKeyTest {
    let folder = Folder()

    /// What a secure element does, in the open: the same answer for the same input and secret. No HMAC, but as good for a test.
    private final class Key: DeviceKey, @unchecked Sendable {
        typealias Answer = @Sendable (Data) throws -> Data
        private let name: Data
        private let answer: Answer
        private let lock = NSLock()
        private var onMain: [Bool] = []

        init(name: UInt8 = 1, length: Int = 16, answer: @escaping Answer = { mix("of this device", $0) }) {
            self.name = Data(repeating: name, count: length)
            self.answer = answer
        }

        func id() throws -> Data { name }

        func stretch(input: Data) throws -> Data {
            lock.withLock { onMain.append(Thread.isMainThread) }
            return try answer(input)
        }

        /// For each time that it was asked, whether that was on the main thread.
        var asked: [Bool] { lock.withLock { onMain } }
    }

    private struct Defect: Error, CustomStringConvertible {
        let description = "user 4711 at 12 Main Street"
    }

    private var pin: Passphrase { Passphrase("493817") }

    private func unlock(_ key: (any DeviceKey)?, _ passphrase: Passphrase? = nil) async throws -> Vault {
        try await Vault.unlock(at: folder.vault, passphrase: passphrase ?? pin, deviceKey: key)
    }

    private func create(_ key: (any DeviceKey)?) async throws -> Vault {
        try await Vault.create(at: folder.vault, passphrase: pin, kdf: fast, deviceKey: key)
    }

    @Test func aPinIsEnoughWithADeviceKeyAndNotWithout() async throws {
        let weak = try await thrown(VaultError.self) { try await create(nil) }
        #expect(weak == .PassphraseTooWeak(code: weak.code, text: weak.text))
        let vault = try await create(Key())
        _ = try await vault.incidents().create("Something.")
        try await vault.lock()
        #expect(try await inspectVault(at: folder.vault).deviceKeys == 1)

        let required = try await thrown(VaultError.self) { try await unlock(nil) }
        #expect(required == .DeviceKeyRequired(code: 114, text: required.text))
        let unavailable = try await thrown(VaultError.self) { try await unlock(Key(name: 2)) }
        #expect(unavailable == .KeyUnavailable(code: 904, text: unavailable.text))
        #expect(try await thrown(VaultError.self) { try await unlock(Key(), Passphrase("493818")) }.code == 104)
        let other = Key { mix("of another", $0) }
        #expect(try await thrown(VaultError.self) { try await unlock(other) }.code == 104)

        let again = try await unlock(Key())
        #expect(try await again.incidents().list().incidents.count == 1)
        try await again.changePassphrase(old: pin, new: Passphrase("204861"), deviceKey: Key())
        try await again.lock()
        try await unlock(Key(), Passphrase("204861")).lock()
    }

    @MainActor
    @Test func theKeyIsAskedOffTheMainThread() async throws {
        let key = Key()
        try await create(key).lock()
        #expect(!key.asked.isEmpty)
        #expect(!key.asked.contains(true))
    }

    @Test func itsReasonsAreToldApart() async throws {
        try await create(Key()).lock()
        func refusal(_ key: Key) async throws -> VaultError {
            try await thrown(VaultError.self) { try await unlock(key) }
        }
        let locked = try await refusal(Key { _ in throw DeviceKeyError.DeviceLocked })
        #expect(locked == .DeviceLocked(code: 903, text: locked.text))
        let unavailable = try await refusal(Key { _ in throw DeviceKeyError.KeyUnavailable })
        #expect(unavailable == .KeyUnavailable(code: 904, text: unavailable.text))
        for key in [
            Key { _ in throw DeviceKeyError.Failed }, Key { _ in Data(count: 31) }, Key { _ in throw Defect() },
            Key(length: 15),
        ] {
            let failed = try await refusal(key)
            #expect(failed == .DeviceKeyFailed(code: 115, text: failed.text))
            #expect(!"\(failed) \(failed.localizedDescription)".contains("4711"), "what the app threw is told to nobody")
        }
        try await unlock(Key()).lock()
    }
}

/// 32 bytes of each bit of the input and the secret.
private func mix(_ secret: String, _ input: Data) -> Data {
    var bytes = Data()
    for round in UInt8(0)..<4 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in [round] + Array(secret.utf8) + Array(input) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            hash ^= hash >> 29
        }
        withUnsafeBytes(of: hash.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes
}
