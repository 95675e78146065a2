// Vaults, the Swift way: folders as URLs, passphrases that are wiped, and nothing that blocks the caller.

import Foundation

extension Vault {
    /// Creates a vault in `directory`, which must not exist or be empty, and opens it. The folder gets `protection` and is kept out of
    /// backups first; see `VaultDirectory`. The passphrase is wiped when this returns or throws. Takes a second or more.
    public static func create(
        at directory: URL,
        passphrase: Passphrase,
        kdf: Kdf = .calibrated,
        deviceKey: (any DeviceKey)? = nil,
        clock: (any Clock)? = nil,
        protection: VaultDirectory.Protection = .untilFirstUnlock
    ) async throws -> Vault {
        try await Blocking.call.run {
            try passphrase.use { passphrase in
                try VaultDirectory.prepare(directory, protection: protection)
                let vault: Vault = try create(
                    directory: directory.path, passphrase: passphrase, kdf: kdf, deviceKey: deviceKey, clock: clock)
                return vault
            }
        }
    }

    /// Opens the vault in `directory`. Captures that a crash or a lock cut off are settled and listed by `recovered()`. The passphrase
    /// is wiped when this returns or throws. Takes a second or more.
    public static func unlock(
        at directory: URL,
        passphrase: Passphrase,
        deviceKey: (any DeviceKey)? = nil,
        clock: (any Clock)? = nil
    ) async throws -> Vault {
        try await Blocking.call.run {
            try passphrase.use { passphrase in
                try unlock(directory: directory.path, passphrase: passphrase, deviceKey: deviceKey, clock: clock)
            }
        }
    }

    /// Replaces the passphrase. Both are wiped when this returns or throws. Whoever has an older copy of the slot file can still use
    /// the old one on it. Takes two seconds or more.
    public func changePassphrase(old: Passphrase, new: Passphrase, deviceKey: (any DeviceKey)? = nil) async throws {
        try await Blocking.call.run {
            try old.use { old in
                try new.use { new in try self.changePassphrase(old: old, new: new, deviceKey: deviceKey) }
            }
        }
    }
}

// What the generated interface blocks for, off the caller's thread.
extension Vault {
    /// As the blocking `create`. The caller wipes `passphrase`; `create(at:passphrase:)` does it itself.
    public static func create(
        directory: String, passphrase: Data, kdf: Kdf, deviceKey: (any DeviceKey)? = nil, clock: (any Clock)? = nil
    ) async throws -> Vault {
        try await Blocking.call.run {
            try create(directory: directory, passphrase: passphrase, kdf: kdf, deviceKey: deviceKey, clock: clock)
        }
    }

    /// As the blocking `unlock`. The caller wipes `passphrase`; `unlock(at:passphrase:)` does it itself.
    public static func unlock(
        directory: String, passphrase: Data, deviceKey: (any DeviceKey)? = nil, clock: (any Clock)? = nil
    ) async throws -> Vault {
        try await Blocking.call.run {
            try unlock(directory: directory, passphrase: passphrase, deviceKey: deviceKey, clock: clock)
        }
    }

    /// As the blocking `lock`. Never waits behind other calls; an app that is told that it will be suspended can rely on it.
    public func lock() async throws {
        try await Blocking.record.run {
            // Whatever it returns, the vault is locked.
            defer { Changes.shared.tell(.locked) }
            try self.lock()
        }
    }

    /// As the blocking `changePassphrase`. The caller wipes both.
    public func changePassphrase(old: Data, new: Data, deviceKey: (any DeviceKey)?) async throws {
        try await Blocking.call.run { try self.changePassphrase(old: old, new: new, deviceKey: deviceKey) }
    }

    /// As the blocking `check`.
    public func check(progress: ProgressCounter? = nil) async throws -> CheckReport {
        try await Blocking.job(nil, progress) { _ in try self.check(progress: progress) }
    }
}

/// As the blocking `inspectVault`.
public func inspectVault(directory: String) async throws -> VaultInfo {
    try await Blocking.call.run { try inspectVault(directory: directory) }
}

/// What can be seen of the vault in `directory` without its passphrase: whether there is one, and whether it needs a device key.
public func inspectVault(at directory: URL) async throws -> VaultInfo {
    try await inspectVault(directory: directory.path)
}
