// What goes wrong, the same way for every topic: a number that translations hang on and a text that may be logged.
package org.amparo

import org.amparo.core.ChecklistException
import org.amparo.core.CustodyException
import org.amparo.core.DeskException
import org.amparo.core.EvidenceException
import org.amparo.core.FormException
import org.amparo.core.IncidentException
import org.amparo.core.InterchangeException
import org.amparo.core.RecipientException
import org.amparo.core.ReportException
import org.amparo.core.SearchException
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

/** The reader was closed. */
internal const val READER_CLOSED: UInt = 905u

private const val LOCKED: UInt = 103u
private val STORAGE_FULL = setOf<UInt?>(124u, 322u, 622u)
private val CANCELLED = setOf<UInt?>(316u, 628u)

/** A chain of causes that is longer than this goes round. */
private const val CAUSES = 16

private fun Throwable.said(): AmparoError? = when (this) {
    is VaultException -> said()
    is IncidentException -> said()
    is EvidenceException -> said()
    is CustodyException -> said()
    is SearchException -> said()
    is ReportException -> said()
    is DeskException -> said()
    is InterchangeException -> said()
    is ChecklistException -> said()
    is RecipientException -> said()
    is FormException -> said()
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

private fun EvidenceException.said(): AmparoError = when (this) {
    is EvidenceException.NotFound -> AmparoError(code, text)
    is EvidenceException.IncidentNotFound -> AmparoError(code, text)
    is EvidenceException.Unfinished -> AmparoError(code, text)
    is EvidenceException.Empty -> AmparoError(code, text)
    is EvidenceException.Deleted -> AmparoError(code, text)
    is EvidenceException.HasDerivatives -> AmparoError(code, text)
    is EvidenceException.SourceMissing -> AmparoError(code, text)
    is EvidenceException.SourceNotAFile -> AmparoError(code, text)
    is EvidenceException.SourceForbidden -> AmparoError(code, text)
    is EvidenceException.SourceFailed -> AmparoError(code, text)
    is EvidenceException.TargetExists -> AmparoError(code, text)
    is EvidenceException.TargetFolderMissing -> AmparoError(code, text)
    is EvidenceException.TargetFailed -> AmparoError(code, text)
    is EvidenceException.CannotStrip -> AmparoError(code, text)
    is EvidenceException.CaptureFailed -> AmparoError(code, text)
    is EvidenceException.Closed -> AmparoError(code, text)
    is EvidenceException.Locked -> AmparoError(code, text)
    is EvidenceException.StorageFull -> AmparoError(code, text)
    is EvidenceException.Damaged -> AmparoError(code, text)
    is EvidenceException.Invalid -> AmparoError(code, text)
    is EvidenceException.Cancelled -> AmparoError(code, text)
    is EvidenceException.Internal -> AmparoError(code, text)
    is EvidenceException.Other -> AmparoError(code, text)
}

private fun CustodyException.said(): AmparoError = when (this) {
    is CustodyException.NotFound -> AmparoError(code, text)
    is CustodyException.AnchorNotFound -> AmparoError(code, text)
    is CustodyException.AnchorNotStored -> AmparoError(code, text)
    is CustodyException.NothingToAnchor -> AmparoError(code, text)
    is CustodyException.OutOfRange -> AmparoError(code, text)
    is CustodyException.TreeDamaged -> AmparoError(code, text)
    is CustodyException.ProofFailed -> AmparoError(code, text)
    is CustodyException.HeadNotSigned -> AmparoError(code, text)
    is CustodyException.Malformed -> AmparoError(code, text)
    is CustodyException.AnchorRefused -> AmparoError(code, text)
    is CustodyException.NotATimestamp -> AmparoError(code, text)
    is CustodyException.OtherAnchor -> AmparoError(code, text)
    is CustodyException.AnchorBroken -> AmparoError(code, text)
    is CustodyException.Locked -> AmparoError(code, text)
    is CustodyException.StorageFull -> AmparoError(code, text)
    is CustodyException.Damaged -> AmparoError(code, text)
    is CustodyException.Invalid -> AmparoError(code, text)
    is CustodyException.Cancelled -> AmparoError(code, text)
    is CustodyException.Internal -> AmparoError(code, text)
    is CustodyException.Other -> AmparoError(code, text)
}

private fun SearchException.said(): AmparoError = when (this) {
    is SearchException.Locked -> AmparoError(code, text)
    is SearchException.StorageFull -> AmparoError(code, text)
    is SearchException.Damaged -> AmparoError(code, text)
    is SearchException.Invalid -> AmparoError(code, text)
    is SearchException.Cancelled -> AmparoError(code, text)
    is SearchException.Internal -> AmparoError(code, text)
    is SearchException.Other -> AmparoError(code, text)
}

private fun ReportException.said(): AmparoError = when (this) {
    is ReportException.NotFound -> AmparoError(code, text)
    is ReportException.Conflict -> AmparoError(code, text)
    is ReportException.NoRecipients -> AmparoError(code, text)
    is ReportException.NotARecipient -> AmparoError(code, text)
    is ReportException.SecretKeyGiven -> AmparoError(code, text)
    is ReportException.RecipientTwice -> AmparoError(code, text)
    is ReportException.Draft -> AmparoError(code, text)
    is ReportException.PreviewOutdated -> AmparoError(code, text)
    is ReportException.NoSuchField -> AmparoError(code, text)
    is ReportException.EvidenceNotFound -> AmparoError(code, text)
    is ReportException.EvidenceUnfinished -> AmparoError(code, text)
    is ReportException.EvidenceEmpty -> AmparoError(code, text)
    is ReportException.EvidenceWithoutConsent -> AmparoError(code, text)
    is ReportException.TooLarge -> AmparoError(code, text)
    is ReportException.TargetExists -> AmparoError(code, text)
    is ReportException.TargetFolderMissing -> AmparoError(code, text)
    is ReportException.TargetFailed -> AmparoError(code, text)
    is ReportException.RecipientExpired -> AmparoError(code, text)
    is ReportException.FormUnusable -> AmparoError(code, text)
    is ReportException.FormConsent -> AmparoError(code, text)
    is ReportException.FormTooLarge -> AmparoError(code, text)
    is ReportException.FormEvidence -> AmparoError(code, text)
    is ReportException.Locked -> AmparoError(code, text)
    is ReportException.StorageFull -> AmparoError(code, text)
    is ReportException.Damaged -> AmparoError(code, text)
    is ReportException.Invalid -> AmparoError(code, text)
    is ReportException.Cancelled -> AmparoError(code, text)
    is ReportException.Internal -> AmparoError(code, text)
    is ReportException.Other -> AmparoError(code, text)
}

private fun DeskException.said(): AmparoError = when (this) {
    is DeskException.Missing -> AmparoError(code, text)
    is DeskException.NotAReport -> AmparoError(code, text)
    is DeskException.ForSomebodyElse -> AmparoError(code, text)
    is DeskException.CutShort -> AmparoError(code, text)
    is DeskException.Tampered -> AmparoError(code, text)
    is DeskException.Hostile -> AmparoError(code, text)
    is DeskException.OutputNotEmpty -> AmparoError(code, text)
    is DeskException.Exists -> AmparoError(code, text)
    is DeskException.Forbidden -> AmparoError(code, text)
    is DeskException.NoKeys -> AmparoError(code, text)
    is DeskException.NotAKeyFile -> AmparoError(code, text)
    is DeskException.Disk -> AmparoError(code, text)
    is DeskException.Locked -> AmparoError(code, text)
    is DeskException.StorageFull -> AmparoError(code, text)
    is DeskException.Damaged -> AmparoError(code, text)
    is DeskException.Invalid -> AmparoError(code, text)
    is DeskException.Cancelled -> AmparoError(code, text)
    is DeskException.Internal -> AmparoError(code, text)
    is DeskException.Other -> AmparoError(code, text)
}

private fun InterchangeException.said(): AmparoError = when (this) {
    is InterchangeException.SourceMissing -> AmparoError(code, text)
    is InterchangeException.SourceNotAFile -> AmparoError(code, text)
    is InterchangeException.SourceForbidden -> AmparoError(code, text)
    is InterchangeException.SourceEmpty -> AmparoError(code, text)
    is InterchangeException.SourceFailed -> AmparoError(code, text)
    is InterchangeException.NotAnExport -> AmparoError(code, text)
    is InterchangeException.NewerVersion -> AmparoError(code, text)
    is InterchangeException.NoSuchField -> AmparoError(code, text)
    is InterchangeException.TargetExists -> AmparoError(code, text)
    is InterchangeException.TargetFolderMissing -> AmparoError(code, text)
    is InterchangeException.TargetFailed -> AmparoError(code, text)
    is InterchangeException.Locked -> AmparoError(code, text)
    is InterchangeException.StorageFull -> AmparoError(code, text)
    is InterchangeException.Damaged -> AmparoError(code, text)
    is InterchangeException.Invalid -> AmparoError(code, text)
    is InterchangeException.Cancelled -> AmparoError(code, text)
    is InterchangeException.Internal -> AmparoError(code, text)
    is InterchangeException.Other -> AmparoError(code, text)
}

private fun ChecklistException.said(): AmparoError = when (this) {
    is ChecklistException.NotAPack -> AmparoError(code, text)
    is ChecklistException.PackTooNew -> AmparoError(code, text)
    is ChecklistException.PackTampered -> AmparoError(code, text)
    is ChecklistException.PackUnsigned -> AmparoError(code, text)
    is ChecklistException.PackMalformed -> AmparoError(code, text)
    is ChecklistException.UnknownPublisher -> AmparoError(code, text)
    is ChecklistException.OtherPublisher -> AmparoError(code, text)
    is ChecklistException.PackRollback -> AmparoError(code, text)
    is ChecklistException.PackVersionReused -> AmparoError(code, text)
    is ChecklistException.PackExpired -> AmparoError(code, text)
    is ChecklistException.PackNotYetValid -> AmparoError(code, text)
    is ChecklistException.NotFound -> AmparoError(code, text)
    is ChecklistException.RunFinished -> AmparoError(code, text)
    is ChecklistException.Locked -> AmparoError(code, text)
    is ChecklistException.StorageFull -> AmparoError(code, text)
    is ChecklistException.Damaged -> AmparoError(code, text)
    is ChecklistException.Invalid -> AmparoError(code, text)
    is ChecklistException.Cancelled -> AmparoError(code, text)
    is ChecklistException.Internal -> AmparoError(code, text)
    is ChecklistException.Other -> AmparoError(code, text)
}

private fun RecipientException.said(): AmparoError = when (this) {
    is RecipientException.NotFound -> AmparoError(code, text)
    is RecipientException.FingerprintNotCompared -> AmparoError(code, text)
    is RecipientException.FingerprintDiffers -> AmparoError(code, text)
    is RecipientException.OtherSigner -> AmparoError(code, text)
    is RecipientException.Rollback -> AmparoError(code, text)
    is RecipientException.VersionReused -> AmparoError(code, text)
    is RecipientException.Expired -> AmparoError(code, text)
    is RecipientException.KeysExpired -> AmparoError(code, text)
    is RecipientException.NoKnownKey -> AmparoError(code, text)
    is RecipientException.NotACard -> AmparoError(code, text)
    is RecipientException.NewerVersion -> AmparoError(code, text)
    is RecipientException.WrongLength -> AmparoError(code, text)
    is RecipientException.TooLarge -> AmparoError(code, text)
    is RecipientException.BadSignature -> AmparoError(code, text)
    is RecipientException.Malformed -> AmparoError(code, text)
    is RecipientException.OtherCard -> AmparoError(code, text)
    is RecipientException.KindsDiffer -> AmparoError(code, text)
    is RecipientException.RecipientTwice -> AmparoError(code, text)
    is RecipientException.NoRecipients -> AmparoError(code, text)
    is RecipientException.NotACardsCode -> AmparoError(code, text)
    is RecipientException.CodeDamaged -> AmparoError(code, text)
    is RecipientException.CodeOfOtherCard -> AmparoError(code, text)
    is RecipientException.CodesContradict -> AmparoError(code, text)
    is RecipientException.Locked -> AmparoError(code, text)
    is RecipientException.StorageFull -> AmparoError(code, text)
    is RecipientException.Damaged -> AmparoError(code, text)
    is RecipientException.Invalid -> AmparoError(code, text)
    is RecipientException.Cancelled -> AmparoError(code, text)
    is RecipientException.Internal -> AmparoError(code, text)
    is RecipientException.Other -> AmparoError(code, text)
}

private fun FormException.said(): AmparoError = when (this) {
    is FormException.NotFound -> AmparoError(code, text)
    is FormException.Conflict -> AmparoError(code, text)
    is FormException.FormTooNew -> AmparoError(code, text)
    is FormException.FormMalformed -> AmparoError(code, text)
    is FormException.Draft -> AmparoError(code, text)
    is FormException.NoSuchField -> AmparoError(code, text)
    is FormException.EvidenceNotFound -> AmparoError(code, text)
    is FormException.EvidenceWithoutConsent -> AmparoError(code, text)
    is FormException.Locked -> AmparoError(code, text)
    is FormException.StorageFull -> AmparoError(code, text)
    is FormException.Damaged -> AmparoError(code, text)
    is FormException.Invalid -> AmparoError(code, text)
    is FormException.Cancelled -> AmparoError(code, text)
    is FormException.Internal -> AmparoError(code, text)
    is FormException.Other -> AmparoError(code, text)
}
