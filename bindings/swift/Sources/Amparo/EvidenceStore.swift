// Evidence off the caller's thread, and from what an app has in its hands: a URL, a file handle, bytes.

import Foundation

extension EvidenceStore {
    /// Imports a file, bit for bit, also one that the user picked outside the app's container. Cancelling the task ends the import;
    /// nothing is kept then.
    public func importFile(
        at url: URL,
        request: ImportRequest = ImportRequest(),
        cancel: CancelToken? = nil,
        progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        try await imported(cancel, progress) { token in
            #if canImport(Darwin)
                let isScoped = url.startAccessingSecurityScopedResource()
                defer { if isScoped { url.stopAccessingSecurityScopedResource() } }
            #endif
            return try self.importFile(path: url.path, request: request, cancel: token, progress: progress)
        }
    }

    /// Imports what `handle` yields, from where it stands to its end: a file, a pipe or a socket. The handle stays the caller's, to
    /// close when this has returned; where it stands then is not said. Cancelling the task ends the import, of a pipe when its
    /// writer next writes.
    public func importFile(
        from handle: FileHandle,
        request: ImportRequest = ImportRequest(),
        cancel: CancelToken? = nil,
        progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        // A duplicate, because the core closes what it is given.
        let descriptor = try Descriptor(duplicating: handle)
        return try await imported(cancel, progress) { token in
            try self.importDescriptor(fd: descriptor.giveAway(), request: request, cancel: token, progress: progress)
        }
    }

    /// Imports bytes that the app has in memory, as a file of its own. They never touch the disk in the clear.
    public func importData(
        _ data: Data,
        request: ImportRequest = ImportRequest(),
        cancel: CancelToken? = nil,
        progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        try await imported(cancel, progress) { token in
            let (source, feed) = try Descriptor.pair()
            feed.write(data)
            return try self.importDescriptor(fd: source.giveAway(), request: request, cancel: token, progress: progress)
        }
    }

    private func imported(
        _ cancel: CancelToken?,
        _ progress: ProgressCounter?,
        _ work: @escaping @Sendable (CancelToken) throws -> Evidence
    ) async throws -> Evidence {
        let evidence = try await Blocking.job(cancel, progress, work)
        Changes.shared.tell(.evidence(evidence.id))
        return evidence
    }

    /// Opens evidence for as long as `body` runs. It is closed, and its key wiped, when this returns or throws.
    public func withReader<Result>(
        _ id: EvidenceId,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (MediaReader) async throws -> Result
    ) async throws -> Result {
        let reader = try await openReader(id: id)
        defer { reader.closeNow() }
        return try await body(reader)
    }

    /// As `withReader`, for the whole recording that `id` is a piece of.
    public func withRecording<Result>(
        _ id: EvidenceId,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (RecordingReader) async throws -> Result
    ) async throws -> Result {
        let reader = try await openRecording(id: id)
        defer { reader.closeNow() }
        return try await body(reader)
    }
}

// What the generated interface blocks for, off the caller's thread.
extension EvidenceStore {
    /// As the blocking `importFile`.
    public func importFile(
        path: String, request: ImportRequest, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        try await imported(cancel, progress) { token in
            try self.importFile(path: path, request: request, cancel: token, progress: progress)
        }
    }

    /// As the blocking `importDescriptor`. **Takes the descriptor over and closes it**, also when it fails or is cancelled.
    public func importDescriptor(
        fd: Int32, request: ImportRequest, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        let descriptor = Descriptor(taking: fd)
        return try await imported(cancel, progress) { token in
            try self.importDescriptor(fd: descriptor.giveAway(), request: request, cancel: token, progress: progress)
        }
    }

    /// As the blocking `startCapture`.
    public func startCapture(request: CaptureRequest) async throws -> Capture {
        let capture = try await Blocking.record.run { try self.startCapture(request: request) }
        Changes.shared.tell(.evidence(capture.id()))
        return capture
    }

    /// As the blocking `openReader`.
    public func openReader(id: EvidenceId) async throws -> MediaReader {
        try await Blocking.call.run { try self.openReader(id: id) }
    }

    /// As the blocking `openRecording`.
    public func openRecording(id: EvidenceId) async throws -> RecordingReader {
        try await Blocking.call.run { try self.openRecording(id: id) }
    }

    /// As the blocking `list`.
    public func list(incident: IncidentId) async throws -> [Evidence] {
        try await Blocking.call.run { try self.list(incident: incident) }
    }

    /// As the blocking `recent`.
    public func recent(limit: UInt32, after: Cursor? = nil) async throws -> EvidencePage {
        try await Blocking.call.run { try self.recent(limit: limit, after: after) }
    }

    /// As the blocking `get`.
    public func get(id: EvidenceId) async throws -> Evidence {
        try await Blocking.call.run { try self.get(id: id) }
    }
}
