// Records to and from files, off the caller's thread.

import Foundation

extension Interchange {
    /// As the blocking `exportFile`.
    public func exportFile(
        query: IncidentQuery,
        options: ExportOptions,
        path: String,
        cancel: CancelToken? = nil,
        progress: ProgressCounter? = nil
    ) async throws -> ExportSummary {
        try await Blocking.job(cancel, progress) { token in
            try self.exportFile(query: query, options: options, path: path, cancel: token, progress: progress)
        }
    }

    /// As the blocking `exportUwaziFile`.
    public func exportUwaziFile(
        query: IncidentQuery,
        options: UwaziOptions,
        path: String,
        cancel: CancelToken? = nil,
        progress: ProgressCounter? = nil
    ) async throws -> ExportSummary {
        try await Blocking.job(cancel, progress) { token in
            try self.exportUwaziFile(query: query, options: options, path: path, cancel: token, progress: progress)
        }
    }

    /// As the blocking `importFile`. A record that went in stays, also where the task is cancelled: `Vault.changes` tells of it.
    public func importFile(
        path: String, policy: ImportPolicy, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> ImportReport {
        defer { if !policy.dryRun { Changes.shared.tell(.many) } }
        return try await Blocking.job(cancel, progress) { token in
            try self.importFile(path: path, policy: policy, cancel: token, progress: progress)
        }
    }
}
