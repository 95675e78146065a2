// What other Android apps hand over: descriptors and content addresses, given on to the core without a copy of the bytes in between.
// Compiled by Gradle, and against the platform's API by Maven's profile `android-check`; not run by the tests.
package org.amparo.android

import android.content.ContentResolver
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.OpenableColumns
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext
import org.amparo.JobProgress
import org.amparo.VaultEvidence
import org.amparo.core.DeriveRequest
import org.amparo.core.Evidence
import org.amparo.core.EvidenceId
import org.amparo.core.ImportRequest
import org.amparo.core.Stripped
import java.io.FileNotFoundException

/** Imports what [descriptor] yields, from where it stands to its end. Takes it over and closes it, whatever happens. */
public suspend fun VaultEvidence.importDescriptor(
    descriptor: ParcelFileDescriptor,
    request: ImportRequest = ImportRequest(),
    progress: JobProgress? = null,
): Evidence = importDescriptor(descriptor.detachFd(), request, progress)

/**
 * Imports what a document provider, a picker or a share has at [uri]. Where [request] names no file, it gets the name that the provider
 * shows. Some providers write a document only as it is read, and cannot be asked for its size: that is no matter here.
 */
public suspend fun VaultEvidence.importUri(
    resolver: ContentResolver,
    uri: Uri,
    request: ImportRequest = ImportRequest(),
    progress: JobProgress? = null,
    dispatcher: CoroutineDispatcher = Dispatchers.IO,
): Evidence {
    var opened: ParcelFileDescriptor? = null
    try {
        val named = withContext(dispatcher) {
            opened = resolver.openFileDescriptor(uri, "r") ?: throw FileNotFoundException("the provider gave nothing")
            if (request.fileName == null) request.copy(fileName = nameOf(resolver, uri)) else request
        }
        return importDescriptor(checkNotNull(opened), named, progress)
    } finally {
        // Detached, this does nothing; cancelled before that, it is ours.
        withContext(NonCancellable + dispatcher) { opened?.close() }
    }
}

/** Writes the exact bytes to [descriptor], **in the clear**. Takes it over and closes it, whatever happens. */
public suspend fun VaultEvidence.exportToDescriptor(
    id: EvidenceId,
    descriptor: ParcelFileDescriptor,
    progress: JobProgress? = null,
): Evidence = exportToDescriptor(id, descriptor.detachFd(), progress)

/** Stores what [descriptor] yields as a derivative of [parent]. Takes it over and closes it, whatever happens. */
public suspend fun VaultEvidence.deriveFromDescriptor(
    parent: EvidenceId,
    request: DeriveRequest,
    descriptor: ParcelFileDescriptor,
    progress: JobProgress? = null,
): Evidence = deriveFromDescriptor(parent, request, descriptor.detachFd(), progress)

/** Writes a copy of [source] without metadata to [target]. Takes both over and closes them, whatever happens. */
public suspend fun stripMetadata(source: ParcelFileDescriptor, target: ParcelFileDescriptor): Stripped =
    org.amparo.stripMetadata(source.detachFd(), target.detachFd())

/** The name that the provider shows, if it says one. A provider that fails here may still give the bytes. */
private fun nameOf(resolver: ContentResolver, uri: Uri): String? = try {
    resolver.query(uri, arrayOf(OpenableColumns.DISPLAY_NAME), null, null, null)?.use { row ->
        if (row.moveToFirst() && !row.isNull(0)) row.getString(0) else null
    }
} catch (_: RuntimeException) {
    null
}
