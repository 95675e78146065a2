//! The XCFramework for iOS, its simulator and macOS. It takes a Mac with Xcode: Apple's headers for SQLite's C, and the tool that puts
//! a framework together. What Linux can say about these targets is `check-targets`.

use std::path::PathBuf;

use crate::{
    bindings,
    run::{Outcome, is_there, nothing_missing, run},
    targets,
    workspace::Workspace,
};

/// iPhones, the simulator on Macs with Apple silicon, those Macs themselves.
const TARGETS: [&str; 3] = ["aarch64-apple-ios", "aarch64-apple-ios-sim", "aarch64-apple-darwin"];
const SCRIPT: &str = "bindings/swift/make-xcframework.sh";

pub fn build(workspace: &Workspace) -> Outcome {
    let mut missing = targets::missing(workspace, TARGETS.into_iter());
    if !is_there("xcodebuild") || !is_there("xcrun") {
        missing.push("Xcode, which is for macOS alone: install it there, then xcode-select --install".into());
    }
    nothing_missing(missing)?;

    bindings::make(workspace, "dev")?;
    let mut libraries: Vec<PathBuf> = Vec::new();
    for target in TARGETS {
        // As in bindings/swift/Package.swift: SQLite's objects carry the oldest system that they are for.
        run(workspace
            .cargo()
            .args([
                "rustc",
                "--package",
                "amparo-ffi",
                "--profile",
                "mobile",
                "--crate-type",
                "staticlib",
                "--target",
                target,
            ])
            .envs([("IPHONEOS_DEPLOYMENT_TARGET", "16.0"), ("MACOSX_DEPLOYMENT_TARGET", "13.0")]))?;
        libraries.push(workspace.target(target).join("mobile/libamparo.a"));
    }
    run(workspace.command(workspace.path(SCRIPT)).args(libraries))
}
