// A vault that needs this device's key: what the key answers, what it refuses, and what becomes of its defects.
package org.amparo

import org.amparo.core.DeviceKey
import org.amparo.core.DeviceKeyException
import org.amparo.core.VaultException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import javax.crypto.Mac
import javax.crypto.spec.SecretKeySpec

internal class DeviceKeyTest {
    @TempDir
    lateinit var folder: Path

    /** What a secure element does, in the open. */
    private open class Key(private val secret: String = "of this device", private val name: Byte = 1) : DeviceKey {
        val threads = CopyOnWriteArrayList<Thread>()

        override fun id(): ByteArray = ByteArray(16) { name }

        override fun stretch(input: ByteArray): ByteArray {
            threads += Thread.currentThread()
            return Mac.getInstance("HmacSHA256").run {
                init(SecretKeySpec(secret.toByteArray(), "HmacSHA256"))
                doFinal(input)
            }
        }
    }

    private fun pin() = "493817".toCharArray()

    @Test
    fun aPinIsEnoughWithADeviceKeyAndNotWithout() = scenario {
        thrownBy<VaultException.PassphraseTooWeak> { AmparoVault.create(vaultIn(folder), pin(), FAST) }
        AmparoVault.create(vaultIn(folder), pin(), FAST, Key()).use { it.incidents.create("Something.") }
        assertEquals(1u, AmparoVault.inspect(vaultIn(folder)).deviceKeys)

        thrownBy<VaultException.DeviceKeyRequired> { AmparoVault.unlock(vaultIn(folder), pin()) }
        thrownBy<VaultException.KeyUnavailable> { AmparoVault.unlock(vaultIn(folder), pin(), Key(name = 2)) }
        thrownBy<VaultException.WrongPassphrase> { AmparoVault.unlock(vaultIn(folder), "493818".toCharArray(), Key()) }
        thrownBy<VaultException.WrongPassphrase> { AmparoVault.unlock(vaultIn(folder), pin(), Key(secret = "of another")) }
        AmparoVault.unlock(vaultIn(folder), pin(), Key()).use { vault ->
            assertEquals(1, vault.incidents.list().incidents.size)
            vault.changePassphrase(pin(), "204861".toCharArray(), Key())
        }
        AmparoVault.unlock(vaultIn(folder), "204861".toCharArray(), Key()).lock()
    }

    @Test
    fun theKeyIsAskedOffTheCallersThread() = scenario {
        val key = Key()
        AmparoVault.create(vaultIn(folder), pin(), FAST, key).lock()
        assertFalse(key.threads.isEmpty())
        key.threads.forEach { assertNotEquals(Thread.currentThread(), it) }
    }

    @Test
    fun itsReasonsAreToldApart() = scenario {
        AmparoVault.create(vaultIn(folder), pin(), FAST, Key()).lock()
        suspend fun unlockWith(answer: () -> ByteArray) = AmparoVault.unlock(
            vaultIn(folder),
            pin(),
            object : Key() {
                override fun stretch(input: ByteArray): ByteArray = answer()
            },
        )
        assertEquals(903u, thrownBy<VaultException.DeviceLocked> { unlockWith { throw DeviceKeyException.DeviceLocked() } }.amparoCode)
        assertEquals(904u, thrownBy<VaultException.KeyUnavailable> { unlockWith { throw DeviceKeyException.KeyUnavailable() } }.amparoCode)
        thrownBy<VaultException.DeviceKeyFailed> { unlockWith { throw DeviceKeyException.Failed() } }
        thrownBy<VaultException.DeviceKeyFailed> { unlockWith { ByteArray(31) } }

        val defect = thrownBy<VaultException.DeviceKeyFailed> { unlockWith { error("user 4711 at 12 Main Street") } }
        assertFalse("4711" in defect.stackTraceToString(), "what the app threw is told to nobody")

        thrownBy<VaultException.DeviceKeyFailed> {
            AmparoVault.unlock(
                vaultIn(folder),
                pin(),
                object : Key() {
                    override fun id(): ByteArray = ByteArray(15)
                },
            )
        }
        AmparoVault.unlock(vaultIn(folder), pin(), Key()).lock()
    }
}
