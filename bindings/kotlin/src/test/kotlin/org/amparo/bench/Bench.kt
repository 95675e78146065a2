// What the layer costs over the core: each piece of work is done by this program and by a native one in the same run, in turn, and the two
// are compared. A measurement, not a test: run it with the profile `bench` and an optimised library.
//
// The native program is named by the property `amparo.bench.native` (`cargo build --release -p amparo-benches --bin native`). It is called
// with `capture MiB KiB`, `import FILE` and `list COUNT ROUNDS`, and its last line is `seconds S`. Where both work is chosen by the
// environment's `AMPARO_BENCH_DIR`. With `amparo.bench.enforce` set to true, what misses its aim makes the run fail.
package org.amparo.bench

import java.io.File
import java.nio.ByteBuffer
import java.nio.file.Files
import java.util.Locale
import kotlin.system.exitProcess
import kotlinx.coroutines.runBlocking
import org.amparo.AmparoVault
import org.amparo.core.CaptureRequest
import org.amparo.core.EvidenceKind
import org.amparo.core.IncidentContent
import org.amparo.core.Kdf
import org.amparo.toRead

private const val MEBIBYTE = 1024 * 1024
private const val CAPTURE_MIB = 64
private const val INCIDENTS = 1000

private class Bench(private val folder: File, private val native: File?) {
    var missed = 0
        private set

    private val rounds = Integer.getInteger("amparo.bench.rounds", 5)
    private var vaults = 0

    /** A new vault for each piece of work, whose creation is not measured. */
    private suspend fun <T> inVault(work: suspend (AmparoVault) -> T): T {
        val place = folder.resolve("vault-${vaults++}")
        return AmparoVault.create(place, "correct horse battery staple".toCharArray(), Kdf.Fixed(65536u, 3u, 1u)).use(work)
            .also { place.deleteRecursively() }
    }

    private fun native(vararg arguments: String): Double? {
        val program = native ?: return null
        val process = ProcessBuilder(program.path, *arguments).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        val lines = process.inputStream.bufferedReader().readLines()
        check(process.waitFor() == 0) { "$program ${arguments.joinToString(" ")} failed" }
        return lines.last().removePrefix("seconds ").toDouble()
    }

    /** Both in turn, so that what else the machine does meets both; the median of each. The first round of each warms up. */
    private suspend fun compare(kotlin: suspend () -> Double, native: () -> Double?): Pair<Double, Double?> {
        val pairs = (0..rounds).map { kotlin() to native() }.drop(1)
        val natives = pairs.mapNotNull { it.second }
        return median(pairs.map { it.first }) to natives.takeIf { it.isNotEmpty() }?.let(::median)
    }

    private fun median(values: List<Double>) = values.sorted()[values.size / 2]

    /** [aim] is the share of the native rate that must be reached, if there is one. */
    private fun report(what: String, kotlin: Double, native: Double?, bytes: Long, aim: Double?) {
        val rate = bytes / MEBIBYTE / kotlin
        if (native == null) return println(text("%s: %.4f s, %.0f MiB/s; no native program was given", what, kotlin, rate))
        val share = native / kotlin
        if (aim != null && share < aim) missed++
        val judged = if (aim == null) "" else text(", aim %.0f %%%s", aim * 100, if (share >= aim) "" else ": MISSED")
        println(text("%s: %.4f s, %.0f MiB/s; native %.4f s; %.1f %% of the native rate%s", what, kotlin, rate, native, share * 100, judged))
    }

    private fun text(format: String, vararg values: Any) = String.format(Locale.ROOT, format, *values)

    /**
     * Pieces from one direct buffer, until the evidence is on the medium. The aim is for pieces of 256 KiB, as a recorder of raw samples
     * gives them; smaller ones show what a call costs.
     */
    suspend fun capture(kibibytes: Int) {
        val piece = ByteBuffer.allocateDirect(kibibytes * 1024)
        while (piece.hasRemaining()) piece.put(0x5a)
        val pieces = CAPTURE_MIB * 1024 / kibibytes
        suspend fun once(blocking: Boolean) = inVault { vault ->
            val begun = System.nanoTime()
            vault.evidence.startCapture(CaptureRequest(EvidenceKind.Video, "video/mp4")).use { capture ->
                repeat(pieces) {
                    piece.clear()
                    if (blocking) capture.writeBlocking(piece) else capture.write(piece)
                }
                capture.finish()
            }
            (System.nanoTime() - begun) / 1e9
        }
        for (blocking in listOf(false, true)) {
            val (kotlin, natively) = compare({ once(blocking) }) { native("capture", "$CAPTURE_MIB", "$kibibytes") }
            val how = if (blocking) "writeBlocking" else "write"
            report("capture of $CAPTURE_MIB MiB in pieces of $kibibytes KiB, $how", kotlin, natively, CAPTURE_MIB.toLong() * MEBIBYTE, if (kibibytes >= 256) 0.80 else null)
        }
    }

    /** A file of 64 MiB, by its descriptor. */
    suspend fun import() {
        val film = folder.resolve("film.ts")
        film.outputStream().use { out -> repeat(CAPTURE_MIB) { out.write(ByteArray(MEBIBYTE) { at -> (at * 31 + it).toByte() }) } }
        suspend fun once() = inVault { vault ->
            val descriptor = toRead(film)
            val begun = System.nanoTime()
            vault.evidence.importDescriptor(descriptor)
            (System.nanoTime() - begun) / 1e9
        }
        val (kotlin, natively) = compare({ once() }) { native("import", film.path) }
        report("import of $CAPTURE_MIB MiB by descriptor", kotlin, natively, film.length(), 0.95)
    }

    /** All incidents in one call. */
    suspend fun list() {
        val turns = 20
        val (kotlin, natively) = compare(
            {
                inVault { vault ->
                    vault.incidents.createAll(List(INCIDENTS) {
                        IncidentContent(title = "Incident $it", narrative = "They came at night and took the computers.")
                    })
                    check(vault.incidents.list(INCIDENTS.toUInt()).incidents.size == INCIDENTS)
                    val begun = System.nanoTime()
                    repeat(turns) { vault.incidents.list(INCIDENTS.toUInt()) }
                    (System.nanoTime() - begun) / 1e9 / turns
                }
            },
        ) { native("list", "$INCIDENTS", "$turns") }
        if (natively == null) return println(text("list of %d incidents: %.2f ms; no native program was given", INCIDENTS, kotlin * 1000))
        val over = (kotlin - natively) * 1000
        val holds = over < 10
        if (!holds) missed++
        println(text("list of %d incidents: %.2f ms; native %.2f ms; %.2f ms over native, aim 10 ms%s",
            INCIDENTS, kotlin * 1000, natively * 1000, over, if (holds) "" else ": MISSED"))
    }
}

internal fun main() {
    val base = System.getenv("AMPARO_BENCH_DIR")?.let { File(it).toPath() }
    val folder = (if (base == null) Files.createTempDirectory("amparo-bench-") else Files.createTempDirectory(base, "amparo-bench-")).toFile()
    val native = System.getProperty("amparo.bench.native").orEmpty().ifEmpty { null }?.let(::File)
    require(native == null || native.canExecute()) { "there is no program at $native" }
    val bench = Bench(folder, native)
    try {
        runBlocking {
            bench.list()
            bench.import()
            bench.capture(kibibytes = 64)
            bench.capture(kibibytes = 256)
        }
    } finally {
        folder.deleteRecursively()
    }
    if (bench.missed > 0 && java.lang.Boolean.getBoolean("amparo.bench.enforce")) exitProcess(1)
}
