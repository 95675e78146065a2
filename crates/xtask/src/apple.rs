//! The XCFramework for iOS, its simulator and macOS. It takes a Mac with Xcode: Apple's headers for SQLite's C, and the tool that puts
//! a framework together. What Linux can say about these targets is `check-targets`.

use std::{fs, path::PathBuf};

use crate::{
    bindings,
    run::{Outcome, While as _, failed, is_there, nothing_missing, run},
    targets,
    workspace::Workspace,
};

/// iPhones, the simulator on Macs with Apple silicon, those Macs themselves.
const TARGETS: [&str; 3] = ["aarch64-apple-ios", "aarch64-apple-ios-sim", "aarch64-apple-darwin"];
const SCRIPT: &str = "bindings/swift/make-xcframework.sh";
const PACKAGE: &str = "bindings/swift/Package.swift";

pub fn build(workspace: &Workspace) -> Outcome {
    let mut missing = targets::missing(workspace, TARGETS.into_iter());
    if !is_there("xcodebuild") || !is_there("xcrun") {
        missing.push("Xcode, which is for macOS alone: install it there, then xcode-select --install".into());
    }
    nothing_missing(missing)?;

    let package = fs::read_to_string(workspace.path(PACKAGE)).while_doing(PACKAGE)?;
    let (Some(ios), Some(macos)) = (oldest("iOS", &package), oldest("macOS", &package)) else {
        return failed(format!("{PACKAGE} does not say which systems it is for"));
    };
    bindings::make(workspace, "dev")?;
    let mut libraries: Vec<PathBuf> = Vec::new();
    for target in TARGETS {
        // SQLite's objects carry the oldest system that they are for, and must not ask for a newer one than the package does.
        run(workspace
            .cargo()
            .args(["rustc", "--package", "amparo-ffi", "--profile", "mobile", "--crate-type", "staticlib"])
            .args(["--target", target])
            .envs([("IPHONEOS_DEPLOYMENT_TARGET", &ios), ("MACOSX_DEPLOYMENT_TARGET", &macos)]))?;
        libraries.push(workspace.target(target).join("mobile/libamparo.a"));
    }
    run(workspace.command(workspace.path(SCRIPT)).args(libraries))
}

/// The oldest version of a system that a Swift package is for: `.iOS(.v16)` is 16.0.
fn oldest(system: &str, package: &str) -> Option<String> {
    let (_, rest) = package.split_once(&format!(".{system}(.v"))?;
    let (version, _) = rest.split_once(')')?;
    let (major, minor) = version.split_once('_').unwrap_or((version, "0"));
    [major, minor].iter().all(|part| part.parse::<u32>().is_ok()).then(|| format!("{major}.{minor}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;

    #[test]
    fn the_oldest_systems_are_the_packages() {
        let package = "platforms: [.iOS(.v16), .macOS(.v13_3)],";
        assert_eq!(oldest("iOS", package).as_deref(), Some("16.0"));
        assert_eq!(oldest("macOS", package).as_deref(), Some("13.3"));
        assert_eq!(oldest("tvOS", package), None);
        let ours = fs::read_to_string(Workspace::find().unwrap().path(PACKAGE)).unwrap();
        assert!(oldest("iOS", &ours).is_some() && oldest("macOS", &ours).is_some());
    }
}
