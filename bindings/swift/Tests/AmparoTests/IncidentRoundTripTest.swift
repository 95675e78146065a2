// Whatever was entered comes back as it was: every script, every field, and what only a newer version knows.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3)))
struct IncidentRoundTripTest {
    let folder = Folder()

    private let content = IncidentContent(
        title: "مداهمة المكتب",
        narrative:
            "في الساعة الخامسة صباحاً 👮‍♀️🚪 كسروا الباب. «Abrid», дом 5, 五点, e\u{301} ≠ é, \u{200f}RLM, 🏳️‍🌈",
        language: "ar",
        acts: [
            Act(code: .raidSearch, method: "كسر"),
            Act(
                code: .unlisted(code: "drone_strike"),
                occurred: Occurred(from: "2026-11", precision: .month),
                detention: Detention(place: "سجن", since: "2026-11-24T05:00", lawyerAccess: false)),
        ],
        occurred: Occurred(from: "2026-11-24T05:00+03:00", precision: .exact, to: "2026-11-24"),
        place: Place(
            text: "القاهرة", country: "EG", coordinates: Coordinates(latitude: 30.0444, longitude: 31.2357),
            accuracyM: 12.5),
        status: .ongoing,
        urgency: .unlisted(code: "within_the_hour"),
        persons: [
            Person(
                role: .victim, name: "ليلى 🌙",
                consent: Consent(status: .granted, scope: [.lawyer, .unlisted(code: "ombudsperson")]),
                details: "تعرف الشهود",
                confidential: ["name"])
        ],
        perpetrators: [Perpetrator(number: 4, name: "وحدة ٧")],
        onlineHarms: [OnlineHarm(kind: .doxxing, urls: ["https://example.org/%F0%9F%94%A5"])],
        supportNeeds: [SupportNeed(kind: .legalSupport)],
        tags: ["مكتب", "🔥", "İstanbul"],
        confidential: ["place"],
        unknown: #"{"weather":{"sky":"غائم ☁️","wind":[1,2.5,null]}}"#
    )

    /// As it was entered: what acts name persons and perpetrators by is given at the first save.
    private func withoutIds(_ content: IncidentContent) -> IncidentContent {
        var content = content
        for at in content.persons.indices { content.persons[at].id = nil }
        for at in content.perpetrators.indices { content.perpetrators[at].id = nil }
        return content
    }

    @Test func everythingComesBackAsItWasEntered() async throws {
        let first = try await folder.newVault()
        let saved = try await first.incidents().create(content: content)
        try await first.lock()
        #expect(saved.content.persons.allSatisfy { $0.id != nil })
        #expect(saved.content.perpetrators.allSatisfy { $0.id != nil })
        #expect(withoutIds(saved.content) == content)
        // The same to the byte: Swift compares texts by what they look like, the vault keeps how they were written.
        #expect(Array(saved.content.narrative.utf8) == Array(content.narrative.utf8))

        let vault = try await folder.unlock()
        let read = try await vault.incidents().get(id: saved.id)
        #expect(read == saved)
        #expect(read.schema == "amparo.incident/1")
        let again = try await vault.incidents().save(read, content: read.content)
        #expect(again.revision == 1, "saving the same again changes nothing")
        var changed = read.content
        changed.title = "🚨"
        #expect(try await vault.incidents().save(read, content: changed).content == changed)
        #expect(try await vault.incidents().getRevision(id: saved.id, revision: 1).content == read.content)
        #expect(try await vault.incidents().compare(id: saved.id, a: 1, b: 2).map(\.path) == ["/title"])
        #expect(try await vault.incidents().revisions(id: saved.id).map(\.number) == [1, 2])
        try await vault.lock()
    }

    @Test func whoeverWasFasterIsNotOverwritten() async throws {
        let vault = try await folder.newVault()
        let loaded = try await vault.incidents().create("First.")
        try await vault.incidents().save(loaded, content: IncidentContent(narrative: "Second."))
        let conflict = try await thrown(IncidentError.self) {
            try await vault.incidents().save(loaded, content: IncidentContent(narrative: "Third."))
        }
        #expect(conflict == .Conflict(code: 232, text: conflict.text, current: 2))
        #expect(try await vault.incidents().get(id: loaded.id).content.narrative == "Second.")
        try await vault.lock()
    }

    @Test func aRecordDoesNotTellItselfToALog() {
        let person = content.persons[0]
        #expect("\(content)" == "IncidentContent(..)")
        #expect("\(person)" == "Person(..)")
        #expect(String(reflecting: person) == "Person(..)", "nor to a debugger's log")
        #expect("\([content.acts[0]])" == "[Act(..)]")
    }

    @Test func aSequenceHasEveryPage() async throws {
        let vault = try await folder.newVault()
        let incidents = vault.incidents()
        let contents = (0..<450).map { IncidentContent(narrative: "Number \($0).", draft: $0 % 3 == 0) }
        let saved = try await incidents.createAll(contents: contents)
        #expect(Set(saved.map(\.id)).count == 450)

        var listed: [IncidentId] = []
        for try await summary in incidents.all() { listed.append(summary.id) }
        #expect(listed.count == 450)
        #expect(Set(listed) == Set(saved.map(\.id)))
        var drafts = 0
        for try await _ in incidents.all(IncidentQuery(draft: true)) { drafts += 1 }
        #expect(drafts == 150)
        var some = 0
        for try await _ in incidents.all().prefix(5) { some += 1 }
        #expect(some == 5)
        var entries = 0
        for try await _ in incidents.wholeTimeline() { entries += 1 }
        #expect(entries == 450)

        let first = try await incidents.list(limit: 3)
        let rest = try await incidents.list(limit: 500, after: first.next)
        #expect(first.incidents.count == 3 && rest.incidents.count == 447)
        #expect(Set(first.incidents.map(\.id)).isDisjoint(with: rest.incidents.map(\.id)))
        try await vault.lock()
    }
}
