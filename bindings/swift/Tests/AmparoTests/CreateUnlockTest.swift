// A vault is created, locked and unlocked again; passphrases are wiped; the caller's actor stays free.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3)))
struct CreateUnlockTest {
    let folder = Folder()

    @Test func whatWasSavedIsThereAfterTheNextUnlock() async throws {
        let vault = try await folder.newVault()
        #expect(!vault.isLocked())
        let saved = try await vault.incidents().create("They took my phone.")
        try await vault.lock()
        #expect(vault.isLocked())
        // More than once, as the app pleases.
        try await vault.lock()

        let again = try await folder.unlock()
        #expect(again.recovered() == [])
        #expect(try await again.incidents().get(id: saved.id) == saved)
        #expect(try await again.check().sound)
        try await again.lock()
    }

    @Test func aVaultIsSeenFromOutside() async throws {
        try await folder.newVault().lock()
        let info = try await inspectVault(at: folder.vault)
        #expect(info.kdfMemoryKib == 65536)
        #expect(info.kdfPasses == 3)
        #expect(info.deviceKeys == 0)
        #expect(info.slots == 8)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.vault.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700, "nobody else on the device may look")
    }

    #if canImport(Darwin)
        @Test func noBackupCopiesIt() async throws {
            try await folder.newVault().lock()
            let values = try folder.vault.resourceValues(forKeys: [.isExcludedFromBackupKey])
            #expect(values.isExcludedFromBackup == true)
        }
    #endif

    @Test func whatIsNoVaultIsToldApart() async throws {
        let missing = try await thrown(VaultError.self) {
            try await Vault.unlock(at: folder.url, passphrase: passphrase())
        }
        #expect(missing == .NotAVault(code: 100, text: missing.text))
        let notSeen = try await thrown(VaultError.self) { try await inspectVault(at: folder.url) }
        #expect(notSeen == missing)

        try Data("of somebody".utf8).write(to: folder.url / "something")
        let taken = try await thrown(VaultError.self) {
            try await Vault.create(at: folder.url, passphrase: passphrase(), kdf: fast)
        }
        #expect(taken == .AlreadyExists(code: 101, text: taken.text))
        #expect(try Data(contentsOf: folder.url / "something") == Data("of somebody".utf8))
    }

    @Test func bytesAreWipedAlsoWhereNothingOpens() async throws {
        var data = Data("correct horse battery staple".utf8)
        let first = Passphrase(taking: &data)
        #expect(data == Data(count: 28), "the caller's buffer holds zeros")
        try await Vault.create(at: folder.vault, passphrase: first, kdf: fast).lock()

        var array = Array("wrong".utf8)
        let wrong = Passphrase(taking: &array)
        #expect(array == [0, 0, 0, 0, 0])
        _ = try await thrown(VaultError.self) { try await Vault.unlock(at: folder.vault, passphrase: wrong) }

        // What was used, for better or worse, is gone.
        for used in [first, wrong] {
            let refused = try await thrown(VaultError.self) {
                try await Vault.unlock(at: folder.vault, passphrase: used)
            }
            #expect(refused.code == 902)
        }
    }

    @Test func textAndItsBytesAreOnePassphrase() async throws {
        let text = "كلمة السر 🔑 é"
        try await Vault.create(at: folder.vault, passphrase: Passphrase(text), kdf: fast).lock()
        var bytes = Array(text.utf8)
        let vault = try await Vault.unlock(at: folder.vault, passphrase: Passphrase(taking: &bytes))
        try await vault.changePassphrase(old: Passphrase(text), new: passphrase())
        try await vault.lock()
        let refused = try await thrown(VaultError.self) {
            try await Vault.unlock(at: folder.vault, passphrase: Passphrase(text))
        }
        #expect(refused == .WrongPassphrase(code: 104, text: refused.text))
        try await folder.unlock().lock()
    }

    @Test func twoCannotHaveItOpenAtOnce() async throws {
        let vault = try await folder.newVault()
        let refused = try await thrown(VaultError.self) { try await folder.unlock() }
        #expect(refused == .InUse(code: 102, text: refused.text))
        try await vault.lock()
        try await folder.unlock().lock()
    }

    @MainActor
    @Test func theMainActorStaysFree() async throws {
        let clock = ContinuousClock()
        var longest = Duration.zero
        let ticks = Task { @MainActor in
            var before = clock.now
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(1))
                longest = max(longest, clock.now - before)
                before = clock.now
            }
        }
        let took = try await clock.measure {
            let vault = try await folder.newVault()
            _ = try await vault.incidents().create("From the main actor.")
            try await vault.lock()
        }
        ticks.cancel()
        await ticks.value
        #expect(longest < took / 2, "of \(took) the main actor was held for \(longest) at once")
    }

    /// Without a task, for code that has threads of its own.
    @Test func theBlockingMethodsAreThereToo() throws {
        let vault = try Vault.create(
            directory: folder.vault.path, passphrase: Data("correct horse".utf8), kdf: fast, deviceKey: nil, clock: nil)
        let incident = try vault.incidents().create(content: IncidentContent(narrative: "At once."))
        #expect(try vault.incidents().get(id: incident.id) == incident)
        try vault.lock()
    }
}
