// Incidents off the caller's thread.

import Foundation

extension Incidents {
    /// As the blocking `create`.
    public func create(content: IncidentContent) async throws -> Incident {
        let incident = try await Blocking.call.run { try self.create(content: content) }
        Changes.shared.tell(.incident(incident.id))
        return incident
    }

    /// As the blocking `save`.
    public func save(id: IncidentId, revision: UInt32, content: IncidentContent) async throws -> Incident {
        let incident = try await Blocking.call.run { try self.save(id: id, revision: revision, content: content) }
        Changes.shared.tell(.incident(id))
        return incident
    }

    /// As the blocking `get`.
    public func get(id: IncidentId) async throws -> Incident {
        try await Blocking.call.run { try self.get(id: id) }
    }

    /// As the blocking `list`.
    public func list(limit: UInt32, after: Cursor? = nil) async throws -> IncidentPage {
        try await Blocking.call.run { try self.list(limit: limit, after: after) }
    }
}
