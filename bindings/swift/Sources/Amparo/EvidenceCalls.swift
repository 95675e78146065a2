// What the generated interface of evidence blocks for, off the caller's thread.

import Foundation

// Bringing in.
extension EvidenceStore {
    /// As the blocking `importFile`.
    public func importFile(
        path: String, request: ImportRequest, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        try await Blocking.job(cancel, progress) { token in
            try self.importFile(path: path, request: request, cancel: token, progress: progress)
        }.isNew()
    }

    /// As the blocking `importDescriptor`. **Takes the descriptor over and closes it**, also when it fails or is cancelled.
    public func importDescriptor(
        fd: Int32, request: ImportRequest, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        let source = Descriptor(taking: fd)
        return try await Blocking.job(cancel, progress) { token in
            try self.importDescriptor(fd: source.giveAway(), request: request, cancel: token, progress: progress)
        }.isNew()
    }

    /// As the blocking `importBytes`. A slice is what it shows, whatever its `startIndex`.
    public func importBytes(bytes: Data, request: ImportRequest = ImportRequest()) async throws -> Evidence {
        try await Blocking.job.run { try self.importBytes(bytes: bytes, request: request) }.isNew()
    }

    /// As the blocking `startCapture`.
    public func startCapture(request: CaptureRequest) async throws -> Capture {
        let capture = try await Blocking.record.run { try self.startCapture(request: request) }
        Changes.shared.tell(.evidence(capture.id(), .added))
        return capture
    }
}

// Looking at it.
extension EvidenceStore {
    /// As the blocking `list`.
    public func list(incident: IncidentId) async throws -> [Evidence] {
        try await Blocking.call.run { try self.list(incident: incident) }
    }

    /// As the blocking `recent`.
    public func recent(limit: UInt32 = 100, after: Cursor? = nil) async throws -> EvidencePage {
        try await Blocking.call.run { try self.recent(limit: limit, after: after) }
    }

    /// As the blocking `deleted`.
    public func deleted(limit: UInt32 = 100, after: Cursor? = nil) async throws -> EvidencePage {
        try await Blocking.call.run { try self.deleted(limit: limit, after: after) }
    }

    /// As the blocking `get`.
    public func get(id: EvidenceId) async throws -> Evidence {
        try await Blocking.call.run { try self.get(id: id) }
    }

    /// As the blocking `segments`.
    public func segments(id: EvidenceId) async throws -> [Evidence] {
        try await Blocking.call.run { try self.segments(id: id) }
    }

    /// As the blocking `openReader`.
    public func openReader(id: EvidenceId) async throws -> MediaReader {
        try await Blocking.call.run { try self.openReader(id: id) }
    }

    /// As the blocking `openRecording`.
    public func openRecording(id: EvidenceId) async throws -> RecordingReader {
        try await Blocking.call.run { try self.openRecording(id: id) }
    }

    /// As the blocking `recordViewed`.
    public func recordViewed(id: EvidenceId) async throws {
        try await Blocking.call.run { try self.recordViewed(id: id) }
    }

    /// As the blocking `exportFile`.
    public func exportFile(
        id: EvidenceId, path: String, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        try await Blocking.job(cancel, progress) { token in
            try self.exportFile(id: id, path: path, cancel: token, progress: progress)
        }
    }

    /// As the blocking `exportToDescriptor`. **Takes the descriptor over and closes it**, also when it fails or is cancelled.
    public func exportToDescriptor(
        id: EvidenceId, fd: Int32, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        let target = Descriptor(taking: fd)
        return try await Blocking.job(cancel, progress) { token in
            try self.exportToDescriptor(id: id, fd: target.giveAway(), cancel: token, progress: progress)
        }
    }

    /// As the blocking `exportPartToDescriptor`. **Takes the descriptor over and closes it**, also when it fails or is cancelled.
    public func exportPartToDescriptor(
        id: EvidenceId,
        offset: UInt64,
        length: UInt64,
        fd: Int32,
        cancel: CancelToken? = nil,
        progress: ProgressCounter? = nil
    ) async throws -> UInt64 {
        let target = Descriptor(taking: fd)
        return try await Blocking.job(cancel, progress) { token in
            try self.exportPartToDescriptor(
                id: id, offset: offset, length: length, fd: target.giveAway(), cancel: token, progress: progress)
        }
    }
}

// Changing what is known of it.
extension EvidenceStore {
    /// As the blocking `attach`.
    public func attach(id: EvidenceId, incident: IncidentId) async throws {
        try await Blocking.call.run { try self.attach(id: id, incident: incident) }
        Changes.shared.tell(.evidence(id, .changed))
        Changes.shared.tell(.incident(incident, .changed))
    }

