// What lies before a buffer's position, or after its limit, is never stored: the generated code looks at the address alone.
package org.amparo

import org.amparo.core.CaptureRequest
import org.amparo.core.Derivation
import org.amparo.core.DeriveRequest
import org.amparo.core.EvidenceKind
import org.amparo.core.Purpose
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.ByteBuffer
import java.nio.file.Path

internal class ByteBufferPositionTest {
    @TempDir
    lateinit var folder: Path

    private val wanted = media(5000)

    /** The wanted bytes with others around them, at position and limit. */
    private fun surrounded(buffer: (Int) -> ByteBuffer): ByteBuffer =
        buffer(15_000).put(media(5000, seed = 2)).put(wanted).put(media(5000, seed = 3)).position(5000).limit(10_000)

    private val shapes: Map<String, ByteBuffer> = mapOf(
        "direct" to surrounded(ByteBuffer::allocateDirect),
        "direct and read-only" to surrounded(ByteBuffer::allocateDirect).asReadOnlyBuffer(),
        "direct duplicate" to surrounded(ByteBuffer::allocateDirect).duplicate(),
        "slice of direct" to
            surrounded(ByteBuffer::allocateDirect).let { it.position(4000).limit(12_000).slice().position(1000).limit(6000) },
        "heap" to surrounded(ByteBuffer::allocate),
        "heap and read-only" to surrounded(ByteBuffer::allocate).asReadOnlyBuffer(),
        "slice of heap" to surrounded(ByteBuffer::allocate).let { it.position(4000).limit(12_000).slice().position(1000).limit(6000) },
    )

    @Test
    fun onlyWhatRemainsIsCaptured() = scenario {
        newVault(folder).use { vault ->
            for ((shape, buffer) in shapes) {
                val evidence = vault.evidence.startCapture(CaptureRequest(EvidenceKind.Video, "video/mp2t")).use { capture ->
                    capture.write(buffer)
                    capture.finish()
                }
                assertEquals(sha256(wanted), evidence.sha256, shape)
                assertEquals(0, buffer.remaining(), "$shape: taken, as a channel takes")
            }
        }
    }

    @Test
    fun onlyWhatRemainsIsDerived() = scenario {
        newVault(folder).use { vault ->
            val original = vault.evidence.startCapture(CaptureRequest(EvidenceKind.Video, "video/mp2t")).use { capture ->
                capture.write(media(100))
                capture.finish()
            }
            for ((shape, buffer) in shapes) {
                val derived = vault.evidence.deriveFromBytes(original.id, DeriveRequest(Derivation(Purpose.Redacted, "test")), buffer)
                assertEquals(sha256(wanted), derived.sha256, shape)
            }
        }
    }

    @Test
    fun onlyWhatRemainsIsTheThumbnail() = scenario {
        // The first bytes of a JPEG file, as far as the core looks.
        val picture =
            byteArrayOf(0xff.toByte(), 0xd8.toByte(), 0xff.toByte(), 0xe0.toByte(), 0, 16) + "JFIF\u0000".toByteArray() + media(3000)
        newVault(folder).use { vault ->
            val original = vault.evidence.startCapture(CaptureRequest(EvidenceKind.Video, "video/mp2t")).use { capture ->
                capture.write(media(100))
                capture.finish()
            }
            val buffer = ByteBuffer.allocateDirect(10_000).put(media(700, seed = 2)).put(picture).flip().position(700)
            vault.evidence.setThumbnail(original.id, buffer, "image/jpeg")
            assertArrayEquals(picture, vault.evidence.thumbnail(original.id))
        }
    }

    /** Why the layer slices: without it, the generated function stores what lies before the position. When this fails, uniffi was mended. */
    @Test
    fun theGeneratedFunctionIgnoresThePosition() = scenario {
        newVault(folder).use { vault ->
            val capture = vault.core.evidence().startCapture(CaptureRequest(EvidenceKind.Video, "video/mp2t"))
            val buffer = surrounded(ByteBuffer::allocateDirect)
            capture.write(buffer)
            assertEquals(sha256(media(5000, seed = 2)), capture.finish().sha256)
        }
    }
}
