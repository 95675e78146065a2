// What a channel's form says before anything is sealed: what is missing in the user's words, what is left out whatever was chosen, and
// what to leave for a second report.

#if os(macOS) || os(Linux)
    import Amparo
    import Foundation
    import Testing

    @Suite(.timeLimit(.minutes(5)))
    struct FormCheckTest {
        let folder = Folder()

        private func form(_ id: String) -> FormId { FormId(pack: "amparo.starter", form: id) }

        /// A vault on a day on which the starter pack is valid, with `pack` installed.
        private func vault(_ author: PackAuthor, with pack: Data) async throws -> Vault {
            let vault = try await folder.newVault(clock: SetClock(day: "2026-11-25"))
            try await vault.packs().acceptPublisher(key: author.key)
            try await vault.packs().install(bytes: pack)
            return vault
        }

        private func request(
            _ incident: Incident, _ kind: RecipientKind, form: FormId? = nil, keys: String = "keys"
        ) async throws -> ReportRequest {
            let key = try await deskGenerateKey(path: (folder.url / keys).path, kind: .classic)
            return ReportRequest(
                incident: incident.id, groups: [RecipientGroup(kind: kind, recipients: [key], form: form)])
        }

        @Test func formsAreListedForWhomTheyAre() async throws {
            let author = try PackAuthor("author", in: folder)
            let vault = try await self.vault(author, with: author.starter())
            let forms = vault.forms()
            let all = try await forms.list(language: "ar-EG")
            #expect(
                Set(all.map(\.id.form)) == [
                    "general-cso", "platform-trust-safety", "protect-defenders-urgent", "un-special-rapporteur-hrd",
                ])
            for entry in all {
                #expect(entry.problem == nil && entry.title?.isRightToLeft == true && entry.summary?.locale == "ar")
            }
            let un = try await forms.list(kind: .unProcedure, language: "es")
            #expect(un.map(\.id) == [form("un-special-rapporteur-hrd")])
            let urgent = try await forms.list(kind: .hotline, language: "es")
            #expect(urgent.contains { $0.id == form("protect-defenders-urgent") })
            #expect(urgent.allSatisfy { $0.kinds.contains(.hotline) })
            let incident = try await vault.incidents().create("They took my phone.")
            let missing = try await thrown(FormError.self) {
                try await forms.check(
                    request: request(incident, .cso), form: form("nothing"), language: "en")
            }
            #expect(missing == .NotFound(code: 540, text: missing.text))
            let draft = try await vault.incidents().create(content: IncidentContent(narrative: "Later.", draft: true))
            let unfinished = try await thrown(FormError.self) {
                try await forms.check(
                    request: request(draft, .cso, keys: "more keys"), form: form("general-cso"), language: "en")
            }
            #expect(unfinished == .Draft(code: 504, text: unfinished.text))
            try await vault.lock()
            let locked = try await thrown(FormError.self) { try await forms.list(language: "en") }
            #expect(locked.isLocked)
        }

        @Test func nobodyWithoutANameGoesToTheUnitedNations() async throws {
            let author = try PackAuthor("author", in: folder)
            let vault = try await self.vault(author, with: author.starter())
            let (forms, un) = (vault.forms(), form("un-special-rapporteur-hrd"))
            var content = IncidentContent(narrative: "They came at night and took her.")
            content.persons = [
                Person(role: .victim, consent: Consent(status: .granted, scope: [.unProcedure]))
            ]
            var incident = try await vault.incidents().create(content: content)
            let request = try await self.request(incident, .unProcedure, form: un)
            for language in ["ar", "es", "fr", "ru"] {
                let said = try await forms.check(request: request, form: un, language: language)
                #expect(!said.canBeSealed && !said.isComplete && said.rightKind)
                #expect(said.consent.first == ConsentFinding(person: 0, gap: .noName))
                for text in [said.title, said.consentText, said.consentWhy] {
                    #expect(text?.locale == language && text?.isFallback == false)
                }
                // What it cannot work without comes first, each with what to do and why.
                let levels = said.fields.map(\.level)
                #expect(levels.first == .required && levels == levels.sorted { order($0) < order($1) })
                #expect(said.fields.allSatisfy { $0.text?.locale == language && $0.why?.locale == language })
                #expect(said.fields.contains { $0.field == "victim" && $0.status == .missing })
            }
            let refused = try await thrown(ReportError.self) { try await vault.reports().preview(request: request) }
            #expect(refused == .FormConsent(code: 544, text: refused.text))

            // Named, and half asked; then asked, with a no, which is an answer.
            content.persons[0].name = "أمل"
            content.persons[0].consent?.purposes = [PurposeConsent(purpose: .letterToAuthorities, allowed: true)]
            incident = try await vault.incidents().save(incident, content: content)
            let half = try await forms.check(request: request, form: un, language: "ar")
            #expect(half.consent.map(\.gap) == [.notAsked(purpose: .publication)])
            content.persons[0].consent?.purposes.append(PurposeConsent(purpose: .publication, allowed: false))
            incident = try await vault.incidents().save(incident, content: content)
            let asked = try await forms.check(request: request, form: un, language: "ar")
            #expect(asked.canBeSealed && asked.consent == [] && asked.consentText == nil)
            #expect(!asked.fields.contains { $0.field == "victim" })
            #expect(try await vault.reports().preview(request: request).count == 1)
            try await vault.lock()
        }

        private func order(_ level: FormLevel) -> Int {
            switch level {
            case .required: 0
            case .wanted: 1
            case .forbidden: 2
            }
        }

        @Test func aPlatformIsNotToldWhoSawIt() async throws {
            let author = try PackAuthor("author", in: folder)
            let vault = try await self.vault(author, with: author.starter())
            let platform = form("platform-trust-safety")
            let granted = Consent(status: .granted, scope: [.platform])
            var content = IncidentContent(narrative: "They published where she lives.")
            content.persons = [
                Person(role: .victim, name: "Amal", consent: granted),
                Person(role: .witness, name: "Zaynab", consent: granted),
            ]
            content.place = Place(text: "Cairo")
            content.onlineHarms = [OnlineHarm(kind: .doxxing, urls: ["https://example.org/1"])]
            let incident = try await vault.incidents().create(content: content)

            // Without the form both are told: they agreed.
            var request = try await self.request(incident, .platform)
            let open = try #require(try await vault.reports().preview(request: request).first)
            #expect(open.reportJson.contains("Zaynab") && open.reportJson.contains("Amal") && open.form == [])

            let check = try await vault.forms().check(request: request, form: platform, language: "fr")
            let leftOut = check.fields.filter { $0.status == .leftOut }
            #expect(leftOut.contains { $0.field == "other-names" } && leftOut.contains { $0.field == "place" })
            #expect(leftOut.allSatisfy { $0.level == .forbidden && $0.text?.locale == "fr" })
            #expect(check.canBeSealed)
            request.groups[0].form = platform
            let preview = try #require(try await vault.reports().preview(request: request).first)
            for told in [preview.reportJson, preview.html, preview.markdown] {
                #expect(told.contains("Amal") && !told.contains("Zaynab") && !told.contains("Cairo"))
            }
            #expect(preview.withheld.contains { $0.reason == .form })
            #expect(Set(preview.form.map(\.field)).isSuperset(of: ["other-names", "place"]))

            let sealed = folder.url / "report.age"
            _ = try await vault.reports().sealFile(request: request.confirmed([preview]), to: sealed)
            try await vault.lock()
            let opened = folder.url / "opened"
            let report = try await deskOpen(
                file: sealed.path, keys: (folder.url / "keys").path, outdir: opened.path)
            #expect(report.verdict.ok)
            for name in try FileManager.default.subpathsOfDirectory(atPath: opened.path) {
                let bytes = FileManager.default.contents(atPath: (opened / name).path) ?? Data()
                #expect(bytes.range(of: Data("Zaynab".utf8)) == nil, "\(name) tells who saw it")
            }
        }

        @Test func whatIsTooMuchIsLeftForASecondReport() async throws {
            let author = try PackAuthor("author", in: folder)
            let limit = 300_000
            let pack = try author.limiting("general-cso", "report_bytes = \(limit)")
            let vault = try await self.vault(author, with: pack)
            let incident = try await vault.incidents().create("They broke the camera.")
            var sizes: [EvidenceId: Int] = [:]
            for (number, size) in [200_000, 90_000, 60_000, 400_000].enumerated() {
                let evidence = try await vault.captured(
                    media(size, seed: UInt32(number + 1)), video.attached(to: incident.id))
                sizes[evidence.id] = size
            }
            var request = try await self.request(incident, .cso, form: form("general-cso"))
            let check = try await vault.forms().check(request: request, form: form("general-cso"), language: "ru")
            #expect(!check.canBeSealed && !check.size.fits)
            #expect(check.size.sealedLimit == UInt64(limit) && check.size.sealed > UInt64(limit))
            #expect(check.limitsText?.text == "Пошлите меньше.")
            // Each is kept or left, once; what cannot fit even alone says so.
            let later = check.size.later.map(\.evidence)
            #expect(Set(check.size.keep + later) == Set(sizes.keys) && check.size.keep.count + later.count == sizes.count)
            #expect(!check.size.keep.isEmpty)
            for left in check.size.later {
                #expect(Int(left.size) == sizes[left.evidence])
                #expect(left.why == (left.size > UInt64(limit) ? .doesNotFit : .noRoom))
            }

            let target = folder.url / "report.age"
            let refused = try await thrown(ReportError.self) {
                try await vault.reports().sealFile(request: request, to: target)
            }
            #expect(refused == .FormTooLarge(code: 545, text: refused.text))
            #expect(!target.exists)
            // The suggestion is taken, and fits; with anything that was left it would not.
            for more in later {
                request.groups[0].choice = FieldChoice(evidence: check.size.keep + [more])
                let together = try await vault.forms().check(
                    request: request, form: form("general-cso"), language: "ru")
                #expect(!together.size.fits)
            }
            request.groups[0].choice = FieldChoice(evidence: check.size.keep)
            #expect(try await vault.forms().check(request: request, form: form("general-cso"), language: "ru").canBeSealed)
            let sealed = try #require(try await vault.reports().sealFile(request: request, to: target).first)
            #expect(Set(sealed.evidence) == Set(check.size.keep))
            #expect(try Data(contentsOf: target).count <= limit)
            try await vault.lock()
        }
    }
#endif
