// A desk makes a card with the command; it is trusted once its fingerprint was compared, sealed to while it is valid, and shown as QR codes.
package org.amparo

import org.amparo.core.CardOfferKind
import org.amparo.core.QrCode
import org.amparo.core.Readiness
import org.amparo.core.Recipient
import org.amparo.core.RecipientException
import org.amparo.core.RecipientKind
import org.amparo.core.ReportException
import org.amparo.core.ReportRequest
import org.amparo.core.ScanProgress
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.ByteBuffer
import java.nio.file.Files
import java.nio.file.Path
import java.security.KeyPairGenerator
import java.security.MessageDigest
import java.security.Signature
import java.time.Instant

/** Somebody who receives reports, with a card that the command makes. */
internal class CardDesk(folder: Path, name: String, kind: String = "lawyer") {
    private val own: File = Files.createDirectories(folder.resolve(name)).toFile()
    private val cardFile = own.resolve("desk.card")
    private val signingKey = own.resolve("signing.key")

    /** What it opens reports with. */
    val keys: File = own.resolve("keys.txt")

    /** What the desk reads out on the telephone. */
    val fingerprint: String
    val words: String

    init {
        val said = amparo(
            "desk", "card", "new", "--output", cardFile, "--signing-key", signingKey, "--identity", keys,
            "--name", name, "--kind", kind, "--json",
        )
        fingerprint = said.member("fingerprint")
        words = said.member("words")
    }

    val card: ByteArray get() = cardFile.readBytes()

    /** The next version of the card, with fresh keys. */
    fun rotate(): ByteArray {
        amparo("desk", "card", "rotate", cardFile, "--signing-key", signingKey, "--identity", keys)
        return card
    }
}

internal class RecipientCardTest {
    @TempDir
    lateinit var folder: Path

    private fun file(name: String): File = folder.resolve(name).toFile()

    /** All that the vault has of recipients: what a refusal must not change. */
    private suspend fun known(vault: AmparoVault): List<Pair<Recipient, List<Byte>>> =
        vault.recipients.list().map { it to vault.recipients.card(it.id).toList() }

    /** What [card] says, signed by a key that was made just now: what whoever poses as the desk can do. */
    private fun signedByAnother(card: ByteArray): ByteArray {
        val said = card.copyOfRange(14 + 32 + 64, card.size)
        val keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair()
        val signature = Signature.getInstance("Ed25519").run {
            initSign(keys.private)
            update("amparo/v1/recipient-card".toByteArray() + 0 + MessageDigest.getInstance("SHA-256").digest(said))
            sign()
        }
        return card.copyOf(14) + keys.public.encoded.takeLast(32) + signature + said
    }

    @Test
    fun aCardIsTrustedOnceItsFingerprintWasCompared() = scenario {
        val desk = CardDesk(folder, "Abogadas")
        newVault(folder).use { vault ->
            val offer = vault.recipients.offer(desk.card)
            assertEquals(CardOfferKind.New, offer.kind)
            assertEquals(desk.fingerprint, offer.card.signer.fingerprint)
            assertEquals(RecipientCards().read(desk.card), offer.card)

            thrownBy<RecipientException.FingerprintNotCompared> { vault.recipients.importCard(desk.card) }
            val wrong = desk.fingerprint.map { if (it.isLetterOrDigit()) '0' else it }.joinToString("")
            thrownBy<RecipientException.FingerprintDiffers> { vault.recipients.importCard(desk.card, wrong) }
            val mistyped = thrownBy<RecipientException.Invalid> { vault.recipients.importCard(desk.card, "not a fingerprint") }
            assertEquals(ARGUMENT, mistyped.amparoCode)
            assertEquals(emptyList<Any>(), known(vault))

            // As somebody types what they hear.
            val imported = vault.recipients.importCard(desk.card, "  " + desk.words.uppercase().replace(" ", ", "))
            assertEquals(listOf("Abogadas", RecipientKind.Lawyer), listOf(imported.name, imported.kind))
            assertEquals(Readiness.Ready, imported.readiness)
            assertEquals(CardOfferKind.Same, vault.recipients.offer(desk.card).kind)
            assertEquals(imported, vault.recipients.importCard(desk.card, desk.fingerprint))
            assertArrayEquals(desk.card, vault.recipients.card(imported.id))
            assertEquals(listOf(imported), vault.recipients.list(RecipientKind.Lawyer))
            assertEquals(emptyList<Any>(), vault.recipients.list(RecipientKind.Media))

            vault.recipients.setNote(imported.id, "met in Tunis")
            assertEquals("met in Tunis", vault.recipients.get(imported.id).note)
            vault.recipients.remove(imported.id)
            thrownBy<RecipientException.NotFound> { vault.recipients.get(imported.id) }
            assertEquals(CardOfferKind.New, vault.recipients.offer(desk.card).kind)
        }
    }

    @Test
    fun anotherKeyUnderTheSameIdIsRefused() = scenario {
        val desk = CardDesk(folder, "Abogadas")
        val other = CardDesk(folder, "Somebody else")
        newVault(folder).use { vault ->
            val first = desk.card
            val trusted = vault.recipients.importCard(first, desk.fingerprint)
            val posing = signedByAnother(first)
            assertEquals(trusted.id, RecipientCards().read(posing).id)
            val before = known(vault)
            val refusal = vault.recipients.offer(posing).kind as CardOfferKind.Refused
            assertEquals(557u, refusal.code)
            thrownBy<RecipientException.OtherSigner> { vault.recipients.importCard(posing) }
            // Not even where the user types what whoever poses reads out.
            val theirs = RecipientCards().read(posing).signer.fingerprint
            thrownBy<RecipientException.OtherSigner> { vault.recipients.importCard(posing, theirs) }

            val changed = first.clone().also { it[200] = (it[200].toInt() xor 1).toByte() }
            thrownBy<RecipientException.BadSignature> { vault.recipients.importCard(changed) }
            thrownBy<RecipientException.FingerprintNotCompared> { vault.recipients.importCard(other.card) }
            thrownBy<RecipientException.NotACard> { vault.recipients.importCard(Starter.first.copyOf(4000)) }
            assertEquals(before, known(vault), "nothing changed")
        }
    }

