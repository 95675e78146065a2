// A wrong passphrase is told apart from damage, and harms nothing.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3)))
struct WrongPassphraseTest {
    let folder = Folder()

    private func refusal(_ passphrase: Passphrase) async throws -> VaultError {
        try await thrown(VaultError.self) { try await Vault.unlock(at: folder.vault, passphrase: passphrase) }
    }

    @Test func nothingIsTouchedAndTheRightOneStillOpens() async throws {
        let vault = try await folder.newVault()
        _ = try await vault.incidents().create("Before.")
        try await vault.lock()
        let before = try folder.everyByte()
        #expect(before.count > 1)
        for wrong in ["Correct horse battery staple", "correct horse battery staple ", "x", "متاح"] {
            let refused = try await refusal(Passphrase(wrong))
            #expect(refused == .WrongPassphrase(code: 104, text: refused.text))
        }
        #expect(try folder.everyByte() == before)
        let again = try await folder.unlock()
        #expect(try await again.incidents().list().incidents.map(\.heading) == ["Before."])
        try await again.lock()
    }

    @Test func anEmptyOneIsNotAWrongOne() async throws {
        try await folder.newVault().lock()
        var nothing = Data()
        for empty in [Passphrase(""), Passphrase(taking: &nothing)] {
            let refused = try await refusal(empty)
            guard case .Invalid(105, _, _, _) = refused else {
                Issue.record("an empty passphrase is refused as such, not as \(refused)")
                continue
            }
        }
    }

    @Test func damageIsNotAWrongPassphrase() async throws {
        try await folder.newVault().lock()
        let name = try #require(try folder.everyByte().keys.first { $0.contains("slot") })
        let slots = folder.url / name
        let bytes = try Data(contentsOf: slots)
        try bytes.dropLast().write(to: slots)
        let refused = try await refusal(passphrase())
        #expect(refused == .Damaged(code: refused.code, text: refused.text))
        try bytes.write(to: slots)
        try await folder.unlock().lock()
    }

    @Test func changingThePassphraseNeedsTheOldOne() async throws {
        let vault = try await folder.newVault()
        let refused = try await thrown(VaultError.self) {
            try await vault.changePassphrase(old: Passphrase("wrong"), new: Passphrase("new and long enough"))
        }
        #expect(refused == .WrongPassphrase(code: 104, text: refused.text))
        try await vault.changePassphrase(old: passphrase(), new: Passphrase("new and long enough"))
        try await vault.lock()
        #expect(try await refusal(passphrase()).code == 104)
        try await Vault.unlock(at: folder.vault, passphrase: Passphrase("new and long enough")).lock()
    }
}
