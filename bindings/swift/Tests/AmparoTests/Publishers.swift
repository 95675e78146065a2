// What the scenarios of packs, cards and forms share: the command line as a pack's publisher and as a desk, the project's own starter
// pack built with it, and a clock that is set.

import Amparo
import Foundation
import Testing

#if os(macOS) || os(Linux)
    /// The repository's folders, which these tests take sources and golden files from.
    let repository = (0..<5).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }

    /// The `amparo` command, which `cargo xtask bindings` builds beside the library.
    enum Command {
        /// Runs it to its end, and gives the one document that it prints. Its exit code must be 0.
        @discardableResult
        static func run(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
            let named = ProcessInfo.processInfo.environment["AMPARO_CLI"] ?? ""
            let command = named.isEmpty ? repository / "target" / "debug" / "amparo" : URL(fileURLWithPath: named)
            try #require(
                FileManager.default.isExecutableFile(atPath: command.path),
                "the amparo command is not at \(command.path): build it with `cargo build -p amparo-cli`",
                sourceLocation: sourceLocation)
            let child = Process()
            child.executableURL = command
            child.arguments = ["--json"] + arguments
            let (said, complained) = (Pipe(), Pipe())
            child.standardOutput = said
            child.standardError = complained
            try child.run()
            // What it complains of is less than a pipe holds.
            let printed = said.fileHandleForReading.readDataToEndOfFile()
            let complaint = String(decoding: complained.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            child.waitUntilExit()
            try #require(
                child.terminationStatus == 0, "\(arguments): \(complaint)", sourceLocation: sourceLocation)
            let document = try JSONSerialization.jsonObject(with: printed) as? [String: Any]
            return try #require(document, sourceLocation: sourceLocation)
        }
    }

    /// Somebody who publishes the starter pack, with a key of their own.
    struct PackAuthor {
        /// The public key.
        let key: String
        /// What people compare.
        let fingerprint: String
        private let folder: URL

        /// Makes a key in a new folder beside the vault.
        init(_ name: String, in folder: Folder) throws {
            self.folder = folder.url / name
            try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: false)
            let made = try Command.run("pack", "keygen", "--output", (self.folder / "key").path)
            key = try #require(made["publisher"] as? String)
            fingerprint = try #require(made["fingerprint"] as? String)
        }

        /// The pack of these sources, signed.
        private func pack(_ name: String, sources: URL) throws -> Data {
            let (built, signed) = (folder / "\(name).built", folder / "\(name).pack")
            try Command.run("pack", "build", sources.path, "--on", "2026-11-25", "--output", built.path)
            try Command.run(
                "pack", "sign", built.path, "--key", (folder / "key").path, "--output", signed.path)
            return try Data(contentsOf: signed)
        }

        /// The project's own starter pack, version 1.
        func starter() throws -> Data {
            try pack("starter", sources: repository / "packs" / "starter")
        }

        /// It before it was signed.
        func unsigned() throws -> Data { try Data(contentsOf: folder / "starter.built") }

        /// The starter pack as a later version might be: `arrest.lawyer-number` says something else in English, and
        /// `arrest.medicine` is gone.
        func update() throws -> Data {
            let tombstone =
                "\n[[tombstones]]\nitem = \"arrest.medicine\"\nremoved_in = 2\nreplaced_by = \"arrest.doctor\"\n\n[lint]\n"
            return try changed("update") { sources in
                try edit(sources / "pack.toml") { text in
                    try replace("\n[lint]\n", in: replace("version = 1\n", in: text, with: "version = 2\n"), with: tombstone)
                }
                try edit(sources / "checklists" / "arrest.toml") { text in
                    try replace(
                        "\n[[sections.items]]\nid = \"arrest.medicine\"\npriority = \"normal\"\n", in: text, with: "\n")
                }
                try edit(sources / "text" / "en" / "arrest.toml") { text in
                    try replace("Learn by heart the number", in: text, with: "Know by heart the number")
                }
                for language in try FileManager.default.contentsOfDirectory(atPath: (sources / "text").path) {
                    try edit(sources / "text" / language / "arrest.toml") { text in
                        let begin = try #require(text.range(of: "[item.\"arrest.medicine\"]")).lowerBound
                        let end = text[begin...].range(of: "\n[")?.lowerBound ?? text.endIndex
                        return text.replacingCharacters(in: begin..<end, with: "")
                    }
                }
            }
        }

        /// The starter pack with limits in a form that has none, such as `items = 3`, and with words for them in each language.
        func limiting(_ form: String, _ limits: String) throws -> Data {
            let facts = "source = \"https://example.org/limits\"\nlast_reviewed = \"2026-11-24\"\n"
            let words = [
                "en": ("Send little.", "Their mail is full."), "es": ("Envíe poco.", "Su correo está lleno."),
                "fr": ("Envoyez peu.", "Leur boîte est pleine."), "ar": ("أرسلوا القليل.", "بريدهم ممتلئ."),
                "ru": ("Пошлите меньше.", "Их почта полна."),
            ]
            return try changed("limiting") { sources in
                try edit(sources / "forms" / "\(form).toml") { text in text + "\n[limits]\n\(limits)\n\(facts)" }
                for (language, (text, why)) in words {
                    try edit(sources / "text" / language / "_forms.toml") { said in
                        said + "\n[form.\"\(form).limits\"]\ntext = \"\(text)\"\nwhy = \"\(why)\"\n"
                    }
                }
            }
        }

        /// The pack of a changed copy of the starter's sources.
        private func changed(_ name: String, _ change: (URL) throws -> Void) throws -> Data {
            let sources = folder / "\(name).sources"
            try FileManager.default.copyItem(at: repository / "packs" / "starter", to: sources)
            try change(sources)
            return try pack(name, sources: sources)
        }

        private func edit(_ file: URL, _ change: (String) throws -> String) throws {
            let text = try String(contentsOf: file, encoding: .utf8)
            try change(text).write(to: file, atomically: true, encoding: .utf8)
        }

        /// `text` with the one place of `old` replaced.
        private func replace(_ old: String, in text: String, with new: String) throws -> String {
            try #require(text.components(separatedBy: old).count == 2, "the sources have not one \(old)")
            return text.replacingOccurrences(of: old, with: new)
        }
    }
#endif

/// A clock that a test sets.
final class SetClock: Amparo.Clock, @unchecked Sendable {
    // Unchecked because of the variable: it is only used under the lock.
    private let lock = NSLock()
    private var time: Date

    /// Tells this time.
    init(_ time: Date) { self.time = time }

    /// Noon of a day such as `2026-11-25`, in UTC.
    convenience init(day: String) throws { self.init(try Self.noon(day)) }

    static func noon(_ day: String) throws -> Date {
        let parts = day.split(separator: "-").compactMap { Int($0) }
        try #require(parts.count == 3, "\(day) is no day")
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        return try #require(
            calendar.date(from: DateComponents(year: parts[0], month: parts[1], day: parts[2], hour: 12)))
    }

    func set(_ day: String) throws {
        let noon = try Self.noon(day)
        lock.withLock { time = noon }
    }

    func pass(days: Int) { lock.withLock { time += Double(days) * 86_400 } }

    func now() throws -> ClockReading { ClockReading(time: lock.withLock { time }, trust: .checked) }
}
