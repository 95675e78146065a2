// Evidence for Android's own players and viewers, decrypted piece by piece as they ask for it: nothing of it is written in the clear.
// Compiled by Gradle, and against the platform's API by Maven's profile `android-check`; not run by the tests.
package org.amparo.android

import android.media.MediaDataSource
import android.os.Handler
import android.os.ParcelFileDescriptor
import android.os.ProxyFileDescriptorCallback
import android.os.storage.StorageManager
import android.system.ErrnoException
import android.system.OsConstants
import org.amparo.EvidenceReader
import java.io.IOException
import java.nio.ByteBuffer
import java.nio.channels.SeekableByteChannel

/**
 * Evidence as `MediaPlayer`, `MediaExtractor` and `MediaMetadataRetriever` take it. They ask on threads of their own. Closing it closes
 * the reader.
 */
public class EvidenceMediaSource(reader: EvidenceReader) : MediaDataSource() {
    private val channel: SeekableByteChannel = reader.channel()
    private val size: Long = reader.size

    @Synchronized
    override fun readAt(position: Long, buffer: ByteArray, offset: Int, size: Int): Int =
        if (size == 0) 0 else channel.position(position).read(ByteBuffer.wrap(buffer, offset, size))

    override fun getSize(): Long = size

    override fun close(): Unit = channel.close()
}

/**
 * Evidence as a descriptor that seeks, for what takes nothing else: `PdfRenderer`, another app. Read-only. [handler] answers the reads, so
 * its thread must not be the main one. Closing the descriptor, or the death of whoever has it, closes the reader. Android 8 and later.
 */
public fun StorageManager.openEvidence(reader: EvidenceReader, handler: Handler): ParcelFileDescriptor =
    openProxyFileDescriptor(ParcelFileDescriptor.MODE_READ_ONLY, Answering(reader), handler)

private class Answering(private val reader: EvidenceReader) : ProxyFileDescriptorCallback() {
    private val channel = reader.channel()

    override fun onGetSize(): Long = reader.size

    override fun onRead(offset: Long, size: Int, data: ByteArray): Int = try {
        channel.position(offset)
        val target = ByteBuffer.wrap(data, 0, size)
        // Less than was asked for means the end here, so all of it is read.
        while (target.hasRemaining() && channel.read(target) > 0) Unit
        target.position()
    } catch (_: IOException) {
        throw ErrnoException("read", OsConstants.EIO)
    }

    override fun onRelease(): Unit = channel.close()
}
