// After a vault was opened, no copy of its passphrase is left in the memory of the process: all of it is searched, the Java heap too.
package org.amparo

import com.sun.jna.Native
import com.sun.jna.Pointer
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledOnOs
import org.junit.jupiter.api.condition.OS
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.io.IOException
import java.io.RandomAccessFile
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.file.Path
import java.security.SecureRandom

@EnabledOnOs(OS.LINUX)
internal class PassphraseMemoryTest {
    @TempDir
    lateinit var folder: Path

    /** A passphrase outside of the heap, as the two byte sequences that a copy would have: UTF-8, and the units of a `CharArray`. */
    private class Needle {
        // Letter by letter: an array to fill it from would be the first copy.
        private val utf8 = ByteBuffer.allocateDirect(LENGTH).also { to ->
            val random = SecureRandom()
            for (at in 0 until LENGTH) to.put(('a' + random.nextInt(26)).code.toByte())
        }
        private val units = ByteBuffer.allocateDirect(LENGTH * 2).order(ByteOrder.nativeOrder()).also { to ->
            for (at in 0 until LENGTH) to.putChar(utf8.get(at).toInt().toChar())
        }
        private val window = ByteBuffer.allocateDirect(4 shl 20)

        fun chars() = CharArray(LENGTH) { utf8.get(it).toInt().toChar() }

        fun bytes() = ByteArray(LENGTH) { utf8.get(it) }

        private fun ByteBuffer.addresses(): LongRange {
            val start = Pointer.nativeValue(Native.getDirectBufferPointer(duplicate().clear()))
            return start until start + capacity()
        }

        /** How often it is in what this process can write to, apart from our own buffers. */
        fun occurrences(): Int {
            val own = listOf(utf8, units, window).map { it.addresses() }
            var found = 0
            RandomAccessFile("/proc/self/mem", "r").channel.use { memory ->
                for (line in File("/proc/self/maps").readLines()) {
                    val (range, rights) = line.split(' ')
                    if (!rights.startsWith("rw")) continue
                    val (start, end) = range.split('-').map { java.lang.Long.parseUnsignedLong(it, 16) }
                    var at = start
                    while (at in 0 until end) {
                        window.clear().limit(minOf(window.capacity().toLong(), end - at).toInt())
                        // A region that is gone by now, or that only the system can read.
                        val read = try {
                            memory.read(window, at)
                        } catch (unreadable: IOException) {
                            -1
                        }
                        if (read <= 0) break
                        found += count(utf8, read, at, own) + count(units, read, at, own)
                        // A copy may lie across the border of two windows.
                        at += if (at + read < end && read > 2 * LENGTH) read - 2L * LENGTH else read.toLong()
                    }
                }
            }
            return found
        }

        private fun count(wanted: ByteBuffer, read: Int, base: Long, own: List<LongRange>): Int {
            val first = wanted.get(0)
            var found = 0
            for (at in 0..read - wanted.capacity()) {
                if (window.get(at) != first) continue
                var same = 1
                while (same < wanted.capacity() && window.get(at + same) == wanted.get(same)) same++
                if (same == wanted.capacity() && own.none { base + at in it }) found++
            }
            return found
        }

        private companion object {
            const val LENGTH = 40
        }
    }

    @Test
    fun theSearchFindsACopy() {
        val needle = Needle()
        assertEquals(0, needle.occurrences())
        val chars = needle.chars()
        assertTrue(needle.occurrences() >= 1, "one on the heap")
        val bytes = needle.bytes()
        val outside = direct(bytes)
        bytes.fill(0)
        chars.fill('\u0000')
        assertTrue(needle.occurrences() >= 1, "one outside of the heap")
        outside.wipe()
    }

    @Test
    fun nothingIsLeftOfCharactersOrBytes() = scenario {
        val needle = Needle()
        val chars = needle.chars()
        AmparoVault.create(vaultIn(folder), chars, FAST).use {
            assertEquals(0, needle.occurrences(), "after create")
        }
        val bytes = needle.bytes()
        AmparoVault.unlock(vaultIn(folder), bytes).use { vault ->
            assertEquals(0, needle.occurrences(), "after unlock")
            vault.changePassphrase(needle.chars(), passphrase())
            assertEquals(0, needle.occurrences(), "after a change")
        }
    }

    @Test
    fun nothingIsLeftOfOneThatWasRefused() = scenario {
        newVault(folder).lock()
        val needle = Needle()
        thrownBy<org.amparo.core.VaultException.WrongPassphrase> { AmparoVault.unlock(vaultIn(folder), needle.chars()) }
        assertEquals(0, needle.occurrences())
    }
}
