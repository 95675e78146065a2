// The app is killed in the middle of a capture: what was synced is there after the next unlock, and the recording can go on.

#if os(macOS) || os(Linux)
    import Amparo
    import Foundation
    import Testing

    @Suite(.timeLimit(.minutes(3)))
    struct CrashCaptureTest {
        let folder = Folder()

        /// Of the layout for video.
        private let slot = 64 * 1024

        @Test func whatWasSyncedIsThereAfterAKill() async throws {
            let recording = media(24 * 1024 * 1024)
            try recording.write(to: folder.url / "recording")
            let (id, synced) = try await killInTheMiddle()

            let vault = try await folder.unlock()
            #expect(vault.recovered() == [id])
            let kept = try await vault.evidence().get(id: id)
            #expect(kept.state == .unterminated)
            // At most the slot that was not full is missing.
            #expect(Int(kept.size) > synced - slot, "of \(synced) bytes \(kept.size) were kept")
            #expect(Int(kept.size) < recording.count, "it was killed in the middle")
            #expect(try await vault.bytes(of: id) == recording.prefix(Int(kept.size)))
            let incident = try #require(try await vault.incidents().list().incidents.first)
            #expect(try await vault.evidence().list(incident: incident.id).map(\.id) == [id])

            let goesOn = try await vault.captured(media(1000, seed: 2), video.continuing(id))
            #expect(goesOn.segment?.recording == id)
            let recorded = try await vault.evidence().openRecording(id: id)
            #expect(recorded.size() == kept.size + 1000)
            #expect(try await recorded.read(at: kept.size, length: .max) == media(1000, seed: 2))
            try await vault.lock()

            let again = try await folder.unlock()
            #expect(again.recovered() == [], "it is settled once")
            #expect(try await again.check().sound)
            try await again.lock()
        }

        /// Starts the other app, kills it when it said that two million bytes are on the medium, and returns what it said.
        private func killInTheMiddle() async throws -> (id: EvidenceId, synced: Int) {
            let child = Process()
            let executable = Self.executable("CaptureUntilKilled")
            child.executableURL = try #require(executable)
            child.arguments = [folder.vault.path, (folder.url / "recording").path]
            let said = Pipe()
            child.standardOutput = said
            try child.run()
            var id = ""
            var synced = 0
            var rest = Data()
            reading: while true {
                let bytes = said.fileHandleForReading.availableData
                try #require(!bytes.isEmpty, "the other app ended by itself")
                rest += bytes
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ").map(String.init)
                    rest = Data(rest[(end + 1)...])
                    if words[0] == "capture" { id = words[1] }
                    if words[0] == "synced" { synced = Int(words[1]) ?? 0 }
                    try #require(words[0] != "ended", "the other app came to the end before it was killed")
                    if synced >= 2_000_000 { break reading }
                }
            }
            #expect(child.isRunning)
            // Nothing in the other app gets to run.
            kill(child.processIdentifier, SIGKILL)
            child.waitUntilExit()
            #expect(child.terminationReason == .uncaughtSignal)
            return (id, synced)
        }

        /// What the package builds lies beside the tests: beside their bundle on a Mac, beside their executable elsewhere.
        private static func executable(_ name: String) -> URL? {
            #if canImport(Darwin)
                let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
            #else
                let tests = Bundle.main.executableURL
            #endif
            let file = tests?.deletingLastPathComponent().appendingPathComponent(name)
            return file.flatMap { FileManager.default.isExecutableFile(atPath: $0.path) ? $0 : nil }
        }
    }
#endif
