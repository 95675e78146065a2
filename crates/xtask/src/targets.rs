//! What can be checked of Android and iOS without an NDK or Xcode: that every line compiles there, and has no lint. Nothing is
//! linked and no C is compiled, which is what those two are for: SQLite's build script is told that there is a library already.
//!
//! Rust's standard library for a target comes from rustup. Where it cannot be had from there, Debian's rustc-web and the sources
//! beside it do: the standard library is built from them, by another version of the compiler, which says as well whether it compiles.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    run::{Outcome, ask, nothing_missing, run},
    workspace::Workspace,
};

/// One of each kind: Android with 64 and with 32 bits, iOS. The rest differ from these only in what nothing here asks about.
const USUAL: [&str; 3] = ["aarch64-linux-android", "armv7-linux-androideabi", "aarch64-apple-ios"];
const OTHERS: [&str; 4] =
    ["x86_64-linux-android", "i686-linux-android", "aarch64-apple-ios-sim", "aarch64-apple-darwin"];

/// Where Debian installs programs. A toolchain from rustup is never there.
const DEBIAN: &str = "/usr/bin";

/// The targets that are checked.
pub fn of(all: bool) -> impl Iterator<Item = &'static str> {
    USUAL.into_iter().chain(OTHERS.into_iter().filter(move |_| all))
}

pub fn check(workspace: &Workspace, all: bool) -> Outcome {
    let (here, absent): (Vec<_>, Vec<_>) = of(all).partition(|target| has_std(workspace, target));
    let from_debian = !absent.is_empty() && debian_can();
    if !from_debian {
        nothing_missing(missing(workspace, absent.iter().copied()))?;
    }
    if !here.is_empty() {
        let mut cargo = workspace.cargo();
        cargo.arg("clippy");
        run(library_for(&mut cargo, workspace, &here).args(["--", "-D", "warnings"]))?;
        println!("no lint on {}", here.join(", "));
    }
    if from_debian {
        let mut cargo = workspace.command(format!("{DEBIAN}/cargo"));
        // Debian's compiler, whatever comes first otherwise. What is unstable is building the standard library.
        cargo.env("RUSTC", format!("{DEBIAN}/rustc")).env("PATH", debian_first()).env("RUSTC_BOOTSTRAP", "1");
        cargo.env("CARGO_TARGET_DIR", workspace.target("check-targets"));
        // Cargo points it at the libraries of the toolchain that runs this.
        cargo.env_remove("LD_LIBRARY_PATH");
        // No lints: a compiler that is newer than ours knows more of them.
        cargo.args(["check", "-Zbuild-std=std,panic_abort"]);
        run(library_for(&mut cargo, workspace, &absent))?;
        println!("compiles on {}", absent.join(", "));
    }
    Ok(())
}

fn library_for<'c>(cargo: &'c mut Command, workspace: &Workspace, targets: &[&str]) -> &'c mut Command {
    cargo.args(["--package", "amparo-ffi", "--lib"]).args(targets.iter().flat_map(|target| ["--target", target]));
    // "Linked against a library in this folder": there is none, and a check links nothing. The declarations are the bundled ones.
    cargo.env("LIBSQLITE3_SYS_USE_PKG_CONFIG", "1").env("SQLITE3_LIB_DIR", workspace.target("check-targets/no-library"))
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

/// Whether Debian's compiler is here with the sources of its standard library.
fn debian_can() -> bool {
    let sources = ask(Command::new(format!("{DEBIAN}/rustc")).args(["--print", "sysroot"]))
        .map(|root| Path::new(&root).join("lib/rustlib/src/rust/library/std/Cargo.toml"));
    sources.is_some_and(|sources| sources.is_file()) && Path::new(DEBIAN).join("cargo").is_file()
}

fn debian_first() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(PathBuf::from(DEBIAN)).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap_or(path)
}
