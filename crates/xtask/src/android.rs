//! The library for the four Android ABIs, through cargo-ndk and an NDK. What comes out is looked at before it is called done: the
//! machine it is for, and segments aligned to 16 KiB, without which newer devices load nothing.

use std::{fs, path::PathBuf};

use crate::{
    bindings,
    elf::Elf,
    run::{Outcome, While as _, ask, failed, nothing_missing, run},
    targets,
    workspace::Workspace,
};

struct Abi {
    name: &'static str,
    target: &'static str,
    /// `e_machine` of its libraries.
    machine: u16,
}

const ABIS: [Abi; 4] = [
    Abi { name: "arm64-v8a", target: "aarch64-linux-android", machine: 183 },
    Abi { name: "armeabi-v7a", target: "armv7-linux-androideabi", machine: 40 },
    Abi { name: "x86_64", target: "x86_64-linux-android", machine: 62 },
    Abi { name: "x86", target: "i686-linux-android", machine: 3 },
];

/// Android 8.0, the `minSdk` of bindings/kotlin/build.gradle.kts.
const API_LEVEL: &str = "26";
const PAGE: u64 = 16384;
const OUTPUT: &str = "bindings/kotlin/src/main/jniLibs";

pub fn build(workspace: &Workspace) -> Outcome {
    let ndk = ndk();
    let mut missing = targets::missing(workspace, ABIS.iter().map(|abi| abi.target));
    if ask(workspace.cargo().args(["ndk", "--version"])).is_none() {
        missing.push("cargo-ndk: cargo install --locked cargo-ndk".into());
    }
    if ndk.is_none() {
        missing.push(
            "an NDK, r27 or newer: install it with Android Studio's SDK Manager and set ANDROID_NDK_HOME to its folder, the one with \
             source.properties in it"
                .into(),
        );
    }
    nothing_missing(missing)?;

    bindings::make(workspace, "dev")?;
    let output = workspace.path(OUTPUT);
    let mut cargo = workspace.cargo();
    cargo.arg("ndk").args(ABIS.iter().flat_map(|abi| ["--target", abi.name])).args(["--platform", API_LEVEL]);
    cargo.arg("--output-dir").arg(&output);
    // `rustc`, not `build`: the page size is an argument for this library alone, whatever RUSTFLAGS say, and nothing is built that
    // Android has no use for.
    cargo.args(["rustc", "--package", "amparo-ffi", "--profile", "mobile", "--crate-type", "cdylib", "--"]);
    cargo.args(["-C", &format!("link-arg=-Wl,-z,max-page-size={PAGE}")]);
    if let Some(ndk) = ndk {
        cargo.env("ANDROID_NDK_HOME", ndk);
    }
    run(&mut cargo)?;

    for abi in &ABIS {
        let library = output.join(abi.name).join("libamparo.so");
        let bytes = fs::read(&library).while_doing(library.display())?;
        match Elf::read(&bytes) {
            Some(elf) if elf.machine == abi.machine && elf.alignment >= PAGE => {
                println!("{}: {} bytes, aligned to {}", abi.name, bytes.len(), elf.alignment);
            }
            found => {
                return failed(format!(
                    "{} is not for {} with pages of {PAGE}: {found:?}",
                    library.display(),
                    abi.name
                ));
            }
        }
    }
    println!("in {OUTPUT}");
    Ok(())
}

fn ndk() -> Option<PathBuf> {
    ["ANDROID_NDK_HOME", "ANDROID_NDK_ROOT"]
        .iter()
        .filter_map(std::env::var_os)
        .map(PathBuf::from)
        .find(|folder| folder.join("source.properties").is_file())
}
