// Evidence, without blocking the caller's thread.
package org.amparo

import kotlinx.coroutines.flow.Flow
import org.amparo.core.CaptureRequest
import org.amparo.core.CapturedAt
import org.amparo.core.Cursor
import org.amparo.core.Deleted
import org.amparo.core.Derivatives
import org.amparo.core.DeriveRequest
import org.amparo.core.DeviceMetadata
import org.amparo.core.Evidence
import org.amparo.core.EvidenceId
import org.amparo.core.EvidencePage
import org.amparo.core.EvidenceStore
import org.amparo.core.ImportRequest
import org.amparo.core.IncidentId
import org.amparo.core.Testimony
import java.io.File
import java.io.InputStream
import java.nio.ByteBuffer

/**
 * The evidence of a vault: photos, recordings and documents, bit for bit as they came. Got from [AmparoVault.evidence]. Safe to use
 * from several threads.
 *
 * What takes a [JobProgress] is a long job: cancelling the coroutine stops it, and it keeps nothing half-made.
 */
public class VaultEvidence internal constructor(private val core: EvidenceStore, private val calls: Calls, private val changes: Changes) {
    // Bringing in.

    /** Imports [file], bit for bit. When this returns, the evidence, its hash and its custody entry are on the medium. */
    public suspend fun importFile(file: File, request: ImportRequest = ImportRequest(), progress: JobProgress? = null): Evidence =
        calls.job(progress) { token, bytes -> core.importFile(file.path, request, token, bytes).isNew() }

    /**
     * Imports what an open descriptor yields, from where it stands to its end: a file, a pipe or a socket, as another app hands it over.
     * **Takes the descriptor over and closes it, whatever happens**: give a detached or duplicated one, and do not use it again. On
     * Android there is an overload for `ParcelFileDescriptor`.
     */
    public suspend fun importDescriptor(
        descriptor: Int,
        request: ImportRequest = ImportRequest(),
        progress: JobProgress? = null,
    ): Evidence = calls.descriptorJob(descriptor, progress) { token, bytes ->
        core.importDescriptor(descriptor, request, token, bytes).isNew()
    }

    /**
     * Imports what [stream] yields, to its end. Where the stream breaks, this throws what it threw, and nothing is kept: what broke
     * never looks complete. The stream is not closed. A file or a descriptor is faster.
     */
    public suspend fun importStream(
        stream: InputStream,
        request: ImportRequest = ImportRequest(),
        progress: JobProgress? = null,
    ): Evidence = calls.streamJob(stream, progress) { descriptor, token, bytes ->
        core.importDescriptor(descriptor, request, token, bytes).isNew()
    }

    /** Imports what remains of [bytes], whose position moves to its limit. A direct buffer is read in place. */
    public suspend fun importBytes(bytes: ByteBuffer, request: ImportRequest = ImportRequest()): Evidence =
        calls.run { withDirect(bytes) { core.importBytes(it, request).isNew() } }

    /**
     * Begins a capture. Its row, attached to its incident, is on the medium when this returns, before the first byte is taken. Where
     * the caller is cancelled meanwhile, there is no capture.
     */
    public suspend fun startCapture(request: CaptureRequest): EvidenceCapture = calls.acquire(
        release = { it.abortBlocking() },
    ) {
        EvidenceCapture(core.startCapture(request), calls, changes).also { tell(it.id, ChangeKind.ADDED) }
    }

    // Lists and records.

    /** The evidence of an incident, oldest first. Thumbnails belong to their originals and are not among it. */
    public suspend fun list(incident: IncidentId): List<Evidence> = calls.run { core.list(incident) }

    /**
     * All evidence of the vault, also what belongs to no incident yet, without thumbnails and what was deleted: newest first, at most
     * [limit] (1 to 1000), from where [after] points.
     */
    public suspend fun recent(limit: UInt = 100u, after: Cursor? = null): EvidencePage = calls.run { core.recent(limit, after) }

    /** As [recent], all of it. Pages are read as they are collected. */
    public fun all(): Flow<Evidence> = paged<Evidence, Cursor> { after -> recent(PAGE, after).let { it.evidence to it.next } }

