//! Other people's programs, driven as commands: Debian's `age`, the npm package age-encryption ("typage"), what judges media, and of
//! timestamps `openssl ts` and the Python package opentimestamps.
//!
//! What is missing is said loudly and never taken for a success: [`cli`] and [`typage`] give `None` only after writing a
//! `SKIPPED: …` line, and panic instead where `CI=true`. Nothing here may use our own age code to answer for theirs.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use amparo_crypto::age::{KeyKind, Recipient};
use tempfile::NamedTempFile;

/// Oldest Node.js that age-encryption's own dependencies support.
const NODE_MAJOR: u32 = 20;

/// An implementation of age that is not ours.
#[derive(Debug, Clone)]
pub enum Tool {
    /// The `age` and `age-keygen` commands.
    Cli {
        /// `age`.
        age: PathBuf,
        /// `age-keygen`.
        keygen: PathBuf,
    },
    /// The npm package, through `scripts/interop/typage.mjs`.
    Typage {
        /// The folder that holds `node_modules/age-encryption`.
        folder: PathBuf,
    },
}

/// What a tool said when it refused.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Its standard error.
    pub says: String,
}

/// Debian's `age`: from `AMPARO_AGE`, else from `PATH`.
pub fn cli() -> Option<Tool> {
    let age = match variable("AMPARO_AGE") {
        // A path that somebody gave and that is wrong is a mistake, not a missing tool.
        Some(given) => {
            assert!(given.is_file(), "AMPARO_AGE is set, but there is no such file");
            given
        }
        None => match in_path("age") {
            Some(found) => found,
            None => return missing("interoperability with the age command", "not in AMPARO_AGE and not in PATH"),
        },
    };
    let beside = age.with_file_name("age-keygen");
    let keygen = if beside.is_file() { Some(beside) } else { in_path("age-keygen") };
    let Some(keygen) = keygen else {
        return missing("interoperability with the age command", "age is there, but age-keygen is not");
    };
    Some(met(Tool::Cli { age, keygen }))
}

/// The npm package age-encryption: from the folder in `AMPARO_TYPAGE`.
pub fn typage() -> Option<Tool> {
    const WHAT: &str = "interoperability with the npm package age-encryption";
    let Some(folder) = variable("AMPARO_TYPAGE") else { return missing(WHAT, "AMPARO_TYPAGE is not set") };
    let package = folder.join("node_modules/age-encryption/package.json");
    assert!(package.is_file(), "AMPARO_TYPAGE is set, but age-encryption is not installed there");
    let node = Command::new("node").args(["-p", "process.versions.node"]).output();
    let version = node.ok().map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned()).unwrap_or_default();
    let major: u32 = version.split('.').next().and_then(|text| text.parse().ok()).unwrap_or_default();
    if major < NODE_MAJOR {
        return missing(WHAT, "Node.js is not in PATH, or too old");
    }
    Some(met(Tool::Typage { folder }))
}

/// Every tool that is there.
pub fn all() -> Vec<Tool> {
    [cli(), typage()].into_iter().flatten().collect()
}

/// A command that judges media: `exiftool`, `ffmpeg`. From `PATH`.
pub fn judge(name: &str, what: &str) -> Option<PathBuf> {
    in_path(name).or_else(|| missing(what, &format!("{name} is not in PATH")))
}

/// The `openssl` command, from `PATH`.
pub fn openssl() -> Option<PathBuf> {
    let found = in_path("openssl").or_else(|| missing("timestamps against openssl ts", "openssl is not in PATH"))?;
    let version = run(&mut with(&found, ["version"]), b"").expect("a tool that runs");
    eprintln!("met {}", String::from_utf8_lossy(&version).trim());
    Some(found)
}

/// The Python of the environment with the packages of `scripts/interop/requirements.txt`: from `AMPARO_PYTHON`.
pub fn python(what: &str) -> Option<PathBuf> {
    let Some(python) = variable("AMPARO_PYTHON") else { return missing(what, "AMPARO_PYTHON is not set") };
    assert!(python.is_file(), "AMPARO_PYTHON is set, but there is no such file");
    Some(python)
}

