// Every number is listed, and every error of every topic carries its number and a text.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3)))
struct ErrorCodesTest {
    let folder = Folder()
    private let listed = errorCodes()

    /// One case of each topic, made of the same parts. That every case of each is handled is what the compiler sees to.
    private let topics: [any AmparoError] = [
        VaultError.WrongPassphrase(code: 4711, text: "the text"),
        IncidentError.Conflict(code: 4711, text: "the text", current: 7),
        EvidenceError.HasDerivatives(code: 4711, text: "the text", derivatives: 7),
        ReportError.NoRecipients(code: 4711, text: "the text"),
        DeskError.Invalid(code: 4711, text: "the text", field: "other", limit: 7),
        CustodyError.Other(code: 4711, text: "the text"),
        SearchError.Other(code: 4711, text: "the text"),
        InterchangeError.NotAnExport(code: 4711, text: "the text"),
        ChecklistError.PackRollback(code: 4711, text: "the text"),
        RecipientError.FingerprintDiffers(code: 4711, text: "the text"),
        FormError.Conflict(code: 4711, text: "the text", current: 7),
    ]

    @Test func theListIsInOrderAndEachHasANameAndAText() throws {
        #expect(listed.count > 100)
        #expect(listed.map(\.code) == Set(listed.map(\.code)).sorted())
        #expect(Set(listed.map(\.name)).count == listed.count)
        for entry in listed {
            #expect(entry.name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil, "\(entry.name)")
            #expect(!entry.text.isEmpty, "\(entry.name)")
        }
    }

    @Test func theLayersOwnNumbersAreListed() {
        for code in [103, 124, 316, 322, 622, 628, 901, 902, 903, 904, 905] as [UInt32] {
            #expect(listed.contains { $0.code == code }, "\(code)")
        }
        #expect(listed.first { $0.code == 103 }?.name == "vault_locked")
    }

    @Test func everyTopicSaysItsNumberAndText() throws {
        for error in topics {
            #expect(error.code == 4711)
            #expect(error.text == "the text")
            // As an app that knows nothing of the type shows it.
            #expect((error as any Error).localizedDescription == "the text", "\(type(of: error))")
            #expect(!error.isLocked && !error.isCancelled)
        }
        // A topic that the core gains is missed here.
        let enums = try Generated.source().matches(of: /enum (\w+Error): Swift\.Error/).map { String($0.output.1) }
        let withNumbers = Set(topics.map { "\(type(of: $0))" })
        #expect(Set(enums) == withNumbers.union(["DeviceKeyError", "ClockError", "LogError"]))
    }

    @Test func lockedAndCancelledAreToldInEveryTopic() {
        let locked: [any AmparoError] = [
            VaultError.Locked(code: 103, text: ""), IncidentError.Locked(code: 103, text: ""),
            EvidenceError.Locked(code: 103, text: ""), ReportError.Locked(code: 103, text: ""),
            DeskError.Locked(code: 103, text: ""), CustodyError.Locked(code: 103, text: ""),
            SearchError.Locked(code: 103, text: ""), InterchangeError.Locked(code: 103, text: ""),
            ChecklistError.Locked(code: 103, text: ""), RecipientError.Locked(code: 103, text: ""),
            FormError.Locked(code: 103, text: ""),
        ]
        let cancelled: [any AmparoError] = [
            VaultError.Cancelled(code: 316, text: ""), IncidentError.Cancelled(code: 316, text: ""),
            EvidenceError.Cancelled(code: 316, text: ""), ReportError.Cancelled(code: 316, text: ""),
            DeskError.Cancelled(code: 628, text: ""), CustodyError.Cancelled(code: 316, text: ""),
            SearchError.Cancelled(code: 316, text: ""), InterchangeError.Cancelled(code: 316, text: ""),
            ChecklistError.Cancelled(code: 316, text: ""), RecipientError.Cancelled(code: 316, text: ""),
            FormError.Cancelled(code: 316, text: ""),
        ]
        #expect(locked.allSatisfy { $0.isLocked && !$0.isCancelled } && locked.count == topics.count)
        #expect(cancelled.allSatisfy { $0.isCancelled && !$0.isLocked } && cancelled.count == topics.count)
    }

    @Test func whatAnAppThrowsHasWordsToo() {
        let errors: [any LocalizedError] = [
            DeviceKeyError.DeviceLocked, DeviceKeyError.KeyUnavailable, DeviceKeyError.Failed, ClockError.Unavailable,
            LogError.Lost,
        ]
        #expect(Set(errors.compactMap(\.errorDescription)).count == errors.count)
    }

    @Test func whatIsReallyThrownIsListed() async throws {
        let vault = try await folder.newVault()
        let (incidents, evidence) = (vault.incidents(), vault.evidence())
        let long = try await thrown(IncidentError.self) {
            try await incidents.create(String(repeating: "x", count: 2_000_000))
        }
        guard case .Invalid(_, _, "narrative", let limit) = long, limit > 0 else {
            Issue.record("the field and its bound are told, not \(long)")
            return
        }
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await Vault.unlock(at: folder.url / "no vault", passphrase: passphrase()) },
            { _ = try await folder.unlock() },
            { _ = try await incidents.get(id: "not an id") },
            { _ = try await incidents.create("") },
            { _ = try await incidents.list(limit: 5, after: "not a cursor") },
            { _ = try await evidence.importFile(at: folder.url / "missing") },
            { _ = try await evidence.importFile(at: folder.url) },
            { _ = try await evidence.get(id: "00112233445566778899aabbccddeeff") },
            { _ = try await evidence.importBytes(bytes: Data()) },
            { _ = try await evidence.importDescriptor(fd: 999_999, request: ImportRequest()) },
            { _ = try await deskVerify(path: (folder.url / "missing").path, keys: nil) },
            { _ = try await vault.interchange().importFile(path: folder.url.path, policy: ImportPolicy()) },
        ]
        for (number, call) in calls.enumerated() {
            do {
                try await call()
                Issue.record("call \(number) worked")
            } catch let error as any AmparoError {
                #expect(listed.contains { $0.code == error.code }, "call \(number): \(error)")
                #expect(!error.text.isEmpty && !error.text.contains(folder.url.lastPathComponent), "\(error)")
            }
        }
        try await vault.lock()
    }
}
