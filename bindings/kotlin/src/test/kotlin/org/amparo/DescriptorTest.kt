// Descriptors are taken over: read from where they stand, written to, and closed whatever happens.
package org.amparo

import org.amparo.core.EvidenceException
import org.amparo.core.EvidenceKind
import org.amparo.core.ImportRequest
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.file.Path

internal class DescriptorTest {
    @TempDir
    lateinit var folder: Path

    private fun file(name: String): File = folder.resolve(name).toFile()

    private fun file(name: String, bytes: ByteArray): File = file(name).also { it.writeBytes(bytes) }

    @Test
    fun whatItYieldsFromWhereItStandsIsImported() = scenario {
        val bytes = media(400_000)
        newVault(folder).use { vault ->
            val descriptor = toRead(file("film", bytes), from = 100_000)
            val progress = JobProgress()
            val evidence = vault.evidence.importDescriptor(descriptor, ImportRequest(kind = EvidenceKind.Video), progress)
            assertEquals(sha256(bytes.copyOfRange(100_000, 400_000)), evidence.sha256)
            assertEquals(300_000uL, progress.current)
            assertFalse(isOpen(descriptor))
        }
    }

    @Test
    fun evidenceIsWrittenToOneAsItIs() = scenario {
        val bytes = media(400_000)
        newVault(folder).use { vault ->
            val id = vault.evidence.importBytes(direct(bytes)).id
            val whole = toWrite(file("whole"))
            vault.evidence.exportToDescriptor(id, whole)
            assertFalse(isOpen(whole))
            assertArrayEquals(bytes, file("whole").readBytes())

            assertEquals(50_000, vault.evidence.exportPartToDescriptor(id, 10_000, 50_000, toWrite(file("part"))))
            assertArrayEquals(bytes.copyOfRange(10_000, 60_000), file("part").readBytes())

            vault.evidence.exportFile(id, file("exported"))
            assertArrayEquals(bytes, file("exported").readBytes())
            thrownBy<EvidenceException.TargetExists> { vault.evidence.exportFile(id, file("exported")) }
        }
    }

    @Test
    fun oneThatIsRefusedIsClosedToo() = scenario {
        newVault(folder).use { vault ->
            val source = toRead(file("film", media(1000)))
            thrownBy<EvidenceException.IncidentNotFound> {
                vault.evidence.importDescriptor(source, ImportRequest(incident = "00112233445566778899aabbccddeeff"))
            }
            assertFalse(isOpen(source))
            val target = toWrite(file("target"))
            thrownBy<EvidenceException.NotFound> { vault.evidence.exportToDescriptor("00112233445566778899aabbccddeeff", target) }
            assertFalse(isOpen(target))
            // One that was given twice, and a standard stream, which somebody else needs.
            thrownBy<EvidenceException.Invalid> { vault.evidence.importDescriptor(source) }
            thrownBy<EvidenceException.Invalid> { vault.evidence.importDescriptor(0) }
        }
    }

    @Test
    fun metadataIsTakenOutOfAFileThatIsInNoVault() = scenario {
        val photo = jpegWithExif()
        val (source, target) = toRead(file("photo.jpg", photo)) to toWrite(file("stripped.jpg"))
        val stripped = stripMetadata(source, target)
        assertTrue("exif" in stripped.removed)
        assertFalse(isOpen(source) || isOpen(target))
        assertFalse("Layla" in file("stripped.jpg").readText(Charsets.ISO_8859_1))
        assertArrayEquals(pixels(photo), pixels(file("stripped.jpg").readBytes()))
        thrownBy<EvidenceException.CannotStrip> { stripMetadata(toRead(file("text", "text".toByteArray())), toWrite(file("none"))) }
    }
}
