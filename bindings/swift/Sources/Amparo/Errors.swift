// What goes wrong, the same way for every topic: a number that translations hang on, and a text that may be logged.

import Foundation

/// An error of the core. Each topic's enum tells the cases apart that a caller answers differently; this is what they have in common.
public protocol AmparoError: LocalizedError, Sendable {
    /// The number. Stable; `errorCodes()` lists all of them.
    var code: UInt32 { get }

    /// In English, for logs. It carries nothing that was entered.
    var text: String { get }

    /// Whether the job was stopped through its `CancelToken`.
    var isCancelled: Bool { get }

    /// Whether it failed because the vault is locked: show the way to unlock it.
    var isLocked: Bool { get }
}

extension AmparoError {
    /// The app's own words for this number, from the key `amparo.error.NUMBER` of its table `Amparo.strings`, or the core's.
    public var errorDescription: String? {
        Bundle.main.localizedString(forKey: "amparo.error.\(code)", value: text, table: "Amparo")
    }
}

// Each without a default: a case that the core gains is missed by the compiler, not by a user.

extension VaultError: AmparoError {
    public var code: UInt32 { parts.code }
    public var text: String { parts.text }
    public var isCancelled: Bool { if case .Cancelled = self { true } else { false } }
    public var isLocked: Bool { if case .Locked = self { true } else { false } }

    private var parts: (code: UInt32, text: String) {
        switch self {
        case .NotAVault(let code, let text), .AlreadyExists(let code, let text), .InUse(let code, let text),
            .WrongPassphrase(let code, let text), .PassphraseTooWeak(let code, let text),
            .NewerVersion(let code, let text), .DeviceKeyRequired(let code, let text),
            .DeviceLocked(let code, let text), .KeyUnavailable(let code, let text),
            .DeviceKeyFailed(let code, let text), .Locked(let code, let text), .StorageFull(let code, let text),
            .Damaged(let code, let text), .Invalid(let code, let text, _, _), .Cancelled(let code, let text),
            .Internal(let code, let text), .Other(let code, let text):
            (code, text)
        }
    }
}

extension IncidentError: AmparoError {
    public var code: UInt32 { parts.code }
    public var text: String { parts.text }
    public var isCancelled: Bool { if case .Cancelled = self { true } else { false } }
    public var isLocked: Bool { if case .Locked = self { true } else { false } }

    private var parts: (code: UInt32, text: String) {
        switch self {
        case .NotFound(let code, let text), .Conflict(let code, let text, _), .Locked(let code, let text),
            .StorageFull(let code, let text), .Damaged(let code, let text), .Invalid(let code, let text, _, _),
            .Cancelled(let code, let text), .Internal(let code, let text), .Other(let code, let text):
            (code, text)
        }
    }
}

extension EvidenceError: AmparoError {
    public var code: UInt32 { parts.code }
    public var text: String { parts.text }
    public var isCancelled: Bool { if case .Cancelled = self { true } else { false } }
    public var isLocked: Bool { if case .Locked = self { true } else { false } }

    private var parts: (code: UInt32, text: String) {
        switch self {
        case .NotFound(let code, let text), .IncidentNotFound(let code, let text), .Unfinished(let code, let text),
            .Empty(let code, let text), .Deleted(let code, let text), .HasDerivatives(let code, let text, _),
            .SourceMissing(let code, let text), .SourceNotAFile(let code, let text),
            .SourceForbidden(let code, let text), .SourceFailed(let code, let text),
            .TargetExists(let code, let text), .TargetFolderMissing(let code, let text),
            .TargetFailed(let code, let text), .CannotStrip(let code, let text), .CaptureFailed(let code, let text),
            .Closed(let code, let text), .Locked(let code, let text), .StorageFull(let code, let text),
            .Damaged(let code, let text), .Invalid(let code, let text, _, _), .Cancelled(let code, let text),
            .Internal(let code, let text), .Other(let code, let text):
            (code, text)
        }
    }
}

extension ReportError: AmparoError {
    public var code: UInt32 { parts.code }
    public var text: String { parts.text }
    public var isCancelled: Bool { if case .Cancelled = self { true } else { false } }
    public var isLocked: Bool { if case .Locked = self { true } else { false } }

