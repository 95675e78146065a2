// A slice of `Data` begins where it begins: its `startIndex` is not zero, and what lies around it is never stored.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3)))
struct ByteBufferPositionTest {
    let folder = Folder()
    private let wanted = media(5000)

    /// The wanted bytes with others around them, in every shape that `Data` has.
    private var shapes: [String: Data] {
        let around = media(5000, seed: 2) + wanted + media(5000, seed: 3)
        let slice = around[5000..<10_000]
        return [
            "slice": slice,
            "slice of a slice": around[4000..<12_000][5000..<10_000],
            "dropped": around.dropFirst(5000).prefix(5000),
            "lent": around.withUnsafeBytes { bytes in
                // Beyond this closure it would be unsound; copied here, it has a start of its own.
                Data(bytes[5000..<10_000])
            },
            "bridged": NSData(data: slice) as Data,
            "from an array": Data(Array(slice)[...]),
        ]
    }

    @Test func theSlicesAreWhatTheyShouldBe() {
        #expect(shapes["slice"]?.startIndex == 5000)
        #expect(shapes["dropped"]?.startIndex == 5000)
        for (shape, bytes) in shapes { #expect(bytes == wanted, "\(shape)") }
    }

    @Test func onlyTheSliceIsCaptured() async throws {
        let vault = try await folder.newVault()
        for (shape, bytes) in shapes {
            let evidence = try await vault.captured(bytes)
            #expect(evidence.size == 5000, "\(shape)")
            #expect(try await vault.bytes(of: evidence.id) == wanted, "\(shape)")
        }
        try await vault.lock()
    }

    @Test func onlyTheSliceIsCapturedByTheBlockingMethod() throws {
        let vault = try Vault.create(
            directory: folder.vault.path, passphrase: Data("xxcorrect horsexx".utf8)[2..<15], kdf: fast, deviceKey: nil,
            clock: nil)
        let capture = try vault.evidence().startCapture(request: video)
        for (_, bytes) in shapes { try capture.write(bytes: bytes) }
        let evidence = try capture.finish()
        let reader = try vault.evidence().openReader(id: evidence.id)
        let stored = try reader.read(offset: 0, length: 262_144)
        #expect(stored == Data((0..<shapes.count).flatMap { _ in wanted }))
        try vault.lock()
        // The passphrase was the slice, and nothing around it.
        try Vault.unlock(directory: folder.vault.path, passphrase: Data("correct horse".utf8), deviceKey: nil, clock: nil)
            .lock()
    }

    @Test func onlyTheSliceIsThePassphrase() async throws {
        var typed = Data("xxcorrect horse battery staplexx".utf8)
        var slice = typed[2..<30]
        try await Vault.create(at: folder.vault, passphrase: Passphrase(taking: &slice), kdf: fast).lock()
        #expect(slice == Data(count: 28), "the slice is wiped")
        try await folder.unlock().lock()
        // Who takes a slice has a copy, which is theirs to wipe.
        #expect(typed.count == 32)
        typed.resetBytes(in: 0..<typed.count)
    }

    @Test func onlyTheSliceIsImportedAndDerived() async throws {
        let vault = try await folder.newVault()
        let original = try await vault.captured(media(100))
        for (shape, bytes) in shapes {
            let imported = try await vault.evidence().importBytes(bytes: bytes)
            #expect(try await vault.bytes(of: imported.id) == wanted, "\(shape)")
            let request = DeriveRequest(derivation: Derivation(purpose: .redacted, tool: "test"))
            let derived = try await vault.evidence().deriveFromBytes(
                parent: original.id, request: request, bytes: bytes)
            #expect(try await vault.bytes(of: derived.id) == wanted, "\(shape)")
        }
        // The first bytes of a JPEG file, as far as the core looks.
        let picture = Data([0xff, 0xd8, 0xff, 0xe0, 0, 16]) + Data("JFIF\u{0}".utf8) + media(3000)
        let around = media(700, seed: 2) + picture
        try await vault.evidence().setThumbnail(
            parent: original.id, picture: around.dropFirst(700), mediaType: "image/jpeg")
        #expect(try await vault.evidence().thumbnail(parent: original.id) == picture)
        try await vault.lock()
    }
}
