// What docs/embedding.md shows of incidents and evidence. EmbeddingSampleTest runs it.

import Amparo
import Foundation

// sample: incident
func tell(_ vault: Vault) async throws -> Incident {
    // One sentence is enough, and it is on the medium when this returns.
    let incident = try await vault.incidents().create("They took my phone at the checkpoint.")

    // Everything else can be said later, or never.
    var content = incident.content
    content.acts = [Act(code: .confiscation), Act(code: .threat)]
    content.place = Place(text: "Ring road, northern exit", country: "EG")
    content.persons = [
        Person(role: .victim, name: "Umm Layla", consent: Consent(status: .granted, scope: [.lawyer]))
    ]
    content.supportNeeds = [SupportNeed(kind: .legalSupport)]
    return try await vault.incidents().save(incident, content: content)
}
// end

// sample: capture
/// `pieces` is what a recorder gives, as it gives it. Whatever ends the app in the middle: what was written is kept.
func record(_ pieces: some AsyncSequence<Data, Never>, for incident: Incident, in vault: Vault) async throws -> Evidence {
    let request = CaptureRequest(kind: .audio, mediaType: "audio/aac", incident: incident.id)
    let capture = try await vault.evidence().startCapture(request: request)
    for await piece in pieces { try await capture.write(bytes: piece) }
    return try await capture.finish()
}
// end

// sample: recorder
/// A recorder with a queue of its own calls this on it, and lends the bytes until it returns: they are not copied.
func recorderGave(_ bytes: UnsafeRawBufferPointer, to capture: Capture) throws {
    try capture.write(bytes)
}
// end

// sample: import
/// `url` is what the user picked, in this app's container or outside. Cancelling the task ends the import, and nothing is kept then.
@MainActor
func bringIn(_ url: URL, for incident: Incident, into vault: Vault) async throws -> Evidence {
    let progress = JobProgress()
    async let evidence = vault.evidence().importFile(
        at: url, request: ImportRequest(incident: incident.id, note: "From the witness"), progress: progress)
    // Ends with the import, however that ends.
    for await bytes in progress { show("\(bytes) bytes") }
    return try await evidence
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

// sample: list
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
