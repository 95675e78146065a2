// A capture is streamed in, and read back in every shape.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3)))
struct CaptureStreamTest {
    let folder = Folder()

    @Test func whatWasStreamedIsReadBackInEveryShape() async throws {
        let recorded = media(3 * 1024 * 1024 + 17)
        let vault = try await folder.newVault()
        let incident = try await vault.incidents().create("A checkpoint.")
        let capture = try await vault.evidence().startCapture(request: video.attached(to: incident.id))
        // Sizes around the borders of slots and pieces.
        let sizes = [1, 4095, 65536, 65537, 262_144, 300_000]
        var at = 0
        for size in sizes + Array(repeating: 150_000, count: 100) where at < recorded.count {
            let part = recorded.dropFirst(at).prefix(size)
            try await capture.write(bytes: part)
            at += part.count
            #expect(capture.size() == UInt64(at))
        }
        #expect(at == recorded.count)
        try await capture.sync()
        let evidence = try await capture.finish()
        #expect(evidence.size == UInt64(recorded.count))
        #expect(evidence.state == .complete)
        #expect(evidence.details.how == .inApp)
        #expect(try await vault.evidence().list(incident: incident.id) == [evidence])

        let reader = try await vault.evidence().openReader(id: evidence.id)
        #expect(reader.size() == UInt64(recorded.count))
        #expect(try await reader.read(at: 0, length: .max) == recorded)
        #expect(try await reader.read(at: 100_000, length: 800_000) == recorded[100_000..<900_000])
        #expect(try await reader.read(at: UInt64(recorded.count - 17), length: 1000) == recorded.suffix(17))
        #expect(try await reader.read(at: UInt64(recorded.count), length: 1).isEmpty)
        #expect(try await reader.read(at: .max, length: 1).isEmpty)
        #expect(try await reader.read(offset: 5, length: 3) == recorded[5..<8])

        var pieces: [Data] = []
        for try await piece in reader.chunks() { pieces.append(piece) }
        #expect(pieces.allSatisfy { $0.count <= 262_144 })
        #expect(pieces.reduce(Data(), +) == recorded)
        var end = Data()
        for try await piece in reader.chunks(from: 3_000_000) { end += piece }
        #expect(end == recorded.dropFirst(3_000_000))
        try await reader.close()
        try await vault.lock()
    }

