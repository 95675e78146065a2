// The folder of a vault as the system sees it: when its files may be read, and whether a backup copies them.

import Foundation

/// What the system is told of a vault's folder.
public enum VaultDirectory {
    /// When the system lets anybody read or write the vault's files. The vault's own encryption does not rest on it: it is a second
    /// lock, held by the device.
    public enum Protection: Sendable {
        /// From the first unlock of the screen after the device was started. An open vault goes on recording while the screen is
        /// locked.
        case untilFirstUnlock
        /// Only while the screen is unlocked. For an app that locks its vault when it goes to the background: one that does not
        /// loses the connection to its files, and captures end where they are.
        case whileUnlocked
    }

    /// Makes the folder if it is not there, sets its data-protection class, which new files in it inherit, and keeps it out of
    /// backups: a copy in a backup could be tried at leisure, and one that is restored lacks the device key. Where the system has
    /// neither, as on Linux, only the folder is made. `Vault.create(at:passphrase:)` calls this.
    public static func prepare(_ directory: URL, protection: Protection = .untilFirstUnlock) throws {
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        #if canImport(Darwin)
            #if !os(macOS)
                try FileManager.default.setAttributes([.protectionKey: protection.type], ofItemAtPath: directory.path)
            #endif
            var values = URLResourceValues()
            values.isExcludedFromBackup = true
            var folder = directory
            try folder.setResourceValues(values)
        #endif
    }

    /// Where an app keeps its vault by default: `Amparo/NAME` in its private Application Support folder. Never in a container that is
    /// shared with extensions: the system ends an app that is suspended with a file locked there.
    public static func standard(_ name: String = "vault") throws -> URL {
        try FileManager.default
            .url(for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
            .appendingPathComponent("Amparo", isDirectory: true)
            .appendingPathComponent(name, isDirectory: true)
    }
}

#if canImport(Darwin) && !os(macOS)
    extension VaultDirectory.Protection {
        fileprivate var type: FileProtectionType {
            switch self {
            case .untilFirstUnlock: .completeUntilFirstUserAuthentication
            case .whileUnlocked: .complete
            }
        }
    }
#endif
