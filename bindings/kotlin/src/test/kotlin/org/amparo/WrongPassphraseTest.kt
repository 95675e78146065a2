// A wrong passphrase is told apart from damage, and harms nothing.
package org.amparo

import org.amparo.core.VaultException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Files
import java.nio.file.Path

internal class WrongPassphraseTest {
    @TempDir
    lateinit var folder: Path

    private fun everyByte(): Map<String, String> = Files.walk(folder).use { paths ->
        paths.filter(Files::isRegularFile).toList().associate {
            folder.relativize(it).toString() to Files.readAllBytes(it).contentToString()
        }
    }

    @Test
    fun nothingIsTouchedAndTheRightOneStillOpens() = scenario {
        newVault(folder).use { it.incidents.create("Before.") }
        val before = everyByte()
        for (wrong in listOf("Correct horse battery staple", "correct horse battery staple ", "x", "متاح")) {
            val refused = thrownBy<VaultException.WrongPassphrase> { AmparoVault.unlock(vaultIn(folder), wrong.toCharArray()) }
            assertEquals(104u, refused.code)
            assertEquals(104u, refused.amparoCode)
        }
        assertEquals(before, everyByte())
        unlock(folder).use { vault -> assertEquals("Before.", vault.incidents.list().incidents.single().heading) }
    }

    @Test
    fun anEmptyOneIsNotAWrongOne() = scenario {
        newVault(folder).lock()
        assertEquals(105u, thrownBy<VaultException.Invalid> { AmparoVault.unlock(vaultIn(folder), CharArray(0)) }.code)
        assertEquals(105u, thrownBy<VaultException.Invalid> { AmparoVault.unlock(vaultIn(folder), ByteArray(0)) }.code)
    }

    @Test
    fun damageIsNotAWrongPassphrase() = scenario {
        newVault(folder).lock()
        val slots = Files.walk(folder).use { paths -> paths.filter { it.fileName.toString().contains("slot") }.toList() }.single()
        val bytes = Files.readAllBytes(slots)
        Files.write(slots, bytes.copyOf(bytes.size - 1))
        val refused = thrownBy<VaultException> { unlock(folder) }
        assertEquals(VaultException.Damaged::class, refused::class, refused.message)
        Files.write(slots, bytes)
        unlock(folder).lock()
    }

    @Test
    fun changingThePassphraseNeedsTheOldOne() = scenario {
        newVault(folder).use { vault ->
            thrownBy<VaultException.WrongPassphrase> { vault.changePassphrase("wrong".toCharArray(), "new and long enough".toCharArray()) }
            vault.changePassphrase(passphrase(), "new and long enough".toCharArray())
        }
        thrownBy<VaultException.WrongPassphrase> { unlock(folder) }
        AmparoVault.unlock(vaultIn(folder), "new and long enough".toCharArray()).lock()
    }
}
