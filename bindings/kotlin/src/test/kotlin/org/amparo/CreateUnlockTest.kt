// A vault is created, locked and unlocked again; passphrases are wiped; the caller's thread stays free.
package org.amparo

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestCoroutineScheduler
import kotlinx.coroutines.withContext
import org.amparo.core.VaultException
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.lang.reflect.InvocationTargetException
import java.net.URLClassLoader
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.Executors
import kotlin.time.Duration.Companion.milliseconds

internal class CreateUnlockTest {
    @TempDir
    lateinit var folder: Path

    @Test
    fun whatWasSavedIsThereAfterTheNextUnlock() = scenario {
        val vault = newVault(folder)
        assertFalse(vault.isLocked)
        val saved = vault.incidents.create("They took my phone.")
        vault.lock()
        assertTrue(vault.isLocked)

        unlock(folder).use { again ->
            assertEquals(emptyList<String>(), again.recovered)
            assertEquals(saved, again.incidents.get(saved.id))
        }
    }

    @Test
    fun aVaultIsSeenFromOutside() = scenario {
        newVault(folder).lock()
        val info = AmparoVault.inspect(vaultIn(folder))
        assertEquals(65536u, info.kdfMemoryKib)
        assertEquals(3u, info.kdfPasses)
        assertEquals(0u, info.deviceKeys)
        assertEquals(8u, info.slots)
    }

    @Test
    fun whatIsNoVaultIsToldApart() = scenario {
        thrownBy<VaultException.NotAVault> { AmparoVault.unlock(folder.toFile(), passphrase()) }
        thrownBy<VaultException.NotAVault> { AmparoVault.inspect(folder.toFile()) }
        Files.writeString(folder.resolve("something"), "of somebody")
        thrownBy<VaultException.AlreadyExists> { AmparoVault.create(folder.toFile(), passphrase(), FAST) }
        assertEquals("of somebody", Files.readString(folder.resolve("something")))
    }

    @Test
    fun arraysAreWipedAlsoWhereNothingOpens() = scenario {
        val first = passphrase()
        AmparoVault.create(vaultIn(folder), first, FAST).lock()
        assertTrue(first.all { it == '\u0000' })

        val wrong = "wrong".toByteArray()
        thrownBy<VaultException.WrongPassphrase> { AmparoVault.unlock(vaultIn(folder), wrong) }
        assertTrue(wrong.all { it == 0.toByte() })

        val half = charArrayOf('a', '\uD83D')
        val refused = thrownBy<VaultException.Invalid> { AmparoVault.unlock(vaultIn(folder), half) }
        assertEquals(902u, refused.amparoCode)
        assertTrue(half.all { it == '\u0000' })

        val (old, new) = charArrayOf('\uDC00') to passphrase()
        unlock(folder).use { vault -> thrownBy<VaultException.Invalid> { vault.changePassphrase(old, new) } }
        assertTrue((old + new).all { it == '\u0000' })
    }

    @Test
    fun charactersAndTheirBytesAreOnePassphrase() = scenario {
        val text = "كلمة السر 🔑 é"
        AmparoVault.create(vaultIn(folder), text.toCharArray(), FAST).lock()
        AmparoVault.unlock(vaultIn(folder), text.toByteArray()).use { vault -> vault.changePassphrase(text.toCharArray(), passphrase()) }
        thrownBy<VaultException.WrongPassphrase> { AmparoVault.unlock(vaultIn(folder), text.toCharArray()) }
        unlock(folder).lock()
    }

    @Test
    fun twoCannotHaveItOpenAtOnce() = scenario {
        newVault(folder).use {
            thrownBy<VaultException.InUse> { unlock(folder) }
        }
        unlock(folder).lock()
    }

    @Test
    fun theCallersThreadStaysFree() = scenario {
        Executors.newSingleThreadExecutor().asCoroutineDispatcher().use { main ->
            withContext(main) {
                var turns = 0
                val others = launch {
                    while (isActive) {
                        delay(1)
                        turns++
                    }
                }
                newVault(folder).use { vault -> vault.incidents.create("From the main thread.") }
                others.cancelAndJoin()
                // A call that held the thread would leave them one turn before each of the three, and one after.
                assertTrue(turns > 10, "others had $turns turns")
            }
        }
    }

    @Test
    fun anUnlockThatWasCancelledLeavesNothingOpen() = scenario {
        newVault(folder).lock()
        val clock = HoldingClock().also { it.holds = true }
        val unlocking = async { unlock(folder, clock = clock) }
        clock.inTheMiddle { unlocking.cancel() }
        thrownBy<CancellationException> { unlocking.await() }
        unlocking.join()
        // `InUse` if the vault that came too late had been left open.
        unlock(folder).lock()
    }

    @Test
    fun callsRunOnTheDispatcherThatWasGiven() = scenario {
        newVault(folder).lock()
        val scheduler = TestCoroutineScheduler()
        val inspecting = async { AmparoVault.inspect(vaultIn(folder), StandardTestDispatcher(scheduler)) }
        delay(50.milliseconds)
        assertTrue(inspecting.isActive, "nothing happens before the dispatcher is told to go on")
        scheduler.runCurrent()
        assertEquals(8u, inspecting.await().slots)
    }

    /** Loading it blocks, so it is left to the first call, which does that elsewhere. */
    @Test
    fun nothingThatIsMadeOnTheCallersThreadLoadsTheLibrary() {
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val urls = classes.split(File.pathSeparator).map { File(it).toURI().toURL() }.toTypedArray()
        val override = "uniffi.component.amparo.libraryOverride"
        System.setProperty(override, folder.resolve("no library").toString())
        try {
            // The layer and the generated code once more, as if nobody had called anything yet.
            URLClassLoader(urls, ClassLoader.getPlatformClassLoader()).use { fresh ->
                val progress = fresh.loadClass("org.amparo.JobProgress")
                val made = progress.getConstructor().newInstance()
                assertEquals(0L, progress.methods.single { it.name.startsWith("getCurrent") }.invoke(made))
                fresh.loadClass("org.amparo.Stop").getConstructor().newInstance()

                val core = fresh.loadClass("org.amparo.core.Progress").getConstructor()
                assertThrows(InvocationTargetException::class.java) { core.newInstance() }
            }
        } finally {
            System.clearProperty(override)
        }
    }
}
