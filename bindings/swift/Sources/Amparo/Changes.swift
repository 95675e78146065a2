// What a vault's screens listen to: which records were written, told after they were.

import Foundation

/// What became of a record.
public enum ChangeKind: Sendable {
    /// It is new.
    case added
    /// It is not as it was.
    case changed
    /// It is gone.
    case removed
}

/// Something that was written through this layer. It carries ids and nothing of what was written: load what you show. Kinds of
/// changes may be added: let a `switch` have a `default`.
public enum VaultChange: Sendable, Hashable {
    /// An incident.
    case incident(IncidentId, ChangeKind)
    /// A piece of evidence, also one that is being captured.
    case evidence(EvidenceId, ChangeKind)
    /// A sealed report.
    case report(ReportId, ChangeKind)
    /// A run through a checklist.
    case run(RunId, ChangeKind)
    /// The checklist packs that are installed, or the publishers that are accepted. Load checklists and runs again.
    case packs
    /// A recipient.
    case recipient(CardId, ChangeKind)
    /// So many records that they are not told one by one, as an import of records brings. Load everything that is shown.
    case many
    /// The vault was locked. Forget what is shown.
    case locked
}

extension Vault {
    /// What is written from now on, by the `async` methods of any object of this process: of another vault that is open beside this one
    /// too, so that some changes mean nothing here. The blocking methods tell nothing. Nothing is lost on a listener that is slow.
    /// Ends after this vault was locked, with `.locked`. A screen listens first and loads then, so that nothing falls in between:
    ///
    /// ```swift
    /// let changes = vault.changes
    /// await load()
    /// for await change in changes { await load() }
    /// ```
    public var changes: AsyncStream<VaultChange> { Changes.shared.stream(of: self) }
}

/// Who listens. One for the process, because the core's objects do not know the vault object that they came from.
final class Changes: @unchecked Sendable {
    // Unchecked because of the variable: it is only used under the lock.
    static let shared = Changes()
    private let lock = NSLock()
    private var listeners: [UUID: (vault: Vault, continuation: AsyncStream<VaultChange>.Continuation)] = [:]

    func stream(of vault: Vault) -> AsyncStream<VaultChange> {
        AsyncStream { continuation in
            let id = UUID()
            continuation.onTermination = { [weak self] _ in self?.remove(id) }
            lock.withLock { listeners[id] = (vault, continuation) }
            // After it was added, so that a lock between the two is seen by one of them.
            if vault.isLocked() { continuation.finish() }
        }
    }

    /// Told after the core has done it, outside of our lock: what a listener does then is not ours.
    func tell(_ change: VaultChange) {
        for (vault, continuation) in lock.withLock({ Array(listeners.values) }) {
            // Another vault's lock is nothing that this vault's screens should clear themselves for.
            if change == .locked && !vault.isLocked() { continue }
            continuation.yield(change)
            if change == .locked { continuation.finish() }
        }
    }

    private func remove(_ id: UUID) {
        lock.withLock { _ = listeners.removeValue(forKey: id) }
    }
}

extension Evidence {
    /// Tells that it is there since now.
    func isNew() -> Evidence {
        Changes.shared.tell(.evidence(id, .added))
        return self
    }

    /// Tells that it is not as it was.
    func isChanged() -> Evidence {
        Changes.shared.tell(.evidence(id, .changed))
        return self
    }
}
