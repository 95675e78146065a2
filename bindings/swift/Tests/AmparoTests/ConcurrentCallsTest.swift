// Many calls at once, of every kind: each gets its own answer, and none waits for a long job.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ConcurrentCallsTest {
    let folder = Folder()

    @Test func everyCallGetsItsOwnAnswer() async throws {
        let vault = try await folder.newVault()
        let saved = try await withThrowingTaskGroup(of: (Int, Incident).self) { group in
            for number in 0..<100 {
                group.addTask {
                    // Objects of their own, as parts of an app have them.
                    let incidents = vault.incidents()
                    let first = try await incidents.create("Number \(number).")
                    let second = try await incidents.save(first, content: IncidentContent(narrative: "Saved \(number)."))
                    _ = try await incidents.list(limit: 10)
                    return (number, second)
                }
            }
            return try await group.reduce(into: [Int: Incident]()) { $0[$1.0] = $1.1 }
        }
        #expect(saved.count == 100)
        #expect(Set(saved.values.map(\.id)).count == 100)
        for (number, incident) in saved {
            #expect(incident.revision == 2)
            let read = try await vault.incidents().get(id: incident.id)
            #expect(read.content.narrative == "Saved \(number).")
        }
        try await vault.lock()
    }

    @Test func capturesDoNotMix() async throws {
        let vault = try await folder.newVault()
        let all = try await withThrowingTaskGroup(of: (UInt32, EvidenceId).self) { group in
            for seed in 1...UInt32(6) {
                group.addTask {
                    let capture = try await vault.evidence().startCapture(request: video)
                    let bytes = media(500_000, seed: seed)
                    for at in stride(from: 0, to: bytes.count, by: 37_000) {
                        try await capture.write(bytes: bytes.dropFirst(at).prefix(37_000))
                    }
                    return (seed, try await capture.finish().id)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for (seed, id) in all { #expect(try await vault.bytes(of: id) == media(500_000, seed: seed)) }
        try await vault.lock()
    }

    @Test func aReaderIsReadFromManyTasks() async throws {
        let recorded = media(2_000_000)
        let vault = try await folder.newVault()
        let id = try await vault.captured(recorded).id
        let reader = try await vault.evidence().openReader(id: id)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let at = number * 39_000
                    return try await reader.read(at: UInt64(at), length: 50_000) == recorded.dropFirst(at).prefix(50_000)
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        try await reader.close()
        try await vault.lock()
    }

    /// More long jobs than there are threads for them, and short calls meanwhile.
    @Test func aListIsShownWhileFilesAreImported() async throws {
        let vault = try await folder.newVault()
        let progress = (0..<6).map { _ in JobProgress() }
        let imports = progress.map { progress in
            let source = Endless()
            return Task { try await vault.evidence().importFile(from: source.handle, progress: progress) }
        }
        try await until { progress.contains { $0.bytes() > 0 } }
        let incident = try await vault.incidents().create("Meanwhile.")
        #expect(try await vault.incidents().list().incidents.map(\.id) == [incident.id])
        _ = try await vault.captured(media(10_000))
        #expect(progress.allSatisfy { !$0.isOver }, "none of the imports is over")
        #expect(progress.filter { $0.bytes() > 0 }.count <= 2, "two at a time")
        for task in imports { task.cancel() }
        for task in imports { _ = try await thrown(CancellationError.self) { try await task.value } }
        try await vault.lock()
    }
}
