// What goes wrong, the same way for every topic: a number that translations hang on and a text that may be logged.
package org.amparo

import org.amparo.core.IncidentException
import org.amparo.core.VaultException

/**
 * What an exception of the core says: [code] is stable and what an app's translations hang on, [text] is English and may be
 * logged, because it carries nothing that was entered.
 */
public data class AmparoError(
    /** The number, as in `errorCodes()`. */
    val code: UInt,
    /** In English, for logs and for developers. */
    val text: String,
)

/**
 * What the core said, of an exception of any topic or one that has such a cause; `null` of any other.
 *
 * ```
 * try { vault.incidents.save(id, revision, content) } catch (failure: Exception) {
 *     when (failure) {
 *         is CancellationException -> throw failure
 *         is IncidentException.Conflict -> reload(failure.current)
 *         else -> show(translations[failure.amparoCode] ?: failure.amparoText)
 *     }
 * }
 * ```
 */
public val Throwable.amparoError: AmparoError?
    get() = generateSequence(this) { it.cause }.take(CAUSES).firstNotNullOfOrNull { it.said() }

/** The number of [amparoError]. */
public val Throwable.amparoCode: UInt? get() = amparoError?.code

/** The text of [amparoError]. */
public val Throwable.amparoText: String? get() = amparoError?.text

/** Whether it failed because the vault is locked, whatever the topic: show the unlock screen. */
public val Throwable.isVaultLocked: Boolean get() = amparoCode == LOCKED

/** Whether there was no room left, in the vault or where something was written to. */
public val Throwable.isStorageFull: Boolean get() = amparoCode in STORAGE_FULL

/** Whether a job was stopped through its token. */
internal val Throwable.isJobCancelled: Boolean get() = amparoCode in CANCELLED

/** An argument that the language can express and the core cannot. */
internal const val ARGUMENT: UInt = 902u

/** The capture was finished or given up. */
internal const val CAPTURE_OVER: UInt = 901u

private const val LOCKED: UInt = 103u
private val STORAGE_FULL = setOf<UInt?>(124u, 322u, 622u)
private val CANCELLED = setOf<UInt?>(316u, 628u)

/** A chain of causes that is longer than this goes round. */
private const val CAUSES = 16

private fun Throwable.said(): AmparoError? = when (this) {
    is VaultException -> said()
    is IncidentException -> said()
    else -> null
}

// Each `when` is an expression over a sealed class: a case that the core gains does not compile until it stands here.

private fun VaultException.said(): AmparoError = when (this) {
    is VaultException.NotAVault -> AmparoError(code, text)
    is VaultException.AlreadyExists -> AmparoError(code, text)
    is VaultException.InUse -> AmparoError(code, text)
    is VaultException.WrongPassphrase -> AmparoError(code, text)
    is VaultException.PassphraseTooWeak -> AmparoError(code, text)
    is VaultException.NewerVersion -> AmparoError(code, text)
    is VaultException.DeviceKeyRequired -> AmparoError(code, text)
    is VaultException.DeviceLocked -> AmparoError(code, text)
    is VaultException.KeyUnavailable -> AmparoError(code, text)
    is VaultException.DeviceKeyFailed -> AmparoError(code, text)
    is VaultException.Locked -> AmparoError(code, text)
    is VaultException.StorageFull -> AmparoError(code, text)
    is VaultException.Damaged -> AmparoError(code, text)
    is VaultException.Invalid -> AmparoError(code, text)
    is VaultException.Cancelled -> AmparoError(code, text)
    is VaultException.Internal -> AmparoError(code, text)
    is VaultException.Other -> AmparoError(code, text)
}

private fun IncidentException.said(): AmparoError = when (this) {
    is IncidentException.NotFound -> AmparoError(code, text)
    is IncidentException.Conflict -> AmparoError(code, text)
    is IncidentException.Locked -> AmparoError(code, text)
    is IncidentException.StorageFull -> AmparoError(code, text)
    is IncidentException.Damaged -> AmparoError(code, text)
    is IncidentException.Invalid -> AmparoError(code, text)
    is IncidentException.Cancelled -> AmparoError(code, text)
    is IncidentException.Internal -> AmparoError(code, text)
    is IncidentException.Other -> AmparoError(code, text)
}
