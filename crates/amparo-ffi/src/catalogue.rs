//! Every error number with its name and its text, for an app's translations and for its logs. The list is that of `docs/formats/errors.md`;
//! a test holds the two, and the numbers in the code, against each other.

/// One error number.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ErrorCode {
    /// The number. Stable.
    pub code: u32,
    /// Its name, `snake_case`. Stable: what a translation's key can be made of.
    pub name: String,
    /// What it means, in English. It carries nothing that was entered.
    pub text: String,
}

/// Every number that an error can have, in order.
#[uniffi::export]
pub fn error_codes() -> Vec<ErrorCode> {
    let entry =
        |&(code, name, text): &(u32, &str, &str)| ErrorCode { code, name: name.to_owned(), text: text.to_owned() };
    CODES.iter().map(entry).collect()
}

/// Numbers are never used again for something else.
const CODES: &[(u32, &str, &str)] = &[
    (100, "not_a_vault", "no vault in this folder"),
    (101, "vault_folder_not_empty", "folder for the new vault is not empty"),
    (102, "vault_in_use", "vault in use"),
    (103, "vault_locked", "vault is locked"),
    (104, "wrong_passphrase", "wrong passphrase"),
    (105, "unusable_passphrase", "passphrase empty or too long"),
    (106, "pin_needs_device_key", "PIN needs a device key"),
    (107, "passphrase_refused", "passphrase cannot be used here"),
    (108, "header_truncated", "header truncated"),
    (109, "header_damaged", "header damaged"),
    (110, "newer_vault", "vault of a newer version"),
    (111, "kdf_parameters", "key derivation parameters out of bounds"),
    (112, "slots_truncated", "slot file truncated"),
    (113, "slots_damaged", "slot file damaged"),
    (114, "device_key_required", "device key required"),
    (115, "device_key_failed", "device key cannot be used"),
    (116, "data_folder_missing", "data folder missing"),
    (117, "database", "database"),
    (118, "medium_not_found", "no such medium"),
    (119, "medium_missing", "media file missing"),
    (120, "medium_header_damaged", "media header damaged"),
    (121, "medium_damaged", "medium damaged at a slot"),
    (123, "medium_write_failed", "an earlier write to this medium failed"),
    (124, "vault_storage_full", "storage full"),
    (125, "out_of_memory", "not enough memory"),
    (126, "randomness", "random source failed"),
    (127, "reentrant", "vault called from inside its own transaction"),
    (128, "file_operation_refused", "file operation refused"),
    (130, "cryptography", "other cryptographic failure"),
    (199, "vault_other", "other failure of the vault"),
    (200, "malformed_id", "not an id"),
    (201, "malformed_code", "not a code"),
    (202, "malformed_time", "not a time in UTC"),
    (203, "malformed_cursor", "not a page cursor"),
    (210, "malformed_date", "not a date"),
    (211, "no_such_month", "no such month or year"),
    (212, "no_such_day", "no such day"),
    (213, "no_such_time", "no such time of day"),
    (214, "no_such_offset", "no such offset from UTC"),
    (215, "end_before_beginning", "end before beginning"),
    (216, "date_too_precise", "precision claims more than the date says"),
    (220, "empty_incident", "nothing was entered"),
    (221, "too_long", "text or record too long"),
    (222, "too_many", "too many"),
    (223, "invalid_field", "field breaks its rule"),
    (224, "malformed_record", "not a record of this format"),
    (225, "newer_record", "record of a newer version"),
    (226, "damaged_record", "stored record damaged"),
    (230, "incident_not_found", "no such incident"),
    (231, "revision_not_found", "no such revision"),
    (232, "conflict", "saved meanwhile"),
    (250, "not_an_export", "not an export of incidents"),
    (251, "other_version", "the vault has another version of an imported record"),
    (252, "revision_taken", "the vault has another revision of an imported revision's number"),
    (253, "not_utf8", "not UTF-8"),
    (254, "export_cut", "export cut off"),
    (255, "export_malformed", "export damaged between its records"),
    (256, "unknown_record", "record of an unknown kind"),
    (260, "pack_not_a_pack", "not a checklist pack"),
    (261, "pack_newer_format", "pack of a format that is not known"),
    (262, "pack_wrong_length", "pack not complete, or something was added to it"),
    (263, "pack_too_large", "pack too large"),
    (264, "pack_unsigned", "pack is not signed"),
    (265, "pack_bad_signature", "pack's signature does not hold"),
    (266, "pack_tampered", "pack changed after it was signed"),
    (267, "pack_malformed", "pack malformed: a mistake of its publisher"),
    (268, "pack_unknown_publisher", "pack by a publisher that was not accepted yet"),
    (269, "pack_other_publisher", "pack by another publisher than the one it would replace"),
    (270, "pack_other_pack", "another pack than the one it would replace"),
    (271, "pack_rollback", "pack older than the one that is or was installed"),
    (272, "pack_version_reused", "pack claims the installed version and differs from it"),
    (273, "pack_too_new", "pack needs a newer version of the app"),
    (274, "pack_expired", "pack expired"),
    (275, "pack_not_yet_valid", "pack not valid yet"),
    (279, "pack_other", "other refusal of a pack"),
    (280, "pack_not_found", "no pack of this id is installed"),
    (281, "pack_damaged", "installed pack damaged"),
    (282, "checklist_not_found", "no such checklist"),
    (283, "run_not_found", "no such run"),
    (284, "item_not_found", "no such item in the checklist"),
    (285, "run_finished", "run is finished"),
    (286, "link_not_found", "item does not lead to an incident with this act"),
    (300, "evidence_not_found", "no such evidence"),
    (301, "evidence_unfinished", "evidence still being written"),
    (302, "evidence_damaged", "evidence damaged: not the hash it was stored with"),
    (303, "evidence_of_other_incident", "evidence not attached to this incident"),
    (304, "evidence_empty", "nothing of this evidence was kept"),
    (305, "evidence_deleted", "evidence deleted"),
    (306, "evidence_has_derivatives", "evidence has derivatives: say what becomes of them"),
    (310, "source_missing", "file to import missing"),
    (311, "source_is_folder", "file to import is a folder"),
    (312, "source_forbidden", "file to import may not be read"),
    (313, "source_not_a_file", "not a file"),
    (314, "source_empty", "file to import is empty"),
    (315, "source_failed", "file to import could not be read to its end"),
    (316, "cancelled", "stopped as asked"),
    (320, "target_exists", "target exists"),
    (321, "target_folder_missing", "target folder missing"),
    (322, "target_full", "target storage full"),
    (323, "target_failed", "target could not be written"),
    (324, "strip_unsupported", "metadata cannot be removed from this kind of file"),
    (325, "strip_malformed", "file to remove metadata from does not keep to its format"),
    (326, "strip_too_large", "file too large to remove its metadata"),
    (400, "custody_too_long", "custody entry too long"),
    (401, "custody_malformed", "custody entry malformed"),
    (402, "custody_newer", "custody entry of a newer version"),
    (403, "custody_time", "custody time malformed"),
    (404, "custody_name", "custody name malformed"),
    (405, "custody_head_malformed", "custody head malformed"),
    (406, "custody_head_signature", "custody head not signed by this key"),
    (407, "custody_out_of_range", "no such custody entry"),
    (408, "custody_node_missing", "custody tree lacks a node"),
    (409, "custody_proof", "custody proof does not hold"),
    (410, "custody_tree_damaged", "custody lines hold, stored tree differs"),
    (411, "nothing_to_anchor", "nothing to anchor: the custody log is empty"),
    (412, "anchor_not_found", "no such anchor"),
    (413, "anchor_not_stored", "anchor has no timestamp yet"),
    (414, "anchor_kind_unknown", "kind of anchor not known"),
    (415, "anchor_too_large", "timestamp too large"),
    (416, "anchor_malformed", "timestamp malformed"),
    (417, "anchor_newer", "timestamp or statement of a version that is not known"),
    (418, "anchor_refused", "the authority gave no timestamp"),
    (419, "anchor_not_a_timestamp", "signed data, but no timestamp"),
    (420, "anchor_other_algorithm", "timestamp of another hash algorithm"),
    (421, "anchor_other_commitment", "timestamp of something else"),
    (422, "anchor_other_nonce", "timestamp answers another request"),
    (423, "anchor_content_altered", "timestamp's content is not what was signed"),
    (424, "anchor_unknown_step", "proof has a step that is not known"),
    (425, "anchor_no_such_end", "proof has no such open end"),
    (426, "anchor_head", "anchored head cannot be read, or is not this vault's"),
    (427, "anchor_statement", "anchor's statement malformed"),
    (428, "anchor_other_log", "anchored head is not of this log"),
    (449, "anchor_other", "other failure of an anchor"),
    (499, "custody_other", "other failure of the custody log"),
    (500, "report_not_found", "no such report"),
    (501, "report_render", "report page could not be rendered"),
    (502, "no_such_field", "no such field of an incident"),
    (503, "recipient_twice", "one recipient in two groups"),
    (504, "draft", "incident is a draft"),
    (505, "preview_outdated", "what would be sealed is not what was previewed"),
    (506, "evidence_without_consent", "evidence without consent for this kind of recipient"),
    (507, "fields", "fields cannot be committed to or opened"),
    (510, "no_recipients", "no recipient"),
    (511, "too_many_recipients", "too many recipients"),
    (512, "mixed_recipients", "mixed recipients in one file"),
    (513, "too_many_files", "too many files"),
    (514, "evidence_name", "evidence kind cannot stand in a file name"),
    (515, "extra_path", "extra file's path not allowed"),
    (516, "manifest", "manifest cannot be made"),
    (517, "report_custody", "custody excerpt does not verify"),
    (518, "evidence_not_in_custody", "custody excerpt does not tell where an item came from"),
    (519, "anonymous_custody", "anonymous report with a custody excerpt"),
    (520, "report_too_large", "report too large"),
    (521, "evidence_unreadable", "an item could not be read"),
    (522, "encryption", "encryption failed"),
    (523, "anonymous_statement", "anonymous report with a signed statement"),
    (524, "report_disclosure", "shown fields are not those that were signed"),
    (540, "form_not_found", "no such channel form"),
    (541, "form_newer", "channel form needs a newer version"),
    (542, "form_malformed", "channel form malformed"),
    (543, "form_other_kind", "channel form is for other kinds of recipients"),
    (544, "form_consent", "channel asks persons for more than they answered"),
    (545, "form_too_large", "report larger than the channel takes"),
    (546, "form_too_many", "more evidence than the channel takes"),
    (547, "form_evidence", "chosen evidence that the channel does not take"),
    (549, "form_other", "other failure of a channel form"),
    (550, "not_a_card", "not a recipient card"),
    (551, "card_unknown_format", "recipient card of a format that this version does not know"),
    (552, "card_wrong_length", "recipient card not complete, or something added to it"),
    (553, "card_too_large", "recipient card, or something in it, too large"),
    (554, "card_bad_signature", "signature of the recipient card does not hold"),
    (555, "card_malformed", "recipient card malformed"),
    (556, "card_of_somebody_else", "card of another recipient than the one that it would replace"),
    (557, "card_other_signer", "recipient card signed by another key than the one that is trusted"),
    (558, "card_rollback", "recipient card older than the one that is trusted"),
    (559, "card_version_reused", "two different recipient cards claim to be one version"),
    (560, "card_expired", "recipient card expired"),
    (561, "card_keys_expired", "all keys of the recipient card expired"),
    (562, "card_no_known_key", "recipient card has no key that this version can seal to"),
    (563, "card_other", "other reason to refuse a recipient card"),
    (570, "recipient_not_found", "no such recipient"),
    (571, "fingerprint_not_compared", "first card of a recipient: its fingerprint must be compared"),
    (572, "fingerprint_differs", "recipient card not signed by the key whose fingerprint was compared"),
    (573, "recipient_damaged", "stored recipient card damaged"),
    (574, "recipient_kinds_differ", "recipients of different kinds in one group"),
    (599, "seal_other", "other failure of sealing"),
    (600, "desk_missing", "no such file or folder"),
    (601, "desk_empty", "the file is empty"),
    (602, "desk_not_sealed", "not a sealed report"),
    (
        603,
        "desk_unsupported",
        "an age file that no sealed report is: in ASCII armor, of another version, with a passphrase",
    ),
    (604, "desk_not_a_report", "encrypted for one of the keys, and no report"),
    (605, "desk_for_somebody_else", "sealed for somebody else, or for a key that is not among those given"),
    (606, "desk_truncated", "the file is cut short"),
    (607, "desk_truncated_or_tampered", "the end of the file is cut off or was changed"),
    (608, "desk_tampered", "changed after it was sealed"),
    (609, "desk_hostile", "breaks a rule that protects who opens it; nothing was written"),
    (610, "desk_output_not_empty", "the folder to open into is not empty, or is no folder"),
    (611, "desk_output_name", "the folder to open into has no name of its own"),
    (620, "desk_exists", "a file of that name exists, and keys are never overwritten"),
    (622, "desk_disk_full", "no space left on the disk"),
    (623, "desk_permission", "not allowed to read or write there"),
    (624, "desk_no_keys", "a sealed file cannot be checked without a key"),
    (625, "desk_empty_key_file", "the key file holds no key"),
    (626, "desk_not_a_key_file", "not a key file"),
    (627, "desk_key_file", "a line of the key file is no key"),
    (628, "desk_cancelled", "stopped as asked"),
    (629, "desk_randomness", "random source failed"),
    (630, "desk_card", "a recipient card is refused"),
    (631, "desk_not_a_signing_key", "not the file of a card's signing key"),
    (632, "desk_other_signing_key", "the card was signed with another key"),
    (633, "desk_missing_secret", "the secret of a key in the card is not in the key file"),
    (634, "desk_busy", "another process makes a card with this signing key"),
    (699, "desk_other", "reading or writing failed"),
    (900, "internal", "a defect in the library: the operation was stopped"),
    (901, "capture_over", "the capture was ended before this call"),
    (902, "invalid_argument", "an argument that cannot be"),
    (903, "device_locked", "the device's screen must be unlocked first"),
    (904, "device_key_unavailable", "the device key is not on this device: was the vault restored from a backup?"),
    (905, "reader_closed", "the reader was closed before this call"),
    (906, "not_a_recipient", "not a public key to seal to"),
    (907, "secret_key_given", "a secret key where a public one belongs"),
    (908, "qr_not_of_a_card", "a QR code that is not of a recipient card"),
    (909, "qr_newer_format", "a QR code of a format that this version does not know"),
    (910, "qr_damaged", "a QR code of a recipient card that is damaged"),
    (911, "qr_other_card", "a QR code of another recipient card than the ones before it"),
    (912, "qr_contradiction", "QR codes of a recipient card that do not fit together"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the page.
    fn documented() -> Vec<(u32, String, String)> {
        let page = include_str!("../../../docs/formats/errors.md");
        let row = |line: &str| {
            let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").map(str::to_owned);
            Some((cells.next()?.parse().ok()?, cells.next()?, cells.next()?))
        };
        page.lines().filter_map(row).collect()
    }

    #[test]
    fn the_list_is_the_page() {
        let listed: Vec<_> = error_codes().into_iter().map(|error| (error.code, error.name, error.text)).collect();
        assert_eq!(listed, documented());
    }

    #[test]
    fn numbers_rise_and_names_are_single() {
        assert!(CODES.is_sorted_by(|a, b| a.0 < b.0), "in order, none twice");
        let mut names: Vec<_> = CODES.iter().map(|(_, name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CODES.len());
        let snake = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        assert!(CODES.iter().all(|(_, name, text)| snake(name) && !text.is_empty()));
    }

    /// The core's and the desk's own tests hold their numbers against the page; this is for those that begin here.
    #[test]
    fn every_number_of_this_crate_is_listed_and_used() {
        let source = include_str!("error.rs");
        let mut own: Vec<u32> = source
            .lines()
            .filter_map(|line| {
                line.strip_prefix("pub const ")?.split_once(": u32 = ")?.1.strip_suffix(';')?.parse().ok()
            })
            .collect();
        assert!(own.len() >= 8, "{own:?}");
        own.sort_unstable();
        let listed: Vec<u32> = CODES.iter().map(|(code, ..)| *code).filter(|code| *code >= 900).collect();
        assert_eq!(own, listed);
    }
}
