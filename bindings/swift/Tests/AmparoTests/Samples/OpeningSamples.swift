// What docs/embedding.md shows of creating, unlocking and locking a vault. EmbeddingSampleTest runs it.

import Amparo
import Foundation

/// What an app would show; the test looks at it.
@MainActor var shown: [String] = []

@MainActor func show(_ text: String) { shown.append(text) }

// sample: create
/// `typed` is what the user entered, as UTF-8. It holds zeros afterwards, and no other copy is left.
func createVault(in folder: URL, typed: inout Data) async throws -> Vault {
    let passphrase = Passphrase(taking: &typed)
    // A second or more, on threads of the library's own. The folder is kept out of backups.
    return try await Vault.create(at: folder, passphrase: passphrase)
}
// end

// sample: unlock
@MainActor
func openVault(in folder: URL, passphrase: Passphrase) async throws -> Vault? {
    do {
        let vault = try await Vault.unlock(at: folder, passphrase: passphrase)
        for id in vault.recovered() {
            let evidence = try await vault.evidence().get(id: id)
            show("A recording was cut off. \(evidence.size) bytes of it were kept.")
        }
        return vault
    } catch VaultError.WrongPassphrase {
        // Ask again. Nothing is damaged, and nothing must be deleted.
        show("That is not the passphrase.")
    } catch VaultError.DeviceLocked {
        show("Unlock the screen first.")
    } catch VaultError.KeyUnavailable {
        show("This vault belongs to another device. Was it restored from a backup?")
    }
    return nil
}
// end

// sample: lock
/// To be called when the app leaves the screen. Nothing that was recorded is lost: a capture is ended with all it was given.
@MainActor
func leave(_ vault: Vault) async {
    do {
        try await vault.lock()
    } catch {
        // It is locked all the same. The text says what went wrong, and nothing that was entered.
        show(error.localizedDescription)
    }
}
// end

// sample: errors
/// One place for what every screen must answer; everything else is the screen's own.
@MainActor
func answer(_ error: any Error) {
    switch error {
    case let error as any AmparoError where error.isLocked: show("The vault is locked. Enter the passphrase.")
    case is CancellationError: break
    // From the app's own table, by the number; where it has no words for it, the library's.
    case let error as any AmparoError: show("\(error.localizedDescription) (\(error.code))")
    default: show("Something else went wrong.")
    }
}
// end

// sample: device-key
/// A key that never leaves the device's secure element, behind the three lines that the library asks for.
final class DeviceBoundKey: DeviceKey {
    private let element: any SecureElement

    init(_ element: any SecureElement) { self.element = element }

    func id() throws -> Data { element.keyIdentifier }

    /// Called once for each unlock, on a thread that may block. The same answer for the same input, for ever.
    func stretch(input: Data) throws -> Data {
        guard element.isScreenUnlocked else { throw DeviceKeyError.DeviceLocked }
        guard let answer = element.hmac(input) else { throw DeviceKeyError.KeyUnavailable }
        return answer
    }
}
// end

/// What the device's own interface is wrapped in.
protocol SecureElement: Sendable {
    var keyIdentifier: Data { get }
    var isScreenUnlocked: Bool { get }
    func hmac(_ input: Data) -> Data?
}
