// What is logged: operations and numbers, never what was entered, and whatever the sink does harms nothing.
package org.amparo

import org.amparo.core.IncidentException
import org.amparo.core.LogException
import org.amparo.core.LogLevel
import org.amparo.core.LogSink
import org.amparo.core.VaultException
import org.amparo.core.errorCodes
import org.amparo.core.setLogSink
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList

internal class LogSinkTest {
    @TempDir
    lateinit var folder: Path

    private data class Line(val level: LogLevel, val operation: String, val code: UInt, val text: String)

    private class Collecting : LogSink {
        val lines = CopyOnWriteArrayList<Line>()

        override fun log(level: LogLevel, operation: String, code: UInt, text: String) {
            lines += Line(level, operation, code, text)
        }
    }

    @AfterEach
    fun nobodyListens() = setLogSink(null)

    @Test
    fun linesTellWhatHappenedAndNothingThatWasEntered() = scenario {
        val sink = Collecting()
        setLogSink(sink)
        val vault = newVault(folder)
        val saved = vault.incidents.create("Umm Layla, 12 Main Street")
        thrownBy<IncidentException.NotFound> { vault.incidents.get("00112233445566778899aabbccddeeff") }
        thrownBy<IncidentException.Invalid> { vault.incidents.get("Umm Layla") }
        vault.lock()
        thrownBy<VaultException.WrongPassphrase> { AmparoVault.unlock(vaultIn(folder), "Umm Layla's secret".toCharArray()) }

        assertEquals(
            listOf(
                Triple(LogLevel.INFO, "vault.create", 0u),
                Triple(LogLevel.WARNING, "incidents.get", 230u),
                Triple(LogLevel.WARNING, "incidents.get", 200u),
                Triple(LogLevel.INFO, "vault.lock", 0u),
                Triple(LogLevel.WARNING, "vault.unlock", 104u),
            ),
            sink.lines.map { Triple(it.level, it.operation, it.code) },
        )
        val log = sink.lines.joinToString("\n")
        listOf("Layla", "Main Street", saved.id, "0011223344", folder.toString(), "secret").forEach {
            assertFalse(it in log, "the log tells $it")
        }
        sink.lines.filter { it.code != 0u }.forEach { line ->
            assertTrue(errorCodes().any { it.code == line.code }, "${line.code} is listed")
        }
    }

    @Test
    fun aSinkThatFailsHarmsNothing() = scenario {
        for (failure in listOf(LogException.Lost(), IllegalStateException("a defect of the app's"))) {
            setLogSink(object : LogSink {
                override fun log(level: LogLevel, operation: String, code: UInt, text: String) = throw failure
            })
            newVault(Files.createDirectory(folder.resolve(failure::class.simpleName!!))).use { vault ->
                thrownBy<IncidentException.NotFound> { vault.incidents.get("00112233445566778899aabbccddeeff") }
            }
        }
    }

    @Test
    fun aSinkMayCallBack() = scenario {
        val vault = newVault(folder)
        val seen = CopyOnWriteArrayList<Boolean>()
        setLogSink(object : LogSink {
            // Called while no lock of the vault is held: otherwise this would wait for itself.
            override fun log(level: LogLevel, operation: String, code: UInt, text: String) {
                seen += vault.core.incidents().list(1u, null).incidents.isEmpty()
            }
        })
        thrownBy<IncidentException.NotFound> { vault.incidents.get("00112233445566778899aabbccddeeff") }
        setLogSink(null)
        assertEquals(listOf(true), seen)
        vault.lock()
    }
}
