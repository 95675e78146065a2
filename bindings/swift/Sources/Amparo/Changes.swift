// What changed, for screens that show lists.

import Foundation

/// Something that was changed through this layer.
public enum VaultChange: Sendable, Hashable {
    /// An incident was created or saved.
    case incident(IncidentId)
    /// Evidence was captured or imported, or what is known of it has changed.
    case evidence(EvidenceId)
    /// A report was sealed.
    case report(ReportId)
    /// Records were imported from a file: any incident may have changed.
    case records
    /// The vault was locked: clear what is shown.
    case locked
}

extension Vault {
    /// What is changed from now on, by the `async` methods of any object of this process. It says where to look again, not what is
    /// there: a change of another vault that is open in this process is told too. Ends when this vault was locked.
    ///
    /// ```swift
    /// for await change in vault.changes { await reload() }
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
            continuation.yield(change)
            if vault.isLocked() { continuation.finish() }
        }
    }

    private func remove(_ id: UUID) {
        lock.withLock { _ = listeners.removeValue(forKey: id) }
    }
}
