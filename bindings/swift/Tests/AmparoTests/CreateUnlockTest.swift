import Amparo
import Foundation
import Testing

@Suite struct CreateUnlockTest {
    @Test func createLockUnlock() throws {
        let dir = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: dir) }
        let t = ContinuousClock().now
        let vault = try Vault.create(directory: dir.path, passphrase: Data("correct horse".utf8), kdf: .fixed(memoryKib: 65536, passes: 3, lanes: 1), deviceKey: nil, clock: nil)
        print("create", ContinuousClock().now - t)
        #expect(!vault.isLocked())
        try vault.lock()
        #expect(vault.isLocked())
    }
}
