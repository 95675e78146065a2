// What the way through the bindings costs: the same work done from Kotlin and by the core alone, in turns, in one run. `cargo xtask
// kotlin-bench` runs it; docs/benchmarks.md has the figures. No figure of one run is compared with one of another.
package org.amparo.bench

import com.sun.jna.Library
import com.sun.jna.Native
import kotlinx.coroutines.runBlocking
import org.amparo.AmparoVault
import org.amparo.core.CaptureRequest
import org.amparo.core.EvidenceKind
import org.amparo.core.IncidentContent
import org.amparo.core.Kdf
import java.io.File
import java.nio.ByteBuffer
import java.nio.file.Files
import kotlin.random.Random
import kotlin.system.exitProcess
import kotlin.system.measureNanoTime

private const val MIB = 1024 * 1024
private const val CAPTURE_MIB = 256
private const val PIECE_KIB = 256
private const val IMPORT_MIB = 64
private const val INCIDENTS = 1000
private const val ROUNDS = 7

fun main(args: Array<String>) {
    val native = CoreAlone(File(args.single()))
    val folder = Files.createTempDirectory("amparo-bench-").toFile()
    val ok = try {
        runBlocking {
            val vault = AmparoVault.create(
                File(folder, "vault"),
                "correct horse battery staple".toCharArray(),
                Kdf.Fixed(65536u, 3u, 1u),
            )
            vault.use { measure(it, native, folder) }
        }
    } finally {
        folder.deleteRecursively()
    }
    exitProcess(if (ok) 0 else 1)
}

/** Whether every row reaches what it must. */
private suspend fun measure(vault: AmparoVault, native: CoreAlone, folder: File): Boolean {
    val film = File(folder, "film").apply { writeBytes(Random.Default.nextBytes(IMPORT_MIB * MIB)) }
    vault.incidents.createAll(
        (0 until INCIDENTS).map { IncidentContent(title = "Incident $it", narrative = "They came at night and took the computers.") },
    )
    println("| work | the core alone | from Kotlin | must reach | ratio or difference |\n|---|---:|---:|---|---:|")
    val captured = inTurns(
        { native.seconds("capture", "$CAPTURE_MIB", "$PIECE_KIB") },
        { capture(vault) },
    )
    val imported = inTurns(
        { native.seconds("import", film.path) },
        { import(vault, film) },
    )
    val listed = inTurns(
        { native.seconds("list", "$INCIDENTS", "20") },
        { list(vault) },
    )
    val slower = (listed.second - listed.first) * 1000
    row("capture of $CAPTURE_MIB MiB in direct buffers of $PIECE_KIB KiB", captured, "80 % of the rate", percent(captured))
    row("import of $IMPORT_MIB MiB by descriptor", imported, "95 % of the rate", percent(imported))
    row("list of $INCIDENTS incidents in one call", listed, "less than 10 ms more", "%.2f ms more".format(slower))
    return rate(captured) >= 0.80 && rate(imported) >= 0.95 && slower < 10
}

private suspend fun capture(vault: AmparoVault): Double {
    val piece = ByteBuffer.allocateDirect(PIECE_KIB * 1024)
    while (piece.hasRemaining()) piece.put(0x5a)
    return seconds {
        vault.evidence.startCapture(CaptureRequest(EvidenceKind.Video, "video/mp4")).use { capture ->
            repeat(CAPTURE_MIB * 1024 / PIECE_KIB) {
                piece.rewind()
                capture.write(piece)
            }
            capture.finish()
        }
    }
}

private suspend fun import(vault: AmparoVault, film: File): Double {
    // Read only; whoever imports closes it.
    val descriptor = C.open(film.path, 0)
    return seconds { vault.evidence.importDescriptor(descriptor) }
}

private suspend fun list(vault: AmparoVault): Double {
    val rounds = 20
    val once = suspend { check(vault.incidents.list(INCIDENTS.toUInt()).incidents.size == INCIDENTS) }
    once()
    return seconds { repeat(rounds) { once() } } / rounds
}

/** How Java cannot open a file: by the descriptor's number. */
private interface C : Library {
    fun open(path: String, flags: Int): Int

    companion object : C by Native.load("c", C::class.java)
}

private inline fun seconds(work: () -> Unit): Double = measureNanoTime(work) / 1e9

/** Medians of both, taken in turns after a turn that does not count: what else the machine does falls on both. */
private suspend fun inTurns(native: () -> Double, kotlin: suspend () -> Double): Pair<Double, Double> {
    native()
    kotlin()
    val turns = (1..ROUNDS).map { native() to kotlin() }
    fun median(of: (Pair<Double, Double>) -> Double) = turns.map(of).sorted()[ROUNDS / 2]
    return median { it.first } to median { it.second }
}

private fun rate(pair: Pair<Double, Double>) = pair.first / pair.second

private fun percent(pair: Pair<Double, Double>) = "%.0f %%".format(rate(pair) * 100)

private fun row(work: String, pair: Pair<Double, Double>, must: String, found: String) =
    println("| $work | ${milliseconds(pair.first)} | ${milliseconds(pair.second)} | $must | $found |")

private fun milliseconds(seconds: Double) = "%.1f ms".format(seconds * 1000)

/** The program of `benches` that does the same with the core alone. */
private class CoreAlone(private val program: File) {
    fun seconds(vararg arguments: String): Double {
        val process = ProcessBuilder(program.path, *arguments).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        val said = process.inputStream.bufferedReader().readText()
        check(process.waitFor() == 0) { "$program failed" }
        return said.trim().removePrefix("seconds ").toDouble()
    }
}
