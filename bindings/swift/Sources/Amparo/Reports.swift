// Reports off the caller's thread: previewing and sealing, and on the desk's side opening and checking.

import Foundation

extension ReportRequest {
    /// The same, to seal exactly what was looked at or nothing: the previews in the order that `preview` gave them in.
    public func confirmed(_ previews: [GroupPreview]) -> ReportRequest {
        var request = self
        request.confirmed = previews.map(\.confirmed)
        return request
    }
}

extension Reports {
    /// As the blocking `preview`.
    public func preview(request: ReportRequest) async throws -> [GroupPreview] {
        try await Blocking.call.run { try self.preview(request: request) }
    }

    /// As the blocking `sealFile`.
    public func sealFile(
        request: ReportRequest, target: String, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> [SealedReport] {
        let sealed = try await Blocking.job(cancel, progress) { token in
            try self.sealFile(request: request, target: target, cancel: token, progress: progress)
        }
        for report in sealed { Changes.shared.tell(.report(report.id, .added)) }
        Changes.shared.tell(.incident(request.incident, .changed))
        return sealed
    }

    /// Seals to new files beside each other, one or two a group; see the blocking `sealFile` for their names.
    public func sealFile(
        request: ReportRequest, to target: URL, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> [SealedReport] {
        try await sealFile(request: request, target: target.path, cancel: cancel, progress: progress)
    }

    /// As the blocking `list`.
    public func list(incident: IncidentId) async throws -> [ReportRecord] {
        try await Blocking.call.run { try self.list(incident: incident) }
    }

    /// As the blocking `get`.
    public func get(id: ReportId) async throws -> ReportRecord {
        try await Blocking.call.run { try self.get(id: id) }
    }
}

/// As the blocking `deskGenerateKey`.
public func deskGenerateKey(path: String, kind: KeyKind) async throws -> String {
    try await Blocking.call.run { try deskGenerateKey(path: path, kind: kind) }
}

/// As the blocking `keyFileIsExposed`.
public func keyFileIsExposed(path: String) async throws -> Bool {
    try await Blocking.call.run { try keyFileIsExposed(path: path) }
}

/// As the blocking `deskOpen`.
public func deskOpen(
    file: String, keys: String, outdir: String, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
) async throws -> OpenedReport {
    try await Blocking.job(cancel, progress) { token in
        try deskOpen(file: file, keys: keys, outdir: outdir, cancel: token, progress: progress)
    }
}

/// As the blocking `deskVerify`.
public func deskVerify(
    path: String, keys: String?, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
) async throws -> Verdict {
    try await Blocking.job(cancel, progress) { token in
        try deskVerify(path: path, keys: keys, cancel: token, progress: progress)
    }
}
