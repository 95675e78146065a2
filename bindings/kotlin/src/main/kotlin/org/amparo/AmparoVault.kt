// The entry to the library: one vault, from its creation or unlocking to its locking.
package org.amparo

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.withContext
import org.amparo.core.CheckReport
import org.amparo.core.Clock
import org.amparo.core.DeviceKey
import org.amparo.core.EvidenceId
import org.amparo.core.Kdf
import org.amparo.core.Vault
import org.amparo.core.VaultInfo
import org.amparo.core.inspectVault
import java.io.File

/**
 * One unlocked vault.
 *
 * ```
 * val vault = AmparoVault.unlock(File(context.filesDir, "vault"), passphrase)   // passphrase: CharArray, wiped by this call
 * val incident = vault.incidents.create("They took my phone.")
 * vault.lock()
 * ```
 *
 * Every function that may wait for the disk or the key derivation is `suspend` and does its work on a dispatcher that may block
 * (`Dispatchers.IO` unless another one was given): it may be called from the main thread. Safe to use from several threads and
 * coroutines at once. All objects got from a vault are that vault: once it is locked, each of their functions fails with its
 * topic's `Locked`, which [isVaultLocked] recognises.
 *
 * Cancelling a coroutine stops the jobs that take a [JobProgress]. Any other call runs to its end: what it was asked to write is
 * written, although the cancelled caller does not get its result.
 */
