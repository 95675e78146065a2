// A report sealed in Swift is opened by the desk, and so is one that was sealed in Kotlin.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5)))
struct SealedReportTest {
    let folder = Folder()
    private let narrative = "صادروا هاتفي 📵 They took my phone."
    private let recording = media(300_000)

    /// An incident with one recording, sealed to the key in `keys` as `sealed`.
    private func seal(_ vault: Vault, keys: URL, sealed: URL) async throws {
        let recipient = try await deskGenerateKey(path: keys.path, kind: .postQuantum)
        let content = IncidentContent(title: "Checkpoint", narrative: narrative)
        let incident = try await vault.incidents().create(content: content)
        let sound = CaptureRequest(kind: .audio, mediaType: "audio/ogg", incident: incident.id)
        _ = try await vault.captured(recording, sound)
        let request = ReportRequest(
            incident: incident.id, groups: [RecipientGroup(kind: .lawyer, recipients: [recipient])])
        let previews = try await vault.reports().preview(request: request)
        let reports = try await vault.reports().sealFile(request: request.confirmed(previews), to: sealed)
        let report = try #require(reports.first)
        #expect(reports.count == 1)
        #expect(report.id == previews.first?.reportId)
        #expect(try report.files.first?.size == UInt64(Data(contentsOf: sealed).count))
        #expect(try await vault.reports().list(incident: incident.id).map(\.id) == [report.id])
        #expect(try await vault.reports().get(id: report.id).sealed)
    }

    /// What was opened holds the words and the recording.
    private func expect(_ opened: URL, holds narrative: String, _ recording: Data) throws {
        let files = FileManager.default.enumerator(atPath: opened.path)?.allObjects as? [String] ?? []
        let contents = try files.map { opened / $0 }.filter { !$0.hasDirectoryPath && !Self.isFolder($0) }
            .map { try Data(contentsOf: $0) }
        #expect(contents.filter { $0 == recording }.count == 1, "the recording is in it, bit for bit")
        let report = try JSONSerialization.jsonObject(with: Data(contentsOf: opened / "report.json"))
        #expect(Self.texts(report).contains(narrative), "the narrative is in it as it was entered")
    }

    private static func isFolder(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// Every text in a JSON value.
    private static func texts(_ value: Any) -> [String] {
        switch value {
        case let text as String: [text]
        case let list as [Any]: list.flatMap(texts)
        case let object as [String: Any]: object.values.flatMap(texts)
        default: []
        }
    }

    @Test func theDeskOpensIt() async throws {
        let (keys, sealed, opened) = (folder.url / "keys.txt", folder.url / "report.age", folder.url / "opened")
        let vault = try await folder.newVault()
        try await seal(vault, keys: keys, sealed: sealed)
        try await vault.lock()
        #expect(try await !keyFileIsExposed(path: keys.path))

        let progress = JobProgress()
        let report = try await deskOpen(
            file: sealed.path, keys: keys.path, outdir: opened.path, progress: progress)
        #expect(report.verdict.ok)
        #expect(report.verdict.addressee == .you)
        #expect(report.verdict.sender?.publicKey != nil)
        #expect(progress.bytes() >= UInt64(recording.count))
        try expect(opened, holds: narrative, recording)
        #expect(try report.size == UInt64(Data(contentsOf: sealed).count))

        #expect(try await deskVerify(path: opened.path, keys: nil).addressee == .notChecked)
        #expect(try await deskVerify(path: sealed.path, keys: keys.path) == report.verdict)
    }

    @Test func whatWasTamperedWithIsNotOpened() async throws {
        let (keys, sealed, opened) = (folder.url / "keys.txt", folder.url / "report.age", folder.url / "opened")
        let vault = try await folder.newVault()
        try await seal(vault, keys: keys, sealed: sealed)
        try await vault.lock()
        var bytes = try Data(contentsOf: sealed)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: folder.url / "tampered.age")
        let refused = try await thrown(DeskError.self) {
            try await deskOpen(file: (folder.url / "tampered.age").path, keys: keys.path, outdir: opened.path)
        }
        #expect(refused == .Tampered(code: 608, text: refused.text))
        #expect(!opened.exists, "nothing is written")

        let others = folder.url / "others.txt"
        _ = try await deskGenerateKey(path: others.path, kind: .classic)
        let notOurs = try await thrown(DeskError.self) {
            try await deskOpen(file: sealed.path, keys: others.path, outdir: opened.path)
        }
        #expect(notOurs == .ForSomebodyElse(code: 605, text: notOurs.text))
        #expect(!opened.exists)
    }

