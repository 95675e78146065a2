// The device key in Android's key store: in StrongBox where there is one, in the trusted execution environment otherwise.
// Compiled by Gradle, and against the platform's API by Maven's profile `android-check`; not run by the tests, which have no key store.
package org.amparo.android

import android.app.KeyguardManager
import android.content.Context
import android.os.Build
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.security.keystore.StrongBoxUnavailableException
import android.security.keystore.UserNotAuthenticatedException
import org.amparo.core.DeviceKey
import org.amparo.core.DeviceKeyException
import java.security.GeneralSecurityException
import java.security.KeyStore
import javax.crypto.KeyGenerator
import javax.crypto.Mac
import javax.crypto.SecretKey

/**
 * An HMAC key that never leaves the device. With it, a copy of the vault's files is worth nothing elsewhere, and a PIN is bearable, because
 * every guess needs this device. **A vault that was created with it cannot be opened on another device, nor after the app's data was
 * cleared or the app was removed.** Say so to the user first.
 *
 * [alias] names the key in the app's key store: one for each vault.
 */
public class KeystoreDeviceKey(private val context: Context, private val alias: String) : DeviceKey {
    /** Whether there is a key of this name. Blocks. */
    public fun exists(): Boolean = store().containsAlias(alias)

    /**
     * Makes the key, once, before the vault is created. Blocks, for seconds with StrongBox. An existing key is never replaced: that would
     * close its vault for ever.
     */
    public fun create() {
        check(!exists()) { "there is a key of this name" }
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) {
            try {
                return generate(strongBox = true)
            } catch (_: StrongBoxUnavailableException) {
                // Most devices have none.
            }
        }
        generate(strongBox = false)
    }

    /** Deletes the key. **The vault that needs it can never be opened again**: that is the fastest way to destroy one. */
    public fun destroy(): Unit = store().deleteEntry(alias)

    /** What the key makes of a fixed text that is no input of [stretch], which are 32 bytes long: it tells keys apart and nothing else. */
    override fun id(): ByteArray = hmac(ID_TEXT.toByteArray()).copyOf(ID_BYTES)

    override fun stretch(input: ByteArray): ByteArray = hmac(input)

    private fun hmac(input: ByteArray): ByteArray = try {
        val key = store().getKey(alias, null) as? SecretKey ?: throw DeviceKeyException.KeyUnavailable()
        Mac.getInstance(KeyProperties.KEY_ALGORITHM_HMAC_SHA256).run {
            init(key)
            doFinal(input)
        }
    } catch (_: KeyPermanentlyInvalidatedException) {
        throw DeviceKeyException.KeyUnavailable()
    } catch (_: UserNotAuthenticatedException) {
        throw DeviceKeyException.DeviceLocked()
    } catch (_: GeneralSecurityException) {
        // Key stores tell a locked screen in many words; the system says it in one.
        throw if (isDeviceLocked()) DeviceKeyException.DeviceLocked() else DeviceKeyException.Failed()
    }

    private fun isDeviceLocked(): Boolean = (context.getSystemService(Context.KEYGUARD_SERVICE) as? KeyguardManager)?.isDeviceLocked == true

    private fun generate(strongBox: Boolean) {
        val spec = KeyGenParameterSpec.Builder(alias, KeyProperties.PURPOSE_SIGN)
        if (strongBox && Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) spec.setIsStrongBoxBacked(true)
        KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_HMAC_SHA256, STORE).run {
            init(spec.build())
            generateKey()
        }
    }

    private fun store(): KeyStore = KeyStore.getInstance(STORE).also { it.load(null) }

    private companion object {
        const val STORE = "AndroidKeyStore"
        const val ID_TEXT = "org.amparo device key id"
        const val ID_BYTES = 16
    }
}
