// The topics that no other scenario goes through: each call with what it is given in its place, and its answer.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3)))
struct TopicsTest {
    let folder = Folder()

    @Test func whatWasToldIsFound() async throws {
        let vault = try await folder.newVault()
        let told = try await vault.incidents().create("صادروا هاتفي عند الحاجز")
        var draft = IncidentContent(narrative: "They took the café's computers.")
        draft.draft = true
        let other = try await vault.incidents().create(content: draft)
        let search = vault.search()
        #expect(try await search.incidents(query: "هاتفي").hits.map(\.incident.id) == [told.id])
        #expect(try await search.incidents(query: "CAFE comp").hits.map(\.incident.id) == [other.id])
        #expect(try await search.incidents(query: "nobody said this").hits == [])
        let drafts = IncidentQuery(draft: true)
        #expect(try await search.incidentsWhere(query: "هاتفي", conditions: drafts).hits == [])
        #expect(try await search.incidentsWhere(query: "took", conditions: drafts).hits.map(\.incident.id) == [other.id])

        let cancelled = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await search.incidents(query: "took")
        }
        cancelled.cancel()
        _ = try await thrown(CancellationError.self) { try await cancelled.value }
        try await vault.lock()
    }

    @Test func theCustodyLogIsProvenWithoutTheVault() async throws {
        let vault = try await folder.newVault()
        let custody = vault.custody()
        let evidence = try await vault.captured(media(1000))
        let old = try #require(try await custody.signHead())
        try await vault.evidence().setNote(id: evidence.id, note: "a note")
        try await vault.evidence().recordViewed(id: evidence.id)
        let new = try #require(try await custody.signHead())
        #expect(try await custody.head() == new)

        let key = try await custody.verifyingKey().publicKey
        let (before, after) = (
            try readCustodyHead(head: old, publicKey: key).size, try readCustodyHead(head: new, publicKey: key).size
        )
        #expect(before < after)
        let entries = try await custody.entries(from: 0)
        #expect(UInt64(entries.count) == after)
        #expect(entries.map(\.seq) == Array(0..<after))
        let history = try await custody.history(evidence: evidence.id)
        #expect(history.count >= 3)
        #expect(try await custody.historyText(evidence: evidence.id, language: "ar").count == history.count)
        #expect(try await custody.logText(from: before, language: "en").map(\.seq) == Array(before..<after))
        let report = try await custody.verify()
        #expect(report.intact && report.entries == after)

        let inclusion = try await custody.inclusionProof(seq: history[0].seq, size: after)
        #expect(try verifyInclusionProof(proof: inclusion, head: new, publicKey: key).seq == history[0].seq)
        let consistency = try await custody.consistencyProof(old: before, new: after)
        try verifyConsistencyProof(proof: consistency, old: old, new: new, publicKey: key)
        #expect(throws: CustodyError.self) {
            try verifyConsistencyProof(proof: consistency, old: new, new: old, publicKey: key)
        }

        let request = try await custody.prepareAnchor(kind: .rfc3161)
        #expect(!request.bytes.isEmpty)
        #expect(try await custody.anchors().map(\.id) == [request.id])
        #expect(try await custody.anchor(id: request.id).id == request.id)
        _ = try await thrown(CustodyError.self) {
            try await custody.storeAnchor(id: request.id, answer: Data("no token".utf8))
        }
        try await vault.lock()
    }

    @Test func recordsGoFromVaultToVault() async throws {
        let vault = try await folder.newVault()
        let saved = try await vault.incidents().createAll(contents: [
            IncidentContent(narrative: "One. ١"), IncidentContent(narrative: "Two. 👁"),
        ])
        let file = folder.url / "records.jsonl"
        let out = JobProgress()
        let exported = try await vault.interchange().exportFile(
            query: IncidentQuery(), options: ExportOptions(), path: file.path, progress: out)
        #expect(exported.incidents == 2)
        #expect(out.isOver)
        #expect(try exported.bytes == UInt64(Data(contentsOf: file).count))
        let table = try await vault.interchange().exportUwaziFile(
            query: IncidentQuery(), options: UwaziOptions(kind: .cso), path: (folder.url / "uwazi.csv").path)
        #expect(table.incidents == 2)
        try await vault.lock()

        let second = try await Vault.create(at: folder.url / "second", passphrase: passphrase(), kdf: fast)
        let changes = second.changes
        let tried = try await second.interchange().importFile(path: file.path, policy: ImportPolicy(dryRun: true))
        #expect(tried.created == 2)
        #expect(try await second.incidents().list().incidents == [])
        let report = try await second.interchange().importFile(path: file.path, policy: ImportPolicy())
        #expect(report.created == 2 && report.refusedCount == 0)
        for incident in saved {
            #expect(try await second.incidents().get(id: incident.id).content == incident.content)
        }
        try await second.lock()
        var many = 0
        for await change in changes where change == .many { many += 1 }
        #expect(many >= 1, "lists are told to load again")
    }

    @Test func whatIsKnownOfEvidenceIsChanged() async throws {
        let vault = try await folder.newVault()
        let store = vault.evidence()
        let (one, two) = (try await vault.incidents().create("One."), try await vault.incidents().create("Two."))
        let id = try await vault.captured(media(300_000)).id
        try await store.attach(id: id, incident: one.id)
        try await store.attach(id: id, incident: two.id)
        #expect(try await store.detach(id: id, incident: one.id))
        #expect(try await !store.detach(id: id, incident: one.id), "it was attached once")
        #expect(try await vault.incidents().get(id: two.id).evidence == [id])

        try await store.setNote(id: id, note: "ملاحظة")
        try await store.setLanguage(id: id, language: "ar")
        try await store.setCapturedAt(id: id, at: CapturedAt(time: "2026-11-24T05:00"))
        try await store.setDevice(id: id, device: DeviceMetadata(model: "A phone"))
        try await store.setTestimony(id: id, testimony: Testimony(speaker: Speaker(name: "Umm Layla")))
        let known = try await store.get(id: id).details
        #expect(known.note == "ملاحظة")
        #expect(known.language == "ar")
        #expect(known.capturedAt?.time == "2026-11-24T05:00")
        #expect(known.device?.model == "A phone")
        #expect(known.testimony?.speaker?.name == "Umm Layla")

        // Copies, out of a file and a descriptor.
        let copy = folder.url / "copy"
        try media(5000, seed: 9).write(to: copy)
        let request = DeriveRequest(derivation: Derivation(purpose: .redacted, tool: "test"))
        let fromFile = try await store.deriveFromFile(parent: id, request: request, path: copy.path)
        let handle = try FileHandle(forReadingFrom: copy)
        let given = dup(handle.fileDescriptor)
        let fromDescriptor = try await store.deriveFromDescriptor(parent: id, request: request, fd: given)
        #expect(fcntl(given, F_GETFD) == -1, "what was given away is closed")
        try handle.close()
        #expect(fromFile.sha256 == fromDescriptor.sha256)
        #expect(try await Set(store.derivatives(id: id).map(\.id)) == [fromFile.id, fromDescriptor.id])

        // Parts, for a player in another process.
        let target = try fileForWriting(folder.url / "part")
        let count = try await store.exportPartToDescriptor(
            id: id, offset: 70_000, length: 1000, fd: dup(target.fileDescriptor))
        try target.close()
        #expect(count == 1000)
        #expect(try Data(contentsOf: folder.url / "part") == media(300_000)[70_000..<71_000])

        let refused = try await thrown(EvidenceError.self) { try await store.delete(id: id, derivatives: .refuse) }
        #expect(refused == .HasDerivatives(code: 306, text: refused.text, derivatives: 2))
        let deleted = try await store.delete(id: id, derivatives: .delete)
        #expect(Set(deleted.evidence) == [id, fromFile.id, fromDescriptor.id])
        #expect(try await Set(store.deleted().evidence.map(\.id)) == Set(deleted.evidence))
        try await vault.lock()
    }

    @Test func aPictureLosesItsMetadata() async throws {
        // A JPEG of one grey dot, with a comment.
        let comment = Data("Umm Layla's garden".utf8)
        let head = Data([0xff, 0xd8, 0xff, 0xe0, 0, 16]) + Data("JFIF\u{0}".utf8) + Data([1, 1, 0, 0, 1, 0, 1, 0, 0])
        let said = Data([0xff, 0xfe, 0, UInt8(comment.count + 2)]) + comment
        let table = Data([0xff, 0xdb, 0, 67, 0]) + Data(repeating: 1, count: 64)
        let frame = Data([0xff, 0xc0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0])
        let codes = Data([0xff, 0xc4, 0, 20, 0, 1] + [UInt8](repeating: 0, count: 15) + [0])
        let scan = Data([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x3f, 0xff, 0xd9])
        let picture = head + said + table + frame + codes + scan

        let vault = try await folder.newVault()
        let original = try await vault.evidence().importBytes(bytes: picture)
        #expect(original.details.mediaType == "image/jpeg")
        let stripped = try await vault.evidence().stripMetadata(parent: original.id)
        let bytes = try await vault.bytes(of: stripped.id)
        #expect(bytes.range(of: comment) == nil)
        #expect(bytes.suffix(scan.count) == scan, "the picture is what it was")
        #expect(stripped.details.derivation?.purpose == .stripped)

        // Without a vault, for an app that only wants to share one.
        try picture.write(to: folder.url / "in.jpg")
        let (source, target) = (
            try FileHandle(forReadingFrom: folder.url / "in.jpg"), try fileForWriting(folder.url / "out.jpg")
        )
        let result = try await stripToDescriptor(source: dup(source.fileDescriptor), target: dup(target.fileDescriptor))
        #expect(result.mediaType == "image/jpeg")
        #expect(try Data(contentsOf: folder.url / "out.jpg") == bytes)
        try await vault.lock()
    }

    private func fileForWriting(_ url: URL) throws -> FileHandle {
        try Data().write(to: url)
        return try FileHandle(forWritingTo: url)
    }
}
