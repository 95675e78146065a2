//! Whatever the core and the desk can do is exported, or stands below with the reason why not.
//!
//! The sources are read as text: what is public there, and what is exported here, is told by their own lines. (What records carry is the
//! compiler's to check: they take the core's types apart field by field; where it cannot, because a type of the core may grow, the last
//! test here does.)

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What becomes of a function that has no export of its own name.
enum Why {
    /// It is exported under this name: `Object.function`, or `function`.
    As(&'static str),
    /// It is not exported, for this reason.
    Not(&'static str),
}
use Why::{As, Not};

/// The types whose functions a host needs, and what each is here.
const HANDLES: &[(&str, &str)] = &[
    ("Amparo", "Vault"),
    ("Vault", "Vault"),
    ("Incidents", "Incidents"),
    ("EvidenceStore", "EvidenceStore"),
    ("Capture", "Capture"),
    ("MediaReader", "MediaReader"),
    ("RecordingReader", "RecordingReader"),
    ("Custody", "Custody"),
    ("Search", "Search"),
    ("Interchange", "Interchange"),
    ("Reports", "Reports"),
    ("Recipients", "Recipients"),
    ("Packs", "Packs"),
    ("Checklists", "Checklists"),
    ("Forms", "Forms"),
];

const STREAM: Why = Not("a Rust reader or writer cannot cross; files and descriptors do");
const EMPTY: Why = Not("a size of 0 says it: languages that ask for it have it in their own layer");
const DESK_CARD: Why = Not("a desk makes its card on its own computer, with the command line");
const INNER: Why = Not("for the crates above the vault: what hosts see of it goes through the topics");

/// Functions without an export of their own name.
const EXCEPTIONS: &[(&str, Why)] = &[
    ("Amparo.vault", Not("what hosts need of it is on `Vault` itself")),
    ("Vault.header_info", As("inspect_vault")),
    ("Vault.create_media", INNER),
    ("Vault.custody_seed", INNER),
    ("Vault.delete_media", INNER),
    ("Vault.media_info", INNER),
    ("Vault.open_media", INNER),
    ("Vault.read", INNER),
    ("Vault.recover_media", INNER),
    ("Vault.unfinished_media", INNER),
    ("Vault.write", INNER),
    ("Vault.checkpoint", INNER),
    ("EvidenceStore.derive", As("EvidenceStore.derive_from_bytes")),
    ("EvidenceStore.derive_file", As("EvidenceStore.derive_from_file")),
    ("EvidenceStore.derive_open_file", As("EvidenceStore.derive_from_descriptor")),
    ("EvidenceStore.export", As("EvidenceStore.export_to_descriptor")),
    ("EvidenceStore.export_part", As("EvidenceStore.export_part_to_descriptor")),
    ("EvidenceStore.import", As("EvidenceStore.import_bytes")),
    ("EvidenceStore.import_open_file", As("EvidenceStore.import_descriptor")),
    ("strip_stream", As("strip_to_descriptor")),
    ("MediaReader.info", Not("state, size and hash are in the record that `EvidenceStore.get` gives")),
    ("MediaReader.len", As("MediaReader.size")),
    ("MediaReader.is_empty", EMPTY),
    ("MediaReader.read_at", As("MediaReader.read")),
    ("RecordingReader.len", As("RecordingReader.size")),
    ("RecordingReader.is_empty", EMPTY),
    ("RecordingReader.read_at", As("RecordingReader.read")),
    ("Reports.seal", STREAM),
    ("Recipients.import", As("Recipients.import_card")),
    ("Interchange.export", STREAM),
    ("Interchange.export_uwazi", STREAM),
    ("Interchange.import", STREAM),
    ("Packs.open", As("Checklists.show")),
    ("Packs.open_for", As("Checklists.show")),
    ("Forms.open", Not("a form is named by its `FormId`: `RecipientGroup.form`, `Forms.check`")),
    ("bundled", As("ChecklistPack.bundled")),
    ("list", As("Forms.list")),
    ("code", Not("`code_lists` gives each code with its counterpart")),
    ("thesaurus", As("huridocs_thesaurus")),
    ("block", Not("`code_lists` gives each code with its counterpart")),
    ("all", Not("JSON Schemas are for the tools that keep docs/schemas")),
    ("no_progress", Not("a job without a `Progress` and a `CancelToken` is not watched")),
    ("desk.keygen", As("desk_generate_key")),
    ("desk.load_identities", Not("secret keys stay in their file: `desk_open` and `desk_verify` take its path")),
    ("desk.key_file_is_exposed", As("key_file_is_exposed")),
    ("desk.card_new", DESK_CARD),
    ("desk.card_rotate", DESK_CARD),
    ("desk.card_read", DESK_CARD),
];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The Rust sources under `folder`, without those of tests.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            found.push((path, text));
        }
    }
    found.sort();
    found
}

/// The name of the public function that begins on this line.
fn function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("pub ")?;
    let rest = rest.strip_prefix("const ").unwrap_or(rest).strip_prefix("fn ")?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// The type of the inherent `impl` that begins on this line.
