//! Where things are: the repository, what cargo builds, what is generated.

use std::{
    env::consts::{DLL_PREFIX, DLL_SUFFIX},
    path::{Path, PathBuf},
    process::Command,
};

use crate::run::{Outcome, failed, run};

pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// The repository that this was built from, or, where it was moved since, the one it is run for.
    pub fn find() -> Outcome<Self> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let Some(root) = package.ancestors().nth(2).filter(|root| root.join("uniffi.toml").is_file()) else {
            return failed(format!("{} is not crates/xtask of a checkout; use `cargo xtask`", package.display()));
        };
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |path| root.join(path));
        Ok(Self { root: root.to_owned(), target })
    }

    /// A file or folder of the repository.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.join(inside)
    }

    /// A file or folder among what is built.
    pub fn target(&self, inside: &str) -> PathBuf {
        self.target.join(inside)
    }

    /// Where tools are built and kept that are not the machine's own.
    pub fn tools(&self) -> PathBuf {
        std::env::var_os("AMPARO_TOOLS").map_or_else(|| self.target("tools"), |path| self.root.join(path))
    }

    /// Where cargo puts what it builds with `profile`.
    pub fn built(&self, profile: &str) -> PathBuf {
        self.target(match profile {
            "dev" | "test" => "debug",
            "bench" => "release",
            other => other,
        })
    }

    /// The native library for this machine.
    pub fn library(&self, profile: &str) -> PathBuf {
        self.built(profile).join(library_name())
    }

    /// A command, run in the repository's root.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// The cargo that runs this, so that one toolchain builds everything.
    pub fn cargo(&self) -> Command {
        self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// Builds packages together, which means with the features that either of them wants of what both use.
    pub fn build(&self, packages: &[&str], profile: &str) -> Outcome {
        let packages = packages.iter().flat_map(|package| ["--package", package]);
        run(self.cargo().arg("build").args(packages).args(["--profile", profile]))
    }
}

/// What the native library's file is called on this machine.
pub fn library_name() -> String {
    format!("{DLL_PREFIX}amparo{DLL_SUFFIX}")
}

/// A path as an argument of the form `name=path`.
pub fn option(name: &str, path: &Path) -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from(name);
    option.push("=");
    option.push(path);
    option
}
