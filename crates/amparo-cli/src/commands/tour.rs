//! `amparo tour`: the main job once, from start to end, on real files, saying what happens.
//!
//! It uses the same calls as the other commands, and checks what it says: each sentence about what is true is printed after it
//! was looked at.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

use amparo_core::{
    Amparo, CreateOptions, Passphrase, SystemClock,
    evidence::{ImportRequest, no_progress},
    incident::{Act, ActCode, IncidentContent, RecipientKind},
    report::ReportRequest,
};
use amparo_crypto::{age::KeyKind, hash, random};
use serde_json::json;

use super::{Context, bytes, evidence, hex, report};
use crate::{
    args::Tour,
    failure::{Exit, Failure},
};

const SAMPLES: [(&str, &[u8]); 3] = [
    ("photo.jpg", include_bytes!("../../samples/photo.jpg")),
    ("video.mp4", include_bytes!("../../samples/video.mp4")),
    ("audio.ogg", include_bytes!("../../samples/audio.ogg")),
];

const TITLE: &str = "Raid on the office of a legal aid group";
const NARRATIVE: &str = "At six in the morning eight men in plain clothes entered the office without showing a warrant. \
They took two computers and the case files of the detained students. One of them filmed the staff. A neighbour recorded what follows.";

/// Runs `amparo tour`.
pub fn run(context: &Context, tour: &Tour) -> Result<bool, Failure> {
    for file in &tour.files {
        if !file.is_file() {
            return Err(Failure::input("there is no such file, or it is a folder").about(&file.to_string_lossy(), 0));
        }
    }
    let folder = tempfile::Builder::new()
        .prefix("amparo-tour-")
        .tempdir()
        .map_err(|e| Failure::new(Exit::Storage, format!("no temporary folder could be made: {}", e.kind())))?
        .keep();
    let done = walk(context, &folder, &tour.files);
    if done.is_err() {
        // Nothing to look at; what is there is ours.
        let _ = fs::remove_dir_all(&folder);
    }
    done
}

fn walk(context: &Context, folder: &Path, files: &[PathBuf]) -> Result<bool, Failure> {
    let out = context.output;
    let files = if files.is_empty() { write_samples(folder)? } else { files.to_vec() };
    let (vault, key, sealed, opened) =
        (folder.join("vault"), folder.join("desk.key"), folder.join("report.age"), folder.join("opened"));

    out.note("1. On the phone: a vault");
    let secret: [u8; 16] = random::array().map_err(amparo_core::CoreError::from)?;
    let passphrase = Passphrase::new(hex(&secret).as_bytes()).map_err(amparo_core::CoreError::from)?;
    let amparo = Amparo::create(&vault, &passphrase, &CreateOptions::default(), Arc::new(SystemClock))?;
    let info = amparo_core::Vault::header_info(&vault)?;
    out.note("   Created, with a random passphrase that this tour forgets at the end.");
    out.note(&format!(
        "   Trying one passphrase costs {} of memory and about a second on this machine.",
        bytes(u64::from(info.kdf.memory_kib()) * 1024)
    ));

    out.note("\n2. Documenting an incident");
    let content = IncidentContent {
        title: TITLE.into(),
        narrative: NARRATIVE.into(),
        language: Some("en".into()),
        acts: vec![Act::from(ActCode::RAID_SEARCH), Act::from(ActCode::CONFISCATION)],
        ..IncidentContent::default()
    };
    let incident = amparo.incidents().create(content)?;
    out.note(&format!("   “{TITLE}”"));
    let mut kept = Vec::new();
    for file in &files {
        let request = ImportRequest { incident: Some(incident.id), ..ImportRequest::default() };
        let piece = amparo
            .evidence()
            .import_file(file, request, &mut no_progress)
            .map_err(|e| Failure::from(e).about(&file.to_string_lossy(), kept.len()))?;
        out.note(&format!(
            "   {:<10} {:>10}  SHA-256 {}…",
            piece.description.kind.as_str(),
            bytes(piece.size),
            piece.sha256.map_or_else(String::new, |d| hex(&d).chars().take(16).collect())
        ));
        kept.push(piece);
    }
    out.note("   Encrypted while they were read; their hashes are in the custody log.");
    let found = amparo.search().incidents("warrant", 10, None)?;
    out.note(&format!("   Searching for “warrant” finds {} incident(s).", found.hits.len()));

    out.note("\n3. At the desk of the organisation that will receive it");
    let recipient = amparo_desk::keygen(&key, KeyKind::PostQuantum)?;
    out.note(&format!(
        "   A key pair that also withstands quantum computers; they publish {}…",
        recipient.to_string().chars().take(24).collect::<String>()
    ));

    out.note("\n4. On the phone: sealing a report to them");
    let request = ReportRequest::new(incident.id, RecipientKind::HOTLINE, vec![recipient]);
    let reports = amparo.reports().seal_file(&request, &sealed, &mut no_progress)?;
    let report = reports.first().ok_or_else(|| Failure::input("nothing was sealed"))?;
    let size = report.files.first().map_or(0, |f| f.size);
    out.note(&format!(
        "   {}, {}: an ordinary age file, padded so that its size tells little,",
        sealed.display(),
        bytes(size)
    ));
    out.note("   with four envelopes for one recipient, so that nobody can count who gets it.");
    amparo.lock()?;
    let looked = readable_on_disk(&vault, &kept, &files)?;
    out.note(&format!(
        "   The vault is locked. Looked for the title, the text and the media in its {looked} files: nothing readable."
    ));

    out.note("\n5. At the desk: opening and verifying it");
    let identities = amparo_desk::load_identities(&key)?;
    let result = amparo_desk::open(&sealed, &identities, &opened, &mut |_| ControlFlow::Continue(()))?;
    super::desk::verdict_lines(&result.verdict).iter().for_each(|line| out.note(&format!("   {line}")));
    let same = same_media(&opened, &kept)?;
    out.note(&format!("   All {same} pieces of evidence are bit for bit what was brought in."));

    let page = opened.join("report.html");
    out.result(
        &json!({
            "ok": result.verdict.ok,
            "folder": folder.to_string_lossy(),
            "report": report::describe(report),
            "opened": opened.to_string_lossy(),
            "evidence": kept.iter().map(evidence::describe).collect::<Vec<_>>(),
        }),
        || {
            vec![
                "\nLook at the opened report:".into(),
                format!("   {}", page.display()),
                "Without this program it opens with:".into(),
                format!("   age -d -i {} {} | tar x     (age 1.3 or newer)", key.display(), sealed.display()),
                format!("Delete the folder when you have seen it: {}", folder.display()),
            ]
        },
    );
    Ok(result.verdict.ok)
}