    /** What was deleted, newest first by when it came in: at most [limit] (1 to 1000), from where [after] points. */
    public suspend fun deleted(limit: UInt = 100u, after: Cursor? = null): EvidencePage = calls.run { core.deleted(limit, after) }

    /** One piece of evidence. */
    public suspend fun get(id: EvidenceId): Evidence = calls.run { core.get(id) }

    /** All pieces of the recording that [id] is a piece of, in order; [id] alone if it was never continued. */
    public suspend fun segments(id: EvidenceId): List<Evidence> = calls.run { core.segments(id) }

    /** Attaches it to one more incident. Attaching twice changes nothing. */
    public suspend fun attach(id: EvidenceId, incident: IncidentId): Unit = calls.run {
        core.attach(id, incident)
        tell(id, ChangeKind.CHANGED)
        changes.tell(VaultChange.OfIncident(incident, ChangeKind.CHANGED))
    }

    /** Takes it out of an incident; the evidence itself stays in the vault. False when it was not attached. */
    public suspend fun detach(id: EvidenceId, incident: IncidentId): Boolean = calls.run {
        core.detach(id, incident).also { was ->
            if (was) {
                tell(id, ChangeKind.CHANGED)
                changes.tell(VaultChange.OfIncident(incident, ChangeKind.CHANGED))
            }
        }
    }

    /** Replaces its note; `null`, or an empty text, removes it. The custody log records that, without the text. */
    public suspend fun setNote(id: EvidenceId, note: String?): Evidence = calls.run { core.setNote(id, note).isChanged() }

    /** Replaces when it was captured. The custody log records that, without the time. */
    public suspend fun setCapturedAt(id: EvidenceId, at: CapturedAt?): Evidence = calls.run { core.setCapturedAt(id, at).isChanged() }

    /** Replaces the language in it, a BCP 47 tag. The custody log records that, without the language. */
    public suspend fun setLanguage(id: EvidenceId, language: String?): Evidence = calls.run { core.setLanguage(id, language).isChanged() }

    /** Replaces who speaks and what they allow: consent may be given later, and taken back. */
    public suspend fun setTestimony(id: EvidenceId, testimony: Testimony?): Evidence =
        calls.run { core.setTestimony(id, testimony).isChanged() }

    /** Replaces what the device knew; `null` forgets it. */
    public suspend fun setDevice(id: EvidenceId, device: DeviceMetadata?): Evidence = calls.run { core.setDevice(id, device).isChanged() }

    /** Records in the custody log that it was shown to somebody. */
    public suspend fun recordViewed(id: EvidenceId): Unit = calls.run { core.recordViewed(id) }

    /**
     * Deletes it for good. When this returns, the key of its bytes is gone; size, hash and custody entries stay. Where copies were made
     * of it, [derivatives] says what becomes of them.
     */
    public suspend fun delete(id: EvidenceId, derivatives: Derivatives): Deleted = calls.run {
        core.delete(id, derivatives).also { deleted -> deleted.evidence.forEach { tell(it, ChangeKind.REMOVED) } }
    }

    // Bytes.

    /** Opens the bytes for reading at any place. What is shown to somebody is recorded with [recordViewed]. */
    public suspend fun openReader(id: EvidenceId): EvidenceReader =
        calls.acquire(EvidenceReader::close) { EvidenceReader(core.openReader(id), calls) }

    /**
     * Opens the whole recording that [id] is a piece of, as one stream. Whether a player understands that depends on the format:
     * MPEG-TS, MP3, ADTS and raw samples do.
     */
    public suspend fun openRecording(id: EvidenceId): EvidenceReader =
        calls.acquire(EvidenceReader::close) { EvidenceReader(core.openRecording(id), calls) }

    /**
     * Writes the exact bytes to a new [file], **in the clear**, readable by its owner only. It appears under its name only when it is
     * whole and has the hash the evidence was stored with; an existing file is never touched.
     */
    public suspend fun exportFile(id: EvidenceId, file: File, progress: JobProgress? = null): Evidence =
        calls.job(progress) { token, bytes -> core.exportFile(id, file.path, token, bytes) }

