// The vault is locked while it is in use: what runs fails with `Locked`, and nothing that was recorded is lost.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5)))
struct LockWhileBusyTest {
    let folder = Folder()

    @Test func nothingThatWasRecordedIsLost() async throws {
        let recorded = media(1_234_567)
        let vault = try await folder.newVault()
        let capture = try await vault.evidence().startCapture(request: video)
        try await capture.write(bytes: recorded)
        let reader = try await vault.evidence().openReader(id: try await vault.captured(media(1000)).id)
        // More of them than there are threads for: some run, some wait for their turn.
        let progress = (0..<4).map { _ in JobProgress() }
        let imports = progress.map { progress in
            let source = Endless()
            return Task { try await vault.evidence().importFile(from: source.handle, progress: progress) }
        }
        try await until { progress.contains { $0.bytes() > 100_000 } }

        try await vault.lock()
        #expect(vault.isLocked())
        for task in imports {
            let refused = try await thrown(EvidenceError.self) { try await task.value }
            #expect(refused == .Locked(code: 103, text: refused.text))
            #expect(refused.isLocked)
        }
        #expect(try await thrown(EvidenceError.self) { try await capture.write(bytes: recorded) }.isLocked)
        #expect(try await thrown(EvidenceError.self) { try await reader.read(at: 0, length: 10) }.isLocked)

        let again = try await folder.unlock()
        let kept = try await again.evidence().get(id: capture.id())
        #expect(kept.state == .interrupted)
        #expect(try await again.bytes(of: kept.id) == recorded)
        // Of an import that the lock cut there is what was read of it, labelled: nobody takes it for the whole file.
        for evidence in try await again.evidence().recent().evidence where evidence.details.how == .import {
            #expect(evidence.state == .interrupted)
        }
        #expect(try await again.check().sound)
        try await again.lock()
    }

    /// An app that is told that it will be suspended has seconds.
    @Test func lockingWaitsForNothing() async throws {
        let vault = try await folder.newVault()
        let progress = JobProgress()
        let busy = (0..<8).map { number in
            let source = Endless()
            return Task {
                try await vault.evidence().importFile(from: source.handle, progress: number == 0 ? progress : nil)
            }
        }
        let calls = (0..<40).map { number in Task { try await vault.incidents().create("Number \(number).") } }
        try await until { progress.bytes() > 0 }
        let took = try await ContinuousClock().measure { try await vault.lock() }
        #expect(took < .seconds(5), "it took \(took)")
        for task in busy { #expect(try await thrown(EvidenceError.self) { try await task.value }.isLocked) }
        // Each was saved, or was refused: nobody waits for ever.
        var saved: Set<IncidentId> = []
        for task in calls {
            switch await task.result {
            case .success(let incident): saved.insert(incident.id)
            case .failure(let error): #expect((error as? IncidentError)?.isLocked == true)
            }
        }
        let again = try await folder.unlock()
        #expect(try await Set(again.incidents().list(limit: 100).incidents.map(\.id)) == saved)
        try await again.lock()
    }

    @Test func aLockIsNotCancelledWithItsCaller() async throws {
        let vault = try await folder.newVault()
        let screen = Task {
            while !Task.isCancelled { await Task.yield() }
            try await vault.lock()
        }
        screen.cancel()
        try await screen.value
        #expect(vault.isLocked())
        try await folder.unlock().lock()
    }

    @Test func lockingFromManyTasksIsLockingOnce() async throws {
        let vault = try await folder.newVault()
        let saved = try await vault.incidents().create("Something.")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { try await vault.lock() } }
            try await group.waitForAll()
        }
        let again = try await folder.unlock()
        #expect(try await again.incidents().get(id: saved.id) == saved)
        try await again.lock()
    }
}
