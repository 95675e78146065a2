// Recipients and their cards off the caller's thread. Nothing here compares a fingerprint: people do, and their app passes on what they
// confirmed.

import Foundation

extension Recipients {
    /// As the blocking `offer`.
    public func offer(bytes: Data) async throws -> CardOffer {
        try await Blocking.call.run { try self.offer(bytes: bytes) }
    }

    /// As the blocking `importCard`.
    @discardableResult
    public func importCard(bytes: Data, fingerprint: String? = nil) async throws -> Recipient {
        let recipient = try await Blocking.call.run { try self.importCard(bytes: bytes, fingerprint: fingerprint) }
        // Whether it is new is not told; whoever shows recipients loads them.
        Changes.shared.tell(.recipient(recipient.id, .changed))
        return recipient
    }

    /// As the blocking `list`.
    public func list(kind: RecipientKind? = nil) async throws -> [Recipient] {
        try await Blocking.call.run { try self.list(kind: kind) }
    }

    /// As the blocking `get`.
    public func get(id: CardId) async throws -> Recipient {
        try await Blocking.call.run { try self.get(id: id) }
    }

    /// As the blocking `card`.
    public func card(id: CardId) async throws -> Data {
        try await Blocking.call.run { try self.card(id: id) }
    }

    /// As the blocking `setNote`.
    @discardableResult
    public func setNote(id: CardId, note: String) async throws -> Recipient {
        let recipient = try await Blocking.call.run { try self.setNote(id: id, note: note) }
        Changes.shared.tell(.recipient(id, .changed))
        return recipient
    }

    /// As the blocking `remove`.
    public func remove(id: CardId) async throws {
        try await Blocking.call.run { try self.remove(id: id) }
        Changes.shared.tell(.recipient(id, .removed))
    }

    /// As the blocking `group`.
    public func group(ids: [CardId]) async throws -> RecipientGroup {
        try await Blocking.call.run { try self.group(ids: ids) }
    }
}

/// As the blocking `qrCodesOfCard`.
public func qrCodesOfCard(bytes: Data) async throws -> [QrCode] {
    try await Blocking.call.run { try qrCodesOfCard(bytes: bytes) }
}

/// As the blocking `readQrPicture`. One that was cancelled before it began, as the next frame of a camera does it, is not looked at.
public func readQrPicture(width: UInt32, height: UInt32, luma: Data) async throws -> [String] {
    try Task.checkCancellation()
    return try await Blocking.call.run { try readQrPicture(width: width, height: height, luma: luma) }
}
