// Reports, without blocking the caller's thread.
package org.amparo

import org.amparo.core.GroupPreview
import org.amparo.core.IncidentId
import org.amparo.core.ReportId
import org.amparo.core.ReportRecord
import org.amparo.core.ReportRequest
import org.amparo.core.Reports
import org.amparo.core.SealedReport
import java.io.File

/** The reports of a vault: what of an incident goes to whom, sealed. Got from [AmparoVault.reports]. Safe to use from several threads. */
public class VaultReports internal constructor(private val core: Reports, private val calls: Calls, private val changes: Changes) {
    /**
     * What each group will see, in the order of the request, to the byte. Nothing is sealed and nobody is told. To seal exactly what was
     * looked at, give the previews to [confirmed].
     */
    public suspend fun preview(request: ReportRequest): List<GroupPreview> = calls.run { core.preview(request) }

    /**
     * Seals to new files, and returns one report a group. The first group's goes to [target]; another group's has the kind of its
     * recipients before the extension (`report-lawyer.age`), and a second file for classic keys beside post-quantum ones has `-classic`.
     * [progress] counts the bytes of all files together. When this fails or is cancelled, no file is left behind.
     */
    public suspend fun sealFile(request: ReportRequest, target: File, progress: JobProgress? = null): List<SealedReport> =
        calls.job(progress) { token, bytes ->
            core.sealFile(request, target.path, token, bytes).onEach {
                changes.tell(VaultChange.OfReport(it.id, ChangeKind.ADDED))
            }.also { changes.tell(VaultChange.OfIncident(request.incident, ChangeKind.CHANGED)) }
        }

    /** The reports of an incident, newest first. */
    public suspend fun list(incident: IncidentId): List<ReportRecord> = calls.run { core.list(incident) }

    /** One report. */
    public suspend fun get(id: ReportId): ReportRecord = calls.run { core.get(id) }
}

/** This request, bound to [previews]: what is sealed is what was looked at, or sealing is refused with `PreviewOutdated`. */
public fun ReportRequest.confirmed(previews: List<GroupPreview>): ReportRequest = copy(confirmed = previews.map { it.confirmed })
