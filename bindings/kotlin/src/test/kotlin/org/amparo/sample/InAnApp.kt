// The samples of docs/embedding.md: what an app needs around the first report. EmbeddingSampleTest runs them, scripts/check-samples compares.
package org.amparo.sample

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.flow.onSubscription
import kotlinx.coroutines.flow.takeWhile
import org.amparo.*
import org.amparo.core.*
import java.io.File
import java.nio.ByteBuffer
import javax.crypto.Mac
import javax.crypto.SecretKey

// sample: refused
/** Refusals that are not the same. Nothing is damaged by any of them, and nothing must be deleted. */
suspend fun unlockOrSay(folder: File, passphrase: CharArray, show: (String) -> Unit): AmparoVault? = try {
    AmparoVault.unlock(folder, passphrase).also { vault ->
        for (id in vault.recovered) show("A recording was cut off. ${vault.evidence.get(id).size} bytes of it were kept.")
    }
} catch (_: VaultException.WrongPassphrase) {
    null.also { show("That is not the passphrase.") }
} catch (_: VaultException.DeviceLocked) {
    null.also { show("Unlock the screen first.") }
} catch (_: VaultException.KeyUnavailable) {
    null.also { show("This vault belongs to another device. Was it restored from a backup?") }
}
// end

// sample: lock
/** For when the app leaves the screen, in a scope that outlives it. Nothing that was recorded is lost: a capture is ended with all it has. */
suspend fun leave(vault: AmparoVault, log: (String) -> Unit) {
    try {
        vault.lock()
    } catch (failure: VaultException) {
        // It is locked all the same. The text says what went wrong, and nothing that was entered.
        log(failure.amparoText.orEmpty())
    }
}
// end

// sample: recorder
/** For an encoder with a thread of its own, which lends a direct buffer until this returns. Not for the main thread. */
fun encoderGave(buffer: ByteBuffer, capture: EvidenceCapture) = capture.writeBlocking(buffer)
// end

// sample: changes
/** Keeps a list as it is in the vault, until the vault is locked. It listens first and loads then, so that nothing falls in between. */
suspend fun keepUpToDate(vault: AmparoVault, show: (List<IncidentSummary>) -> Unit) {
    vault.changes
        .onSubscription { show(vault.incidents.list().incidents) }
        .takeWhile { it != VaultChange.Locked }
        .collect { if (it is VaultChange.OfIncident || it is VaultChange.OfMany) show(vault.incidents.list().incidents) }
    show(emptyList())
}
// end

// sample: errors
/** Saves, and says what went wrong in words of the app's own, by the number. */
suspend fun save(vault: AmparoVault, edited: Incident, content: IncidentContent, words: Map<UInt, String>): String? = try {
    vault.incidents.save(edited, content)
    null
} catch (cancelled: CancellationException) {
    throw cancelled
} catch (conflict: IncidentException.Conflict) {
    "Somebody saved revision ${conflict.current} meanwhile. Nothing was overwritten."
} catch (failure: Exception) {
    if (failure.isVaultLocked) "Unlock first." else words[failure.amparoCode] ?: failure.amparoText
}
// end

// sample: read
/** The first bytes of a recording, as a media type is told from. For players there are `inputStream()` and `channel()`. */
suspend fun head(vault: AmparoVault, evidence: Evidence): ByteArray =
    vault.evidence.openReader(evidence.id).use { reader -> reader.read(offset = 0, length = 4096) }
// end

// sample: device-key
/** A key of the secure element: with it, a copy of the vault is worth nothing on any other device. */
class HardwareKey(private val key: SecretKey, private val name: ByteArray) : DeviceKey {
    override fun id(): ByteArray = name

    override fun stretch(input: ByteArray): ByteArray = try {
        Mac.getInstance("HmacSHA256").run {
            init(key)
            doFinal(input)
        }
    } catch (gone: java.security.InvalidKeyException) {
        throw DeviceKeyException.KeyUnavailable()
    }
}
// end

// sample: log
/** Takes the library's own log lines. There is nothing in them that was entered. */
class AppLog(private val write: (String) -> Unit) : LogSink {
    override fun log(level: LogLevel, operation: String, code: UInt, text: String) = write("$level $operation $code $text")
}
// end
