// Descriptors by their number, as Android's `ParcelFileDescriptor` has them and Java does not.
package org.amparo

import com.sun.jna.LastErrorException
import com.sun.jna.Library
import com.sun.jna.Native
import com.sun.jna.NativeLong
import java.io.File

private interface OpenFiles : Library {
    @Throws(LastErrorException::class)
    fun open(path: String, flags: Int, mode: Int): Int

    @Throws(LastErrorException::class)
    fun lseek(descriptor: Int, offset: NativeLong, whence: Int): NativeLong
}

private val libc: OpenFiles by lazy { Native.load("c", OpenFiles::class.java) }

/** A descriptor of [file] that stands at [from]. */
internal fun toRead(file: File, from: Long = 0): Int = libc.open(file.path, 0, 0).also { libc.lseek(it, NativeLong(from), 0) }

/** A descriptor of the new [file], made as on Linux: `O_WRONLY | O_CREAT`. */
internal fun toWrite(file: File): Int = libc.open(file.path, 0x41, 0x180)

/** Whether somebody in this process has it. */
internal fun isOpen(descriptor: Int): Boolean = try {
    libc.lseek(descriptor, NativeLong(0), 1)
    true
} catch (_: LastErrorException) {
    false
}
