// Channel forms, without blocking the caller's thread: what a channel needs a report to contain, before anything is sealed.
package org.amparo

import org.amparo.core.FormCheck
import org.amparo.core.FormEntry
import org.amparo.core.FormId
import org.amparo.core.Forms
import org.amparo.core.RecipientKind
import org.amparo.core.ReportRequest

/** The channel forms of a vault's packs. Got from [AmparoVault.forms]. Safe to use from several threads. */
public class VaultForms internal constructor(private val core: Forms, private val calls: Calls) {
    /**
     * The forms of the installed packs, those for recipients of [kind] only if one is given, with texts in the language nearest to
     * [language] (BCP 47). A pack that cannot be read is not in it; [VaultPacks.list] says so.
     */
    public suspend fun list(language: String, kind: RecipientKind? = null): List<FormEntry> = calls.run { core.list(kind, language) }

    /**
     * What [form] says to what group number [group] (from 0) of [request] would be told, after consent, marks and choice; texts in the
     * language nearest to [language]. The group may have no recipients yet, and its own form is not looked at. Nothing is sealed and
     * nobody is told. With limits and much evidence it composes the report several times, without reading the evidence.
     */
    public suspend fun check(request: ReportRequest, form: FormId, language: String, group: UInt = 0u): FormCheck =
        calls.run { core.check(request, group, form, language) }
}
