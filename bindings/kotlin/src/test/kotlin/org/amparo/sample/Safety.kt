// The samples of docs/embedding.md: checklists, recipients and channel forms. EmbeddingSampleTest runs them, scripts/check-samples compares.
package org.amparo.sample

import org.amparo.*
import org.amparo.core.*
import java.io.File
import java.io.InputStream
import java.time.LocalDate

// sample: locked
/** What somebody reads who has no time to unlock. `publisher` is a constant in the app's code: the key that `amparo pack keygen` printed. */
suspend fun readWhileLocked(asset: InputStream, publisher: String, language: String, show: (ShownText, ItemView?) -> Unit) {
    val pack = asset.use { openChecklistPack(it.readBytes(), publisher, language) }
    for (section in pack.checklist("arrest").sections) {
        show(section.title, null)
        // Each text says its direction, and an item whether following it leaves a trace or needs a network: show that before the text.
        for (item in section.items) show(item.text, item)
    }
}
// end

// sample: install-pack
/** After unlocking: brings the app's pack in, or up to date. A pack that the user removed, or has in a newer version, stays as it is. */
suspend fun bringUpToDate(vault: AmparoVault, pack: ByteArray, publisher: String) {
    // The app's own key and no other. For a pack from elsewhere the user compares the fingerprint first.
    if (vault.packs.list().none { it.publisher.key == publisher }) vault.packs.acceptPublisher(publisher)
    val offer = vault.packs.offer(pack)
    if (offer.kind == PackOfferKind.New || offer.kind is PackOfferKind.Update) vault.packs.install(pack)
}
// end

// sample: run
/** The run that goes on, or a new one. What an update reworded or removed is in it: show an old tick as one of another text. */
suspend fun openRun(vault: AmparoVault, checklist: ChecklistHeading, language: String): RunView {
    val open = RunQuery(checklist.pack, checklist.id, finished = false, limit = 1u)
    val run = vault.checklists.runs(language, open).firstOrNull()?.id ?: vault.checklists.start(checklist.pack, checklist.id)
    return vault.checklists.run(run, language)
}
// end

// sample: due
/** The days on which to remind, for the system's notifications. They are on the lock screen: say "Reminder", and nothing of what. */
suspend fun reminders(vault: AmparoVault, language: String, today: LocalDate): Map<ChecklistHeading, LocalDate> = buildMap {
    for (due in vault.checklists.due(language)) {
        when (val state = due.state) {
            is DueState.Later -> put(due.heading, LocalDate.parse(state.due))

            is DueState.Due, DueState.ClockWentBack -> put(due.heading, today)

            // Nobody chose it, or nobody knows what day it is.
            DueState.NeverStarted, DueState.ClockUnknown -> Unit
        }
    }
}
// end

// sample: trust
/** A card that came in a file or as QR codes. `compare` asks the user to call the recipient, and gives what they typed: words or digits. */
suspend fun trust(vault: AmparoVault, card: ByteArray, compare: suspend (CardInfo) -> String?, show: (String) -> Unit): Recipient? {
    val offer = vault.recipients.offer(card)
    if (offer.namesakes.isNotEmpty()) show("You have somebody of this name already. Ask them, by another way.")
    return when (val kind = offer.kind) {
        // Never from the card itself: whoever made a false card made its fingerprint too.
        CardOfferKind.New -> compare(offer.card)?.let { vault.recipients.importCard(card, it) }

        CardOfferKind.Same, is CardOfferKind.Update -> vault.recipients.importCard(card)

        is CardOfferKind.Refused -> null.also { show("This card was refused (${kind.code}). Nothing was changed.") }
    }
}
// end

// sample: scan
/** Gets the texts of codes as the camera finds them, until a card is whole. */
suspend fun scan(texts: Iterable<String>, show: (String) -> Unit): ByteArray? {
    val scanner = CardScanner()
    for (text in texts) {
        try {
            when (val progress = scanner.add(text)) {
                is ScanProgress.Complete -> return progress.bytes
                is ScanProgress.Missing -> show("${progress.of - progress.parts.size.toUInt()} of ${progress.of}")
            }
        } catch (_: RecipientException.NotACardsCode) {
            // Another code in the picture.
        }
    }
    return null
}
// end

// sample: check
/** Seals through a channel, after `goOn` saw what its form says: what is missing in the user's language, what matters most first. */
suspend fun sealThrough(
    vault: AmparoVault,
    incident: Incident,
    recipients: List<Recipient>,
    form: FormId,
    language: String,
    target: File,
    goOn: suspend (FormCheck) -> Boolean,
): List<SealedReport>? {
    val group = vault.recipients.group(recipients.map { it.id }).copy(form = form)
    val request = ReportRequest(incident.id, listOf(group))
    val check = vault.forms.check(request, form, language)
    // What is missing stops nobody. Consent that the channel needs, and more than it takes, do.
    if (!goOn(check) || !check.canBeSealed) return null
    return vault.reports.sealFile(request.confirmed(vault.reports.preview(request)), target)
}
// end
