// The samples of docs/embedding.md: from nothing to a first sealed report. EmbeddingSampleTest runs them, scripts/check-samples compares.

import Amparo
import Foundation

// sample: open
/// Opens the app's vault, or makes it at the first start. `typed` is what the user entered, as UTF-8: it holds zeros afterwards.
func openVault(in folder: URL, typed: inout [UInt8]) async throws -> Vault {
    let passphrase = Passphrase(taking: &typed)
    // A second or more, on threads of the library's own.
    if FileManager.default.fileExists(atPath: folder.path) {
        return try await Vault.unlock(at: folder, passphrase: passphrase)
    }
    // The folder is kept out of backups.
    return try await Vault.create(at: folder, passphrase: passphrase)
}
// end

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

// sample: report
/// `lawyer` is the text that the lawyer gave the user: `age1…`. Returns where the sealed file is.
@MainActor
func report(_ incident: Incident, to lawyer: String, as file: URL, from vault: Vault) async throws -> SealedReport {
    let group = RecipientGroup(kind: .lawyer, recipients: [lawyer])
    let request = ReportRequest(incident: incident.id, groups: [group])

    // Exactly what the lawyer will see. Show it, with its warnings, and let somebody decide.
    let previews = try await vault.reports().preview(request: request)
    for preview in previews {
        show(preview.markdown)
        for withheld in preview.withheld { show("Not shown: \(withheld.field)") }
        for warning in preview.warnings { show("Think about: \(warning.kind)") }
    }

    // Seals what was looked at, or nothing: where something was changed meanwhile, this throws `PreviewOutdated`.
    let sealed = try await vault.reports().sealFile(request: request.confirmed(previews), to: file)
    return sealed[0]
}
// end

// sample: desk
/// The other end, which has no vault: a key to give to senders, and what becomes of a report that came.
@MainActor
func makeKey(_ keys: URL) async throws -> String {
    try await deskGenerateKey(path: keys.path, kind: .postQuantum)
}

@MainActor
func receive(_ file: URL, keys: URL, into folder: URL) async throws -> Verdict {
    let opened = try await deskOpen(file: file.path, keys: keys.path, outdir: folder.path)
    // A report that does not verify is opened all the same. Look at this before the content.
    if !opened.verdict.ok {
        for finding in opened.verdict.items where finding.severity == .bad { show(finding.text) }
    }
    return opened.verdict
}
// end
