// The program that the profile `shrink-check` shrinks and runs: it crosses to the core in every way that there is, so that a rule that is
// missing in consumer-rules.pro is missed here and not in somebody's release build.
package org.amparo

import kotlinx.coroutines.runBlocking
import org.amparo.core.CaptureRequest
import org.amparo.core.Clock
import org.amparo.core.ClockReading
import org.amparo.core.ClockTrust
import org.amparo.core.DeviceKey
import org.amparo.core.EvidenceKind
import org.amparo.core.IncidentException
import org.amparo.core.Kdf
import org.amparo.core.LogLevel
import org.amparo.core.LogSink
import org.amparo.core.RecipientGroup
import org.amparo.core.RecipientKind
import org.amparo.core.ReportRequest
import org.amparo.core.setLogSink
import java.io.File
import java.time.Instant

private class Hosts :
    DeviceKey,
    Clock,
    LogSink {
    val lines = mutableListOf<String>()

    override fun id(): ByteArray = ByteArray(16) { 3 }

    override fun stretch(input: ByteArray): ByteArray = ByteArray(32) { input[it % input.size] }

    override fun now(): ClockReading = ClockReading(Instant.ofEpochSecond(2_000_000_000), ClockTrust.Checked)

    override fun log(level: LogLevel, operation: String, code: UInt, text: String) {
        synchronized(lines) { lines += operation }
    }
}

/** The folder to work in is the only argument. Ends with an exception where something is not as it should be. */
internal fun main(arguments: Array<String>): Unit = runBlocking {
    val folder = File(arguments.single()).also { it.deleteRecursively() }
    check(folder.mkdirs())
    val hosts = Hosts()
    setLogSink(hosts)
    val vault = AmparoVault.create(folder.resolve("vault"), "493817".toCharArray(), Kdf.Fixed(65536u, 3u, 1u), hosts, hosts)
    val incident = vault.incidents.create("A record, a direct buffer, a pipe, a sealed file.")
    check(incident.created.time.epochSecond == 2_000_000_000L)
    val captured = vault.evidence.startCapture(CaptureRequest(EvidenceKind.Audio, "audio/ogg", incident = incident.id)).use { capture ->
        capture.write(ByteArray(300_000) { it.toByte() })
        capture.finish()
    }
    val progress = JobProgress()
    val imported = vault.evidence.importStream(ByteArray(300_000) { it.toByte() }.inputStream(), progress = progress)
    check(imported.sha256 == captured.sha256 && progress.current == 300_000uL)
    check(vault.evidence.openReader(captured.id).use { it.inputStream().readBytes() }.size == 300_000)
    val missing = runCatching { vault.incidents.get("00112233445566778899aabbccddeeff") }.exceptionOrNull()
    check(missing is IncidentException.NotFound && missing.amparoCode == 230u)
    val recipient = AmparoDesk().generateKey(folder.resolve("keys.txt"))
    val request = ReportRequest(incident.id, listOf(RecipientGroup(RecipientKind.Lawyer, listOf(recipient))))
    vault.reports.sealFile(request.confirmed(vault.reports.preview(request)), folder.resolve("report.age"))
    check(AmparoDesk().open(folder.resolve("report.age"), folder.resolve("keys.txt"), folder.resolve("opened")).verdict.ok)
    check(vault.check().sound && vault.custody.verify().entries > 0u && vault.search.incidents("record").hits.size == 1)
    vault.lock()
    setLogSink(null)
    check("vault.create" in hosts.lines && "incidents.get" in hosts.lines)
    println("shrunken, and it works")
}