fn inherent(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("impl")?;
    let rest = if let Some(generic) = rest.strip_prefix('<') { generic.split_once('>')?.1 } else { rest };
    let name = rest.trim_start().strip_suffix('{')?.trim_end();
    (!name.contains(" for ")).then(|| name.split('<').next().unwrap_or(name))
}

/// Every public function of a type, as `Type.function`, and of modules, as `function`.
fn public(sources: &[(PathBuf, String)]) -> BTreeSet<String> {
    let mut functions = BTreeSet::new();
    for (_, text) in sources {
        let (mut of, mut hidden) = (None, false);
        for line in text.lines() {
            // What is hidden from the documentation is for tests.
            let was_hidden = std::mem::replace(&mut hidden, line.trim() == "#[doc(hidden)]");
            if was_hidden {
                continue;
            }
            if let Some(name) = function(line) {
                functions.insert(name.to_owned());
            } else if line.starts_with("impl") {
                of = inherent(line);
            } else if line == "}" {
                of = None;
            } else if let (Some(of), Some(name)) = (of, line.strip_prefix("    ").and_then(function)) {
                functions.insert(format!("{of}.{name}"));
            }
        }
    }
    functions
}

/// Every export of this crate, as `Object.function` and `function`.
fn exports() -> BTreeSet<String> {
    let mut functions = BTreeSet::new();
    for (_, text) in sources(&crates().join("amparo-ffi/src")) {
        // Some stand in modules that only some systems have: how far in they begin is part of where they end.
        let (mut exported, mut of) = (false, None);
        for line in text.lines() {
            let code = line.trim_start();
            let depth = line.len() - code.len();
            if code.starts_with("#[uniffi::export") {
                exported = true;
            } else if let (true, Some(name)) = (exported, function(code)) {
                functions.insert(name.to_owned());
                exported = false;
            } else if ["impl", "pub struct", "pub trait"].iter().any(|begin| code.starts_with(begin)) {
                of = if exported { inherent(code).map(|name| (name, depth)) } else { None };
                exported = false;
            } else if code == "}" && of.is_some_and(|(_, begun)| begun == depth) {
                of = None;
            } else if let (Some((of, begun)), Some(name)) = (of, function(code)) {
                assert_eq!(depth, begun + 4, "{line}");
                functions.insert(format!("{of}.{name}"));
            }
        }
    }
    functions
}

/// What of modules can be called from outside: the module is public, or the function is given on.
fn reachable(sources: &[(PathBuf, String)], functions: &BTreeSet<String>) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    let mut given_on = String::new();
    for (path, text) in sources {
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')) {
                let folder = if path.ends_with("lib.rs") || path.ends_with("mod.rs") {
                    path.parent().unwrap().to_owned()
                } else {
                    path.with_extension("")
                };
                open.insert(folder.join(format!("{name}.rs")));
                open.insert(folder.join(name).join("mod.rs"));
            }
        }
        for statement in text.split("pub use ").skip(1) {
            given_on.push_str(statement.split(';').next().unwrap());
            given_on.push(',');
        }
    }
    let given_on: BTreeSet<&str> = given_on.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let of_open = public(&sources.iter().filter(|(path, _)| open.contains(path)).cloned().collect::<Vec<_>>());
    let of_module = functions.iter().filter(|name| !name.contains('.'));
    of_module.filter(|name| of_open.contains(*name) || given_on.contains(name.as_str())).cloned().collect()
}

/// Each function of the core and of the desk that a host may need, with the name of its export.
fn needed() -> BTreeMap<String, String> {
    let core = sources(&crates().join("amparo-core/src"));
    let vault = sources(&crates().join("amparo-vault/src"));
    let mut needed = BTreeMap::new();
    let of_core = public(&core);
    for name in reachable(&core, &of_core) {
        needed.insert(name.clone(), name);
    }
    for (theirs, ours) in HANDLES {
        let of = |functions: &BTreeSet<String>| {
            let names = functions.iter().filter_map(|name| name.strip_prefix(&format!("{theirs}.")));
            names.map(str::to_owned).collect::<Vec<_>>()
        };
        let mut names = of(&of_core);
        names.extend(of(&public(&vault)));
        assert!(!names.is_empty(), "{theirs} is not found in the sources");
        for name in names {
            needed.insert(format!("{theirs}.{name}"), format!("{ours}.{name}"));
        }
    }
    let desk = sources(&crates().join("amparo-desk/src"));
    let of_desk = public(&desk);
    for name in reachable(&desk, &of_desk) {
        needed.insert(format!("desk.{name}"), format!("desk_{name}"));
    }
    needed
}

