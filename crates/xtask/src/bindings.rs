//! Generating Kotlin, Swift and Python from the built library. What is generated is not in git: it is what the library says, and
//! always made anew from it.
//!
//! Files are compared before they are written: one whose text is the same keeps its time, and nobody's compiler runs for it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    run::{Outcome, While as _, failed, run},
    workspace::{Workspace, library_name},
};

/// Where the sources of each language are for whoever compiles them.
pub struct Bindings {
    /// The package `org.amparo.core`.
    pub kotlin: PathBuf,
    /// The module `amparo`, and the library beside it, where it looks for it.
    pub python: PathBuf,
}

/// Builds the library with `profile` and generates everything from it.
pub fn make(workspace: &Workspace, profile: &str) -> Outcome<Bindings> {
    // With the `amparo` command, the recipient's side in the languages' tests: built by itself it would differ in a feature or two of
    // small crates, and everything below would be compiled a second time.
    workspace.build(&["amparo-ffi", "amparo-cli"], profile)?;
    // By itself, or the library would carry the generator's features. Always the quick build: it runs for a second.
    workspace.build(&["uniffi-bindgen"], "dev")?;
    let library = workspace.library(profile);
    let fresh = workspace.target("bindings/fresh");
    let generate = |language: &str| -> Outcome<PathBuf> {
        let out = fresh.join(language);
        if out.exists() {
            fs::remove_dir_all(&out).while_doing(out.display())?;
        }
        // From inside the workspace, which the generator asks cargo about, and with our names, which it reads only when told to.
        let generator = workspace.built("dev").join("uniffi-bindgen");
        run(workspace
            .command(generator)
            .arg("generate")
            .arg(&library)
            .args(["--language", language, "--no-format", "--config", "uniffi.toml", "--out-dir"])
            .arg(&out))?;
        Ok(out)
    };

    let bindings =
        Bindings { kotlin: workspace.target("bindings/kotlin"), python: workspace.target("bindings/python") };
    replace_folder(&generate("kotlin")?, &bindings.kotlin)?;

    let swift = generate("swift")?;
    let package = workspace.path("bindings/swift/Sources");
    // SwiftPM asks for this name.
    let files = [
        (swift.join("AmparoFFI.h"), package.join("AmparoFFI/AmparoFFI.h")),
        (swift.join("AmparoFFI.modulemap"), package.join("AmparoFFI/module.modulemap")),
        (swift.join("Amparo.swift"), package.join("Amparo/Generated/Amparo.swift")),
    ];
    for (from, to) in &files {
        replace_file(from, to)?;
    }

    let python = generate("python")?;
    // A link, not a copy: tens of megabytes, made anew at every build.
    link_or_copy(&library, &python.join(library_name()))?;
    replace_folder(&python, &bindings.python)?;
    eprintln!(
        "bindings: Kotlin and Python in {}, Swift in {}",
        workspace.target("bindings").display(),
        package.display()
    );
    Ok(bindings)
}

fn link_or_copy(from: &Path, to: &Path) -> Outcome {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(|_| ())).while_doing(to.display())
}

/// Makes `to` hold exactly the files of `from`.
fn replace_folder(from: &Path, to: &Path) -> Outcome {
    let wanted = files_below(from)?;
    if wanted.is_empty() {
        return failed(format!("the generator wrote nothing into {}", from.display()));
    }
    if to.exists() {
        for stale in files_below(to)?.difference(&wanted) {
            fs::remove_file(to.join(stale)).while_doing(stale.display())?;
        }
    }
    for file in &wanted {
        replace_file(&from.join(file), &to.join(file))?;
    }
    Ok(())
}

/// Moves a file to where another may be, and leaves that one alone if it is the same.
fn replace_file(from: &Path, to: &Path) -> Outcome {
    let bytes = fs::read(from).while_doing(from.display())?;
    if fs::read(to).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).while_doing(folder.display())?;
    // Never written into: a compiler may be reading it, and a library may be running.
    fs::rename(from, to).or_else(|_| fs::write(to, &bytes)).while_doing(to.display())
}

/// The files in `folder` and below, as paths from there. What other tools keep beside them (Python's bytecode) is not seen.
fn files_below(folder: &Path) -> Outcome<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(current) = open.pop() {
        for entry in fs::read_dir(&current).while_doing(current.display())? {
            let path = entry.while_doing(current.display())?.path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "__pycache__") {
                    open.push(path);
                }
            } else if let Ok(inside) = path.strip_prefix(folder) {
                found.insert(inside.to_owned());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What is no longer generated disappears, what is the same keeps its time, what changed is replaced.
    #[test]
    fn a_folder_is_made_to_hold_what_was_generated_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for (file, text) in
            [("from/a/same", "1"), ("from/new", "2"), ("to/a/same", "1"), ("to/new", "old"), ("to/b/stale", "3")]
        {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let past = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        fs::File::options().write(true).open(to.join("a/same")).unwrap().set_modified(past).unwrap();

        replace_folder(&from, &to).unwrap();

        let expected = BTreeSet::from([PathBuf::from("a/same"), PathBuf::from("new")]);
        assert_eq!(files_below(&to).unwrap(), expected);
        assert_eq!(fs::read_to_string(to.join("new")).unwrap(), "2");
        assert_eq!(fs::metadata(to.join("a/same")).unwrap().modified().unwrap(), past);
    }

    /// A generator that wrote nothing is a failure, and nothing is deleted for it.
    #[test]
    fn nothing_generated_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(&from).unwrap();
        fs::create_dir_all(&to).unwrap();
        fs::write(to.join("kept"), "1").unwrap();
        assert!(replace_folder(&from, &to).is_err());
        assert!(to.join("kept").exists());
    }
}
