//! The library used from its three languages. Kotlin leaves what it sealed in the exchange folder, and Swift opens it there: what one
//! language writes, the other must read.

use std::{fs, path::PathBuf, process::Command};

use crate::{
    bindings,
    run::{Failure, Outcome, While as _, ask, failed, is_there, nothing_missing, run},
    surefire::Tests,
    workspace::{Workspace, option},
};

/// The oldest JDK whose bytecode the Kotlin module is compiled to, and the oldest Swift that knows the package's language mode.
const JDK: u32 = 17;
const SWIFT: u32 = 6;

pub fn python(workspace: &Workspace, profile: &str) -> Outcome {
    nothing_missing(if is_there("python3") {
        vec![]
    } else {
        vec!["Python 3: on Debian or Ubuntu, apt-get install python3".into()]
    })?;
    let bindings = bindings::make(workspace, profile)?;
    run(workspace.command("python3").arg("tests/python/smoke.py").env("PYTHONPATH", bindings.python))
}

/// A JDK and Maven.
fn jvm() -> Outcome {
    let mut missing = Vec::new();
    // `javac -version` says "javac 17.0.15".
    if ask(Command::new("javac").arg("-version")).and_then(|said| first_number(&said)).is_none_or(|found| found < JDK) {
        missing.push(format!("a JDK, {JDK} or newer: on Debian or Ubuntu, apt-get install openjdk-17-jdk-headless"));
    }
    if !is_there("mvn") {
        missing.push("Maven: on Debian or Ubuntu, apt-get install maven".into());
    }
    nothing_missing(missing)
}

/// Maven on the Kotlin module, with what was built with `profile`.
fn maven(workspace: &Workspace, profile: &str, bindings: &bindings::Bindings) -> Command {
    let mut maven = workspace.command("mvn");
    maven.args(["-B", "-q", "-Dstyle.color=never", "-f", "bindings/kotlin/pom.xml"]);
    maven.arg(option("-Dnative.lib.dir", &workspace.built(profile))).arg(option("-Dbindings.dir", &bindings.kotlin));
    maven
}

/// The same work from Kotlin and by the core alone, both built with `profile`.
pub fn kotlin_bench(workspace: &Workspace, profile: &str) -> Outcome {
    jvm()?;
    let bindings = bindings::make(workspace, profile)?;
    run(workspace.cargo().args(["build", "--package", "amparo-benches", "--bin", "native", "--profile", profile]))?;
    run(maven(workspace, profile, &bindings).args(["-P", "bench", "test"]))
}

pub fn kotlin(workspace: &Workspace, profile: &str, more: &[String]) -> Outcome {
    jvm()?;
    let bindings = bindings::make(workspace, profile)?;
    let exchange = exchange(workspace);
    let reports = workspace.path("bindings/kotlin/target/surefire-reports");
    // Nothing of an earlier run may be taken for this one's.
    for folder in [&exchange, &reports] {
        if folder.exists() {
            fs::remove_dir_all(folder).while_doing(folder.display())?;
        }
    }
    fs::create_dir_all(&exchange).while_doing(exchange.display())?;
    let mut maven = maven(workspace, profile, &bindings);
    let cli = workspace.built(profile).join("amparo");
    maven.arg(option("-Damparo.cli", &cli)).arg(option("-Damparo.exchange.dir", &exchange));
    let outcome = run(maven.args(more).arg("test"));

    if outcome.is_err() && !reports.exists() {
        // It did not come to the tests: what Maven said is all there is.
        return outcome;
    }
    let tests = Tests::read(&reports)?;
    println!("Kotlin: {} passed, {} failed, {} skipped", tests.passed, tests.failed, tests.skipped);
    outcome?;
    if tests.passed == 0 {
        return failed("Maven ran no test");
    }
    if tests.skipped > 0 {
        println!(
            "SKIPPED: {} Kotlin tests: see their reports in bindings/kotlin/target/surefire-reports",
            tests.skipped
        );
    }
    Ok(())
}

pub fn swift(workspace: &Workspace, profile: &str, more: &[String]) -> Outcome {
    let built = workspace.built(profile);
    let exchange = exchange(workspace);
    fs::create_dir_all(&exchange).while_doing(exchange.display())?;
    // "Swift version 6.0.3 (…)", on a Mac after "Apple" and the driver's version on a line before it.
    let found = ask(Command::new("swift").arg("--version"))
        .and_then(|said| said.split_once("Swift version ").and_then(|(_, version)| first_number(version)));
    let mut command = if found.is_some_and(|found| found >= SWIFT) {
        bindings::make(workspace, profile)?;
        let mut swift = workspace.command("swift");
        swift.args(["test", "--package-path", "bindings/swift", "--build-path"]).arg(workspace.target("swift"));
        // As scripts/swift-root has it: tests that search all of memory, or say how long something took, want the process for
        // themselves.
        swift.args(["--no-parallel", "-Xswiftc", "-warnings-as-errors"]);
        swift.args(["-Xlinker", &format!("-L{}", built.display()), "-Xlinker", "-rpath", "-Xlinker"]).arg(&built);
        // On a Mac the package would want the XCFramework.
        swift.env("AMPARO_NATIVE", "system").env("AMPARO_CLI", built.join("amparo"));
        swift
    } else {
        let root = root_with_swift(workspace)?;
        bindings::make(workspace, profile)?;
        let mut swift = workspace.command("scripts/swift-root");
        swift.arg("run").arg(root).arg("bindings/swift").arg(&built).arg("test");
        swift
    };
    run(command.args(more).env("AMPARO_EXCHANGE_DIR", exchange))
}

/// A Debian root with Swift, made if there is none.
fn root_with_swift(workspace: &Workspace) -> Outcome<PathBuf> {
    let mut missing = Vec::new();
    if !cfg!(target_os = "linux") {
        missing.push(format!("Swift {SWIFT} or newer: Xcode brings it"));
    } else if !is_root() {
        missing.push(format!(
            "root, which a Debian root with Swift needs (mmdebstrap, mount, chroot): run this as root, or let sudo ask for no password; \
             or install Swift {SWIFT} or newer, and none of that is needed"
        ));
    } else if !is_there("mmdebstrap") && !is_there("apt-get") {
        missing.push("mmdebstrap: from this system's packages".into());
    }
    nothing_missing(missing)?;
    let root = workspace.tools().join("swift-root");
    // Whatever it lacks (most often the network), the tests could not be tried.
    match run(workspace.command("scripts/swift-root").arg("make").arg(&root)) {
        Ok(()) => Ok(root),
        Err(Failure::Failed(why)) => {
            Err(Failure::Missing(vec![format!("a Debian root with Swift, and it could not be made: {why}")]))
        }
        Err(other) => Err(other),
    }
}

fn is_root() -> bool {
    ask(Command::new("id").arg("-u")).is_some_and(|id| id == "0")
        || ask(Command::new("sudo").args(["-n", "true"])).is_some()
}

fn exchange(workspace: &Workspace) -> PathBuf {
    workspace.target("exchange")
}

/// The first number in what a tool says of itself.
fn first_number(text: &str) -> Option<u32> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let digits = text.get(start..)?.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::first_number;

    #[test]
    fn versions_are_read_from_what_tools_say() {
        assert_eq!(first_number("javac 17.0.15"), Some(17));
        assert_eq!(first_number("6.0.3 (swift-6.0.3-RELEASE)"), Some(6));
        assert_eq!(first_number("no version"), None);
    }
}
