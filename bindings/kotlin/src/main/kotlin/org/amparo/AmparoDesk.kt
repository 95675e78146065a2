// The recipient's side, without a vault: keys, opening and checking sealed reports.
package org.amparo

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import org.amparo.core.KeyKind
import org.amparo.core.OpenedReport
import org.amparo.core.Verdict
import org.amparo.core.deskGenerateKey
import org.amparo.core.deskOpen
import org.amparo.core.deskVerify
import java.io.File

/** What a desk does: whoever receives reports. Safe to use from several threads. Calls do their work on [dispatcher]. */
public class AmparoDesk(dispatcher: CoroutineDispatcher = Dispatchers.IO) {
    private val calls = Calls(dispatcher)

    /**
     * Makes a key pair, writes the secret key to the new [file], which only its owner can read, and returns the public key to give to
     * senders. A classic key is for senders who have nothing else.
     */
    public suspend fun generateKey(file: File, kind: KeyKind = KeyKind.POST_QUANTUM): String =
        calls.run { deskGenerateKey(file.path, kind) }

    /** Whether others on this computer may read the key [file]. */
    public suspend fun keyFileIsExposed(file: File): Boolean = calls.run { org.amparo.core.keyFileIsExposed(file.path) }

    /**
     * Opens the sealed report [file] with the secret keys in the file [keys] into [folder], which must not exist or be empty, and verifies
     * it on the way. A report that does not verify is opened all the same: look at the verdict first. When this fails or is cancelled,
     * nothing is written.
     */
    public suspend fun open(file: File, keys: File, folder: File, progress: JobProgress? = null): OpenedReport =
        calls.job(progress) { token, bytes -> deskOpen(file.path, keys.path, folder.path, token, bytes) }

    /**
     * Checks a sealed report with the secret keys in the file [keys], or a folder that it was opened into. For a folder there need be no
     * [keys]: whether it was made for you is then not checked. Writes nothing. What merely does not verify is in the verdict.
     */
    public suspend fun verify(report: File, keys: File? = null, progress: JobProgress? = null): Verdict =
        calls.job(progress) { token, bytes -> deskVerify(report.path, keys?.path, token, bytes) }
}
