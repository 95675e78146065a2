// The samples of docs/embedding.md: checklists, recipients and channel forms. EmbeddingSampleTest runs them, scripts/check-samples
// compares.

import Amparo
import Foundation

// sample: locked
/// What somebody reads who has no time to unlock. `publisher` is a constant in the app's code: the key that `amparo pack keygen` printed.
@MainActor
func readWhileLocked(_ resource: URL, publisher: String, language: String) async throws {
    let pack = try await ChecklistPack.bundled(at: resource, publisher: publisher, language: language)
    for section in try pack.checklist(id: "arrest").sections {
        show(section.title.text)
        // Each text says its direction, and an item whether following it leaves a trace or needs a network: show that before the text.
        for item in section.items {
            show((item.text.isRightToLeft ? "←" : "→") + (item.leavesTrace ? " ⚠︎ " : " ") + item.text.text)
        }
    }
}
// end

// sample: install-pack
/// After unlocking: brings the app's pack in, or up to date. A pack that the user removed, or has in a newer version, stays as it is.
func bringUpToDate(_ resource: URL, publisher: String, in vault: Vault) async throws {
    let packs = vault.packs()
    // The app's own key and no other, once. For a pack from elsewhere the user compares the fingerprint first.
    let isKnown = try await packs.list().contains { $0.publisher.key == publisher }
    if !isKnown { try await packs.acceptPublisher(key: publisher) }
    let pack = try Data(contentsOf: resource)
    switch try await packs.offer(bytes: pack).kind {
    case .new, .update: try await packs.install(bytes: pack)
    case .same, .again, .refused: break
    }
}
// end

// sample: run
/// The run that goes on, or a new one. What an update reworded or removed is in it: show an old tick as one of another text.
func openRun(_ checklist: ChecklistHeading, language: String, in vault: Vault) async throws -> RunView {
    let lists = vault.checklists()
    let open = RunQuery(pack: checklist.pack, checklist: checklist.id, finished: false, limit: 1)
    if let run = try await lists.runs(query: open, language: language).first {
        return try await lists.run(run: run.id, language: language)
    }
    let new = try await lists.start(pack: checklist.pack, checklist: checklist.id)
    return try await lists.run(run: new, language: language)
}
// end

// sample: due
/// In how many days to remind, for the system's notifications. They are on the lock screen: say "Reminder", and nothing of what.
func reminders(_ vault: Vault, language: String) async throws -> [(checklist: ChecklistHeading, inDays: UInt32)] {
    try await vault.checklists().due(language: language).compactMap { checklist in
        switch checklist.state {
        case .later(_, let inDays): (checklist.heading, inDays)
        case .due, .clockWentBack: (checklist.heading, 0)
        // Nobody chose it, or nobody knows what day it is.
        case .neverStarted, .clockUnknown: nil
        }
    }
}
// end

// sample: trust
/// A card that came in a file or as QR codes. `compare` asks the user to call the recipient, and gives what they typed: words or digits.
@MainActor
func trust(_ card: Data, in vault: Vault, compare: (CardInfo) async -> String?) async throws -> Recipient? {
    let offer = try await vault.recipients().offer(bytes: card)
    if !offer.namesakes.isEmpty { show("You have somebody of this name already. Ask them, by another way.") }
    switch offer.kind {
    case .new:
        // Never from the card itself: whoever made a false card made its fingerprint too.
        guard let compared = await compare(offer.card) else { return nil }
        return try await vault.recipients().importCard(bytes: card, fingerprint: compared)
    case .same, .update:
        return try await vault.recipients().importCard(bytes: card)
    case .refused(let code, _):
        show("This card was refused (\(code)). Nothing was changed.")
        return nil
    }
}
// end

// sample: scan
/// Gets the texts of codes as the camera finds them, until a card is whole.
@MainActor
func scan(_ texts: some Sequence<String>) throws -> Data? {
    let assembler = QrAssembler()
    for text in texts {
        do {
            switch try assembler.add(text: text) {
            case .complete(let card): return card
            case .missing(let parts, let of): show("\(of - UInt32(parts.count)) of \(of)")
            }
        } catch RecipientError.NotACardsCode {
            // Another code in the picture.
        }
    }
    return nil
}
// end

// sample: check
/// Seals through a channel, after `goOn` saw what its form says: what is missing in the user's language, what matters most first.
@MainActor
func seal(
    _ incident: Incident, through form: FormId, to recipients: [Recipient], as file: URL, from vault: Vault, language: String,
    goOn: (FormCheck) async -> Bool
) async throws -> [SealedReport]? {
    var group = try await vault.recipients().group(ids: recipients.map(\.id))
    group.form = form
    let request = ReportRequest(incident: incident.id, groups: [group])
    let check = try await vault.forms().check(request: request, form: form, language: language)
    // What is missing stops nobody. Consent that the channel needs, and more than it takes, do.
    guard await goOn(check), check.canBeSealed else { return nil }
    return try await vault.reports().sealFile(
        request: request.confirmed(vault.reports().preview(request: request)), to: file)
}
// end