    private var parts: (code: UInt32, text: String) {
        switch self {
        case .NotFound(let code, let text), .Conflict(let code, let text, _), .NoRecipients(let code, let text),
            .NotARecipient(let code, let text), .SecretKeyGiven(let code, let text),
            .RecipientTwice(let code, let text), .Draft(let code, let text), .PreviewOutdated(let code, let text),
            .NoSuchField(let code, let text), .EvidenceNotFound(let code, let text),
            .EvidenceUnfinished(let code, let text), .EvidenceEmpty(let code, let text),
            .EvidenceWithoutConsent(let code, let text), .TooLarge(let code, let text),
            .TargetExists(let code, let text), .TargetFolderMissing(let code, let text),
            .TargetFailed(let code, let text), .RecipientExpired(let code, let text),
            .FormUnusable(let code, let text), .FormConsent(let code, let text), .FormTooLarge(let code, let text),
            .FormEvidence(let code, let text), .Locked(let code, let text), .StorageFull(let code, let text),
            .Damaged(let code, let text), .Invalid(let code, let text, _, _), .Cancelled(let code, let text),
            .Internal(let code, let text), .Other(let code, let text):
            (code, text)
        }
    }
}

extension DeskError: AmparoError {
    public var code: UInt32 { parts.code }
    public var text: String { parts.text }
    public var isCancelled: Bool { if case .Cancelled = self { true } else { false } }
    public var isLocked: Bool { if case .Locked = self { true } else { false } }

    private var parts: (code: UInt32, text: String) {
        switch self {
        case .Missing(let code, let text), .NotAReport(let code, let text), .ForSomebodyElse(let code, let text),
            .CutShort(let code, let text), .Tampered(let code, let text), .Hostile(let code, let text),
            .OutputNotEmpty(let code, let text), .Exists(let code, let text), .Forbidden(let code, let text),
            .NoKeys(let code, let text), .NotAKeyFile(let code, let text), .Disk(let code, let text),
            .Locked(let code, let text), .StorageFull(let code, let text), .Damaged(let code, let text),
            .Invalid(let code, let text, _, _), .Cancelled(let code, let text), .Internal(let code, let text),
            .Other(let code, let text):
            (code, text)
        }
    }
}

extension CustodyError: AmparoError {
    public var code: UInt32 { parts.code }
    public var text: String { parts.text }
    public var isCancelled: Bool { if case .Cancelled = self { true } else { false } }
    public var isLocked: Bool { if case .Locked = self { true } else { false } }

    private var parts: (code: UInt32, text: String) {
        switch self {
        case .NotFound(let code, let text), .AnchorNotFound(let code, let text), .AnchorNotStored(let code, let text),
            .NothingToAnchor(let code, let text), .OutOfRange(let code, let text), .TreeDamaged(let code, let text),
            .ProofFailed(let code, let text), .HeadNotSigned(let code, let text), .Malformed(let code, let text),
            .AnchorRefused(let code, let text), .NotATimestamp(let code, let text), .OtherAnchor(let code, let text),
            .AnchorBroken(let code, let text), .Locked(let code, let text), .StorageFull(let code, let text),
            .Damaged(let code, let text), .Invalid(let code, let text, _, _), .Cancelled(let code, let text),
            .Internal(let code, let text), .Other(let code, let text):
            (code, text)
        }
    }
}

extension SearchError: AmparoError {
    public var code: UInt32 { parts.code }
    public var text: String { parts.text }
    public var isCancelled: Bool { if case .Cancelled = self { true } else { false } }
    public var isLocked: Bool { if case .Locked = self { true } else { false } }

    private var parts: (code: UInt32, text: String) {
        switch self {
        case .Locked(let code, let text), .StorageFull(let code, let text), .Damaged(let code, let text),
            .Invalid(let code, let text, _, _), .Cancelled(let code, let text), .Internal(let code, let text),
            .Other(let code, let text):
            (code, text)
        }
    }
}

extension InterchangeError: AmparoError {
    public var code: UInt32 { parts.code }
    public var text: String { parts.text }
    public var isCancelled: Bool { if case .Cancelled = self { true } else { false } }
    public var isLocked: Bool { if case .Locked = self { true } else { false } }