public class AmparoVault private constructor(
    /** The generated object underneath, for what this layer does not say. Its functions block. Changes made there are not told. */
    public val core: Vault,
    dispatcher: CoroutineDispatcher,
) {
    private val calls = Calls(dispatcher)
    private val told = Changes()

    /** Incidents. */
    public val incidents: VaultIncidents = VaultIncidents(core.incidents(), calls, told)

    /** Photos, recordings and documents. */
    public val evidence: VaultEvidence = VaultEvidence(core.evidence(), calls, told)

    /** What happened to each piece of evidence. */
    public val custody: VaultCustody = VaultCustody(core.custody(), calls, told)

    /** Full-text search. */
    public val search: VaultSearch = VaultSearch(core.search(), calls)

    /** Sealed reports. */
    public val reports: VaultReports = VaultReports(core.reports(), calls, told)

    /** Records to and from files. */
    public val interchange: VaultInterchange = VaultInterchange(core.interchange(), calls, told)

    /** Checklist packs, and whose may be installed. */
    public val packs: VaultPacks = VaultPacks(core.packs(), calls, told)

    /** Checklists, and the user's runs through them. */
    public val checklists: VaultChecklists = VaultChecklists(core.checklists(), calls, told)

    /** Recipients of reports, whose cards the user trusts. */
    public val recipients: VaultRecipients = VaultRecipients(core.recipients(), calls, told)

    /** Channel forms: what a channel needs a report to contain. */
    public val forms: VaultForms = VaultForms(core.forms(), calls)

    /**
     * What is written through this object, told after it was written. A screen listens first and loads then, so that nothing falls
     * in between: `vault.changes.onSubscription { load() }.collect { … }`. Nothing is lost on a listener that is slow. Does not
     * end; the last change is [VaultChange.Locked].
     */
    public val changes: SharedFlow<VaultChange> get() = told.flow

    /** Whether it is locked. Does not block. */
    public val isLocked: Boolean get() = core.isLocked()

    /** Evidence that was found cut off at this unlock. All that was kept of it is readable. Does not block. */
    public val recovered: List<EvidenceId> = core.recovered()

    /**
     * Locks the vault: what is being captured is ended with all it was given, files are closed, keys are wiped. May be called at any
     * time and more than once; jobs that run fail with `Locked`. Whatever this throws, the vault is locked.
     *
     * It is not cancelled with its caller, and it has threads of its own: a vault must be lockable while all others are busy.
     */
    public suspend fun lock(): Unit = withContext(NonCancellable + LOCKING) {
        try {
            core.lock()
        } finally {
            told.tell(VaultChange.Locked)
        }
    }

    /** Runs [block] with this vault, and locks the vault afterwards, whatever happens. */
    public suspend fun <T> use(block: suspend (AmparoVault) -> T): T {
        try {
            return block(this)
        } finally {
            lock()
        }
    }

    /**
     * Replaces the passphrase. Both arrays are wiped before this returns. Whoever has an older copy of the vault's files can still
     * use [old] on it. Takes two key derivations: two seconds or more.
     */
    public suspend fun changePassphrase(old: CharArray, new: CharArray, deviceKey: DeviceKey? = null): Unit = try {
        withPassphrase(old) { from -> withPassphrase(new) { to -> calls.run { core.changePassphrase(from, to, deviceKey) } } }
    } finally {
        // Where the first is refused, the second was not looked at.
        new.fill('\u0000')
    }

    /** As with `CharArray`s, of passphrases that are UTF-8. */
    public suspend fun changePassphrase(old: ByteArray, new: ByteArray, deviceKey: DeviceKey? = null): Unit = try {
        withPassphrase(old) { from -> withPassphrase(new) { to -> calls.run { core.changePassphrase(from, to, deviceKey) } } }
    } finally {
        new.fill(0)
    }

    /** Reads everything and says what is damaged. Takes as long as reading the whole vault. Cannot be stopped. */
    public suspend fun check(progress: JobProgress? = null): CheckReport = calls.job(progress) { _, bytes -> core.check(bytes) }

    /** Opens and creates vaults. */
    public companion object {
        /** For [lock] alone. A view of `Dispatchers.IO` has threads beyond the shared ones. */
        private val LOCKING = Dispatchers.IO.limitedParallelism(2)

        /**
         * Creates a vault in [directory], which must not exist or be empty, and opens it. Takes the key derivation: about a second
         * with [Kdf.Calibrated].
         *
         * [passphrase] is wiped before this returns, whatever happens. Never make a `String` of one: nobody can wipe that. On
         * Android an `EditText` gives it as `text.getChars(…)` into an array.
         *
         * With a [deviceKey] the vault opens on this device only, which is what makes a short passphrase bearable.
         * [dispatcher] is where calls block; it needs two threads or more to do anything while a long job runs.
         */
        public suspend fun create(
            directory: File,
            passphrase: CharArray,
            kdf: Kdf = Kdf.Calibrated,
            deviceKey: DeviceKey? = null,
            clock: Clock? = null,
            dispatcher: CoroutineDispatcher = Dispatchers.IO,
        ): AmparoVault = withPassphrase(passphrase) { utf8 ->
            open(dispatcher) { Vault.create(directory.path, utf8, kdf, deviceKey, clock) }
        }

        /** As with a `CharArray`, of a passphrase that is UTF-8. */
        public suspend fun create(
            directory: File,
            passphrase: ByteArray,
            kdf: Kdf = Kdf.Calibrated,
            deviceKey: DeviceKey? = null,
            clock: Clock? = null,
            dispatcher: CoroutineDispatcher = Dispatchers.IO,
        ): AmparoVault = withPassphrase(passphrase) { utf8 ->
            open(dispatcher) { Vault.create(directory.path, utf8, kdf, deviceKey, clock) }
        }

        /**
         * Opens the vault in [directory]. Captures that a crash or a lock cut off are settled and listed by [recovered]. Takes the
         * key derivation: a second or more. [passphrase] is wiped before this returns, whatever happens.
         *
         * Throws `WrongPassphrase`, `DeviceKeyRequired`, `DeviceLocked`, `KeyUnavailable`, `InUse`, `NotAVault` and the others of
         * [org.amparo.core.VaultException]. Nothing is ever deleted or reset because of one of them.
         */
        public suspend fun unlock(
            directory: File,
            passphrase: CharArray,
            deviceKey: DeviceKey? = null,
            clock: Clock? = null,
            dispatcher: CoroutineDispatcher = Dispatchers.IO,
        ): AmparoVault = withPassphrase(passphrase) { utf8 ->
            open(dispatcher) { Vault.unlock(directory.path, utf8, deviceKey, clock) }
        }

        /** As with a `CharArray`, of a passphrase that is UTF-8. */
        public suspend fun unlock(
            directory: File,
            passphrase: ByteArray,
            deviceKey: DeviceKey? = null,
            clock: Clock? = null,
            dispatcher: CoroutineDispatcher = Dispatchers.IO,
        ): AmparoVault = withPassphrase(passphrase) { utf8 ->
            open(dispatcher) { Vault.unlock(directory.path, utf8, deviceKey, clock) }
        }

        /** What can be seen of the vault in [directory] without its passphrase: whether there is one, and whether it needs a device key. */
        public suspend fun inspect(directory: File, dispatcher: CoroutineDispatcher = Dispatchers.IO): VaultInfo =
            withContext(dispatcher) { inspectVault(directory.path) }

        /** A vault that nobody is left to take is locked again, not left open. */
        private suspend fun open(dispatcher: CoroutineDispatcher, open: () -> Vault): AmparoVault =
            Calls(dispatcher).acquire(release = { it.core.lock() }) { AmparoVault(open(), dispatcher) }
    }
}
