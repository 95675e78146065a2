// Packs in a vault and runs through their checklists: who is let in, what an update does to what was ticked, what is due, and the
// incident that a checklist leads to.

#if os(macOS) || os(Linux)
    import Amparo
    import Foundation
    import Testing

    @Suite(.timeLimit(.minutes(5)))
    struct ChecklistRunTest {
        let folder = Folder()
        private let pack = "amparo.starter"

        /// A vault on a day on which the starter pack is valid, with the pack installed.
        private func installed(_ author: PackAuthor, clock: SetClock? = nil) async throws -> Vault {
            let vault = try await folder.newVault(clock: clock ?? SetClock(day: "2026-11-25"))
            try await vault.packs().acceptPublisher(key: author.key)
            try await vault.packs().install(bytes: author.starter())
            return vault
        }

        private func items(_ run: RunView) -> [ItemView] { run.checklist?.sections.flatMap(\.items) ?? [] }

        @Test func aPublisherIsAcceptedOnceAndItsPackInstalled() async throws {
            let author = try PackAuthor("author", in: folder)
            let starter = try author.starter()
            let vault = try await folder.newVault(clock: SetClock(day: "2026-11-25"))
            let packs = vault.packs()

            let offer = try await packs.offer(bytes: starter)
            #expect(offer.kind == .refused && offer.refusal == 268)
            #expect(offer.publisher.key == author.key && offer.publisher.fingerprint == author.fingerprint)
            let refused = try await thrown(ChecklistError.self) { try await packs.install(bytes: starter) }
            #expect(refused == .UnknownPublisher(code: 268, text: refused.text))
            #expect(try await packs.list() == [])
            #expect(try await packs.publishers() == [])

            try await packs.acceptPublisher(key: author.key)
            #expect(try await packs.publishers().map(\.publisher.key) == [author.key])
            let now = try await packs.offer(bytes: starter)
            #expect(now.kind == .new && now.refusal == nil)
            #expect(try await packs.list() == [], "an offer installs nothing")
            let pack = try await packs.install(bytes: starter)
            #expect(pack.version == 1 && pack.accepted && !pack.unreadable && !pack.reviewOverdue)
            #expect(try await packs.offer(bytes: starter).kind == .same)
            #expect(try await packs.list() == [pack])
            #expect(try await vault.checklists().list(language: "fr").count >= 12)
            #expect(try await vault.checklists().triage(pack: pack.id, language: "fr") != nil)

            // Taken back: what is there stays, nothing new comes in.
            #expect(try await packs.forgetPublisher(key: author.key))
            #expect(try await !packs.forgetPublisher(key: author.key))
            #expect(try await packs.list().map(\.accepted) == [false])
            let update = try author.update()
            #expect(try await packs.offer(bytes: update).refusal == 268)
            #expect(try await !vault.checklists().list(language: "fr").isEmpty)
            try await vault.lock()
        }

        @Test func whatMayNotComeInIsRefusedByName() async throws {
            let (author, other) = (try PackAuthor("author", in: folder), try PackAuthor("other", in: folder))
            let (starter, update) = (try author.starter(), try author.update())
            let (theirs, unsigned) = (try other.update(), try author.unsigned())
            let clock = try SetClock(day: "2026-11-25")
            let vault = try await folder.newVault(clock: clock)
            let packs = vault.packs()
            for key in [author.key, other.key] { try await packs.acceptPublisher(key: key) }

            // On days on which it is not to be believed; what is installed is shown for ever.
            try clock.set("2020-01-01")
            #expect(try await packs.offer(bytes: update).refusal == 275)
            let early = try await thrown(ChecklistError.self) { try await packs.install(bytes: update) }
            #expect(early == .PackNotYetValid(code: 275, text: early.text))
            try clock.set("2099-01-01")
            #expect(try await packs.offer(bytes: update).refusal == 274)
            let late = try await thrown(ChecklistError.self) { try await packs.install(bytes: update) }
            #expect(late == .PackExpired(code: 274, text: late.text))
            #expect(try await packs.list() == [])

            try clock.set("2026-11-25")
            let before = try await packs.install(bytes: update)
            #expect(before.version == 2)
            let word = try #require(update.range(of: Data("arrest.".utf8)))
            var tampered = update
            tampered[word.lowerBound] ^= 1
            let cases: [(Data, ChecklistError)] = [
                (starter, .PackRollback(code: 271, text: "")), (theirs, .OtherPublisher(code: 269, text: "")),
                (tampered, .PackTampered(code: 266, text: "")), (unsigned, .PackUnsigned(code: 264, text: "")),
                (Data("GIF89a".utf8), .NotAPack(code: 260, text: "")), (Data(), .NotAPack(code: 260, text: "")),
            ]
            for (bytes, expected) in cases {
                let refused = try await thrown(ChecklistError.self) { try await packs.install(bytes: bytes) }
                #expect(refused.code == expected.code && name(refused) == name(expected), "\(refused)")
                #expect(try await packs.list() == [before], "nothing changed")
            }
            try clock.set("2099-01-01")
            #expect(try await packs.list().map(\.reviewOverdue) == [true])
            #expect(try await vault.checklists().list(language: "en").count >= 12)
            try await vault.lock()
        }

        /// The case's name, without what it carries.
        private func name(_ error: ChecklistError) -> Substring { "\(error)".prefix { $0 != "(" } }

        @Test func ticksSurviveAnUpdateAndWhatChangedIsTold() async throws {
            let author = try PackAuthor("author", in: folder)
            let vault = try await installed(author)
            let lists = vault.checklists()
            let run = try await lists.start(pack: pack, checklist: "arrest")
            for item in ["arrest.lawyer-number", "arrest.medicine", "arrest.doctor"] {
                try await lists.tick(run: run, item: item, note: "ملاحظة \(item)")
            }
            try await lists.notApplicable(run: run, item: "arrest.silence")
            let before = try await lists.run(run: run, language: "es")
            #expect(before.summary.progress.done == 3 && before.summary.progress.notApplicable == 1)
            #expect(!"\(before) \(String(reflecting: before))".contains("ملاحظة"), "what was noted is not printed")

            let update = try author.update()
            let offer = try await vault.packs().offer(bytes: update)
            #expect(offer.kind == .update(from: 1) && offer.refusal == nil)
            #expect(offer.changes?.goneItems == ["arrest.medicine"])
            #expect(offer.changes?.reworded == [RewordedItem(item: "arrest.lawyer-number", languages: ["en"])])
            #expect(try await vault.packs().install(bytes: update).version == 2)

            let after = try await lists.run(run: run, language: "en")
            #expect(after.summary.standing == .present)
            let ticks = Dictionary(uniqueKeysWithValues: items(after).compactMap { item in item.tick.map { (item.id, $0) } })
            #expect(Set(ticks.keys) == ["arrest.lawyer-number", "arrest.doctor", "arrest.silence"])
            let reworded = try #require(ticks["arrest.lawyer-number"])
            #expect(reworded.state == .done && reworded.version == 1 && reworded.reworded == ["en"])
            #expect(reworded.said?.text.hasPrefix("Learn by heart") == true)
            #expect(items(after).first { $0.id == "arrest.lawyer-number" }?.text.text.hasPrefix("Know by heart") == true)
            #expect(ticks["arrest.doctor"]?.reworded == [] && ticks["arrest.doctor"]?.note == "ملاحظة arrest.doctor")
            #expect(ticks["arrest.silence"]?.state == .notApplicable)
            let left = try #require(after.left.first)
            #expect(after.left.count == 1 && left.item == "arrest.medicine" && left.tick.note == "ملاحظة arrest.medicine")
            #expect(left.fate == .removed(inVersion: 2, replacedBy: "arrest.doctor"))
            #expect(left.text?.text.hasPrefix("Carry the medicine") == true)

            let gone = try await thrown(ChecklistError.self) { try await lists.tick(run: run, item: "arrest.medicine") }
            #expect(gone == .NotFound(code: 284, text: gone.text))
            #expect(try await lists.untick(run: run, item: "arrest.medicine"))
            #expect(try await !lists.untick(run: run, item: "arrest.medicine"))
            #expect(try await lists.run(run: run, language: "en").left == [])
            try await vault.lock()

            // And a lock.
            let again = try await folder.unlock(clock: SetClock(day: "2026-11-26"))
            #expect(try await again.checklists().run(run: run, language: "en").summary.progress.done == 2)
            try await again.lock()
        }

        @Test func aRunIsFinishedGoesOnAndOutlivesItsPack() async throws {
            let author = try PackAuthor("author", in: folder)
            let vault = try await installed(author)
            let lists = vault.checklists()
            let changes = vault.changes
            let run = try await lists.start(pack: pack, checklist: "arrest")
            try await lists.tick(run: run, item: "arrest.doctor")
            try await lists.finish(run: run)
            let finished = try await thrown(ChecklistError.self) { try await lists.tick(run: run, item: "arrest.doctor") }
            #expect(finished == .RunFinished(code: 285, text: finished.text))
            #expect(try await lists.runs(query: RunQuery(finished: true), language: "en").map(\.id) == [run])
            try await lists.reopen(run: run)
            #expect(try await lists.runs(query: RunQuery(finished: true), language: "en") == [])
            #expect(try await lists.runs(language: "en").map(\.id) == [run])

            try await vault.packs().remove(id: pack)
            let kept = try await lists.run(run: run, language: "en")
            #expect(kept.summary.standing == .packRemoved && kept.checklist == nil)
            #expect(kept.left.map(\.item) == ["arrest.doctor"] && kept.left.map(\.fate) == [.packGone])
            try await lists.delete(run: run)
            let deleted = try await thrown(ChecklistError.self) { try await lists.run(run: run, language: "en") }
            #expect(deleted == .NotFound(code: 283, text: deleted.text))
            try await vault.lock()
            var told: [VaultChange] = []
            for await change in changes { told.append(change) }
            // Not only this vault's: the stream is one for the process.
            let mine = told.filter { if case .run(run, _) = $0 { true } else { false } }
            #expect(mine.first == .run(run, .added) && mine.last == .run(run, .removed) && mine.count == 5)
            #expect(told.contains(.packs))
        }

        @Test func moreRunsThanAPageComeOneAfterTheOther() async throws {
            let vault = try await installed(PackAuthor("author", in: folder))
            let lists = vault.checklists()
            var started: [RunId] = []
            for number in 0..<203 {
                let checklist = number % 100 == 0 ? "raid" : "arrest"
                started.append(try await lists.start(pack: pack, checklist: checklist))
            }
            var all: [RunId] = []
            for try await run in lists.allRuns(language: "en") { all.append(run.id) }
            #expect(all == started.reversed())
            var raids: [RunId] = []
            for try await run in lists.allRuns(RunQuery(checklist: "raid", limit: 1), language: "en") { raids.append(run.id) }
            #expect(raids == [started[200], started[100], started[0]])
            for try await run in lists.allRuns(RunQuery(finished: true), language: "en") {
                Issue.record("\(run.id) is not finished")
            }
            try await vault.lock()
        }

        @Test func anIncidentBeginsWhereAChecklistLeadsToOne() async throws {
            let author = try PackAuthor("author", in: folder)
            let vault = try await installed(author)
            let lists = vault.checklists()
            let run = try await lists.start(pack: pack, checklist: "arrest")
            let view = try await lists.run(run: run, language: "fr")
            let item = try #require(items(view).first { $0.id == "arrest.urgent-support" })
            #expect(item.leads.contains(.incident(act: .arbitraryDetention)))
            let draft = try await lists.draftIncident(
                run: run, item: item.id, act: .arbitraryDetention, language: "fr")
            #expect(draft.content.draft && !draft.content.title.isEmpty)
            #expect(draft.content.acts.map(\.code) == [.arbitraryDetention])
            #expect(try await lists.originOf(incident: draft.id) == run)
            #expect(try await lists.run(run: run, language: "fr").drafts.map(\.incident) == [draft.id])
            let same = try await lists.draftIncident(run: run, item: item.id, act: .arbitraryDetention, language: "fr")
            #expect(same.id == draft.id, "asked twice it is one draft")
            let unled = try await thrown(ChecklistError.self) {
                try await lists.draftIncident(run: run, item: item.id, act: .killing, language: "fr")
            }
            #expect(unled == .NotFound(code: 286, text: unled.text))
            try await lists.delete(run: run)
            #expect(try await vault.incidents().get(id: draft.id).content.draft, "the incident stays")
            try await vault.lock()
        }

        @Test func aSelfAssessmentIsDueAgainAndKeepsItsHistory() async throws {
            let author = try PackAuthor("author", in: folder)
            let clock = try SetClock(day: "2026-11-25")
            let vault = try await installed(author, clock: clock)
            let (lists, list) = (vault.checklists(), "risk-assessment")
            func due() async throws -> DueState? {
                try await lists.due(language: "ru").first { $0.heading.id == list }?.state
            }
            #expect(try await due() == .neverStarted)
            let first = try await lists.start(pack: pack, checklist: list)
            #expect(try await lists.due(language: "ru").first { $0.heading.id == list }?.openRun == first)
            try await lists.finish(run: first)
            #expect(try await due() == .later(due: "2027-02-23", inDays: 90))
            clock.pass(days: 89)
            #expect(try await due() == .later(due: "2027-02-23", inDays: 1))
            clock.pass(days: 1)
            #expect(try await due() == .due(since: "2027-02-23", overdueDays: 0))
            clock.pass(days: 10)
            #expect(try await due() == .due(since: "2027-02-23", overdueDays: 10))
            try clock.set("2026-01-01")
            #expect(try await due() == .clockWentBack)

            try clock.set("2027-03-01")
            let second = try await lists.start(pack: pack, checklist: list)
            try await lists.tick(run: second, item: "risk-assessment.phone-locked")
            let now = try #require(try await lists.run(run: second, language: "ru").summary.points)
            try await lists.finish(run: second)
            let scores = try await lists.scores(pack: pack, checklist: list, language: "ru")
            #expect(scores.map(\.run) == [first, second])
            #expect(scores[0].points.points == scores[0].points.of && scores[0].changes == [])
            #expect(scores[1].points == now && now.points + 4 == scores[0].points.points)
            let change = try #require(scores[1].changes.first)
            #expect(scores[1].changes.count == 1 && change.item == "risk-assessment.phone-locked")
            #expect(change.before == .open && change.after == .done && change.riskBefore == 4 && change.riskAfter == 0)
            #expect(change.text?.locale == "ru" && change.text?.isFallback == false)
            #expect(try await due() == .later(due: "2027-05-30", inDays: 90))

            // A page at a time, newest first, whatever the clock said.
            let query = RunQuery(pack: pack, finished: true, limit: 1)
            #expect(try await lists.runs(query: query, language: "ru").map(\.id) == [second])
            var older = query
            older.before = second
            #expect(try await lists.runs(query: older, language: "ru").map(\.id) == [first])
            try await vault.lock()
        }
    }
#endif
