// What docs/embedding.md shows of reports: sealing one, and opening it at the desk. EmbeddingSampleTest runs it.

import Amparo
import Foundation

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
