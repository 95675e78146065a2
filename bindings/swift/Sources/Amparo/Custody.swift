// The custody log off the caller's thread.

import Foundation

/// `Anchor` by a name that SwiftUI does not have: for a file that imports both.
public typealias CustodyAnchor = Anchor

// Reading it.
extension Custody {
    /// As the blocking `entries`.
    public func entries(from: UInt64, limit: UInt32 = 100) async throws -> [HistoryEntry] {
        try await Blocking.call.run { try self.entries(from: from, limit: limit) }
    }

    /// As the blocking `logText`.
    public func logText(from: UInt64, limit: UInt32 = 100, language: String) async throws -> [HistoryLine] {
        try await Blocking.call.run { try self.logText(from: from, limit: limit, language: language) }
    }

    /// As the blocking `history`.
    public func history(evidence: EvidenceId) async throws -> [HistoryEntry] {
        try await Blocking.call.run { try self.history(evidence: evidence) }
    }

    /// As the blocking `historyText`.
    public func historyText(evidence: EvidenceId, language: String) async throws -> [HistoryLine] {
        try await Blocking.call.run { try self.historyText(evidence: evidence, language: language) }
    }

    /// As the blocking `verify`. Takes as long as the log is; the vault is busy meanwhile.
    public func verify() async throws -> ChainReport {
        try await Blocking.job.run { try self.verify() }
    }
}

// What is given to others of it.
extension Custody {
    /// As the blocking `head`.
    public func head() async throws -> String? {
        try await Blocking.call.run { try self.head() }
    }

    /// As the blocking `signHead`.
    public func signHead() async throws -> String? {
        try await Blocking.call.run { try self.signHead() }
    }

    /// As the blocking `verifyingKey`. **It identifies the vault**: it is for the owner, and never part of a report.
    public func verifyingKey() async throws -> CustodyKey {
        try await Blocking.call.run { try self.verifyingKey() }
    }

    /// As the blocking `inclusionProof`.
    public func inclusionProof(seq: UInt64, size: UInt64) async throws -> String {
        try await Blocking.call.run { try self.inclusionProof(seq: seq, size: size) }
    }

    /// As the blocking `consistencyProof`.
    public func consistencyProof(old: UInt64, new: UInt64) async throws -> String {
        try await Blocking.call.run { try self.consistencyProof(old: old, new: new) }
    }
}

// Timestamps by somebody else.
extension Custody {
    /// As the blocking `prepareAnchor`.
    public func prepareAnchor(kind: AnchorKind) async throws -> AnchorRequest {
        try await Blocking.call.run { try self.prepareAnchor(kind: kind) }
    }

    /// As the blocking `storeAnchor`.
    @discardableResult
    public func storeAnchor(id: AnchorId, answer: Data) async throws -> CustodyAnchor {
        try await Blocking.call.run { try self.storeAnchor(id: id, answer: answer) }
    }

    /// As the blocking `completeAnchor`.
    @discardableResult
    public func completeAnchor(id: AnchorId, digest: Data, answer: Data) async throws -> CustodyAnchor {
        try await Blocking.call.run { try self.completeAnchor(id: id, digest: digest, answer: answer) }
    }

    /// As the blocking `anchors`.
    public func anchors() async throws -> [CustodyAnchor] {
        try await Blocking.call.run { try self.anchors() }
    }

    /// As the blocking `anchor`.
    public func anchor(id: AnchorId) async throws -> CustodyAnchor {
        try await Blocking.call.run { try self.anchor(id: id) }
    }

    /// As the blocking `exportAnchor`.
    public func exportAnchor(id: AnchorId) async throws -> AnchorExport {
        try await Blocking.call.run { try self.exportAnchor(id: id) }
    }

    /// As the blocking `verifyAnchors`.
    public func verifyAnchors() async throws -> [AnchorCheck] {
        try await Blocking.job.run { try self.verifyAnchors() }
    }
}
