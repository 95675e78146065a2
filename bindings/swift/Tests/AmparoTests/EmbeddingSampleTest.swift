// The samples of docs/embedding.md, from nothing to an opened report.

import Amparo
import Foundation
import Testing

@MainActor
@Suite(.serialized, .timeLimit(.minutes(5)))
struct EmbeddingSampleTest {
    let folder = Folder()

    /// Shared with no other test: `shown` belongs to this suite.
    init() { shown = [] }

    @Test func fromNothingToAnOpenedReport() async throws {
        var typed = Array("correct horse battery staple".utf8)
        try await openVault(in: folder.vault, typed: &typed).lock()
        #expect(typed == Array(repeating: 0, count: 28))
        typed = Array("correct horse battery staple".utf8)
        let vault = try await openVault(in: folder.vault, typed: &typed)
        #expect(typed == Array(repeating: 0, count: 28))

        let incident = try await tell(vault)
        #expect(incident.revision == 2)
        #expect(incident.content.acts.map(\.code) == [.confiscation, .threat])

        let recording = media(200_000)
        let pieces = AsyncStream { stream in
            for at in stride(from: 0, to: recording.count, by: 4096) {
                stream.yield(recording.dropFirst(at).prefix(4096))
            }
            stream.finish()
        }
        let recorded = try await record(pieces, for: incident, in: vault)
        #expect(try await vault.bytes(of: recorded.id) == recording)

        let lent = try await vault.evidence().startCapture(request: video)
        try recording.withUnsafeBytes { try recorderGave($0, to: lent) }
        #expect(try await lent.finish().sha256 == recorded.sha256)

        let picked = folder.url / "picked.mp3"
        try recording.write(to: picked)
        let broughtIn = try await bringIn(picked, for: incident, into: vault)
        #expect(broughtIn.sha256 == recorded.sha256)
        #expect(shown.last == "200000 bytes")
        let (beginning, size) = try await look(at: broughtIn, in: vault)
        #expect(beginning == recording.prefix(16))
        #expect(size == recording.count)

        let keys = folder.url / "keys.txt"
        let lawyer = try await makeKey(keys)
        let file = folder.url / "report.age"
        let sealed = try await report(incident, to: lawyer, as: file, from: vault)
        #expect(sealed.evidence == [recorded.id, broughtIn.id])
        #expect(shown.contains { $0.contains("They took my phone at the checkpoint.") }, "the preview was shown")
        await leave(vault)
        #expect(vault.isLocked())

        let verdict = try await receive(file, keys: keys, into: folder.url / "opened")
        #expect(verdict.ok)
        #expect(verdict.addressee == .you)
    }

