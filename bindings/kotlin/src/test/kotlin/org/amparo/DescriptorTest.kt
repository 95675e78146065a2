// Descriptors are taken over: read from where they stand, written to, and closed whatever happens.
package org.amparo

import com.sun.jna.LastErrorException
import com.sun.jna.Library
import com.sun.jna.Native
import com.sun.jna.NativeLong
import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.io.File
import java.nio.file.Path
import javax.imageio.ImageIO
import org.amparo.core.EvidenceException
import org.amparo.core.EvidenceKind
import org.amparo.core.ImportRequest
import org.amparo.core.Purpose
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** What Java has no word for, as Android's `ParcelFileDescriptor` does it. */
internal interface Files : Library {
    @Throws(LastErrorException::class)
    fun open(path: String, flags: Int, mode: Int): Int

    @Throws(LastErrorException::class)
    fun lseek(descriptor: Int, offset: NativeLong, whence: Int): NativeLong

    companion object {
        private val libc: Files by lazy { Native.load("c", Files::class.java) }

        fun toRead(file: File, from: Long = 0): Int = libc.open(file.path, 0, 0).also { libc.lseek(it, NativeLong(from), 0) }

        /** `O_WRONLY | O_CREAT` as on Linux. */
        fun toWrite(file: File): Int = libc.open(file.path, 0x41, 0x180)

        fun isOpen(descriptor: Int): Boolean = try {
            libc.lseek(descriptor, NativeLong(0), 1)
            true
        } catch (_: LastErrorException) {
            false
        }
    }
}

internal class DescriptorTest {
    @TempDir
    lateinit var folder: Path

    private fun file(name: String, bytes: ByteArray? = null): File = folder.resolve(name).toFile().also { if (bytes != null) it.writeBytes(bytes) }

    /** A JPEG picture with an Exif segment and something behind its end. */
    private fun photo(): ByteArray {
        val picture = BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB)
        for (x in 0 until 64) for (y in 0 until 48) picture.setRGB(x, y, x * 4 shl 16 or (y * 5 shl 8) or (x xor y))
        val jpeg = ByteArrayOutputStream().also { ImageIO.write(picture, "jpeg", it) }.toByteArray()
        val exif = "Exif\u0000\u0000MM\u0000*\u0000\u0000\u0000\u0008\u0000\u0000\u0000\u0000\u0000\u0000 Layla's phone".toByteArray(Charsets.ISO_8859_1)
        val length = exif.size + 2
        val segment = byteArrayOf(0xff.toByte(), 0xe1.toByte(), (length shr 8).toByte(), length.toByte()) + exif
        return jpeg.copyOf(2) + segment + jpeg.copyOfRange(2, jpeg.size) + "Layla's address".toByteArray()
    }

    private fun pixels(jpeg: ByteArray): IntArray = ImageIO.read(jpeg.inputStream()).let { it.getRGB(0, 0, it.width, it.height, null, 0, it.width) }

    @Test
    fun whatItYieldsFromWhereItStandsIsImported() = scenario {
        val bytes = media(400_000)
        newVault(folder).use { vault ->
            val descriptor = Files.toRead(file("film", bytes), from = 100_000)
            val progress = JobProgress()
            val evidence = vault.evidence.importDescriptor(descriptor, ImportRequest(kind = EvidenceKind.Video), progress)
            assertEquals(sha256(bytes.copyOfRange(100_000, 400_000)), evidence.sha256)
            assertEquals(300_000uL, progress.current)
            assertFalse(Files.isOpen(descriptor))
        }
    }

    @Test
    fun evidenceIsWrittenToOneAsItIs() = scenario {
        val bytes = media(400_000)
        newVault(folder).use { vault ->
            val id = vault.evidence.importBytes(direct(bytes)).id
            val whole = Files.toWrite(file("whole"))
            vault.evidence.exportToDescriptor(id, whole)
            assertFalse(Files.isOpen(whole))
            assertArrayEquals(bytes, file("whole").readBytes())

            assertEquals(50_000, vault.evidence.exportPartToDescriptor(id, 10_000, 50_000, Files.toWrite(file("part"))))
            assertArrayEquals(bytes.copyOfRange(10_000, 60_000), file("part").readBytes())

            vault.evidence.exportFile(id, file("exported"))
            assertArrayEquals(bytes, file("exported").readBytes())
            thrownBy<EvidenceException.TargetExists> { vault.evidence.exportFile(id, file("exported")) }
        }
    }

    @Test
    fun oneThatIsRefusedIsClosedToo() = scenario {
        newVault(folder).use { vault ->
            val source = Files.toRead(file("film", media(1000)))
            thrownBy<EvidenceException.IncidentNotFound> {
                vault.evidence.importDescriptor(source, ImportRequest(incident = "00112233445566778899aabbccddeeff"))
            }
            assertFalse(Files.isOpen(source))
            val target = Files.toWrite(file("target"))
            thrownBy<EvidenceException.NotFound> { vault.evidence.exportToDescriptor("00112233445566778899aabbccddeeff", target) }
            assertFalse(Files.isOpen(target))
            // One that was given twice, and a standard stream, which somebody else needs.
            thrownBy<EvidenceException.Invalid> { vault.evidence.importDescriptor(source) }
            thrownBy<EvidenceException.Invalid> { vault.evidence.importDescriptor(0) }
        }
    }

    @Test
    fun metadataIsTakenOutOfACopy() = scenario {
        val photo = photo()
        newVault(folder).use { vault ->
            val original = vault.evidence.importFile(file("photo.jpg", photo))
            assertEquals(EvidenceKind.Photo, original.description.kind)
            val copy = vault.evidence.stripMetadata(original.id)
            assertEquals(Purpose.Stripped, copy.description.derivation!!.purpose)
            assertEquals(setOf("exif", "trailing_data"), copy.description.derivation!!.removed.toSet())
            val bytes = vault.evidence.openReader(copy.id).use { it.read(0, Int.MAX_VALUE) }
            assertFalse("Layla" in bytes.toString(Charsets.ISO_8859_1))
            assertArrayEquals(pixels(photo), pixels(bytes))
            assertArrayEquals(photo, vault.evidence.openReader(original.id).use { it.read(0, Int.MAX_VALUE) })
            assertEquals(listOf(copy), vault.evidence.derivatives(original.id))
        }
    }

    @Test
    fun metadataIsTakenOutOfAFileThatIsInNoVault() = scenario {
        val photo = photo()
        val (source, target) = Files.toRead(file("photo.jpg", photo)) to Files.toWrite(file("stripped.jpg"))
        val stripped = stripMetadata(source, target)
        assertTrue("exif" in stripped.removed)
        assertFalse(Files.isOpen(source) || Files.isOpen(target))
        assertFalse("Layla" in file("stripped.jpg").readText(Charsets.ISO_8859_1))
        assertArrayEquals(pixels(photo), pixels(file("stripped.jpg").readBytes()))
        thrownBy<EvidenceException.CannotStrip> { stripMetadata(Files.toRead(file("text", "text".toByteArray())), Files.toWrite(file("none"))) }
    }
}
