// The pack that an app brings with it: read with the vault locked and with none at all, and not read when somebody else made it.

#if os(macOS) || os(Linux)
    import Amparo
    import Foundation
    import Testing

    @Suite(.timeLimit(.minutes(3)))
    struct ChecklistPackTest {
        let folder = Folder()

        /// Every item of `checklist`.
        private func items(_ checklist: ChecklistView) -> [ItemView] { checklist.sections.flatMap(\.items) }

        @Test func itIsReadInArabicWithoutAVault() async throws {
            let author = try PackAuthor("author", in: folder)
            let file = folder.url / "starter.pack"
            try author.starter().write(to: file)
            let pack = try await ChecklistPack.bundled(at: file, publisher: author.key, language: "ar-EG")
            let info = pack.info()
            #expect(info.id == "amparo.starter" && info.version == 1)
            #expect(info.languages.map(\.tag).sorted() == ["ar", "en", "es", "fr", "ru"])
            #expect(info.languages.filter { $0.direction == .rtl }.map(\.tag) == ["ar"])
            #expect("\(info)" == "PackInfo(..)")
            #expect(pack.title()?.isRightToLeft == true)

            let headings = pack.checklists()
            #expect(headings.count >= 12)
            var count = 0
            for heading in headings {
                let checklist = try pack.checklist(id: heading.id)
                #expect(checklist.heading == heading)
                #expect(items(checklist).count == Int(heading.items))
                count += items(checklist).count
                for text in [heading.title, heading.topicTitle] + items(checklist).map(\.text) {
                    #expect(text.isRightToLeft && text.locale == "ar" && !text.isFallback, "\(heading.id)")
                }
                #expect(items(checklist).allSatisfy { $0.state == .open && $0.tick == nil })
            }
            #expect(count >= 150)
            let arrest = try pack.checklist(id: "arrest")
            #expect(arrest.heading.situation == .arrest)
            #expect(arrest.sections[0].items[0].text.text.contains("محامٍ"))
            #expect(arrest.sections[0].items[0].leads.first == .recipients(kind: .lawyer))
            #expect(throws: ChecklistError.self) { try pack.checklist(id: "nothing") }
        }

        @Test func aLanguageThatItLacksFallsBackAndTheTextSaysWhichItIs() async throws {
            let author = try PackAuthor("author", in: folder)
            let bytes = try author.starter()
            let english = try await ChecklistPack.bundled(bytes: bytes, publisher: author.key, language: "en-IE")
            let klingon = try await ChecklistPack.bundled(bytes: bytes, publisher: author.key, language: "tlh")
            for (mine, theirs) in zip(english.checklists(), klingon.checklists()) {
                #expect(mine.title.text == theirs.title.text && theirs.title.locale == "en")
                #expect(!theirs.title.isRightToLeft)
            }
        }

        @Test func everyWayThroughTheQuestionsEnds() async throws {
            let author = try PackAuthor("author", in: folder)
            let pack = try await ChecklistPack.bundled(
                bytes: author.starter(), publisher: author.key, language: "es")
            let triage = try #require(pack.triage())
            let known = Set(pack.checklists().map(\.id))
            var (open, ends) = ([triage.start], 0)
            while let id = open.popLast() {
                let question = try #require(triage.questions.first { $0.id == id })
                #expect(!question.answers.isEmpty && !question.text.isFallback)
                for answer in question.answers {
                    switch answer.next {
                    case .question(let next): open.append(next)
                    case .end(let checklist, let title, let recipients):
                        #expect((checklist == nil) == (title == nil))
                        #expect(checklist != nil || recipients != nil)
                        if let checklist { #expect(known.contains(checklist)) }
                        ends += 1
                    }
                }
            }
            #expect(ends > 20)
        }

        @Test func itIsReadWhileTheVaultIsLocked() async throws {
            let author = try PackAuthor("author", in: folder)
            let bytes = try author.starter()
            let vault = try await folder.newVault(clock: SetClock(day: "2026-11-25"))
            try await vault.packs().acceptPublisher(key: author.key)
            try await vault.packs().install(bytes: bytes)
            let installed = try await vault.checklists().show(pack: "amparo.starter", checklist: "arrest", language: "ar")
            try await vault.lock()
            let before = try folder.everyByte()

            let pack = try await ChecklistPack.bundled(bytes: bytes, publisher: author.key, language: "ar")
            #expect(try pack.checklist(id: "arrest") == installed, "the same is shown before and after unlocking")
            let refused = try await thrown(ChecklistError.self) { try await vault.checklists().list(language: "ar") }
            #expect(refused.isLocked && refused.code == 103)
            let alsoRefused = try await thrown(ChecklistError.self) { try await vault.packs().list() }
            #expect(alsoRefused.isLocked)
            #expect(try folder.everyByte() == before, "reading leaves nothing behind")
        }

        @Test func whatSomebodyElseSignedIsNotShown() async throws {
            let (author, other) = (try PackAuthor("author", in: folder), try PackAuthor("other", in: folder))
            let bytes = try author.starter()
            let unknown = try await thrown(ChecklistError.self) {
                try await ChecklistPack.bundled(bytes: bytes, publisher: other.key, language: "en")
            }
            #expect(unknown == .UnknownPublisher(code: 268, text: unknown.text))
            let unsigned = try author.unsigned()
            let refused = try await thrown(ChecklistError.self) {
                try await ChecklistPack.bundled(bytes: unsigned, publisher: author.key, language: "en")
            }
            #expect(refused == .PackUnsigned(code: 264, text: refused.text))
            let noKey = try await thrown(ChecklistError.self) {
                try await ChecklistPack.bundled(bytes: bytes, publisher: author.fingerprint, language: "en")
            }
            #expect(noKey.code == 902)
        }

        /// Wherever it was changed: it is refused, by a name that says what to do, or what is shown is what its publisher signed. In one
        /// language only what is read for it is verified, so that it opens at once; a change anywhere is found in some language.
        @Test func whatWasTamperedWithIsNotShown() async throws {
            let author = try PackAuthor("author", in: folder)
            let bytes = try author.starter()
            let languages = ["en", "es", "fr", "ar", "ru"]
            var signed: [String: [ChecklistView]] = [:]
            for language in languages { signed[language] = try await shown(bytes, author, language) }
            let word = try #require(bytes.range(of: Data("arrest.".utf8)))
            let places = Array(stride(from: 0, to: bytes.count, by: bytes.count / 60 + 1)) + [bytes.count - 1]
            for place in places {
                var changed = bytes
                changed[place] ^= 1
                var refusals = 0
                for language in languages {
                    do {
                        let shown = try await shown(changed, author, language)
                        #expect(shown == signed[language], "byte \(place)")
                    } catch let refused as ChecklistError {
                        switch refused {
                        case .NotAPack, .PackTooNew, .PackTampered, .PackUnsigned, .UnknownPublisher: refusals += 1
                        default: Issue.record("byte \(place): \(refused)")
                        }
                    }
                }
                #expect(refusals > 0, "nobody saw that byte \(place) is another")
                let cut = try await refusal(bytes.prefix(place), author)
                switch cut {
                case .NotAPack, .PackTampered: break
                default: Issue.record("cut off at \(place): \(cut)")
                }
            }
            var changed = bytes
            changed[word.lowerBound] ^= 1
            let refused = try await refusal(changed, author)
            #expect(refused == .PackTampered(code: 266, text: refused.text))
        }

        private func shown(_ bytes: Data, _ author: PackAuthor, _ language: String) async throws -> [ChecklistView] {
            let pack = try await ChecklistPack.bundled(bytes: bytes, publisher: author.key, language: language)
            return try pack.checklists().map { try pack.checklist(id: $0.id) }
        }

        private func refusal(_ bytes: Data, _ author: PackAuthor) async throws -> ChecklistError {
            try await thrown(ChecklistError.self) {
                try await ChecklistPack.bundled(bytes: bytes, publisher: author.key, language: "en")
            }
        }
    }
#endif