    @Test func aRecorderWithAThreadOfItsOwnWritesWhatItIsLent() async throws {
        let recorded = media(1_000_000)
        let vault = try await folder.newVault()
        let capture = try await vault.evidence().startCapture(request: video)
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread {
                done.resume(
                    with: Result {
                        for at in stride(from: 0, to: recorded.count, by: 100_000) {
                            try recorded.dropFirst(at).prefix(100_000).withUnsafeBytes { try capture.write($0) }
                        }
                        // Nothing is lent, and that is no mistake.
                        try capture.write(UnsafeRawBufferPointer(start: nil, count: 0))
                    })
            }
        }
        let evidence = try await capture.finish()
        #expect(try await vault.bytes(of: evidence.id) == recorded)
        try await vault.lock()
    }

    @Test func aCaptureThatIsForgottenKeepsEveryByte() async throws {
        let recorded = media(123_456)
        let vault = try await folder.newVault()
        func forget(_ request: CaptureRequest) async throws -> EvidenceId {
            let capture = try await vault.evidence().startCapture(request: request)
            try await capture.write(bytes: recorded)
            return capture.id()
        }
        let id = try await forget(video)
        try await until { try await vault.evidence().get(id: id).state == .interrupted }
        #expect(try await vault.bytes(of: id) == recorded)

        let next = try await forget(video.continuing(id))
        try await until { try await vault.evidence().get(id: next).state == .interrupted }
        #expect(try await vault.evidence().segments(id: id).map(\.id) == [id, next])
        try await vault.evidence().withRecording(id) { reader in
            #expect(reader.pieces() == 2)
            #expect(try await reader.read(at: 0, length: .max) == recorded + recorded)
            var all = Data()
            for try await piece in reader.chunks() { all += piece }
            #expect(all == recorded + recorded)
        }
        try await vault.lock()
    }

    @Test func nothingIsLeftOfWhatWasGivenUpOrEmpty() async throws {
        let vault = try await folder.newVault()
        let givenUp = try await vault.evidence().startCapture(request: video)
        try await givenUp.write(bytes: media(100_000))
        try await givenUp.abort()
        let empty = try await vault.evidence().startCapture(request: video)
        let refused = try await thrown(EvidenceError.self) { try await empty.finish() }
        #expect(refused == .Empty(code: 304, text: refused.text))
        #expect(try await vault.evidence().recent().evidence == [])
        try await vault.lock()
    }

    @Test func filesHandlesAndBytesAreImportedBitForBit() async throws {
        let bytes = media(700_001)
        let file = folder.url / "recording.mp3"
        try bytes.write(to: file)
        let vault = try await folder.newVault()
        let store = vault.evidence()

        let fromFile = try await store.importFile(at: file)
        #expect(fromFile.details.fileName == "recording.mp3")
        #expect(fromFile.details.how == .import)

        let handle = try FileHandle(forReadingFrom: file)
        try handle.seek(toOffset: 700_000)
        let end = try await store.importFile(from: handle, request: ImportRequest(note: "its last byte"))
        #expect(try await vault.bytes(of: end.id) == bytes.suffix(1))
        // It is still ours.
        try handle.seek(toOffset: 0)
        let whole = try await store.importFile(from: handle)
        try handle.close()

        let fromBytes = try await store.importBytes(bytes: bytes)
        let pipe = Pipe()
        Thread.detachNewThread {
            try? pipe.fileHandleForWriting.write(contentsOf: bytes)
            try? pipe.fileHandleForWriting.close()
        }
        let fromPipe = try await store.importFile(from: pipe.fileHandleForReading)
        for evidence in [fromFile, whole, fromBytes, fromPipe] {
            #expect(try await vault.bytes(of: evidence.id) == bytes)
            #expect(evidence.sha256 == fromFile.sha256)
        }
        var ids: Set<EvidenceId> = []
        for try await evidence in store.all() { ids.insert(evidence.id) }
        #expect(ids == Set([fromFile, end, whole, fromBytes, fromPipe].map(\.id)))

        // And out again.
        _ = try await store.exportFile(id: whole.id, to: folder.url / "out")
        #expect(try Data(contentsOf: folder.url / "out") == bytes)
        try Data("before:".utf8).write(to: folder.url / "handle")
        let target = try FileHandle(forWritingTo: folder.url / "handle")
        try target.seekToEnd()
        _ = try await store.exportFile(id: whole.id, to: target)
        try target.close()
        #expect(try Data(contentsOf: folder.url / "handle") == Data("before:".utf8) + bytes)

        // The hash is the one that everybody else gets.
        let known = try await store.importBytes(bytes: Data("abc".utf8))
        #expect(known.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        try await vault.lock()
    }

    @Test func everyChangeIsTold() async throws {
        let vault = try await folder.newVault()
        let changes = vault.changes
        let incident = try await vault.incidents().create("Something.")
        try await vault.incidents().save(incident, content: incident.content)
        var content = incident.content
        content.title = "A title"
        try await vault.incidents().save(incident, content: content)
        let kept = try await vault.captured(media(10)).id
        let givenUp = try await vault.evidence().startCapture(request: video)
        try await givenUp.abort()
        try await vault.evidence().attach(id: kept, incident: incident.id)
        try await vault.evidence().setNote(id: kept, note: "a note")
        try await vault.evidence().delete(id: kept, derivatives: .refuse)
        try await vault.lock()

        let ours: Set<String> = [incident.id, kept, givenUp.id()]
        var told: [VaultChange] = []
        // Ends by itself, because the vault was locked.
        for await change in changes {
            switch change {
            case .incident(let id, _), .evidence(let id, _), .report(let id, _), .run(let id, _), .recipient(let id, _):
                if ours.contains(id) { told.append(change) }
            case .many, .packs: break
            case .locked: told.append(change)
            }
        }
        #expect(
            told == [
                .incident(incident.id, .added), .incident(incident.id, .changed),
                .evidence(kept, .added), .evidence(kept, .changed),
                .evidence(givenUp.id(), .added), .evidence(givenUp.id(), .removed),
                .evidence(kept, .changed), .incident(incident.id, .changed),
                .evidence(kept, .changed), .evidence(kept, .removed),
                .locked,
            ])
        var afterwards = 0
        for await _ in vault.changes { afterwards += 1 }
        #expect(afterwards == 0, "of a locked vault there are no changes")
    }
}
