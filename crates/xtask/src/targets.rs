//! What can be checked of Android and iOS without an NDK or Xcode: that every line compiles there and has no lint. Nothing is
//! linked and no C is compiled, which is what those two are for: SQLite's build script is told that there is a library already.
//!
//! Rust's standard library for a target comes from rustup. Where it cannot be had from there, Debian's rustc-web and its sources
//! do: it builds the standard library itself, with another version of the compiler, which is good enough for a check.

use std::path::{Path, PathBuf};

use crate::{
    run::{Outcome, ask, nothing_missing, run},
    workspace::Workspace,
};

/// One of each kind: Android with 64 and with 32 bits, iOS. The rest differ from these only in what nothing here asks about.
const USUAL: [&str; 3] = ["aarch64-linux-android", "armv7-linux-androideabi", "aarch64-apple-ios"];
const OTHERS: [&str; 4] =
    ["x86_64-linux-android", "i686-linux-android", "aarch64-apple-ios-sim", "aarch64-apple-darwin"];

/// The targets that are checked.
pub fn of(all: bool) -> impl Iterator<Item = &'static str> {
    USUAL.into_iter().chain(OTHERS.into_iter().filter(move |_| all))
}

pub fn check(workspace: &Workspace, all: bool) -> Outcome {
    let (here, absent): (Vec<_>, Vec<_>) = of(all).partition(|target| has_std(workspace, target));
    if !here.is_empty() {
        run(&mut lint(workspace.cargo(), workspace, &here))?;
    }
    let mut done = here;
    if !absent.is_empty() && debian_can() {
        let mut cargo = lint(workspace.command("/usr/bin/cargo"), workspace, &absent);
        cargo.env("CARGO_TARGET_DIR", workspace.target("check-targets"));
        // Its own compiler and clippy, whatever comes first otherwise; the sources of the standard library need the switch.
        cargo.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1").env("PATH", debian_first());
        run(&mut cargo)?;
        done.extend(absent);
    } else if !absent.is_empty() {
        nothing_missing(missing(workspace, absent.into_iter()))?;
    }
    println!("without a lint on {}", done.join(", "));
    Ok(())
}

fn lint(mut cargo: std::process::Command, workspace: &Workspace, targets: &[&str]) -> std::process::Command {
    cargo.args(["clippy", "--package", "amparo-ffi", "--lib"]);
    cargo.args(targets.iter().flat_map(|target| ["--target", target]));
    if cargo.get_program() == "/usr/bin/cargo" {
        cargo.arg("-Zbuild-std=std,panic_abort");
    }
    cargo.args(["--", "-D", "warnings"]);
    // "Linked against a library in this folder": there is none, and a check links nothing. The declarations are the bundled ones.
    cargo
        .env("LIBSQLITE3_SYS_USE_PKG_CONFIG", "1")
        .env("SQLITE3_LIB_DIR", workspace.target("check-targets/no-library"));
    cargo
}

/// What to say for each target whose standard library is not installed.
pub fn missing<'t>(workspace: &Workspace, targets: impl Iterator<Item = &'t str>) -> Vec<String> {
    let absent: Vec<_> = targets.filter(|target| !has_std(workspace, target)).collect();
    if absent.is_empty() {
        return Vec::new();
    }
    let names = absent.join(" ");
    vec![format!("Rust's standard library for {}: rustup target add {names}", absent.join(", "))]
}

fn has_std(workspace: &Workspace, target: &str) -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let Some(root) = ask(workspace.command(rustc).args(["--print", "sysroot"])) else { return false };
    Path::new(&root).join("lib/rustlib").join(target).join("lib").is_dir()
}

/// Whether Debian's compiler for browser builds is here with the sources of its standard library.
fn debian_can() -> bool {
    let sources = "/usr/lib/rustlib/src/rust/library/std/Cargo.toml";
    let has_sources = Path::new(sources).is_file()
        || ask(std::process::Command::new("/usr/bin/rustc").args(["--print", "sysroot"]))
            .is_some_and(|root| Path::new(&root).join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file());
    has_sources
        && ["/usr/bin/cargo", "/usr/bin/rustc", "/usr/bin/cargo-clippy"]
            .iter()
            .all(|program| Path::new(program).is_file())
}

fn debian_first() -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(PathBuf::from("/usr/bin")).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap_or(path)
}