    @Test
    fun aNewerCardOfTheSameKeyTakesItsPlace() = scenario {
        val desk = CardDesk(folder, "Abogadas")
        val first = desk.card
        val second = desk.rotate()
        newVault(folder).use { vault ->
            val id = vault.recipients.importCard(first, desk.fingerprint).id
            val before = vault.recipients.group(listOf(id))
            assertEquals(CardOfferKind.Update(1uL), vault.recipients.offer(second).kind)
            assertEquals(2uL, vault.recipients.importCard(second).version)
            assertFalse(vault.recipients.group(listOf(id)).recipients == before.recipients, "it is sealed to the fresh key")
            thrownBy<RecipientException.Rollback> { vault.recipients.importCard(first) }
            assertEquals(2uL, vault.recipients.get(id).version)
        }
    }

    @Test
    fun whatIsSealedToACardIsOpenedByItsDesk() = scenario {
        val desk = CardDesk(folder, "Abogadas")
        newVault(folder).use { vault ->
            val recipient = vault.recipients.importCard(desk.card, desk.words)
            val incident = vault.incidents.create("They took my phone.")
            val request = ReportRequest(incident.id, listOf(vault.recipients.group(listOf(recipient.id))))
            vault.reports.sealFile(request.confirmed(vault.reports.preview(request)), file("report.age"))
        }
        // Also after the desk has fresh keys.
        desk.rotate()
        assertTrue(AmparoDesk().open(file("report.age"), desk.keys, file("opened")).verdict.ok)
        assertTrue("They took my phone." in file("opened").resolve("report.json").readText())
    }

    @Test
    fun whatExpiredIsNotSealedTo() = scenario {
        val desk = CardDesk(folder, "Abogadas")
        val clock = SetClock(Instant.now())
        newVault(folder, clock = clock).use { vault ->
            val id = vault.recipients.importCard(desk.card, desk.fingerprint).id
            val incident = vault.incidents.create("Something.")
            val request = ReportRequest(incident.id, listOf(vault.recipients.group(listOf(id))))
            // The next key takes over, and then there is none.
            clock.forward(days = 400)
            assertFalse(vault.recipients.group(listOf(id)).recipients == request.groups.single().recipients)
            clock.forward(days = 400)
            assertTrue(vault.recipients.get(id).readiness is Readiness.CardExpired)
            thrownBy<RecipientException.Expired> { vault.recipients.group(listOf(id)) }
            thrownBy<ReportException.RecipientExpired> { vault.reports.sealFile(request, file("report.age")) }
            assertFalse(file("report.age").exists())
        }
    }

    @Test
    fun thoseOfOneKindMakeAGroup() = scenario {
        val (lawyer, media) = CardDesk(folder, "Lawyer") to CardDesk(folder, "Media", "media")
        newVault(folder).use { vault ->
            val ids = listOf(lawyer, media).map { vault.recipients.importCard(it.card, it.fingerprint).id }
            thrownBy<RecipientException.KindsDiffer> { vault.recipients.group(ids) }
            thrownBy<RecipientException.RecipientTwice> { vault.recipients.group(listOf(ids[0], ids[0])) }
            thrownBy<RecipientException.NoRecipients> { vault.recipients.group(emptyList()) }
        }
    }

    /** As an app draws it: four light modules around, four pixels to each; with something before it, as a camera's buffer may have. */
    private fun drawn(code: QrCode): Pair<UInt, ByteBuffer> {
        val size = code.size.toInt()
        val side = (size + 8) * 4
        val luma = ByteBuffer.allocateDirect(side * side + 7)
        repeat(7) { luma.put(127) }
        for (y in 0 until side) {
            for (x in 0 until side) {
                val (column, row) = x / 4 - 4 to y / 4 - 4
                val dark = column in 0 until size && row in 0 until size && code.modules[row * size + column] == 1.toByte()
                luma.put(if (dark) 0 else -1)
            }
        }
        luma.position(7)
        return side.toUInt() to luma
    }

    @Test
    fun aCardGoesFromScreenToCamera() = scenario {
        val (desk, other) = CardDesk(folder, "Abogadas") to CardDesk(folder, "Somebody else")
        val cards = RecipientCards()
        val codes = cards.qrCodes(desk.card)
        assertTrue(codes.size > 1)
        val texts = codes.reversed().map { code ->
            val (side, luma) = drawn(code)
            cards.readPicture(side, side, luma).single().also { assertEquals(code.text, it) }
        }
        val (side, luma) = drawn(codes[0])
        thrownBy<RecipientException.Invalid> { cards.readPicture(side + 1u, side, luma) }

        val scanner = CardScanner()
        assertEquals(emptyList<UInt>(), scanner.missing())
        assertTrue(scanner.add(texts[0]) is ScanProgress.Missing)
        val missing = scanner.missing()
        assertEquals(codes.size - 1, missing.size)
        thrownBy<RecipientException.NotACardsCode> { scanner.add("https://example.org") }
        thrownBy<RecipientException.CodeOfOtherCard> { scanner.add(cards.qrCodes(other.card)[0].text) }
        assertEquals(missing, scanner.missing(), "what does not belong changes nothing")
        scanner.reset()
        val last = texts.map { scanner.add(it) }.last()
        assertArrayEquals(desk.card, (last as ScanProgress.Complete).bytes)
    }
}
