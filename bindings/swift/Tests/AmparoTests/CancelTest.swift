// A long job stops when its task is cancelled, or through its token, and leaves nothing half-made. Progress can be watched.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5)))
struct CancelTest {
    let folder = Folder()

    @Test func cancellingTheTaskEndsTheImport() async throws {
        let vault = try await folder.newVault()
        let file = folder.url / "long.ts"
        try sparseFile(file, bytes: 64 << 30)
        let progress = JobProgress()
        let importing = Task { try await vault.evidence().importFile(at: file, progress: progress) }
        try await until { progress.bytes() > 1_000_000 }
        #expect(!progress.isOver)
        importing.cancel()
        _ = try await thrown(CancellationError.self) { try await importing.value }
        #expect(progress.isOver)
        #expect(progress.bytes() < 64 << 30)
        #expect(try await vault.evidence().recent().evidence == [], "nothing is kept")
        #expect(file.exists)
        try await vault.lock()
        #expect(try folder.everyByteBut(file) < 1 << 20, "and nothing is left on the disk")
    }

    @Test func theTokenEndsItToo() async throws {
        let vault = try await folder.newVault()
        let (progress, token, source) = (JobProgress(), CancelToken(), Endless())
        let importing = Task {
            try await vault.evidence().importFile(from: source.handle, cancel: token, progress: progress)
        }
        try await until { progress.bytes() > 100_000 }
        token.cancel()
        let cancelled = try await thrown(EvidenceError.self) { try await importing.value }
        #expect(cancelled == .Cancelled(code: 316, text: cancelled.text))
        #expect(cancelled.isCancelled)
        try await vault.lock()
    }

    @Test func aTaskThatWasCancelledBeforeDoesNothing() async throws {
        let vault = try await folder.newVault()
        let file = folder.url / "short"
        try media(1000).write(to: file)
        let handle = try FileHandle(forReadingFrom: file)
        let task = Task {
            try await until { Task.isCancelled }
            let store = vault.evidence()
            _ = try await thrown(CancellationError.self) { try await store.importFile(at: file) }
            _ = try await thrown(CancellationError.self) { try await store.importFile(from: handle) }
        }
        task.cancel()
        _ = await task.result
        #expect(try await vault.evidence().recent().evidence == [])
        // The handle is still ours, and stands where it stood.
        #expect(try handle.readToEnd()?.count == 1000)
        try await vault.lock()
    }

    @Test func aShortCallRunsToItsEnd() async throws {
        let vault = try await folder.newVault()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await vault.incidents().create("Saved all the same.")
        }
        task.cancel()
        let saved = try await task.value
        #expect(try await vault.incidents().get(id: saved.id) == saved)
        try await vault.lock()
    }

    @Test func sealingThatWasCancelledLeavesNoFile() async throws {
        let vault = try await folder.newVault()
        let recipient = try await deskGenerateKey(path: (folder.url / "keys.txt").path, kind: .postQuantum)
        let incident = try await vault.incidents().create("With a long recording.")
        let large = media(16 << 20)
        let capture = try await vault.evidence().startCapture(request: video.attached(to: incident.id))
        for _ in 0..<8 { try await capture.write(bytes: large) }
        _ = try await capture.finish()
        let request = ReportRequest(
            incident: incident.id, groups: [RecipientGroup(kind: .cso, recipients: [recipient])])
        let sealed = folder.url / "out" / "report.age"
        try FileManager.default.createDirectory(at: folder.url / "out", withIntermediateDirectories: true)
        let progress = JobProgress()
        let sealing = Task { try await vault.reports().sealFile(request: request, to: sealed, progress: progress) }
        try await until { progress.bytes() > 0 || progress.isOver }
        sealing.cancel()
        _ = try await thrown(CancellationError.self) { try await sealing.value }
        #expect(try FileManager.default.contentsOfDirectory(atPath: (folder.url / "out").path) == [])
        #expect(try await vault.reports().list(incident: incident.id).allSatisfy { !$0.sealed })
        try await vault.lock()
    }

    @Test func progressIsASequenceThatEndsWithTheJob() async throws {
        let vault = try await folder.newVault()
        let file = folder.url / "some.ts"
        try sparseFile(file, bytes: 200 << 20)
        let progress = JobProgress()
        async let imported = vault.evidence().importFile(at: file, progress: progress)
        var seen: [UInt64] = []
        for await bytes in progress { seen.append(bytes) }
        #expect(try await imported.size == 200 << 20)
        #expect(seen == seen.sorted() && Set(seen).count == seen.count, "it only grows")
        #expect(seen.count > 1)
        #expect(seen.last == 200 << 20)
        // Late, and again.
        var late: [UInt64] = []
        for await bytes in progress { late.append(bytes) }
        #expect(late == [200 << 20])

        let failed = JobProgress()
        _ = try await thrown(EvidenceError.self) {
            try await vault.evidence().importFile(at: folder.url / "missing", progress: failed)
        }
        var none: [UInt64] = []
        for await bytes in failed { none.append(bytes) }
        #expect(none == [0], "it ends although the job failed")
        try await vault.lock()
    }
}

extension Folder {
    /// How many bytes all files but one have.
    fileprivate func everyByteBut(_ file: URL) throws -> Int {
        var sum = 0
        for name in FileManager.default.enumerator(atPath: url.path)?.allObjects as? [String] ?? [] {
            let path = url / name
            if path.lastPathComponent == file.lastPathComponent { continue }
            let attributes = try FileManager.default.attributesOfItem(atPath: path.path)
            if attributes[.type] as? FileAttributeType == .typeRegular {
                sum += (attributes[.size] as? NSNumber)?.intValue ?? 0
            }
        }
        return sum
    }
}
