// The samples of docs/embedding.md: from nothing to a first sealed report. EmbeddingSampleTest runs them, scripts/check-samples compares.
package org.amparo.sample

import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import org.amparo.*
import org.amparo.core.*
import java.io.File
import java.io.InputStream
import java.nio.ByteBuffer

// sample: open
/** Opens the app's vault, or makes it at the first start. The passphrase is wiped by the call, whatever comes of it. */
suspend fun openVault(folder: File, passphrase: CharArray): AmparoVault =
    if (folder.exists()) AmparoVault.unlock(folder, passphrase) else AmparoVault.create(folder, passphrase)
// end

// sample: incident
/** One sentence is enough to be kept; everything else can be added later, and every state of it stays readable. */
suspend fun tellWhatHappened(vault: AmparoVault): Incident {
    val first = vault.incidents.create("They took my phone at the checkpoint.")
    return vault.incidents.save(
        first,
        first.content.copy(
            acts = listOf(Act(ActCode.Confiscation)),
            occurred = Occurred(from = "2026-11-24", precision = DatePrecision.Day),
            persons = listOf(
                Person(
                    name = "Layla",
                    role = PersonRole.Victim,
                    consent = Consent(ConsentStatus.Granted, scope = listOf(RecipientKind.Lawyer)),
                ),
            ),
        ),
    )
}
// end

// sample: capture
/** Records straight into the vault. Nothing reaches the storage in the clear, and what was synced survives a kill. */
suspend fun record(vault: AmparoVault, incident: Incident, microphone: Iterable<ByteBuffer>): Evidence =
    vault.evidence.startCapture(CaptureRequest(EvidenceKind.Audio, "audio/ogg", incident = incident.id)).use { capture ->
        // Direct buffers are read in place; the recorder has them back when `write` returns.
        for (buffer in microphone) capture.write(buffer)
        capture.finish()
    }
// end

// sample: import
/** Brings a file of another app in, and shows how far it is. Cancelling the coroutine stops the import, and nothing is kept. */
suspend fun bringIn(vault: AmparoVault, incident: Incident, picked: InputStream, show: (ULong) -> Unit): Evidence = coroutineScope {
    val progress = JobProgress()
    launch { progress.bytes().collect { show(it) } }
    picked.use { vault.evidence.importStream(it, ImportRequest(incident = incident.id), progress) }
}
// end

// sample: report
/** Seals the incident for a lawyer whose public key is `recipient`, after `looksRight` saw exactly what will be told. */
suspend fun sealForLawyer(
    vault: AmparoVault,
    incident: Incident,
    recipient: String,
    target: File,
    looksRight: suspend (GroupPreview) -> Boolean,
): SealedReport? {
    val request = ReportRequest(incident.id, listOf(RecipientGroup(RecipientKind.Lawyer, listOf(recipient))))
    val previews = vault.reports.preview(request)
    if (!looksRight(previews.single())) return null
    // Bound to what was looked at: if anything has changed since, this throws and nothing is sealed.
    return vault.reports.sealFile(request.confirmed(previews), target).single()
}
// end

// sample: desk
/** The other side, which has no vault: a key to hand out once, and a look at what was sent. */
suspend fun openAtTheDesk(report: File, keys: File, folder: File): Boolean {
    val opened = AmparoDesk().open(report, keys, folder)
    return opened.verdict.ok && opened.verdict.addressee == Addressee.YOU
}
// end