    @Test func whatIsOpenedAndWhatIsNot() async throws {
        try await folder.newVault().lock()
        #expect(try await unlockOrSay(folder.vault, passphrase: Passphrase("wrong")) == nil)
        #expect(shown == ["That is not the passphrase."])
        let vault = try #require(try await unlockOrSay(folder.vault, passphrase: passphrase()))
        let capture = try await vault.evidence().startCapture(request: video)
        try await capture.write(bytes: media(1000))
        await leave(vault)

        // A capture that a lock ended is whole; one that was cut off is told of, as CrashCaptureTest shows.
        let again = try #require(try await unlockOrSay(folder.vault, passphrase: passphrase()))
        #expect(try await again.evidence().get(id: capture.id()).size == 1000)
        await leave(again)

        shown = []
        for error in [
            try await thrown(IncidentError.self) { try await again.incidents().list() },
            CancellationError(), CocoaError(.fileNoSuchFile),
            ReportError.NoRecipients(code: 510, text: "nobody to seal to"),
        ] as [any Error] {
            answer(error)
        }
        #expect(
            shown == [
                "The vault is locked. Enter the passphrase.", "Something else went wrong.", "nobody to seal to (510)",
            ])
    }

    @Test func aListFollowsItsVault() async throws {
        let vault = try await folder.newVault()
        let list = IncidentList()
        let following = Task { try await list.follow(vault) }
        _ = try await vault.incidents().create("First.")
        try await until { list.headings == ["First."] }
        _ = try await vault.incidents().create("Second.")
        try await until { list.headings.count == 2 }
        await leave(vault)
        // Ends by itself. A load that the lock met is refused, as any call is.
        switch await following.result {
        case .success: #expect(list.headings == [])
        case .failure(let error): #expect((error as? IncidentError)?.isLocked == true)
        }
    }

    @Test func aDeviceKeyIsThreeLines() async throws {
        struct Element: SecureElement {
            var keyIdentifier = Data(repeating: 7, count: 16)
            var isScreenUnlocked = true
            var secret: UInt8? = 42
            func hmac(_ input: Data) -> Data? { secret.map { secret in Data(input.prefix(32).map { $0 ^ secret }) } }
        }
        let pin = { Passphrase("493817") }
        try await Vault.create(
            at: folder.vault, passphrase: pin(), kdf: fast, deviceKey: DeviceBoundKey(Element())
        ).lock()
        let locked = try await thrown(VaultError.self) {
            let key = DeviceBoundKey(Element(isScreenUnlocked: false))
            return try await Vault.unlock(at: folder.vault, passphrase: pin(), deviceKey: key)
        }
        #expect(locked.code == 903)
        let gone = try await thrown(VaultError.self) {
            try await Vault.unlock(at: folder.vault, passphrase: pin(), deviceKey: DeviceBoundKey(Element(secret: nil)))
        }
        #expect(gone.code == 904)
        try await Vault.unlock(at: folder.vault, passphrase: pin(), deviceKey: DeviceBoundKey(Element())).lock()
    }

    @Test func theLogIsTheApps() async throws {
        let lines = Lines()
        setLogSink(sink: AppLog { lines.add($0) })
        defer { setLogSink(sink: nil) }
        try await folder.newVault().lock()
        #expect(lines.all.contains("info vault.create 0 a vault was created"))
    }

    #if os(macOS) || os(Linux)
        @Test func fromAPackInTheAppToACheckedReport() async throws {
            let author = try PackAuthor("author", in: folder)
            let file = folder.url / "starter.pack"
            try author.starter().write(to: file)
            try await readWhileLocked(file, publisher: author.key, language: "en")
            #expect(shown.contains("→ Learn by heart the number of a lawyer and of one trusted person."))
            #expect(shown.contains { $0.hasPrefix("→ ⚠︎ ") })

            let clock = try SetClock(day: "2026-11-25")
            let vault = try await folder.newVault(clock: clock)
            for _ in 0..<2 { try await bringUpToDate(file, publisher: author.key, in: vault) }
            #expect(try await vault.packs().list().map(\.version) == [1])
            // Who took the app's key back, or removed its pack, is not overruled.
            try await vault.packs().forgetPublisher(key: author.key)
            try await vault.packs().remove(id: "amparo.starter")
            try await bringUpToDate(file, publisher: author.key, in: vault)
            #expect(try await vault.packs().publishers() == [])
            #expect(try await vault.packs().list().map { $0.removed == nil } == [false])
            try await vault.packs().acceptPublisher(key: author.key)
            try await bringUpToDate(file, publisher: author.key, in: vault)
            #expect(try await vault.packs().list().map { $0.removed == nil } == [false])
            try await vault.packs().install(bytes: Data(contentsOf: file))
            #expect(try await reminders(vault, language: "en").isEmpty)
            let lists = try await vault.checklists().list(language: "en")
            let assessment = try #require(lists.first { $0.scored })
            let run = try await openRun(assessment, language: "en", in: vault).summary.id
            #expect(try await openRun(assessment, language: "en", in: vault).summary.id == run)
            try await vault.checklists().finish(run: run)
            let soon = try await reminders(vault, language: "en")
            #expect(soon.map(\.checklist) == [assessment] && soon.map(\.inDays) == [90])
            clock.pass(days: 90)
            #expect(try await reminders(vault, language: "en").map(\.inDays) == [0])
            clock.pass(days: -90)

            let made = try Command.run(
                "desk", "card", "new", "--name", "Line", "--kind", "hotline", "--output", (folder.url / "card").path,
                "--signing-key", (folder.url / "sign").path, "--identity", (folder.url / "keys").path)
            let words = try #require(made["words"] as? String)
            shown = []
            let codes = try await qrCodesOfCard(bytes: Data(contentsOf: folder.url / "card"))
            let card = try #require(try scan(["https://example.org"] + codes.map(\.text)))
            #expect(shown == (1..<codes.count).map { "\($0) of \(codes.count)" })
            #expect(try await trust(card, in: vault) { _ in nil } == nil)
            #expect(try await vault.recipients().list() == [])
            let recipient = try #require(try await trust(card, in: vault) { _ in words })
            #expect(try await trust(card, in: vault) { _ in nil } == recipient, "it is compared once")

            let incident = try await vault.incidents().create("They took my phone.")
            let form = FormId(pack: "amparo.starter", form: "protect-defenders-urgent")
            var asked: [String?] = []
            let sealed = try await seal(
                incident, through: form, to: [recipient], as: folder.url / "report.age", from: vault, language: "es"
            ) { check in
                asked = check.fields.map(\.text?.text)
                return true
            }
            #expect(sealed?.count == 1)
            #expect(asked.first == "Diga quién necesita ayuda, con su nombre o con un nombre elegido.")
            await leave(vault)
            let verdict = try await receive(
                folder.url / "report.age", keys: folder.url / "keys", into: folder.url / "opened")
            #expect(verdict.ok && verdict.addressee == .you)
        }
    #endif

    private final class Lines: @unchecked Sendable {
        private let lock = NSLock()
        private var lines: [String] = []
        func add(_ line: String) { lock.withLock { lines.append(line) } }
        var all: [String] { lock.withLock { lines } }
    }

    /// `scripts/check-samples` compares the page with these; here is seen that each has a name of its own and an end.
    @Test func everySampleHasANameAndAnEnd() throws {
        let samples = URL(fileURLWithPath: #filePath).deletingLastPathComponent() / "Samples"
        var names: [String] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: samples.path) {
            var isOpen = false
            for line in try String(contentsOf: samples / file, encoding: .utf8).split(separator: "\n") {
                if line.hasPrefix("// sample: ") {
                    #expect(!isOpen, "\(file): a sample in a sample")
                    names.append(String(line.dropFirst("// sample: ".count)))
                    isOpen = true
                } else if line == "// end" {
                    #expect(isOpen, "\(file): an end without a beginning")
                    isOpen = false
                }
            }
            #expect(!isOpen, "\(file): the last sample has no end")
        }
        #expect(names.count >= 10)
        #expect(Set(names).count == names.count)
    }
}