    /// As the blocking `detach`.
    @discardableResult
    public func detach(id: EvidenceId, incident: IncidentId) async throws -> Bool {
        let wasAttached = try await Blocking.call.run { try self.detach(id: id, incident: incident) }
        if wasAttached {
            Changes.shared.tell(.evidence(id, .changed))
            Changes.shared.tell(.incident(incident, .changed))
        }
        return wasAttached
    }

    /// As the blocking `setNote`.
    @discardableResult
    public func setNote(id: EvidenceId, note: String?) async throws -> Evidence {
        try await Blocking.call.run { try self.setNote(id: id, note: note) }.isChanged()
    }

    /// As the blocking `setCapturedAt`.
    @discardableResult
    public func setCapturedAt(id: EvidenceId, at: CapturedAt?) async throws -> Evidence {
        try await Blocking.call.run { try self.setCapturedAt(id: id, at: at) }.isChanged()
    }

    /// As the blocking `setLanguage`.
    @discardableResult
    public func setLanguage(id: EvidenceId, language: String?) async throws -> Evidence {
        try await Blocking.call.run { try self.setLanguage(id: id, language: language) }.isChanged()
    }

    /// As the blocking `setTestimony`.
    @discardableResult
    public func setTestimony(id: EvidenceId, testimony: Testimony?) async throws -> Evidence {
        try await Blocking.call.run { try self.setTestimony(id: id, testimony: testimony) }.isChanged()
    }

    /// As the blocking `setDevice`.
    @discardableResult
    public func setDevice(id: EvidenceId, device: DeviceMetadata?) async throws -> Evidence {
        try await Blocking.call.run { try self.setDevice(id: id, device: device) }.isChanged()
    }

    /// As the blocking `delete`.
    @discardableResult
    public func delete(id: EvidenceId, derivatives: Derivatives) async throws -> Deleted {
        let deleted = try await Blocking.call.run { try self.delete(id: id, derivatives: derivatives) }
        for gone in deleted.evidence { Changes.shared.tell(.evidence(gone, .removed)) }
        return deleted
    }
}

// Copies that are made of it.
extension EvidenceStore {
    /// As the blocking `deriveFromFile`.
    public func deriveFromFile(
        parent: EvidenceId,
        request: DeriveRequest,
        path: String,
        cancel: CancelToken? = nil,
        progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        try await Blocking.job(cancel, progress) { token in
            try self.deriveFromFile(parent: parent, request: request, path: path, cancel: token, progress: progress)
        }.isNew()
    }

    /// As the blocking `deriveFromDescriptor`. **Takes the descriptor over and closes it**, also when it fails or is cancelled.
    public func deriveFromDescriptor(
        parent: EvidenceId,
        request: DeriveRequest,
        fd: Int32,
        cancel: CancelToken? = nil,
        progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        let source = Descriptor(taking: fd)
        return try await Blocking.job(cancel, progress) { token in
            try self.deriveFromDescriptor(
                parent: parent, request: request, fd: source.giveAway(), cancel: token, progress: progress)
        }.isNew()
    }

    /// As the blocking `deriveFromBytes`. A slice is what it shows, whatever its `startIndex`.
    public func deriveFromBytes(parent: EvidenceId, request: DeriveRequest, bytes: Data) async throws -> Evidence {
        try await Blocking.job.run { try self.deriveFromBytes(parent: parent, request: request, bytes: bytes) }.isNew()
    }

    /// As the blocking `stripMetadata`.
    public func stripMetadata(
        parent: EvidenceId, cancel: CancelToken? = nil, progress: ProgressCounter? = nil
    ) async throws -> Evidence {
        try await Blocking.job(cancel, progress) { token in
            try self.stripMetadata(parent: parent, cancel: token, progress: progress)
        }.isNew()
    }

    /// As the blocking `derivatives`.
    public func derivatives(id: EvidenceId) async throws -> [Evidence] {
        try await Blocking.call.run { try self.derivatives(id: id) }
    }

    /// As the blocking `setThumbnail`.
    @discardableResult
    public func setThumbnail(parent: EvidenceId, picture: Data, mediaType: String) async throws -> Evidence {
        let thumbnail = try await Blocking.call.run {
            try self.setThumbnail(parent: parent, picture: picture, mediaType: mediaType)
        }
        Changes.shared.tell(.evidence(parent, .changed))
        return thumbnail
    }

    /// As the blocking `thumbnail`.
    public func thumbnail(parent: EvidenceId) async throws -> Data? {
        try await Blocking.call.run { try self.thumbnail(parent: parent) }
    }
}

/// As the blocking `stripToDescriptor`. **Takes both descriptors over and closes them**, also when it fails.
public func stripToDescriptor(source: Int32, target: Int32) async throws -> Stripped {
    try await Blocking.job.run { try stripToDescriptor(source: source, target: target) }
}