    /**
     * Writes the exact bytes to an open descriptor, **in the clear**, from where it stands. Takes the descriptor over and closes it,
     * whatever happens. What was written before a failure must not be used.
     */
    public suspend fun exportToDescriptor(id: EvidenceId, descriptor: Int, progress: JobProgress? = null): Evidence =
        calls.descriptorJob(descriptor, progress) { token, bytes -> core.exportToDescriptor(id, descriptor, token, bytes) }

    /**
     * As [exportToDescriptor], of [length] bytes from [offset] on, or as many as there are; returns how many that were. What is outside
     * that part is not looked at.
     */
    public suspend fun exportPartToDescriptor(
        id: EvidenceId,
        offset: Long,
        length: Long,
        descriptor: Int,
        progress: JobProgress? = null,
    ): Long = calls.descriptorJob(descriptor, progress) { token, bytes ->
        core.exportPartToDescriptor(id, offset.toULong(), length.toULong(), descriptor, token, bytes).toLong()
    }

    // Copies.

    /**
     * Stores [file] as a derivative of [parent], attached to the same incidents. A file on the storage is readable for others and cannot
     * be deleted for good there: where the app has the bytes, [deriveFromBytes] or [deriveFromStream] is better.
     */
    public suspend fun deriveFromFile(parent: EvidenceId, request: DeriveRequest, file: File, progress: JobProgress? = null): Evidence =
        calls.job(progress) { token, bytes -> core.deriveFromFile(parent, request, file.path, token, bytes).isNew() }

    /** As [deriveFromFile], of what remains of [bytes], whose position moves to its limit. A direct buffer is read in place. */
    public suspend fun deriveFromBytes(parent: EvidenceId, request: DeriveRequest, bytes: ByteBuffer): Evidence =
        calls.run { withDirect(bytes) { core.deriveFromBytes(parent, request, it).isNew() } }

    /** As [deriveFromFile], of what an open descriptor yields. Takes it over and closes it, whatever happens. */
    public suspend fun deriveFromDescriptor(
        parent: EvidenceId,
        request: DeriveRequest,
        descriptor: Int,
        progress: JobProgress? = null,
    ): Evidence = calls.descriptorJob(descriptor, progress) { token, bytes ->
        core.deriveFromDescriptor(parent, request, descriptor, token, bytes).isNew()
    }

    /** As [deriveFromFile], of what [stream] yields; see [importStream]. */
    public suspend fun deriveFromStream(
        parent: EvidenceId,
        request: DeriveRequest,
        stream: InputStream,
        progress: JobProgress? = null,
    ): Evidence = calls.streamJob(stream, progress) { descriptor, token, bytes ->
        core.deriveFromDescriptor(parent, request, descriptor, token, bytes).isNew()
    }

    /**
     * Makes a copy of [parent] without metadata and stores it as a derivative: JPEG, PNG, MP4 and QuickTime. Picture, sound and film are
     * bit for bit the original's. What was taken out stands in the derivation.
     */
    public suspend fun stripMetadata(parent: EvidenceId, progress: JobProgress? = null): Evidence =
        calls.job(progress) { token, bytes -> core.stripMetadata(parent, token, bytes).isNew() }

    /** What was derived from [id] directly and not deleted since, thumbnails included, oldest first. */
    public suspend fun derivatives(id: EvidenceId): List<Evidence> = calls.run { core.derivatives(id) }

    /** Stores a small picture that the app made of [parent], for lists: JPEG, PNG or WebP, at most 256 KiB. The newest one counts. */
    public suspend fun setThumbnail(parent: EvidenceId, picture: ByteBuffer, mediaType: String): Evidence = calls.run {
        withDirect(picture) { core.setThumbnail(parent, it, mediaType) }.also { tell(parent, ChangeKind.CHANGED) }
    }

    /** The newest thumbnail of [parent], if there is one. At most 256 KiB. */
    public suspend fun thumbnail(parent: EvidenceId): ByteArray? = calls.run { core.thumbnail(parent) }

    private fun tell(id: EvidenceId, kind: ChangeKind) = changes.tell(VaultChange.OfEvidence(id, kind))

    private fun Evidence.isNew() = also { tell(id, ChangeKind.ADDED) }

    private fun Evidence.isChanged() = also { tell(id, ChangeKind.CHANGED) }
}
