// Evidence from and to what an app has in its hands: URLs, file handles, and readers that are closed by themselves.

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
        try await Blocking.job(cancel, progress) { token in
            // Refused for a file of the app's own, which needs no permission.
            #if canImport(Darwin)
                let isScoped = url.startAccessingSecurityScopedResource()
                defer { if isScoped { url.stopAccessingSecurityScopedResource() } }
            #endif
            return try self.importFile(path: url.path, request: request, cancel: token, progress: progress)
        }.isNew()
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
        let source = try Descriptor(duplicating: handle)
        return try await Blocking.job(cancel, progress) { token in
            try self.importDescriptor(fd: source.giveAway(), request: request, cancel: token, progress: progress)
        }.isNew()
    }

    /// Writes the exact bytes to a new file that only its owner can read. **They are in the clear there.** It appears under its name
    /// only when it is whole; an existing file is never touched.
    public func exportFile(
        id: EvidenceId, to url: URL, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        try await exportFile(id: id, path: url.path, cancel: cancel, progress: progress)
    }

    /// Writes the exact bytes to `handle`, from where it stands: a file, a pipe or a socket. The handle stays the caller's, to close
    /// when this has returned. What was written before a failure must not be used.
    public func exportFile(
        id: EvidenceId, to handle: FileHandle, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        let target = try Descriptor(duplicating: handle)
        return try await Blocking.job(cancel, progress) { token in
            try self.exportToDescriptor(id: id, fd: target.giveAway(), cancel: token, progress: progress)
        }
    }

    /// Opens evidence for as long as `body` runs. It is closed, and its key wiped, when this returns or throws.
    public func withReader<Result: Sendable>(
        _ id: EvidenceId,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (MediaReader) async throws -> Result
    ) async throws -> Result {
        let reader = try await openReader(id: id)
        defer { reader.closeNow() }
        return try await body(reader)
    }

    /// As `withReader`, for the whole recording that `id` is a piece of.
    public func withRecording<Result: Sendable>(
        _ id: EvidenceId,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (RecordingReader) async throws -> Result
    ) async throws -> Result {
        let reader = try await openRecording(id: id)
        defer { reader.closeNow() }
        return try await body(reader)
    }

    /// All evidence, newest first. Pages are read as they are asked for, so stopping early costs nothing.
    public func all() -> Pages<Evidence, Cursor> {
        Pages { after in
            let page = try await self.recent(limit: pageLimit, after: after)
            return (page.evidence, page.next)
        }
    }
}
