// The app's clock is what records are stamped with, with how far it is trusted; where it has no answer, the system's, as suspect.

import Amparo
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3)))
struct ClockTest {
    let folder = Folder()

    private final class Answering: Amparo.Clock, @unchecked Sendable {
        typealias Answer = @Sendable () throws -> ClockReading
        private let lock = NSLock()
        private var answer: Answer

        init(_ answer: @escaping Answer) { self.answer = answer }

        func answer(_ answer: @escaping Answer) { lock.withLock { self.answer = answer } }

        func now() throws -> ClockReading { try lock.withLock { answer }() }
    }

    private struct Defect: Error {}

    @Test func recordsAreStampedWithIt() async throws {
        let time = Date(timeIntervalSince1970: 1_927_944_306)
        let clock = Answering { ClockReading(time: time, trust: .checked) }
        let vault = try await folder.newVault(clock: clock)
        let saved = try await vault.incidents().create("Something.")
        #expect(saved.created == Stamp(time: time, clock: .checked))

        clock.answer { ClockReading(time: time + 60, trust: .unlisted(code: "gps")) }
        let again = try await vault.incidents().save(saved, content: IncidentContent(narrative: "Later."))
        #expect(again.created == saved.created)
        #expect(again.modified == Stamp(time: time + 60, clock: .unlisted(code: "gps")))
        try await vault.lock()

        let later = try await folder.unlock(clock: clock)
        #expect(try await later.incidents().list().incidents.map(\.created) == [time])
        try await later.lock()
    }

    @Test func withoutAnAnswerTheSystemsIsTakenAsSuspect() async throws {
        let clock = Answering { throw ClockError.Unavailable }
        let vault = try await folder.newVault(clock: clock)
        let answers: [Answering.Answer] = [
            { throw ClockError.Unavailable },
            { throw Defect() },
            { ClockReading(time: Date(), trust: .unlisted(code: "NOT A CODE")) },
        ]
        for answer in answers {
            clock.answer(answer)
            let saved = try await vault.incidents().create("Something.")
            #expect(saved.created.clock == .suspect)
            #expect(abs(saved.created.time.timeIntervalSinceNow) < 60)
        }
        try await vault.lock()
    }

    @Test func withoutAClockTheSystemsIsTakenUnchecked() async throws {
        let vault = try await folder.newVault()
        let saved = try await vault.incidents().create("Something.")
        #expect(saved.created.clock == .device)
        #expect(abs(saved.created.time.timeIntervalSinceNow) < 60)
        try await vault.lock()
    }
}