    @Test func whatWasLookedAtIsSealedOrNothing() async throws {
        let vault = try await folder.newVault()
        let recipient = try await deskGenerateKey(path: (folder.url / "keys.txt").path, kind: .postQuantum)
        let incident = try await vault.incidents().create("Before.")
        let request = ReportRequest(
            incident: incident.id, groups: [RecipientGroup(kind: .lawyer, recipients: [recipient])])
        let lookedAt = try await request.confirmed(vault.reports().preview(request: request))
        try await vault.incidents().save(incident, content: IncidentContent(narrative: "After."))
        let refused = try await thrown(ReportError.self) {
            try await vault.reports().sealFile(request: lookedAt, to: folder.url / "report.age")
        }
        #expect(refused == .PreviewOutdated(code: 505, text: refused.text))
        #expect(!(folder.url / "report.age").exists)
        #expect(try await vault.reports().list(incident: incident.id) == [])
        try await vault.lock()
    }

    @Test func aSecretKeyIsNeverSealedTo() async throws {
        let keys = folder.url / "keys.txt"
        _ = try await deskGenerateKey(path: keys.path, kind: .postQuantum)
        let lines = try String(decoding: Data(contentsOf: keys), as: UTF8.self).split(separator: "\n")
        let secret = String(try #require(lines.first { $0.hasPrefix("AGE-SECRET-KEY-") }))
        let vault = try await folder.newVault()
        let incident = try await vault.incidents().create("Something.")
        let request = ReportRequest(
            incident: incident.id, groups: [RecipientGroup(kind: .lawyer, recipients: [secret])])
        let refused = try await thrown(ReportError.self) {
            try await vault.reports().sealFile(request: request, to: folder.url / "report.age")
        }
        guard case .SecretKeyGiven = refused else {
            Issue.record("a secret key is told apart")
            return
        }
        #expect(!"\(refused) \(refused.localizedDescription)".contains(secret.suffix(20)), "the error tells the key")
        try await vault.lock()
    }

    /// Where the tests of one language leave files for those of another.
    private static var exchange: URL? {
        let folder = ProcessInfo.processInfo.environment["AMPARO_EXCHANGE_DIR"] ?? ""
        return folder.isEmpty ? nil : URL(fileURLWithPath: folder)
    }

    /// What the Kotlin tests left in `AMPARO_EXCHANGE_DIR`; see their test of the same name.
    @Test func theReportFromKotlinIsOpened() async throws {
        guard let left = Self.exchange, (left / "kotlin-report.age").exists else {
            print("SKIPPED: a report sealed in Kotlin: the Kotlin tests left none in the folder AMPARO_EXCHANGE_DIR")
            return
        }
        let opened = folder.url / "opened"
        let report = try await deskOpen(
            file: (left / "kotlin-report.age").path, keys: (left / "kotlin-key.txt").path, outdir: opened.path)
        #expect(report.verdict.ok)
        #expect(report.verdict.addressee == .you)
        try expect(
            opened,
            holds: String(decoding: Data(contentsOf: left / "kotlin-narrative.txt"), as: UTF8.self),
            Data(contentsOf: left / "kotlin-recording"))
    }

    /// The same the other way round, for whoever wants to open it: `swift-report.age` and `swift-key.txt`.
    @Test func aReportIsLeftForOthers() async throws {
        guard let left = Self.exchange else {
            print("SKIPPED: a report from Swift for others: AMPARO_EXCHANGE_DIR names no folder to leave it in")
            return
        }
        let (keys, sealed) = (left / "swift-key.txt", left / "swift-report.age")
        for file in [keys, sealed] where file.exists { try FileManager.default.removeItem(at: file) }
        let vault = try await folder.newVault()
        try await seal(vault, keys: keys, sealed: sealed)
        try await vault.lock()
        try Data(narrative.utf8).write(to: left / "swift-narrative.txt")
        try recording.write(to: left / "swift-recording")
        #expect(try await deskVerify(path: sealed.path, keys: keys.path).ok)
    }
}
