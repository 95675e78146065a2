// The samples of docs/embedding.md do what the page says.
package org.amparo

import kotlinx.coroutines.launch
import org.amparo.core.CaptureRequest
import org.amparo.core.EvidenceKind
import org.amparo.core.GroupPreview
import org.amparo.core.IncidentContent
import org.amparo.core.VaultException
import org.amparo.core.setLogSink
import org.amparo.sample.AppLog
import org.amparo.sample.HardwareKey
import org.amparo.sample.bringIn
import org.amparo.sample.encoderGave
import org.amparo.sample.head
import org.amparo.sample.keepUpToDate
import org.amparo.sample.leave
import org.amparo.sample.openAtTheDesk
import org.amparo.sample.openVault
import org.amparo.sample.record
import org.amparo.sample.save
import org.amparo.sample.sealForLawyer
import org.amparo.sample.tellWhatHappened
import org.amparo.sample.unlockOrSay
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.ByteBuffer
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import javax.crypto.spec.SecretKeySpec
import kotlin.concurrent.thread

internal class EmbeddingSampleTest {
    @TempDir
    lateinit var folder: Path

    private fun file(name: String): File = folder.resolve(name).toFile()

    @Test
    fun fromNothingToAFirstSealedReport() = scenario {
        val recipient = AmparoDesk().generateKey(file("keys.txt"))
        openVault(file("vault"), passphrase()).lock()
        val passphrase = passphrase()
        openVault(file("vault"), passphrase).use { vault ->
            assertTrue(passphrase.all { it == '\u0000' })
            val incident = tellWhatHappened(vault)
            assertEquals(2u, incident.revision)

            val sound = media(200_000)
            val buffers = sound.asList().chunked(16_000).map { direct(it.toByteArray()) }
            val recorded = record(vault, incident, buffers)
            assertEquals(sha256(sound), recorded.sha256)
            assertArrayEquals(sound.copyOf(4096), head(vault, recorded))

            val photo = media(1_000_000, seed = 2)
            val shown = CopyOnWriteArrayList<ULong>()
            val imported = bringIn(vault, incident, photo.inputStream()) { shown += it }
            assertEquals(sha256(photo), imported.sha256)
            assertEquals(photo.size.toULong(), shown.last())

            assertNull(sealForLawyer(vault, incident, recipient, file("report.age")) { false })
            assertTrue(!file("report.age").exists())
            var seen: GroupPreview? = null
            val sealed = sealForLawyer(vault, incident, recipient, file("report.age")) { preview -> true.also { seen = preview } }
            assertEquals(seen!!.reportId, sealed!!.id)
            assertTrue("Layla" in seen!!.html, "who allowed it is named to a lawyer")
            assertEquals(setOf(recorded.id, imported.id), sealed.evidence.toSet())
        }
        assertTrue(openAtTheDesk(file("report.age"), file("keys.txt"), file("opened")))
    }

    @Test
    fun aListIsKeptUpToDate() = scenario {
        val vault = newVault(folder)
        val shown = CopyOnWriteArrayList<List<String>>()
        val screen = launch { keepUpToDate(vault) { list -> shown += list.map { it.heading } } }
        until { shown.isNotEmpty() }
        vault.incidents.create("First.")
        until { shown.last() == listOf("First.") }
        vault.lock()
        screen.join()
        assertEquals(emptyList<String>(), shown.last())
    }

    @Test
    fun whatWasCutOffIsSaidAtTheNextUnlock() = scenario {
        val first = newVault(folder)
        val capture = first.evidence.startCapture(CaptureRequest(EvidenceKind.Audio, "audio/ogg"))
        thread { encoderGave(direct(media(5000)), capture) }.join()
        leave(first) { error("nothing went wrong") }
        assertTrue(first.isLocked)

        val said = mutableListOf<String>()
        assertNull(unlockOrSay(vaultIn(folder), "wrong".toCharArray()) { said += it })
        unlockOrSay(vaultIn(folder), passphrase()) { said += it }!!.lock()
        assertEquals(listOf("That is not the passphrase.", "A recording was cut off. 5000 bytes of it were kept."), said)

        val key = HardwareKey(SecretKeySpec(ByteArray(32) { 7 }, "HmacSHA256"), ByteArray(16))
        AmparoVault.create(file("other"), passphrase(), FAST, key).lock()
        val another = HardwareKey(SecretKeySpec(ByteArray(32) { 8 }, "HmacSHA256"), ByteArray(16) { 1 })
        thrownBy<VaultException.KeyUnavailable> { AmparoVault.unlock(file("other"), passphrase(), another) }
    }

    @Test
    fun whatWentWrongIsSaidInTheAppsWords() = scenario {
        val vault = newVault(folder)
        val loaded = vault.incidents.create("First.")
        assertNull(save(vault, loaded, loaded.content.copy(narrative = "Second."), emptyMap()))
        assertTrue("revision 2" in save(vault, loaded, loaded.content, emptyMap()).orEmpty())
        val now = vault.incidents.get(loaded.id)
        assertEquals("Write something.", save(vault, now, IncidentContent(), mapOf(220u to "Write something.")))
        assertNotNull(save(vault, now, IncidentContent(), emptyMap()))
        vault.lock()
        assertEquals("Unlock first.", save(vault, now, now.content, emptyMap()))
    }

    @Test
    fun aDeviceKeyAndALogAreTheApps() = scenario {
        val lines = CopyOnWriteArrayList<String>()
        setLogSink(AppLog { lines += it })
        try {
            val key = HardwareKey(SecretKeySpec(ByteArray(32) { 7 }, "HmacSHA256"), ByteArray(16))
            newVault(folder, deviceKey = key).lock()
            unlock(folder, deviceKey = key).lock()
        } finally {
            setLogSink(null)
        }
        assertEquals(listOf("vault.create", "vault.lock", "vault.unlock", "vault.lock"), lines.map { it.split(' ')[1] })
    }

    /** Each has a name of its own in its file and an end, which is what the page's check looks for. */
    @Test
    fun everySampleHasANameAndAnEnd() {
        val files = File("src/test/kotlin/org/amparo/sample").listFiles().orEmpty()
        assertTrue(files.isNotEmpty())
        for (file in files) {
            val marks = file.readLines().map { it.trim() }.filter { it.startsWith("// sample: ") || it == "// end" }
            assertTrue(
                marks.isNotEmpty() && marks.chunked(2).all {
                    it[0].startsWith("// sample: ") && it.getOrNull(1) == "// end"
                },
                file.name,
            )
            val names = marks.filter { it != "// end" }
            assertEquals(names.size, names.toSet().size, file.name)
        }
    }
}
