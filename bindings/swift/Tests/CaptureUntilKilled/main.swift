// The app that CrashCaptureTest kills: creates a vault at its first argument and records the file at its second into it, saying what
// is on the medium. It never comes to the file's end.

import Amparo
import Foundation

func record(vault directory: String, file: String) throws {
    let vault = try Vault.create(
        directory: directory, passphrase: Data("correct horse battery staple".utf8),
        kdf: .fixed(memoryKib: 65536, passes: 3, lanes: 1), deviceKey: nil, clock: nil)
    let incident = try vault.incidents().create(content: IncidentContent(narrative: "A checkpoint."))
    let request = CaptureRequest(kind: .video, mediaType: "video/mp2t", incident: incident.id)
    let capture = try vault.evidence().startCapture(request: request)
    say("capture \(capture.id())")
    let recording = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
    var writes = 0
    while let bytes = try recording.read(upToCount: 50_000), !bytes.isEmpty {
        try capture.write(bytes: bytes)
        writes += 1
        if writes % 10 == 0 {
            try capture.sync()
            say("synced \(capture.size())")
        }
        // As a camera does, so that there is a middle to be killed in.
        Thread.sleep(forTimeInterval: 0.002)
    }
    say("ended")
    // Nothing is finished: whoever kills this finds it in the middle.
    while true { Thread.sleep(forTimeInterval: 1) }
}

/// A line that is out when this returns.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}

guard CommandLine.arguments.count == 3 else { fatalError("usage: CaptureUntilKilled VAULT FILE") }
try record(vault: CommandLine.arguments[1], file: CommandLine.arguments[2])
