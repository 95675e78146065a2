// A report sealed in Kotlin is opened by the desk: through the bindings, through the `amparo` command, and by the Swift tests.
package org.amparo

import org.amparo.core.Addressee
import org.amparo.core.CaptureRequest
import org.amparo.core.EvidenceKind
import org.amparo.core.IncidentContent
import org.amparo.core.KeyKind
import org.amparo.core.RecipientGroup
import org.amparo.core.RecipientKind
import org.amparo.core.ReportException
import org.amparo.core.ReportRequest
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Assumptions.assumeTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.ByteBuffer
import java.nio.file.Files
import java.nio.file.Path
import java.security.MessageDigest

internal class SealedReportTest {
    @TempDir
    lateinit var folder: Path

    private val narrative = "صادروا هاتفي 📵 They took my phone."
    private val recording = media(300_000)

    private fun file(name: String): File = folder.resolve(name).toFile()

    /** An incident with one recording, sealed to the key in `keys` as `sealed`. */
    private suspend fun seal(vault: AmparoVault, keys: File, sealed: File) {
        val recipient = AmparoDesk().generateKey(keys)
        val incident = vault.incidents.create(IncidentContent(title = "Checkpoint", narrative = narrative))
        vault.evidence.startCapture(CaptureRequest(EvidenceKind.Audio, "audio/ogg", incident = incident.id)).use { capture ->
            capture.write(recording)
            capture.finish()
        }
        val request = ReportRequest(incident.id, listOf(RecipientGroup(RecipientKind.Lawyer, listOf(recipient))))
        val previews = vault.reports.preview(request)
        val reports = vault.reports.sealFile(request.confirmed(previews), sealed)
        assertEquals(previews.single().reportId, reports.single().id)
        assertEquals(sealed.length().toULong(), reports.single().files.single().size)
        assertEquals(reports.single().id, vault.reports.list(incident.id).single().id)
    }

    private fun contentOf(opened: File): Pair<String, ByteArray> {
        val json = opened.resolve("report.json").readText()
        val evidence = opened.walk().filter { it.isFile && it.length() == recording.size.toLong() }.single()
        return json to evidence.readBytes()
    }

    private fun assertHolds(opened: File) {
        val (json, bytes) = contentOf(opened)
        assertTrue(narrative in json, "the narrative stands in the report as it was entered")
        assertArrayEquals(recording, bytes)
    }

    @Test
    fun theBindingsOpenIt() = scenario {
        newVault(folder).use { vault -> seal(vault, file("keys.txt"), file("report.age")) }
        val desk = AmparoDesk()
        assertFalse(desk.keyFileIsExposed(file("keys.txt")))

        val opened = desk.open(file("report.age"), file("keys.txt"), file("opened"))
        assertTrue(opened.verdict.ok)
        assertEquals(Addressee.YOU, opened.verdict.addressee)
        assertNotNull(opened.verdict.sender?.publicKey)
        assertHolds(file("opened"))
        assertEquals(sha256(file("report.age").readBytes()), opened.sha256)

        assertEquals(Addressee.NOT_CHECKED, desk.verify(file("opened")).addressee)
        assertEquals(opened.verdict, desk.verify(file("report.age"), file("keys.txt")))
    }

    @Test
    fun theCommandOpensIt() = scenario {
        newVault(folder).use { vault -> seal(vault, file("keys.txt"), file("report.age")) }
        amparo("desk", "open", file("report.age"), "--identity", file("keys.txt"), "--output", file("opened"))
        assertHolds(file("opened"))
    }

    @Test
    fun whatWasTamperedWithIsNotOpened() = scenario {
        newVault(folder).use { vault -> seal(vault, file("keys.txt"), file("report.age")) }
        val bytes = file("report.age").readBytes()
        bytes[bytes.size / 2] = (bytes[bytes.size / 2].toInt() xor 1).toByte()
        file("tampered.age").writeBytes(bytes)
        val desk = AmparoDesk()
        val refused = thrownBy<org.amparo.core.DeskException.Tampered> { desk.open(file("tampered.age"), file("keys.txt"), file("opened")) }
        assertEquals(608u, refused.amparoCode)
        assertFalse(file("opened").exists() && file("opened").list().orEmpty().isNotEmpty(), "nothing is written")

        desk.generateKey(file("others.txt"), KeyKind.CLASSIC)
        thrownBy<org.amparo.core.DeskException.ForSomebodyElse> { desk.open(file("report.age"), file("others.txt"), file("opened")) }
    }

    @Test
    fun whatWasLookedAtIsSealedOrNothing() = scenario {
        newVault(folder).use { vault ->
            val recipient = AmparoDesk().generateKey(file("keys.txt"))
            val incident = vault.incidents.create("Before.")
            val request = ReportRequest(incident.id, listOf(RecipientGroup(RecipientKind.Lawyer, listOf(recipient))))
            val looked = request.confirmed(vault.reports.preview(request))
            vault.incidents.save(incident, incident.content.copy(narrative = "After."))
            thrownBy<ReportException.PreviewOutdated> { vault.reports.sealFile(looked, file("report.age")) }
            assertFalse(file("report.age").exists())
            assertEquals(0, vault.reports.list(incident.id).size)
        }
    }

    @Test
    fun aSecretKeyIsNeverSealedTo() = scenario {
        newVault(folder).use { vault ->
            AmparoDesk().generateKey(file("keys.txt"))
            val secret = file("keys.txt").readLines().single { it.startsWith("AGE-SECRET-KEY-") }
            val incident = vault.incidents.create("Something.")
            val request = ReportRequest(incident.id, listOf(RecipientGroup(RecipientKind.Lawyer, listOf(secret))))
            val refused = thrownBy<ReportException.SecretKeyGiven> { vault.reports.sealFile(request, file("report.age")) }
            assertFalse(secret.takeLast(20) in refused.toString(), "the error does not tell the key")
        }
    }

    /** `kotlin-report.age` sealed to `kotlin-key.txt`, with `kotlin-narrative.txt` in it and the recording `kotlin-recording`. */
    @Test
    fun aReportIsLeftForSwift() = scenario {
        val exchange = System.getProperty("amparo.exchange.dir").orEmpty()
        assumeTrue(exchange.isNotEmpty(), "no exchange folder was given")
        val left = Files.createDirectories(Path.of(exchange)).toFile()
        val names = listOf("kotlin-report.age", "kotlin-key.txt", "kotlin-narrative.txt", "kotlin-recording")
        names.forEach { left.resolve(it).delete() }
        newVault(folder).use { vault -> seal(vault, left.resolve(names[1]), left.resolve(names[0])) }
        left.resolve(names[2]).writeText(narrative)
        left.resolve(names[3]).writeBytes(recording)
        assertTrue(AmparoDesk().verify(left.resolve(names[0]), left.resolve(names[1])).ok)
    }
}

/** As `sha256sum` prints it. */
internal fun sha256(bytes: ByteArray): String = MessageDigest.getInstance("SHA-256").digest(bytes).joinToString("") { "%02x".format(it) }

/** A direct buffer with these bytes. */
internal fun direct(bytes: ByteArray): ByteBuffer = ByteBuffer.allocateDirect(bytes.size).put(bytes).flip()
