// Checklist packs and runs off the caller's thread. A pack that the app brings with it is read without a vault.

import Foundation

extension ChecklistPack {
    /// As the blocking `bundled`: reading and verifying all of a pack takes milliseconds. What is asked of it afterwards is in memory.
    public static func bundled(bytes: Data, publisher: String, language: String) async throws -> ChecklistPack {
        try await Blocking.call.run { try bundled(bytes: bytes, publisher: publisher, language: language) }
    }

    /// Opens the pack in `file`, a resource of the app's bundle. Needs no vault, and nothing of it is written anywhere. See
    /// `bundled(bytes:publisher:language:)`.
    public static func bundled(at file: URL, publisher: String, language: String) async throws -> ChecklistPack {
        try await Blocking.call.run {
            try bundled(bytes: Data(contentsOf: file), publisher: publisher, language: language)
        }
    }
}

extension ShownText {
    /// Whether it reads from right to left. It may be the app's own language or a fallback: lay each text out by its own direction.
    public var isRightToLeft: Bool { direction == .rtl }
}

// What the generated interface blocks for, off the caller's thread.

extension Packs {
    /// As the blocking `acceptPublisher`.
    public func acceptPublisher(key: String) async throws {
        try await Blocking.call.run { try self.acceptPublisher(key: key) }
        Changes.shared.tell(.packs)
    }

    /// As the blocking `publishers`.
    public func publishers() async throws -> [AcceptedPublisher] {
        try await Blocking.call.run { try self.publishers() }
    }

    /// As the blocking `forgetPublisher`.
    @discardableResult
    public func forgetPublisher(key: String) async throws -> Bool {
        let wasAccepted = try await Blocking.call.run { try self.forgetPublisher(key: key) }
        if wasAccepted { Changes.shared.tell(.packs) }
        return wasAccepted
    }

    /// As the blocking `offer`.
    public func offer(bytes: Data) async throws -> PackOffer {
        try await Blocking.call.run { try self.offer(bytes: bytes) }
    }

    /// As the blocking `install`.
    @discardableResult
    public func install(bytes: Data) async throws -> InstalledPack {
        let installed = try await Blocking.call.run { try self.install(bytes: bytes) }
        Changes.shared.tell(.packs)
        return installed
    }

    /// As the blocking `list`.
    public func list() async throws -> [InstalledPack] {
        try await Blocking.call.run { try self.list() }
    }

    /// As the blocking `remove`.
    public func remove(id: String) async throws {
        try await Blocking.call.run { try self.remove(id: id) }
        Changes.shared.tell(.packs)
    }
}

// Reading checklists.
extension Checklists {
    /// As the blocking `list`.
    public func list(language: String) async throws -> [ChecklistHeading] {
        try await Blocking.call.run { try self.list(language: language) }
    }

    /// As the blocking `show`.
    public func show(pack: String, checklist: String, language: String) async throws -> ChecklistView {
        try await Blocking.call.run { try self.show(pack: pack, checklist: checklist, language: language) }
    }

    /// As the blocking `triage`.
    public func triage(pack: String, language: String) async throws -> TriageView? {
        try await Blocking.call.run { try self.triage(pack: pack, language: language) }
    }

    /// As the blocking `due`.
    public func due(language: String) async throws -> [DueChecklist] {
        try await Blocking.call.run { try self.due(language: language) }
    }

    /// As the blocking `scores`.
    public func scores(pack: String, checklist: String, language: String) async throws -> [Score] {
        try await Blocking.call.run { try self.scores(pack: pack, checklist: checklist, language: language) }
    }
}

// Runs through them.
extension Checklists {
    /// As `runs`, all of them. Pages are read as they are asked for; `before` and `limit` of `query` are not looked at.
    public func allRuns(_ query: RunQuery = RunQuery(), language: String) -> Pages<RunSummary, RunId> {
        Pages { before in
            var page = query
            page.before = before
            page.limit = pageLimit
            let runs = try await self.runs(query: page, language: language)
            return (runs, runs.count < Int(pageLimit) ? nil : runs.last?.id)
        }
    }

    /// As the blocking `start`.
    public func start(pack: String, checklist: String) async throws -> RunId {
        let run = try await Blocking.call.run { try self.start(pack: pack, checklist: checklist) }
        Changes.shared.tell(.run(run, .added))
        return run
    }

    /// As the blocking `runs`.
    public func runs(query: RunQuery = RunQuery(), language: String) async throws -> [RunSummary] {
        try await Blocking.call.run { try self.runs(query: query, language: language) }
    }

    /// As the blocking `run`.
    public func run(run: RunId, language: String) async throws -> RunView {
        try await Blocking.call.run { try self.run(run: run, language: language) }
    }

    /// As the blocking `tick`.
    public func tick(run: RunId, item: String, note: String? = nil) async throws {
        try await Blocking.call.run { try self.tick(run: run, item: item, note: note) }
        Changes.shared.tell(.run(run, .changed))
    }

    /// As the blocking `notApplicable`.
    public func notApplicable(run: RunId, item: String, note: String? = nil) async throws {
        try await Blocking.call.run { try self.notApplicable(run: run, item: item, note: note) }
        Changes.shared.tell(.run(run, .changed))
    }

    /// As the blocking `untick`.
    @discardableResult
    public func untick(run: RunId, item: String) async throws -> Bool {
        let wasTicked = try await Blocking.call.run { try self.untick(run: run, item: item) }
        if wasTicked { Changes.shared.tell(.run(run, .changed)) }
        return wasTicked
    }

    /// As the blocking `finish`.
    public func finish(run: RunId) async throws {
        try await Blocking.call.run { try self.finish(run: run) }
        Changes.shared.tell(.run(run, .changed))
    }

    /// As the blocking `reopen`.
    public func reopen(run: RunId) async throws {
        try await Blocking.call.run { try self.reopen(run: run) }
        Changes.shared.tell(.run(run, .changed))
    }

    /// As the blocking `delete`.
    public func delete(run: RunId) async throws {
        try await Blocking.call.run { try self.delete(run: run) }
        Changes.shared.tell(.run(run, .removed))
    }

    /// As the blocking `draftIncident`. A draft that was there already is told as a change too: listeners load what they show.
    public func draftIncident(run: RunId, item: String, act: ActCode, language: String) async throws -> Incident {
        let draft = try await Blocking.call.run {
            try self.draftIncident(run: run, item: item, act: act, language: language)
        }
        Changes.shared.tell(.incident(draft.id, .added))
        Changes.shared.tell(.run(run, .changed))
        return draft
    }

    /// As the blocking `originOf`.
    public func originOf(incident: IncidentId) async throws -> RunId? {
        try await Blocking.call.run { try self.originOf(incident: incident) }
    }
}
