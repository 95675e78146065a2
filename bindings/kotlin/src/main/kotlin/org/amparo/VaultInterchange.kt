// Records to and from files, without blocking the caller's thread.
package org.amparo

import org.amparo.core.ExportOptions
import org.amparo.core.ExportSummary
import org.amparo.core.ImportPolicy
import org.amparo.core.ImportReport
import org.amparo.core.IncidentQuery
import org.amparo.core.Interchange
import org.amparo.core.UwaziOptions
import java.io.File

/** Records to and from files. Got from [AmparoVault.interchange]. Safe to use from several threads. */
public class VaultInterchange internal constructor(private val core: Interchange, private val calls: Calls, private val changes: Changes) {
    /**
     * Writes the incidents for which [query] holds, oldest first, to a new [file], readable by its owner only. **The file is plaintext
     * with everything in it, also what is confidential.** [progress] counts the bytes written.
     */
    public suspend fun exportFile(
        file: File,
        query: IncidentQuery = IncidentQuery(),
        options: ExportOptions = ExportOptions(),
        progress: JobProgress? = null,
    ): ExportSummary = calls.job(progress) { token, bytes -> core.exportFile(query, options, file.path, token, bytes) }

    /**
     * Brings in what an export holds. Importing the same again changes nothing. A record that cannot go in is named in the report, and
     * the others go in. What ends the import in the middle of the file stands in the report's `stopped`; what came before is in, also
     * where the coroutine is cancelled: the caller then learns of it through [AmparoVault.changes]. [progress] counts the bytes read.
     */
    public suspend fun importFile(file: File, policy: ImportPolicy = ImportPolicy(), progress: JobProgress? = null): ImportReport =
        calls.job(progress) { token, bytes ->
            core.importFile(file.path, policy, token, bytes).also { if (!policy.dryRun) changes.tell(VaultChange.OfMany) }
        }

    /**
     * Writes the incidents for which [query] holds as CSV for Uwazi to a new [file], readable by its owner only. Drafts are left out, and
     * so is everything that a report to this kind of recipient would not tell. **The file is plaintext.** [progress] counts the bytes
     * written.
     */
    public suspend fun exportUwaziFile(
        file: File,
        options: UwaziOptions,
        query: IncidentQuery = IncidentQuery(),
        progress: JobProgress? = null,
    ): ExportSummary = calls.job(progress) { token, bytes -> core.exportUwaziFile(query, options, file.path, token, bytes) }
}