/// The same, for the package opentimestamps. What it runs is `scripts/interop/ots.py`.
pub fn opentimestamps() -> Option<PathBuf> {
    let python = python("proofs against the Python package opentimestamps")?;
    let version = run(&mut ots(&python, &["version"]), b"").expect("a package that can be imported");
    eprintln!("met {}", String::from_utf8_lossy(&version).trim());
    Some(python)
}

/// `scripts/interop/ots.py` with `arguments`.
pub fn ots(python: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/interop/ots.py")).args(arguments);
    command
}

/// Written straight to standard error, which the test harness would otherwise show for failed tests only.
fn missing<T>(what: &str, why: &str) -> Option<T> {
    assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "SKIPPED: {what}: {why}; CI=true does not allow that");
    let _ = writeln!(io::stderr(), "SKIPPED: {what}: {why}");
    None
}

fn met(tool: Tool) -> Tool {
    eprintln!("met {}", tool.version());
    tool
}

/// A variable that is set to something: `scripts/test` leaves it empty for what could not be had.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn in_path(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/interop/typage.mjs")
}

impl Tool {
    /// Name and version, for the log.
    pub fn version(&self) -> String {
        let mut command = match self {
            Self::Cli { age, .. } => with(age, ["--version"]),
            Self::Typage { folder } => on_node(folder, "version", &[]),
        };
        let said = String::from_utf8(run(&mut command, b"").expect("a tool that runs")).expect("a version in ASCII");
        match self {
            Self::Cli { age, .. } => format!("age {} ({})", said.trim(), age.display()),
            Self::Typage { .. } => said.trim().to_owned(),
        }
    }

    /// Whether the tool knows keys of this kind: Debian's age does not know post-quantum ones yet, age 1.3 does. Asked of the
    /// tool alone, so that a fault of ours is never taken for a lack of theirs.
    pub fn knows(&self, kind: KeyKind) -> bool {
        match (self, kind) {
            (Self::Cli { .. }, KeyKind::PostQuantum) => self.generate(kind).is_ok(),
            _ => true,
        }
    }

    /// Seals `content` to `recipients`, each in the text that we write.
    ///
    /// # Errors
    /// What the tool said when it refused.
    pub fn encrypt(&self, recipients: &[Recipient], content: &[u8]) -> Result<Vec<u8>, Refused> {
        let text: String = recipients.iter().map(|recipient| format!("{recipient}\n")).collect();
        let file = private_file(&text);
        let mut command = match self {
            Self::Cli { age, .. } => with(age, ["-e".as_ref(), "-R".as_ref(), file.path().as_os_str()]),
            Self::Typage { folder } => on_node(folder, "encrypt", &[file.path().as_ref()]),
        };
        run(&mut command, content)
    }

    /// Opens `sealed` with a key file that holds `keys`, the text of one or more secret keys as we write it.
    ///
    /// # Errors
    /// What the tool said when it refused, also when it did so after having released a part.
    pub fn decrypt(&self, keys: &str, sealed: &[u8]) -> Result<Vec<u8>, Refused> {
        let file = private_file(keys);
        let mut command = match self {
            Self::Cli { age, .. } => with(age, ["-d".as_ref(), "-i".as_ref(), file.path().as_os_str()]),
            Self::Typage { folder } => on_node(folder, "decrypt", &[file.path().as_ref()]),
        };
        run(&mut command, sealed)
    }

    /// The public key of a secret key.
    ///
    /// # Errors
    /// What the tool said when it refused.
    pub fn public(&self, key: &str) -> Result<String, Refused> {
        let file = private_file(key);
        let mut command = match self {
            Self::Cli { keygen, .. } => with(keygen, ["-y".as_ref(), file.path().as_os_str()]),
            Self::Typage { folder } => on_node(folder, "public", &[file.path().as_ref()]),
        };
        text(run(&mut command, b""))
    }