#[test]
fn whatever_the_core_can_do_is_exported() {
    let (needed, exports) = (needed(), exports());
    // What is read is what is there.
    for known in ["Incidents.create", "EvidenceStore.import_file", "Reports.seal_file", "thesaurus_csv", "desk.open"] {
        assert!(needed.contains_key(known), "{known} is not found in the sources");
    }
    assert!(needed.len() > 80, "{}", needed.len());
    assert!(exports.contains("Vault.unlock") && exports.contains("error_codes"), "{exports:?}");

    let exceptions: BTreeMap<&str, &Why> = EXCEPTIONS.iter().map(|(name, why)| (*name, why)).collect();
    assert_eq!(exceptions.len(), EXCEPTIONS.len(), "none twice");
    let missing: Vec<&String> = needed
        .iter()
        .filter(|(name, export)| !exports.contains(*export) && !exceptions.contains_key(name.as_str()))
        .map(|(name, _)| name)
        .collect();
    assert!(missing.is_empty(), "without an export, and without a reason: {missing:#?}");
    for (name, why) in exceptions {
        let export = needed.get(name);
        assert!(export.is_some(), "{name} is gone: so must its exception");
        assert!(!exports.contains(export.unwrap()), "{name} is exported: it needs no exception");
        match why {
            As(export) => assert!(exports.contains(*export), "{name}: there is no export {export}"),
            Not(reason) => assert!(reason.len() > 20, "{name}: say why"),
        }
    }
}

/// Types of the core that may grow, so that the compiler cannot miss what they gain: where they are declared, and what stands for them
/// here.
const GROWING: &[(&str, &str, &str, &str)] = &[
    ("amparo-core/src/report/preview.rs", "enum Warning", "reports/preview.rs", "enum WarningKind"),
    ("amparo-core/src/interchange/export.rs", "enum Format", "interchange/mod.rs", "enum Format"),
    ("amparo-core/src/interchange/export.rs", "struct ExportSummary", "interchange/mod.rs", "struct ExportSummary"),
    ("amparo-core/src/interchange/import.rs", "enum Kind", "interchange/mod.rs", "enum RecordKind"),
    ("amparo-core/src/interchange/import.rs", "struct ImportReport", "interchange/mod.rs", "struct ImportReport"),
    ("amparo-core/src/report/preview.rs", "struct GroupPreview", "reports/preview.rs", "struct GroupPreview"),
    ("amparo-core/src/interchange/import.rs", "struct Refused", "interchange/mod.rs", "struct Refused"),
    ("amparo-core/src/interchange/import.rs", "struct Stopped", "interchange/mod.rs", "struct Stopped"),
    ("amparo-vault/src/vault.rs", "struct CheckReport", "vault.rs", "struct CheckReport"),
    ("amparo-vault/src/device_key.rs", "enum DeviceKeyError", "host.rs", "enum DeviceKeyError"),
    ("amparo-report/src/custody/entry.rs", "enum Event", "custody/records.rs", "enum CustodyEvent"),
    ("amparo-report/src/custody/chain.rs", "enum FaultReason", "custody/records.rs", "enum FaultReason"),
    ("amparo-report/src/anchor/mod.rs", "enum AnchorKind", "custody/anchors.rs", "enum AnchorKind"),
    ("amparo-report/src/anchor/statement.rs", "enum Claim", "custody/anchors.rs", "enum AnchorClaim"),
    ("amparo-report/src/anchor/ots.rs", "enum Attestation", "custody/anchors.rs", "enum Attestation"),
];

/// Members that stand under another name here: an error crosses as its number and its text, what a list does not know as `Unlisted`.
const RENAMED: &[(&str, &str)] = &[("reason", "code"), ("Other", "Unlisted")];

/// The public fields or the variants of a type.
fn members(file: &Path, declared: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap();
    let (_, rest) = text.split_once(&format!("pub {declared} {{\n")).unwrap();
    let body = rest.split("\n}").next().unwrap();
    let member = |line: &str| {
        let line = line.strip_prefix("    ").filter(|line| !line.starts_with([' ', '/', '#', '}']))?;
        let name = if declared.starts_with("enum") { line } else { line.strip_prefix("pub ")? };
        name.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned)
    };
    body.lines().filter_map(member).collect()
}

#[test]
fn what_the_cores_types_gain_is_gained_here() {
    for (file, theirs, our_file, ours) in GROWING {
        let their_members = members(&crates().join(file), theirs);
        let our_members = members(&crates().join("amparo-ffi/src").join(our_file), ours);
        assert!(their_members.len() > 1, "{theirs}");
        let ours_of = |name: &str| RENAMED.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| *ours);
        let missing: Vec<&String> = their_members
            .iter()
            .filter(|name| {
                !our_members.contains(*name) && !ours_of(name).is_some_and(|name| our_members.contains(name))
            })
            .collect();
        assert!(missing.is_empty(), "{ours} lacks {missing:?} of {theirs}");
    }
}

/// Kotlin and Swift nest their comments: a description with the beginning or the end of one does not compile there.
#[test]
fn no_description_opens_or_closes_a_comment() {
    let mut described = 0;
    for (path, text) in sources(&crates().join("amparo-ffi/src")) {
        for line in text.lines().filter(|line| line.trim_start().starts_with("///")) {
            described += 1;
            assert!(!line.contains("/*") && !line.contains("*/"), "{}: {line}", path.display());
        }
    }
    assert!(described > 1000, "{described}");
}
