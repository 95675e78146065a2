// A desk's card, from the desk's command line to a sealed report that the desk opens: compared once, and never replaced by somebody
// else's.

#if os(macOS) || os(Linux)
    import Amparo
    import Foundation
    import Testing

    @Suite(.timeLimit(.minutes(5)))
    struct RecipientCardTest {
        let folder = Folder()

        /// A desk with a card, made by the command line today.
        private struct Desk {
            let folder: URL
            let fingerprint: String
            let words: String
            let id: CardId

            init(_ name: String, in outer: Folder, kind: String = "lawyer") throws {
                folder = outer.url / name
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
                let made = try Command.run(
                    "desk", "card", "new", "--name", name, "--kind", kind, "--days", "30", "--endpoint",
                    "email=desk@example.org", "--output", (folder / "card").path, "--signing-key",
                    (folder / "sign").path, "--identity", (folder / "keys").path)
                fingerprint = try #require(made["fingerprint"] as? String)
                words = try #require(made["words"] as? String)
                id = try #require(made["card"] as? String)
            }

            var keys: URL { folder / "keys" }

            func card() throws -> Data { try Data(contentsOf: folder / "card") }

            /// The next version of the card, with fresh keys.
            func rotate() throws {
                try Command.run(
                    "desk", "card", "rotate", (folder / "card").path, "--days", "30", "--signing-key",
                    (folder / "sign").path, "--identity", keys.path)
            }
        }

        @Test func itIsComparedOnceAndFollowsItsDesk() async throws {
            let desk = try Desk("Línea", in: folder)
            let card = try desk.card()
            let vault = try await folder.newVault()
            let recipients = vault.recipients()
            let changes = vault.changes

            let info = try readCard(bytes: card)
            #expect(info.id == desk.id && info.version == 1 && info.name == "Línea" && info.kind == .lawyer)
            #expect(info.signer.fingerprint == desk.fingerprint)
            #expect(info.signer.words.joined(separator: " ") == desk.words && info.signer.words.count == 13)
            #expect(info.endpoints.map(\.kind) == [.email])
            let offer = try await recipients.offer(bytes: card)
            #expect(offer.kind == .new && offer.card == info && offer.namesakes == [])

            let uncompared = try await thrown(RecipientError.self) { try await recipients.importCard(bytes: card) }
            #expect(uncompared == .FingerprintNotCompared(code: 571, text: uncompared.text))
            let other = String(desk.fingerprint.reversed())
            let differs = try await thrown(RecipientError.self) {
                try await recipients.importCard(bytes: card, fingerprint: other)
            }
            #expect(differs == .FingerprintDiffers(code: 572, text: differs.text))
            let mistyped = try await thrown(RecipientError.self) {
                try await recipients.importCard(bytes: card, fingerprint: "not a fingerprint")
            }
            #expect(mistyped.code == 902)
            #expect(try await recipients.list() == [], "nothing changed")

            // As it was heard over the telephone.
            let recipient = try await recipients.importCard(bytes: card, fingerprint: desk.words.uppercased())
            #expect(recipient.id == desk.id && recipient.version == 1 && recipient.readiness == .ready)
            #expect(try await recipients.list(kind: .lawyer) == [recipient])
            #expect(try await recipients.list(kind: .media) == [])
            #expect(try await recipients.card(id: desk.id) == card)
            #expect(!"\(recipient) \(String(reflecting: offer))".contains("Línea"), "records print their type only")
            #expect(try await recipients.setNote(id: desk.id, note: "محامية").note == "محامية")
            #expect(try await recipients.offer(bytes: card).kind == .same)

            try desk.rotate()
            let newer = try desk.card()
            #expect(try await recipients.offer(bytes: newer).kind == .update(from: 1))
            let updated = try await recipients.importCard(bytes: newer)
            #expect(updated.version == 2 && updated.note == "محامية" && updated.added == recipient.added)
            let older = try await thrown(RecipientError.self) {
                try await recipients.importCard(bytes: card, fingerprint: desk.fingerprint)
            }
            #expect(older == .Rollback(code: 558, text: older.text))
            #expect(try await recipients.list() == [updated])
            try await recipients.remove(id: desk.id)
            let removed = try await thrown(RecipientError.self) { try await recipients.get(id: desk.id) }
            #expect(removed == .NotFound(code: 570, text: removed.text))
            #expect(try await recipients.offer(bytes: newer).kind == .new, "it is compared again")
            try await vault.lock()
            let locked = try await thrown(RecipientError.self) { try await recipients.list() }
            #expect(locked.isLocked)
            var told: [VaultChange] = []
            for await change in changes {
                if case .recipient(desk.id, _) = change { told.append(change) }
            }
            // The import, the note, the newer card, the end; refusals tell nothing.
            let changed = VaultChange.recipient(desk.id, .changed)
            #expect(told == [changed, changed, changed, .recipient(desk.id, .removed)])
        }

        @Test func anotherKeyUnderTheSameIdIsRefused() async throws {
            // Signed with keys that everybody knows; the one is the next version of the other's card.
            let vectors = repository / "crates" / "amparo-card" / "tests" / "vectors"
            let trusted = try Data(contentsOf: vectors / "full.card")
            let impostor = try Data(contentsOf: vectors / "other-signer.card")
            let (ours, theirs) = (try readCard(bytes: trusted), try readCard(bytes: impostor))
            #expect(ours.id == theirs.id && ours.version < theirs.version && ours.signer != theirs.signer)
            let vault = try await folder.newVault(clock: SetClock(day: "2026-11-25"))
            let recipients = vault.recipients()
            let before = try await recipients.importCard(bytes: trusted, fingerprint: ours.signer.fingerprint)

            guard case .refused(557, _) = try await recipients.offer(bytes: impostor).kind else {
                Issue.record("an offer says what an import would")
                return
            }
            for compared in [nil, theirs.signer.fingerprint, ours.signer.fingerprint] {
                let refused = try await thrown(RecipientError.self) {
                    try await recipients.importCard(bytes: impostor, fingerprint: compared)
                }
                #expect(refused == .OtherSigner(code: 557, text: refused.text))
            }
            #expect(try await recipients.list() == [before])
            #expect(try await recipients.card(id: ours.id) == trusted)
            try await vault.lock()
        }

        @Test func whatWasChangedOnItsWayIsNoCard() async throws {
            let card = try Desk("desk", in: folder).card()
            func refusal(_ bytes: Data) async throws -> RecipientError {
                try await thrown(RecipientError.self) { try readCard(bytes: bytes) }
            }
            var changed = card
            changed[changed.count / 2] ^= 1
            let bad = try await refusal(changed)
            #expect(bad == .BadSignature(code: 554, text: bad.text))
            let shorter = try await refusal(card.prefix(card.count - 1))
            #expect(shorter == .BadSignature(code: 554, text: shorter.text))
            let cut = try await refusal(card.prefix(100))
            #expect(cut == .WrongLength(code: 552, text: cut.text))
            let none = try await refusal(Data("age1pq1".utf8))
            #expect(none == .NotACard(code: 550, text: none.text))
            var newer = card
            newer[12] = UInt8(ascii: "2")
            let tooNew = try await refusal(newer)
            #expect(tooNew == .NewerVersion(code: 551, text: tooNew.text))
        }

        @Test func aCardThatExpiredIsNotSealedTo() async throws {
            let desk = try Desk("desk", in: folder)
            let clock = SetClock(Date())
            let vault = try await folder.newVault(clock: clock)
            let recipients = vault.recipients()
            let imported = try await recipients.importCard(bytes: desk.card(), fingerprint: desk.fingerprint)
            let incident = try await vault.incidents().create("They took my phone.")
            let kept = try await recipients.group(ids: [desk.id])

            // The second key takes over; then the card ends.
            clock.pass(days: 45)
            let second = try await recipients.group(ids: [desk.id])
            #expect(second.recipients != kept.recipients)
            guard case .readyUntil = try await recipients.get(id: desk.id).readiness else {
                Issue.record("the end is near")
                return
            }
            clock.pass(days: 30)
            let lastDay = try #require(imported.expires)
            #expect(try await recipients.get(id: desk.id).readiness == .cardExpired(day: lastDay))
            let refused = try await thrown(RecipientError.self) { try await recipients.group(ids: [desk.id]) }
            #expect(refused == .Expired(code: 560, text: refused.text))
            // A group that an app kept does not outlive the card either.
            let request = ReportRequest(incident: incident.id, groups: [kept])
            let sealed = try await thrown(ReportError.self) {
                try await vault.reports().sealFile(request: request, to: folder.url / "report.age")
            }
            guard case .RecipientExpired(560...561, _) = sealed else {
                Issue.record("\(sealed)")
                return
            }
            #expect(!(folder.url / "report.age").exists)
            try await vault.lock()
        }

        @Test func itsCodesAreShownAndScanned() async throws {
            let card = try Desk("desk", in: folder).card()
            let codes = try await qrCodesOfCard(bytes: card)
            #expect(codes.count > 1)
            let assembler = QrAssembler()
            var whole: Data?
            for (number, code) in codes.reversed().enumerated() {
                let (side, luma) = Self.drawn(code)
                let texts = try await readQrPicture(width: side, height: side, luma: luma)
                #expect(texts == [code.text])
                let strange = try await thrown(RecipientError.self) { try assembler.add(text: "https://example.org") }
                #expect(strange == .NotACardsCode(code: 908, text: strange.text))
                switch try assembler.add(text: texts[0]) {
                case .missing(let parts, let of):
                    #expect(of == UInt32(codes.count) && parts.count == codes.count - number - 1)
                    #expect(assembler.missing() == parts)
                case .complete(let bytes): whole = bytes
                }
            }
            #expect(whole == card)

            // Two cards at one time are not mixed up.
            let others = try await qrCodesOfCard(bytes: Desk("other", in: folder).card())
            _ = try assembler.add(text: codes[0].text)
            let mixed = try await thrown(RecipientError.self) { try assembler.add(text: others[1].text) }
            #expect(mixed == .CodeOfOtherCard(code: 911, text: mixed.text))
            assembler.reset()
            #expect(assembler.missing() == [])
            let short = try await thrown(RecipientError.self) {
                try await readQrPicture(width: 10, height: 10, luma: Data(count: 99))
            }
            #expect(short.code == 902)
            #expect(try await readQrPicture(width: 10, height: 10, luma: Data(count: 100)) == [])
        }

        /// As an app draws it: four light modules around, three pixels to each.
        private static func drawn(_ code: QrCode) -> (side: UInt32, luma: Data) {
            let (size, scale) = (Int(code.size), 3)
            let side = (size + 8) * scale
            var luma = Data(repeating: 255, count: side * side)
            for y in 0..<size * scale {
                for x in 0..<size * scale where code.modules[y / scale * size + x / scale] == 1 {
                    luma[(y + 4 * scale) * side + x + 4 * scale] = 0
                }
            }
            return (UInt32(side), luma)
        }

        @Test func whoIsInTheGroupOpensTheReport() async throws {
            let (desk, second) = (try Desk("desk", in: folder), try Desk("second", in: folder))
            let stranger = try Desk("stranger", in: folder, kind: "media")
            let vault = try await folder.newVault()
            let recipients = vault.recipients()
            for desk in [desk, second, stranger] {
                try await recipients.importCard(bytes: desk.card(), fingerprint: desk.fingerprint)
            }
            let kinds = try await thrown(RecipientError.self) {
                try await recipients.group(ids: [desk.id, stranger.id])
            }
            #expect(kinds == .KindsDiffer(code: 574, text: kinds.text))
            let twice = try await thrown(RecipientError.self) { try await recipients.group(ids: [desk.id, desk.id]) }
            #expect(twice == .RecipientTwice(code: 503, text: twice.text))

            let group = try await recipients.group(ids: [desk.id, second.id])
            #expect(group.kind == .lawyer && group.recipients.count == 2)
            let incident = try await vault.incidents().create("صادروا هاتفي")
            let request = ReportRequest(incident: incident.id, groups: [group])
            let sealed = folder.url / "report.age"
            _ = try await vault.reports().sealFile(
                request: request.confirmed(vault.reports().preview(request: request)), to: sealed)
            try await vault.lock()

            // Rotating keeps the old secrets: what is on its way still opens.
            try desk.rotate()
            for (number, desk) in [desk, second].enumerated() {
                let opened = folder.url / "opened \(number)"
                let report = try await deskOpen(file: sealed.path, keys: desk.keys.path, outdir: opened.path)
                #expect(report.verdict.ok && report.verdict.addressee == .you)
                let text = try String(contentsOf: opened / "report.json", encoding: .utf8)
                #expect(text.contains("صادروا هاتفي"))
            }
            let notTheirs = try await thrown(DeskError.self) {
                try await deskOpen(
                    file: sealed.path, keys: stranger.keys.path, outdir: (folder.url / "stranger").path)
            }
            #expect(notTheirs == .ForSomebodyElse(code: 605, text: notTheirs.text))
        }
    }
#endif
