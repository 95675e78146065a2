//! `amparo vault`: create, info, passwd, check.

use std::{path::Path, sync::Arc};

use amparo_core::{Amparo, CreateOptions, KdfParams, SystemClock, Vault as CoreVault};
use serde_json::json;

use super::{Context, bytes};
use crate::{args::Vault, failure::Failure, passphrase, progress::Progress};

/// Runs `amparo vault …`.
pub fn run(context: &Context, command: Vault) -> Result<bool, Failure> {
    match command {
        Vault::Create { dir, kdf_memory } => create(context, &dir, kdf_memory),
        Vault::Info { dir } => info(context, &dir),
        Vault::Passwd { dir, new_passphrase_file } => passwd(context, &dir, new_passphrase_file.as_deref()),
        Vault::Check { dir } => check(context, &dir),
    }
}

fn create(context: &Context, dir: &Path, kdf_memory: Option<u32>) -> Result<bool, Failure> {
    let kdf = kdf_memory
        .map(|mib| {
            let floor = KdfParams::FLOOR;
            KdfParams::new(mib.saturating_mul(1024), floor.passes(), floor.lanes())
                .map_err(|_| Failure::input("--kdf-memory must be between 64 and 1024"))
        })
        .transpose()?;
    let passphrase = passphrase::chosen(context.passphrase_file.as_deref())?;
    let options = CreateOptions { kdf, ..CreateOptions::default() };
    Amparo::create(dir, &passphrase, &options, Arc::new(SystemClock))?.lock()?;
    let info = CoreVault::header_info(dir)?;
    context.output.result(&json!({ "vault": dir.to_string_lossy(), "kdf_memory_kib": info.kdf.memory_kib() }), || {
        vec![
            format!("Created a vault in {}.", dir.display()),
            "Nobody can open it without the passphrase: not us, not anybody. There is no recovery yet if it is lost."
                .into(),
        ]
    });
    Ok(true)
}

fn info(context: &Context, dir: &Path) -> Result<bool, Failure> {
    let info = CoreVault::header_info(dir)?;
    let value = json!({
        "format_version": info.format_version,
        "kdf": {
            "algorithm": "argon2id",
            "memory_kib": info.kdf.memory_kib(),
            "passes": info.kdf.passes(),
            "lanes": info.kdf.lanes(),
        },
        "device_keys": info.device_keys,
        "slots": info.slots,
    });
    context.output.result(&value, || {
        vec![
            format!("Vault format      {}", info.format_version),
            format!(
                "Key derivation    Argon2id, {}, {} passes",
                bytes(u64::from(info.kdf.memory_kib()) * 1024),
                info.kdf.passes()
            ),
            format!(
                "Device keys       {}",
                if info.device_keys == 0 { "none".into() } else { info.device_keys.to_string() }
            ),
            format!("Slots             {} (how many are in use cannot be seen)", info.slots),
        ]
    });
    Ok(true)
}

fn passwd(context: &Context, dir: &Path, new_file: Option<&Path>) -> Result<bool, Failure> {
    CoreVault::header_info(dir)?;
    let old = passphrase::existing(context.passphrase_file.as_deref())?;
    let new = passphrase::replacement(new_file)?;
    let amparo = Amparo::unlock(dir, &old, &amparo_core::UnlockOptions::default(), Arc::new(SystemClock))?;
    let changed = amparo.vault().change_passphrase(&old, &new, None);
    let locked = amparo.lock();
    changed?;
    locked?;
    context.output.result(&json!({ "changed": true }), || {
        vec![
            "The passphrase is changed. The data was not touched.".into(),
            "An older copy of this folder still opens with the old passphrase.".into(),
        ]
    });
    Ok(true)
}

fn check(context: &Context, dir: &Path) -> Result<bool, Failure> {
    let report = context.with_vault(dir, |amparo| {
        let mut progress = Progress::new("Checking", 0, context.output.is_json());
        Ok(amparo.vault().check(|bytes| progress.add(bytes))?)
    })?;
    let damaged: Vec<_> =
        report.damaged.iter().map(|(id, what)| json!({ "media": id.to_string(), "problem": what })).collect();
    let value = json!({
        "ok": report.is_ok(),
        "database": if report.database_sound { "sound" } else { "damaged" },
        "slots": if report.slots_intact { "intact" } else { "damaged" },
        "media_checked": report.media_checked,
        "damaged": damaged,
        "unfinished": report.unfinished.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "orphans": report.orphans,
    });
    context.output.result(&value, || {
        let mut lines = vec![
            format!("Database   {}", if report.database_sound { "sound" } else { "DAMAGED" }),
            format!("Slot file  {}", if report.slots_intact { "intact" } else { "DAMAGED" }),
            format!("Media      {} checked, {} damaged", report.media_checked, report.damaged.len()),
        ];
        lines.extend(report.damaged.iter().map(|(id, what)| format!("           {id}: {what}")));
        if !report.unfinished.is_empty() {
            lines.push(format!(
                "           {} cut off by a crash or a lock; all that was kept is readable",
                report.unfinished.len()
            ));
        }
        if report.orphans > 0 {
            lines.push(format!("           {} file(s) without a key; nobody can read them", report.orphans));
        }
        lines.push(if report.is_ok() {
            "Everything is in order.".into()
        } else {
            "Something is damaged. Nothing was changed or deleted; what is not named here is readable.".into()
        });
        lines
    });
    Ok(report.is_ok())
}
