// Searching off the caller's thread.

import Foundation

extension Search {
    /// As the blocking `incidents`. One that was cancelled before it began, as the next key press does it, is not made.
    public func incidents(query: String, limit: UInt32 = 100, after: Cursor? = nil) async throws -> SearchPage {
        try Task.checkCancellation()
        return try await Blocking.call.run { try self.incidents(query: query, limit: limit, after: after) }
    }

    /// As the blocking `incidentsWhere`.
    public func incidentsWhere(
        query: String, conditions: IncidentQuery, limit: UInt32 = 100, after: Cursor? = nil
    ) async throws -> SearchPage {
        try Task.checkCancellation()
        return try await Blocking.call.run {
            try self.incidentsWhere(query: query, conditions: conditions, limit: limit, after: after)
        }
    }
}
