// What is logged: operations and numbers, never what was entered, and whatever the sink does harms nothing.

import Amparo
import Foundation
import Testing

/// One after the other: there is one sink for the process. Other suites may run meanwhile, and write lines of their own.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct LogSinkTest {
    let folder = Folder()

    private struct Line: Equatable {
        var level: LogLevel
        var operation: String
        var code: UInt32
        var text = ""
    }

    private final class Collecting: LogSink, @unchecked Sendable {
        typealias Also = @Sendable () throws -> Void
        private let lock = NSLock()
        private var collected: [Line] = []
        private let also: Also

        init(also: @escaping Also = {}) { self.also = also }

        func log(level: LogLevel, operation: String, code: UInt32, text: String) throws {
            lock.withLock { collected.append(Line(level: level, operation: operation, code: code, text: text)) }
            try also()
        }

        var lines: [Line] { lock.withLock { collected } }
    }

    private struct Defect: Error {}

    private let nobody = "00112233445566778899aabbccddeeff"

    @Test func linesTellWhatHappenedAndNothingThatWasEntered() async throws {
        let sink = Collecting()
        setLogSink(sink: sink)
        defer { setLogSink(sink: nil) }
        let vault = try await folder.newVault()
        let saved = try await vault.incidents().create("Umm Layla, 12 Main Street")
        _ = try await thrown(IncidentError.self) { try await vault.incidents().get(id: nobody) }
        _ = try await thrown(IncidentError.self) { try await vault.incidents().get(id: "Umm Layla") }
        try await vault.lock()
        _ = try await thrown(VaultError.self) {
            try await Vault.unlock(at: folder.vault, passphrase: Passphrase("Umm Layla's xylophone"))
        }

        let expected = [
            Line(level: .info, operation: "vault.create", code: 0),
            Line(level: .warning, operation: "incidents.get", code: 230),
            Line(level: .warning, operation: "incidents.get", code: 200),
            Line(level: .info, operation: "vault.lock", code: 0),
            Line(level: .warning, operation: "vault.unlock", code: 104),
        ]
        // In this order, with those of others between them.
        var rest = expected[...]
        for line in sink.lines {
            var bare = line
            bare.text = ""
            if bare == rest.first { rest.removeFirst() }
        }
        #expect(rest == [], "these lines were not written")

        let log = sink.lines.map { "\($0)" }.joined(separator: "\n")
        for entered in ["Layla", "Main Street", saved.id, "0011223344", folder.url.lastPathComponent, "xylophone"] {
            #expect(!log.contains(entered), "the log tells \(entered)")
        }
        let listed = Set(errorCodes().map(\.code))
        for line in sink.lines where line.code != 0 { #expect(listed.contains(line.code), "\(line.code) is listed") }
    }

    @Test(arguments: [LogError.Lost as any Error, Defect()])
    func aSinkThatFailsHarmsNothing(failure: any Error) async throws {
        let sink = Collecting { throw failure }
        setLogSink(sink: sink)
        defer { setLogSink(sink: nil) }
        let vault = try await folder.newVault()
        #expect(try await thrown(IncidentError.self) { try await vault.incidents().get(id: nobody) }.code == 230)
        try await vault.lock()
        #expect(!sink.lines.isEmpty)
    }

    @Test func aSinkMayCallBack() async throws {
        let vault = try await folder.newVault()
        let incidents = vault.incidents()
        // Called while no lock of the vault is held: otherwise this would wait for itself.
        let sink = Collecting { _ = try incidents.list(limit: 1, after: nil) }
        setLogSink(sink: sink)
        defer { setLogSink(sink: nil) }
        _ = try await thrown(IncidentError.self) { try await incidents.get(id: nobody) }
        #expect(sink.lines.contains { $0.operation == "incidents.get" && $0.code == 230 })
        setLogSink(sink: nil)
        try await vault.lock()
    }

    @Test func aSinkThatWasTakenAwayIsLetGoOf() async throws {
        weak var gone: Collecting?
        func log() {
            let sink = Collecting()
            gone = sink
            setLogSink(sink: sink)
        }
        log()
        #expect(gone != nil)
        setLogSink(sink: nil)
        // Another suite's line may still be on its way through it.
        try await until { gone == nil }
    }
}
