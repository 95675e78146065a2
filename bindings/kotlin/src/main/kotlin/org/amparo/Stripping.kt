// Removing metadata from a file that is in no vault, without blocking the caller's thread.
package org.amparo

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import org.amparo.core.Stripped
import org.amparo.core.stripToDescriptor

/**
 * Writes a copy without metadata of what [source] holds to [target], where it stands: JPEG, PNG, MP4 and QuickTime, told by the first
 * bytes. [source] must be a regular file; it is read from its beginning. **Takes both descriptors over and closes them, whatever
 * happens.** What was written before a failure must not be used. Evidence has [VaultEvidence.stripMetadata].
 */
public suspend fun stripMetadata(source: Int, target: Int, dispatcher: CoroutineDispatcher = Dispatchers.IO): Stripped {
    var handedOver = false
    try {
        return withContext(dispatcher) {
            handedOver = true
            stripToDescriptor(source, target)
        }
    } finally {
        if (!handedOver) setOf(source, target).forEach(::closeDescriptor)
    }
}
