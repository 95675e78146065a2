// What the scenarios share: vaults that open fast, folders that go away, and waiting for something to come true.

import Amparo
import Foundation
import Testing

/// The weakest derivation that the core takes.
let fast = Kdf.fixed(memoryKib: 65536, passes: 3, lanes: 1)

/// A new one each time: what takes it wipes it.
func passphrase() -> Passphrase { Passphrase("correct horse battery staple") }

/// A folder of a test's own, removed with the test.
final class Folder: Sendable {
    let url: URL

    init() {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("amparo-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        } catch {
            fatalError("no folder for a test: \(error)")
        }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Where the test's vault is.
    var vault: URL { url / "vault" }

    func newVault(deviceKey: (any DeviceKey)? = nil, clock: (any Amparo.Clock)? = nil) async throws -> Vault {
        try await Vault.create(at: vault, passphrase: passphrase(), kdf: fast, deviceKey: deviceKey, clock: clock)
    }

    func unlock(deviceKey: (any DeviceKey)? = nil, clock: (any Amparo.Clock)? = nil) async throws -> Vault {
        try await Vault.unlock(at: vault, passphrase: passphrase(), deviceKey: deviceKey, clock: clock)
    }

    /// Every file under it, with its bytes.
    func everyByte() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in FileManager.default.enumerator(atPath: url.path)?.allObjects as? [String] ?? [] {
            let file = url / name
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder), !isFolder.boolValue {
                files[name] = try Data(contentsOf: file)
            }
        }
        return files
    }
}

extension URL {
    static func / (folder: URL, name: String) -> URL { folder.appendingPathComponent(name) }

    var exists: Bool { FileManager.default.fileExists(atPath: path) }
}

/// What `run` throws, which must be of this type.
func thrown<Failure: Error, Result: Sendable>(
    _ type: Failure.Type,
    isolation: isolated (any Actor)? = #isolation,
    sourceLocation: SourceLocation = #_sourceLocation,
    by run: () async throws -> Result
) async throws -> Failure {
    do {
        _ = try await run()
    } catch let failure as Failure {
        return failure
    }
    return try #require(nil as Failure?, "expected \(type), nothing was thrown", sourceLocation: sourceLocation)
}

/// Waits until `condition` holds, half a minute at most.
func until(
    isolation: isolated (any Actor)? = #isolation,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    for _ in 0..<6000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("waited in vain", sourceLocation: sourceLocation)
}

/// Bytes that differ from place to place, the same for the same `seed`.
func media(_ count: Int, seed: UInt32 = 1) -> Data {
    var state = seed &* 2_654_435_761 | 1
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBufferPointer { buffer in
        for at in buffer.indices {
            state ^= state << 13
            state ^= state >> 17
            state ^= state << 5
            buffer[at] = UInt8(truncatingIfNeeded: state)
        }
    }
    return Data(bytes)
}

/// A file with nothing in it that is as long as it says, and takes no room.
func sparseFile(_ url: URL, bytes: UInt64) throws {
    try Data().write(to: url)
    let file = try FileHandle(forWritingTo: url)
    try file.truncate(atOffset: bytes)
    try file.close()
}

/// A pipe that always has a little more to give, until nobody reads any more: a job that goes on for as long as a test needs, and
/// fills no disk.
final class Endless: Sendable {
    let handle: FileHandle

    init() {
        let pipe = Pipe()
        handle = pipe.fileHandleForReading
        // A pipe without readers fails, instead of ending the tests.
        signal(SIGPIPE, SIG_IGN)
        Thread.detachNewThread {
            let piece = media(64 * 1024)
            while (try? pipe.fileHandleForWriting.write(contentsOf: piece)) != nil { Thread.sleep(forTimeInterval: 0.01) }
        }
    }

    deinit { try? handle.close() }
}

let video = CaptureRequest(kind: .video, mediaType: "video/mp2t")

extension CaptureRequest {
    func attached(to incident: IncidentId) -> CaptureRequest {
        var request = self
        request.incident = incident
        return request
    }

    func continuing(_ evidence: EvidenceId) -> CaptureRequest {
        var request = self
        request.continues = evidence
        return request
    }
}

extension Vault {
    /// One recording, captured whole.
    func captured(_ bytes: Data, _ request: CaptureRequest = video) async throws -> Evidence {
        let capture = try await evidence().startCapture(request: request)
        try await capture.write(bytes: bytes)
        return try await capture.finish()
    }

    /// All bytes of a piece of evidence.
    func bytes(of id: EvidenceId) async throws -> Data {
        try await evidence().withReader(id) { reader in try await reader.read(at: 0, length: Int(reader.size())) }
    }
}
