// What is over says so: a capture that was ended, a reader that was closed, everything of a vault that was locked.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3)))
struct UseAfterCloseTest {
    let folder = Folder()

    @Test func aCaptureEndsOnce() async throws {
        let vault = try await folder.newVault()
        let finished = try await vault.evidence().startCapture(request: video)
        try await finished.write(bytes: media(10))
        let evidence = try await finished.finish()
        let givenUp = try await vault.evidence().startCapture(request: video)
        try await givenUp.abort()
        for capture in [finished, givenUp] {
            for call in [
                { try await capture.write(bytes: media(10)) }, { try await capture.sync() },
                { _ = try await capture.finish() }, { try await capture.abort() },
            ] as [@Sendable () async throws -> Void] {
                let refused = try await thrown(EvidenceError.self, by: call)
                #expect(refused == .Closed(code: 901, text: refused.text))
            }
        }
        // What can be asked without the vault still can.
        #expect(finished.id() == evidence.id)
        #expect(finished.size() == 10)
        #expect(try await vault.evidence().recent().evidence == [evidence])
        try await vault.lock()
    }

    @Test func aReaderThatWasClosedReadsNothing() async throws {
        let vault = try await folder.newVault()
        let id = try await vault.captured(media(1000)).id
        let reader = try await vault.evidence().openReader(id: id)
        let recording = try await vault.evidence().openRecording(id: id)
        #expect(try await reader.read(at: 0, length: 3).count == 3)
        for _ in 0..<2 {
            try await reader.close()
            try await recording.close()
        }
        let kept = try await vault.evidence().withReader(id) { $0 }
        for reader in [reader, recording, kept] as [any EvidenceReader] {
            let refused = try await thrown(EvidenceError.self) { try await reader.read(at: 0, length: 1) }
            #expect(refused == .Closed(code: 905, text: refused.text))
        }
        _ = try await thrown(EvidenceError.self) {
            for try await _ in reader.chunks() { Issue.record("a piece of a closed reader") }
        }
        #expect(reader.size() == 1000)
        try await vault.lock()
    }

    @Test func aReaderIsClosedAlsoWhereItsBodyThrows() async throws {
        struct Enough: Error {}
        let vault = try await folder.newVault()
        let id = try await vault.captured(media(1000)).id
        nonisolated(unsafe) var kept: MediaReader?
        _ = try await thrown(Enough.self) {
            try await vault.evidence().withReader(id) { reader in
                kept = reader
                throw Enough()
            }
        }
        let reader = try #require(kept)
        let refused = try await thrown(EvidenceError.self) { try await reader.read(at: 0, length: 1) }
        #expect(refused.code == 905)
        try await vault.lock()
    }

    @Test func everythingOfALockedVaultSaysSo() async throws {
        let vault = try await folder.newVault()
        let (incidents, evidence, reports) = (vault.incidents(), vault.evidence(), vault.reports())
        let incident = try await incidents.create("Something.")
        let id = try await vault.captured(media(10)).id
        try await vault.lock()
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await incidents.create("More.") },
            { _ = try await incidents.list() },
            { _ = try await incidents.get(id: incident.id) },
            { for try await _ in incidents.all() { Issue.record("a summary of a locked vault") } },
            { _ = try await evidence.get(id: id) },
            { _ = try await evidence.openReader(id: id) },
            { _ = try await evidence.startCapture(request: video) },
            { _ = try await evidence.importBytes(bytes: media(10)) },
            { _ = try await reports.list(incident: incident.id) },
            { _ = try await vault.check() },
            { try await vault.changePassphrase(old: passphrase(), new: passphrase()) },
            // Objects that are got afterwards are no way in.
            { _ = try await vault.incidents().list() },
        ]
        for (number, call) in calls.enumerated() {
            do {
                try await call()
                Issue.record("call \(number) worked")
            } catch let error as any AmparoError {
                #expect(error.isLocked && error.code == 103, "call \(number)")
            }
        }
        let again = try await folder.unlock()
        #expect(try await again.incidents().list().incidents.count == 1)
        try await again.lock()
    }

    @Test func aVaultThatIsLetGoOfStaysUsableThroughItsParts() async throws {
        func incidents() async throws -> Incidents { try await folder.newVault().incidents() }
        let parts = try await incidents()
        let saved = try await parts.create("The vault object is gone, the vault is not.")
        #expect(try await parts.get(id: saved.id) == saved)
    }
}