    private var parts: (code: UInt32, text: String) {
        switch self {
        case .SourceMissing(let code, let text), .SourceNotAFile(let code, let text),
            .SourceForbidden(let code, let text), .SourceEmpty(let code, let text), .SourceFailed(let code, let text),
            .NotAnExport(let code, let text), .NewerVersion(let code, let text), .NoSuchField(let code, let text),
            .TargetExists(let code, let text), .TargetFolderMissing(let code, let text),
            .TargetFailed(let code, let text), .Locked(let code, let text), .StorageFull(let code, let text),
            .Damaged(let code, let text), .Invalid(let code, let text, _, _), .Cancelled(let code, let text),
            .Internal(let code, let text), .Other(let code, let text):
            (code, text)
        }
    }
}

extension ChecklistError: AmparoError {
    public var code: UInt32 { parts.code }
    public var text: String { parts.text }
    public var isCancelled: Bool { if case .Cancelled = self { true } else { false } }
    public var isLocked: Bool { if case .Locked = self { true } else { false } }

    private var parts: (code: UInt32, text: String) {
        switch self {
        case .NotAPack(let code, let text), .PackTooNew(let code, let text), .PackTampered(let code, let text),
            .PackUnsigned(let code, let text), .PackMalformed(let code, let text),
            .UnknownPublisher(let code, let text), .OtherPublisher(let code, let text),
            .PackRollback(let code, let text), .PackVersionReused(let code, let text), .PackExpired(let code, let text),
            .PackNotYetValid(let code, let text), .NotFound(let code, let text), .RunFinished(let code, let text),
            .Locked(let code, let text), .StorageFull(let code, let text), .Damaged(let code, let text),
            .Invalid(let code, let text, _, _), .Cancelled(let code, let text), .Internal(let code, let text),
            .Other(let code, let text):
            (code, text)
        }
    }
}

extension RecipientError: AmparoError {
    public var code: UInt32 { parts.code }
    public var text: String { parts.text }
    public var isCancelled: Bool { if case .Cancelled = self { true } else { false } }
    public var isLocked: Bool { if case .Locked = self { true } else { false } }

    private var parts: (code: UInt32, text: String) {
        switch self {
        case .NotFound(let code, let text), .FingerprintNotCompared(let code, let text),
            .FingerprintDiffers(let code, let text), .OtherSigner(let code, let text), .Rollback(let code, let text),
            .VersionReused(let code, let text), .Expired(let code, let text), .KeysExpired(let code, let text),
            .NoKnownKey(let code, let text), .NotACard(let code, let text), .NewerVersion(let code, let text),
            .WrongLength(let code, let text), .TooLarge(let code, let text), .BadSignature(let code, let text),
            .Malformed(let code, let text), .OtherCard(let code, let text), .KindsDiffer(let code, let text),
            .RecipientTwice(let code, let text), .NoRecipients(let code, let text), .NotACardsCode(let code, let text),
            .CodeDamaged(let code, let text), .CodeOfOtherCard(let code, let text),
            .CodesContradict(let code, let text), .Locked(let code, let text), .StorageFull(let code, let text),
            .Damaged(let code, let text), .Invalid(let code, let text, _, _), .Cancelled(let code, let text),
            .Internal(let code, let text), .Other(let code, let text):
            (code, text)
        }
    }
}

extension FormError: AmparoError {
    public var code: UInt32 { parts.code }
    public var text: String { parts.text }
    public var isCancelled: Bool { if case .Cancelled = self { true } else { false } }
    public var isLocked: Bool { if case .Locked = self { true } else { false } }

    private var parts: (code: UInt32, text: String) {
        switch self {
        case .NotFound(let code, let text), .Conflict(let code, let text, _), .FormTooNew(let code, let text),
            .FormMalformed(let code, let text), .Draft(let code, let text), .NoSuchField(let code, let text),
            .EvidenceNotFound(let code, let text), .EvidenceWithoutConsent(let code, let text),
            .Locked(let code, let text), .StorageFull(let code, let text), .Damaged(let code, let text),
            .Invalid(let code, let text, _, _), .Cancelled(let code, let text), .Internal(let code, let text),
            .Other(let code, let text):
            (code, text)
        }
    }
}

// What an app itself throws from its device key, its clock and its log. The core turns the first into a `VaultError`.

extension DeviceKeyError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .DeviceLocked: "the device's screen must be unlocked first"
        case .KeyUnavailable: "the device key is not on this device"
        case .Failed: "the device key could not be used"
        }
    }
}

extension ClockError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .Unavailable: "no time can be told"
        }
    }
}

extension LogError: LocalizedError {
    public var errorDescription: String? {
        switch self {
        case .Lost: "the line is lost"
        }
    }
}
