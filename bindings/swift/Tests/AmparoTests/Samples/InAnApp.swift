// The samples of docs/embedding.md: what an app needs around the first report. EmbeddingSampleTest runs them, scripts/check-samples compares.

import Amparo
import Foundation

// sample: refused
/// Refusals that are not the same. Nothing is damaged by any of them, and nothing must be deleted.
@MainActor
func unlockOrSay(_ folder: URL, passphrase: Passphrase) async throws -> Vault? {
    do {
        let vault = try await Vault.unlock(at: folder, passphrase: passphrase)
        for id in vault.recovered() {
            let evidence = try await vault.evidence().get(id: id)
            show("A recording was cut off. \(evidence.size) bytes of it were kept.")
        }
        return vault
    } catch VaultError.WrongPassphrase {
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

// sample: recorder
/// A recorder with a queue of its own calls this on it, and lends the bytes until it returns: they are not copied.
func recorderGave(_ bytes: UnsafeRawBufferPointer, to capture: Capture) throws {
    try capture.write(bytes)
}
// end

// sample: changes
/// A screen's model: listens first and loads then, so that nothing falls in between.
@MainActor
final class IncidentList {
    private(set) var headings: [String] = []

    /// Runs until the vault is locked, or the task that shows the screen is cancelled.
    func follow(_ vault: Vault) async throws {
        let changes = vault.changes
        try await load(vault)
        for await change in changes {
            switch change {
            case .incident, .many: try await load(vault)
            case .locked: headings = []
            default: break
            }
        }
    }

    private func load(_ vault: Vault) async throws {
        headings = try await vault.incidents().list(limit: 50).incidents.map(\.heading)
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

// sample: read
/// Bytes from anywhere, as a player asks for them, and all of them piece by piece: never a decrypted file.
func look(at evidence: Evidence, in vault: Vault) async throws -> (beginning: Data, size: Int) {
    try await vault.evidence().withReader(evidence.id) { reader in
        let beginning = try await reader.read(at: 0, length: 16)
        var size = 0
        for try await piece in reader.chunks() { size += piece.count }
        return (beginning, size)
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

// sample: log
/// Takes the library's own log lines. There is nothing in them that was entered.
final class AppLog: LogSink {
    private let write: @Sendable (String) -> Void

    init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

    func log(level: LogLevel, operation: String, code: UInt32, text: String) {
        write("\(level) \(operation) \(code) \(text)")
    }
}
// end

// What is no part of the samples: where an app shows things, and what its secure element is wrapped in.

@MainActor var shown: [String] = []

@MainActor func show(_ text: String) { shown.append(text) }

protocol SecureElement: Sendable {
    var keyIdentifier: Data { get }
    var isScreenUnlocked: Bool { get }
    func hmac(_ input: Data) -> Data?
}