    /// A fresh key file as the tool writes it. Its public key stands in a comment.
    ///
    /// # Errors
    /// What the tool said when it refused.
    pub fn generate(&self, kind: KeyKind) -> Result<String, Refused> {
        let mut command = match (self, kind) {
            (Self::Cli { keygen, .. }, KeyKind::Classic) => Command::new(keygen),
            (Self::Cli { keygen, .. }, KeyKind::PostQuantum) => with(keygen, ["-pq"]),
            (Self::Typage { folder }, kind) => on_node(folder, "generate", &[word(kind).as_ref()]),
        };
        text(run(&mut command, b""))
    }

    /// Puts a command named `age` into `folder` that understands `age -d -i KEYFILE FILE`: what the instructions in a report
    /// ask for.
    pub fn install_as_age(&self, folder: &Path) {
        let line = match self {
            Self::Cli { age, .. } => format!("exec '{}' \"$@\"", age.display()),
            Self::Typage { folder } => format!(
                "[ \"$1 $2\" = '-d -i' ] || exit 2\nexec node '{}' '{}' decrypt \"$3\" <\"$4\"",
                script().display(),
                folder.display()
            ),
        };
        let path = folder.join("age");
        fs::write(&path, format!("#!/bin/sh\n{line}\n")).expect("a script");
        fs::set_permissions(path, PermissionsExt::from_mode(0o700)).expect("an executable script");
    }
}

/// What only typage is asked for.
pub struct Typage<'t>(&'t Path);

impl<'t> Typage<'t> {
    /// `None` for the other tool.
    pub fn of(tool: &'t Tool) -> Option<Self> {
        match tool {
            Tool::Typage { folder } => Some(Self(folder)),
            Tool::Cli { .. } => None,
        }
    }

    /// The text of the secret key whose bytes are `seed`.
    pub fn key_text(&self, kind: KeyKind, seed: &[u8; 32]) -> String {
        text(run(&mut on_node(self.0, "key", &[word(kind).as_ref()]), seed)).expect("a key text")
    }

    /// Seals `content` with a passphrase.
    pub fn encrypt_with_passphrase(&self, passphrase: &str, content: &[u8]) -> Vec<u8> {
        let file = private_file(passphrase);
        run(&mut on_node(self.0, "passphrase", &[file.path().as_ref()]), content).expect("a sealed file")
    }

    /// The 16 bytes, in hexadecimal, that a single stanza on one line wraps for `key`; `None` when it is not for that key.
    pub fn unwrap_stanza(&self, key: &str, stanza: &str) -> Option<String> {
        let file = private_file(key);
        let said = text(run(&mut on_node(self.0, "unwrap", &[file.path().as_ref()]), stanza.as_bytes()));
        let said = said.expect("a readable stanza");
        (said != "none").then_some(said)
    }
}

fn word(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Classic => "classic",
        KeyKind::PostQuantum => "post-quantum",
    }
}

fn with<const N: usize>(program: &Path, arguments: [impl AsRef<OsStr>; N]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn on_node(folder: &Path, operation: &str, arguments: &[&OsStr]) -> Command {
    let mut command = Command::new("node");
    command.arg(script()).arg(folder).arg(operation).args(arguments);
    command
}

fn private_file(content: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(content.as_bytes()).expect("a written file");
    file.write_all(b"\n").expect("a written file");
    file
}

fn text(said: Result<Vec<u8>, Refused>) -> Result<String, Refused> {
    said.map(|bytes| String::from_utf8(bytes).expect("text").trim().to_owned())
}

/// Runs `command` with `input`, and gives its output.
///
/// # Errors
/// Its standard error, when it ends with anything but success.
pub fn run(command: &mut Command, input: &[u8]) -> Result<Vec<u8>, Refused> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a command that starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            // A tool that refuses may stop reading: its exit code tells.
            let _ = stdin.write_all(input);
        });
        child.wait_with_output().expect("a command that ends")
    });
    let says = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(output.stdout) } else { Err(Refused { says }) }
}
