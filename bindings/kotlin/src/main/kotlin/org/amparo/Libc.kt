// The four calls of the operating system that Java has no word for: pipes and descriptors by their number.
package org.amparo

import com.sun.jna.LastErrorException
import com.sun.jna.Library
import com.sun.jna.Native
import com.sun.jna.NativeLong
import java.io.IOException
import java.nio.ByteBuffer

/** As in POSIX. Linux, Android and Apple's systems have them under these names; elsewhere loading fails with an `IOException`. */
internal interface Libc : Library {
    @Throws(LastErrorException::class)
    fun pipe(ends: IntArray): Int

    @Throws(LastErrorException::class)
    fun write(descriptor: Int, bytes: ByteBuffer, count: NativeLong): NativeLong

    @Throws(LastErrorException::class)
    fun close(descriptor: Int): Int

    companion object {
        private val loaded: Result<Libc> by lazy { runCatching { Native.load("c", Libc::class.java) } }

        /** The system's C library. */
        fun get(): Libc = loaded.getOrElse { cause -> throw IOException("this system has no pipes", cause) }
    }
}
