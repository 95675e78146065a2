// Whatever the core can do, this layer can without blocking: an operation that the core gains is missed here.

import Amparo
import Foundation
import Testing

/// The sources of the package, as far as the tests read them.
enum Generated {
    static let sources =
        URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent() / "Sources" / "Amparo"

    static func source() throws -> String {
        try String(decoding: Data(contentsOf: sources / "Generated" / "Amparo.swift"), as: UTF8.self)
    }

    /// The layer's own files.
    static func layer() throws -> [(name: String, text: String)] {
        try FileManager.default.contentsOfDirectory(atPath: sources.path).sorted().filter { $0.hasSuffix(".swift") }
            .map { ($0, String(decoding: try Data(contentsOf: sources / $0), as: UTF8.self)) }
    }
}

@Suite struct LayerCompleteTest {
    /// What may block, of the generated interface: `Type.name(labels)`, or `name(labels)` of a function.
    private func blocking() throws -> Set<String> {
        var found: Set<String> = []
        var type: String?
        for line in try Generated.source().split(separator: "\n") where line.hasPrefix("open ") || line.hasPrefix("public ") {
            if let match = line.firstMatch(of: #/^open class (\w+): (\w+)/#) {
                // Not what stands for the host's own implementations.
                type = match.output.2 == "\(match.output.1)Protocol" ? String(match.output.1) : nil
            } else if let match = line.firstMatch(of: #/^(?:open|public static) func (\w+)\((.*)\)\s?throws\b/#), let type {
                found.insert("\(type).\(match.output.1)(\(labels(match.output.2)))")
            } else if let match = line.firstMatch(of: #/^public func (\w+)\((.*)\)\s?throws\b/#),
                !match.output.1.hasPrefix("FfiConverter")
            {
                found.insert("\(match.output.1)(\(labels(match.output.2)))")
            }
        }
        return found
    }

    private func labels(_ parameters: Substring) -> String {
        parameters.matches(of: #/(\w+):\s/#).map { "\($0.output.1):" }.joined()
    }

    /// Where an extension begins, where it ends, and an `async` function with its parameters.
    private var asyncCall: Regex<(Substring, Substring?, Substring?, Substring?)> {
        #/(?m)^extension (\w+)|^\}|func (\w+)(?:<[^>]*>)?\(((?:(?!func )[\s\S])*?)\)\s+async/#
    }

    /// The same of the layer's `async` functions.
    private func overloads() throws -> Set<String> {
        var found: Set<String> = []
        for (_, text) in try Generated.layer() {
            var type: String?
            for part in text.matches(of: asyncCall) {
                if let name = part.output.1 {
                    type = String(name)
                } else if let name = part.output.2, let parameters = part.output.3 {
                    found.insert((type.map { "\($0)." } ?? "") + "\(name)(\(labels(parameters)))")
                } else {
                    type = nil
                }
            }
        }
        return found
    }

    /// What throws and never blocks: a question to a record, a table that is built in, a view of a pack that is in memory, and sums
    /// over a page of text.
    private let quick: Set<String> = [
        "ChecklistPack.checklist(id:)", "QrAssembler.add(text:)", "acceptsMediaType(accepts:mediaType:)", "readCard(bytes:)",
        "mayBeTold(recipient:)", "thesaurusCsv(list:)", "readCustodyHead(head:publicKey:)",
        "verifyInclusionProof(proof:head:publicKey:)", "verifyConsistencyProof(proof:old:new:publicKey:)",
    ]

    @Test func everyBlockingCallHasAnAsyncOne() throws {
        let blocking = try blocking()
        #expect(blocking.count > 40)
        #expect(blocking.isSuperset(of: ["Vault.unlock(directory:passphrase:deviceKey:clock:)", "Vault.lock()"]))
        let missing = blocking.subtracting(try overloads()).subtracting(quick)
        #expect(missing == [], "these block, and have no async method of the same name")
    }

    /// In an async context the async one is taken, so that nobody blocks a thread of Swift's by mistake.
    @Test func inATaskTheAsyncOneIsTaken() async throws {
        let folder = Folder()
        let vault = try await folder.newVault()
        // The compiler would warn that there is nothing to wait for, and warnings are errors in the lane.
        _ = try await vault.incidents().list(limit: 1, after: nil)
        _ = try await vault.evidence().recent(limit: 1, after: nil)
        try await vault.lock()
    }

    /// An app imports Foundation and SwiftUI beside this module, and a name that two of them have can be used without its module's
    /// name in front in neither. The exceptions are `Clock`, because what a module declares hides what Swift's own library does, and
    /// `Anchor`, which has a second name.
    @Test func noTypeHasANameThatAppsNeed() throws {
        let taken: Set<String> = [
            "Progress", "Data", "Date", "Locale", "Measurement", "Notification", "Operation", "Unit", "URL", "UUID", "Calendar",
            "Bundle", "Stream", "Thread", "Timer", "Scanner", "Host", "Port", "Process", "Pipe", "Formatter", "Predicate",
            "Duration",
            "Task", "Actor", "Error", "Result", "Section", "Form", "List", "Text", "Image", "Label", "Button", "Link", "Menu",
            "Group", "View", "State", "Binding", "Environment", "Scene", "App", "Color", "Font", "Path", "Shape", "Picker", "Table",
            "Alert", "Animation", "Transaction", "Gesture", "Layout", "Grid", "Toggle", "Slider", "Edge", "Axis", "Angle", "Event",
            "Publisher", "Subscriber", "Subject", "Cancellable",
            "Canvas", "Chart", "Map", "Marker", "Document", "Observation", "Query", "Model", "Schema",
        ]
        let types = try Generated.source().matches(of: /(?m)^(?:public |open )*(?:struct|enum|class|protocol) (\w+)/)
            .map { String($0.output.1) }.filter { !$0.hasPrefix("FfiConverter") }
        #expect(types.count > 60)
        #expect(Set(types).intersection(taken) == [])
    }

    @Test func everythingPublicIsDocumented() throws {
        let layer = try Generated.layer()
        #expect(layer.count > 10)
        for (name, text) in layer {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first?.hasPrefix("// ") == true, "\(name) begins with what it is for")
            for (number, line) in lines.enumerated() {
                // What a protocol asks for is documented there.
                guard line.contains(/^ *public (?!typealias Element|func makeAsyncIterator|init\(|var code|var text|var is)/),
                    !line.contains("var errorDescription")
                else { continue }
                let before = lines[..<number].last { !$0.contains(/^ *@/) } ?? ""
                #expect(before.contains(#/^ *///\s/#), "\(name):\(number + 1) is documented: \(line)")
            }
        }
    }
}