fn storage(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Storage, format!("a file of the tour could not be read or written: {}", error.kind()))
}

fn write_samples(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let camera = folder.join("camera");
    fs::create_dir(&camera).map_err(|e| storage(&e))?;
    SAMPLES
        .iter()
        .map(|(name, content)| {
            let path = camera.join(name);
            fs::write(&path, content).map_err(|e| storage(&e))?;
            Ok(path)
        })
        .collect()
}

/// Searches every file of the vault for what must not be in it, and returns how many files that were.
fn readable_on_disk(
    vault: &Path,
    kept: &[amparo_core::evidence::Evidence],
    files: &[PathBuf],
) -> Result<usize, Failure> {
    let mut traces: Vec<Vec<u8>> =
        vec![TITLE.into(), NARRATIVE.as_bytes().iter().take(40).copied().collect(), b"SQLite format 3".to_vec()];
    for file in files {
        use std::io::Read as _;
        let mut beginning = Vec::new();
        fs::File::open(file).and_then(|f| f.take(64).read_to_end(&mut beginning)).map_err(|e| storage(&e))?;
        if beginning.len() >= 16 {
            traces.push(beginning);
        }
    }
    traces.extend(
        kept.iter().filter_map(|e| e.description.file_name.clone()).filter(|n| n.len() >= 8).map(String::into_bytes),
    );
    let (mut folders, mut looked) = (vec![vault.to_path_buf()], 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).map_err(|e| storage(&e))? {
            let path = entry.map_err(|e| storage(&e))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if contains_any(&path, &traces).map_err(|e| storage(&e))? {
                return Err(Failure::new(
                    Exit::Damaged,
                    "something readable was found in the vault: please report this",
                ));
            }
            looked += 1;
        }
    }
    Ok(looked)
}

/// Whether one of `traces` (shorter than a block) is in the file, read block by block.
fn contains_any(path: &Path, traces: &[Vec<u8>]) -> std::io::Result<bool> {
    use std::io::Read as _;
    const BLOCK: u64 = 1 << 20;
    let mut file = fs::File::open(path)?;
    let overlap = traces.iter().map(Vec::len).max().unwrap_or(0);
    let mut window: Vec<u8> = Vec::new();
    loop {
        let read = file.by_ref().take(BLOCK).read_to_end(&mut window)?;
        if traces.iter().any(|trace| window.windows(trace.len()).any(|w| w == trace)) {
            return Ok(true);
        }
        if read == 0 {
            return Ok(false);
        }
        window.drain(..window.len().saturating_sub(overlap));
    }
}

/// Hashes the opened evidence and compares it with what was brought in; returns the number of pieces.
fn same_media(opened: &Path, kept: &[amparo_core::evidence::Evidence]) -> Result<usize, Failure> {
    let mut received = Vec::new();
    for entry in fs::read_dir(opened.join("evidence")).map_err(|e| storage(&e))? {
        let mut file = fs::File::open(entry.map_err(|e| storage(&e))?.path()).map_err(|e| storage(&e))?;
        let mut hasher = HashWriter(hash::Hasher::new());
        std::io::copy(&mut file, &mut hasher).map_err(|e| storage(&e))?;
        received.push(Some(hasher.0.finish()));
    }
    let mut sent: Vec<_> = kept.iter().map(|e| e.sha256).collect();
    sent.sort_unstable();
    received.sort_unstable();
    if sent == received {
        Ok(received.len())
    } else {
        Err(Failure::new(Exit::Damaged, "the opened evidence is not what was brought in: please report this"))
    }
}

struct HashWriter(hash::Hasher);

impl std::io::Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
