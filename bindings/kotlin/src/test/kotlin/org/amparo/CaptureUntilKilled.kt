// The app that CrashCaptureTest kills: creates a vault at the path it is given and records into it, saying what is on the medium.
package org.amparo

import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.amparo.core.CaptureRequest
import org.amparo.core.EvidenceKind
import java.io.File

/** What it records: longer than it lives. */
internal const val RECORDING_BYTES: Int = 24 * 1024 * 1024

internal fun main(arguments: Array<String>): Unit = runBlocking {
    val vault = AmparoVault.create(File(arguments.single()), passphrase(), FAST)
    val incident = vault.incidents.create("A checkpoint.")
    val capture = vault.evidence.startCapture(CaptureRequest(EvidenceKind.Video, "video/mp2t", incident = incident.id))
    println("capture ${capture.id}")
    val recorded = media(RECORDING_BYTES)
    for (at in recorded.indices step 50_000) {
        capture.write(direct(recorded.copyOfRange(at, minOf(at + 50_000, recorded.size))))
        if (at % 500_000 == 0) {
            capture.sync()
            println("synced ${capture.size}")
        }
        // As a camera does, so that there is a middle to be killed in.
        delay(2)
    }
}
