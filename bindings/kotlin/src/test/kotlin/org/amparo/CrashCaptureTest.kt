// The app is killed in the middle of a capture: what was synced is there after the next unlock, and the recording can go on.
package org.amparo

import org.amparo.core.CaptureRequest
import org.amparo.core.EvidenceKind
import org.amparo.core.EvidenceState
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.file.Path
import java.util.concurrent.TimeUnit

internal class CrashCaptureTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun whatWasSyncedIsThereAfterAKill() = scenario {
        val child = ProcessBuilder(
            File(System.getProperty("java.home"), "bin/java").path,
            "-Djna.library.path=${System.getProperty("jna.library.path")}",
            "-cp",
            System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path"),
            "org.amparo.CaptureUntilKilledKt",
            vaultIn(folder).path,
        ).redirectError(folder.resolve("child-errors").toFile()).start()

        val said = child.inputStream.bufferedReader()
        var id = ""
        var synced = 0L
        for (line in generateSequence { said.readLine() }) {
            val (what, value) = line.split(' ')
            when (what) {
                "capture" -> id = value
                "synced" -> synced = value.toLong()
            }
            if (synced >= 2_000_000) break
        }
        assertTrue(child.isAlive, "the capture goes on: ${folder.resolve("child-errors").toFile().readText()}")
        // SIGKILL: nothing in the child gets to run.
        child.destroyForcibly()
        assertTrue(child.waitFor(30, TimeUnit.SECONDS))

        unlock(folder).use { vault ->
            assertEquals(listOf(id), vault.recovered)
            val kept = vault.evidence.get(id)
            assertEquals(EvidenceState.Unterminated, kept.state)
            // At most the slot that was not full is missing.
            assertTrue(kept.size.toLong() > synced - SLOT, "of $synced bytes ${kept.size} were kept")
            vault.evidence.openReader(id).use { reader ->
                assertArrayEquals(media(RECORDING_BYTES).copyOf(kept.size.toInt()), reader.read(0, Int.MAX_VALUE))
            }
            assertEquals(kept.sha256, sha256(media(RECORDING_BYTES).copyOf(kept.size.toInt())))
            assertEquals(id, vault.evidence.list(vault.incidents.list().incidents.single().id).single().id)

            vault.evidence.startCapture(CaptureRequest(EvidenceKind.Video, "video/mp2t", continues = id)).use { capture ->
                capture.write(media(1000, seed = 2))
                capture.finish()
            }
            vault.evidence.openRecording(id).use { reader -> assertEquals(kept.size.toLong() + 1000, reader.size) }
        }
        unlock(folder).use { vault -> assertEquals(emptyList<String>(), vault.recovered) }
    }

    private companion object {
        /** Of the layout for video. */
        const val SLOT = 64 * 1024
    }
}
