// Channel forms off the caller's thread.

import Foundation

extension Forms {
    /// As the blocking `list`.
    public func list(kind: RecipientKind? = nil, language: String) async throws -> [FormEntry] {
        try await Blocking.call.run { try self.list(kind: kind, language: language) }
    }

    /// As the blocking `check`. One that was cancelled before it began, as the next change on a screen does it, is not made.
    public func check(
        request: ReportRequest, group: UInt32 = 0, form: FormId, language: String
    ) async throws -> FormCheck {
        try Task.checkCancellation()
        return try await Blocking.call.run {
            try self.check(request: request, group: group, form: form, language: language)
        }
    }
}
