//! `cargo xtask`: what takes more than one cargo command. `cargo xtask help` lists it; `scripts/test` calls it.
//!
//! Exit code 0: done. 1: it went wrong. 69 (`EX_UNAVAILABLE` of sysexits): this machine lacks something, and each missing thing was
//! named with the way to get it, so that a caller can tell "does not work" from "cannot be tried here".

#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line: results to standard output, the rest to standard error

mod android;
mod apple;
mod bindings;
mod elf;
mod languages;
mod run;
mod size;
mod surefire;
mod targets;
mod workspace;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use run::Failure;
use workspace::Workspace;

/// Makes the bindings, tests them from their languages, builds for phones, keeps watch over the size.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Args)]
struct Profile {
    /// The profile that the native library is built with.
    #[arg(long, value_name = "PROFILE", default_value = "dev")]
    profile: String,
}

#[derive(Subcommand)]
enum Task {
    /// Builds the native library and generates Kotlin, Swift and Python from it.
    Bindings(Profile),
    /// Uses the library from Python, which needs nothing installed: does it load, does it behave?
    PythonSmoke(Profile),
    /// Runs the Kotlin tests on a JVM against the native library.
    KotlinTest {
        #[command(flatten)]
        profile: Profile,
        /// What Maven is given besides, after `--`.
        #[arg(last = true)]
        maven: Vec<String>,
    },
    /// Measures what the way through the bindings costs from Kotlin, against the core alone in the same run.
    KotlinBench {
        /// The profile that both sides are built with.
        #[arg(long, value_name = "PROFILE", default_value = "release")]
        profile: String,
    },
    /// Runs the Swift tests against the native library: with this machine's Swift, or in a Debian root that is made once.
    SwiftTest {
        #[command(flatten)]
        profile: Profile,
        /// What `swift test` is given besides, after `--`.
        #[arg(last = true)]
        swift: Vec<String>,
    },
    /// Builds the library for the four Android ABIs into bindings/kotlin/src/main/jniLibs. Needs an NDK.
    BuildAndroid,
    /// Builds the XCFramework for iOS, its simulator and macOS. Needs a Mac with Xcode.
    BuildApple,
    /// Lints the library as Android and iOS compile it, which takes neither an NDK nor Xcode: nothing is linked.
    CheckTargets {
        /// All seven, and not only one of each kind.
        #[arg(long)]
        all: bool,
        /// Prints the targets and does nothing.
        #[arg(long)]
        list: bool,
    },
    /// Builds the library as phones get it, and compares its stripped size with the history.
    Size {
        /// Adds a line to docs/size-history.csv.
        #[arg(long)]
        record: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = Workspace::find().and_then(|workspace| match cli.task {
        Task::Bindings(Profile { profile }) => bindings::make(&workspace, &profile).map(|_| ()),
        Task::PythonSmoke(Profile { profile }) => languages::python(&workspace, &profile),
        Task::KotlinTest { profile, maven } => languages::kotlin(&workspace, &profile.profile, &maven),
        Task::KotlinBench { profile } => languages::kotlin_bench(&workspace, &profile),
        Task::SwiftTest { profile, swift } => languages::swift(&workspace, &profile.profile, &swift),
        Task::BuildAndroid => android::build(&workspace),
        Task::BuildApple => apple::build(&workspace),
        Task::CheckTargets { list: true, all } => {
            targets::of(all).for_each(|target| println!("{target}"));
            Ok(())
        }
        Task::CheckTargets { all, list: false } => targets::check(&workspace, all),
        Task::Size { record } => size::measure(&workspace, record),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Failed(why)) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
        Err(Failure::Missing(things)) => {
            eprintln!("xtask: this machine lacks:");
            for thing in things {
                eprintln!("  - {thing}");
            }
            ExitCode::from(69)
        }
    }
}
