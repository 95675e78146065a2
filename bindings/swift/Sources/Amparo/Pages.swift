// Lists that come in pages, as one sequence.

import Foundation

/// How much one page of such a sequence asks for.
let pageLimit: UInt32 = 200

/// The entries of a list, page after page, read as they are asked for.
public struct Pages<Element: Sendable, Cursor: Sendable>: AsyncSequence, Sendable {
    typealias Page = @Sendable (Cursor?) async throws -> (entries: [Element], next: Cursor?)
    private let page: Page

    /// `page` gives the entries from a cursor on and the next cursor, if there is one.
    init(_ page: @escaping Page) { self.page = page }

    public func makeAsyncIterator() -> Iterator { Iterator(page: page) }

    /// One entry after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let page: Page
        private var entries: ArraySlice<Element> = []
        private var after: Cursor?
        private var isLast = false

        init(page: @escaping Page) { self.page = page }

        /// The next entry, `nil` at the end. Throws `CancellationError` when the task was cancelled.
        public mutating func next() async throws -> Element? {
            while entries.isEmpty {
                if isLast { return nil }
                try Task.checkCancellation()
                let read = try await page(after)
                entries = read.entries[...]
                after = read.next
                isLast = read.next == nil
            }
            return entries.removeFirst()
        }
    }
}
