// Incidents off the caller's thread.

import Foundation

extension Incidents {
    /// Saves a new incident of which there is a sentence only: that is enough. On the medium when this returns.
    public func create(_ narrative: String) async throws -> Incident {
        try await create(content: IncidentContent(narrative: narrative))
    }

    /// Saves `incident` with `content` in place of its own. See the other `save`.
    @discardableResult
    public func save(_ incident: Incident, content: IncidentContent) async throws -> Incident {
        try await save(id: incident.id, revision: incident.revision, content: content)
    }

    /// All for which every condition of `query` holds, newest first. Pages are read as they are asked for, so stopping early costs
    /// nothing.
    public func all(_ query: IncidentQuery = IncidentQuery()) -> Pages<IncidentSummary, Cursor> {
        Pages { after in
            let page = try await self.query(query: query, limit: pageLimit, after: after)
            return (page.incidents, page.next)
        }
    }

    /// As `timeline`, all of it. Pages are read as they are asked for.
    public func wholeTimeline(_ query: TimelineQuery = TimelineQuery()) -> Pages<TimelineEntry, TimelineCursor> {
        Pages { after in
            let page = try await self.timeline(query: query, limit: pageLimit, after: after)
            return (page.entries, page.next)
        }
    }
}

// What the generated interface blocks for, off the caller's thread.
extension Incidents {
    /// As the blocking `create`.
    public func create(content: IncidentContent) async throws -> Incident {
        let incident = try await Blocking.call.run { try self.create(content: content) }
        Changes.shared.tell(.incident(incident.id, .added))
        return incident
    }

    /// As the blocking `createAll`.
    public func createAll(contents: [IncidentContent]) async throws -> [Incident] {
        let incidents = try await Blocking.call.run { try self.createAll(contents: contents) }
        for incident in incidents { Changes.shared.tell(.incident(incident.id, .added)) }
        return incidents
    }

    /// As the blocking `save`.
    @discardableResult
    public func save(id: IncidentId, revision: UInt32, content: IncidentContent) async throws -> Incident {
        let incident = try await Blocking.call.run { try self.save(id: id, revision: revision, content: content) }
        if incident.revision != revision { Changes.shared.tell(.incident(id, .changed)) }
        return incident
    }

    /// As the blocking `get`.
    public func get(id: IncidentId) async throws -> Incident {
        try await Blocking.call.run { try self.get(id: id) }
    }

    /// As the blocking `list`.
    public func list(limit: UInt32 = 100, after: Cursor? = nil) async throws -> IncidentPage {
        try await Blocking.call.run { try self.list(limit: limit, after: after) }
    }

    /// As the blocking `query`.
    public func query(query: IncidentQuery, limit: UInt32 = 100, after: Cursor? = nil) async throws -> IncidentPage {
        try await Blocking.call.run { try self.query(query: query, limit: limit, after: after) }
    }

    /// As the blocking `timeline`.
    public func timeline(
        query: TimelineQuery = TimelineQuery(), limit: UInt32 = 100, after: TimelineCursor? = nil
    ) async throws -> TimelinePage {
        try await Blocking.call.run { try self.timeline(query: query, limit: limit, after: after) }
    }

    /// As the blocking `counts`.
    public func counts(request: CountsRequest) async throws -> Counts {
        try await Blocking.call.run { try self.counts(request: request) }
    }

    /// As the blocking `revisions`.
    public func revisions(id: IncidentId) async throws -> [Revision] {
        try await Blocking.call.run { try self.revisions(id: id) }
    }

    /// As the blocking `getRevision`.
    public func getRevision(id: IncidentId, revision: UInt32) async throws -> Incident {
        try await Blocking.call.run { try self.getRevision(id: id, revision: revision) }
    }

    /// As the blocking `compare`.
    public func compare(id: IncidentId, a: UInt32, b: UInt32) async throws -> [Change] {
        try await Blocking.call.run { try self.compare(id: id, a: a, b: b) }
    }
}
