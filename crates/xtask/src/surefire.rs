//! How many tests Maven ran. Its quiet mode does not say, and a run in which nothing was tested looks like one in which all went well.

use std::{fs, path::Path};

use crate::run::{Outcome, While as _, failed};

/// The sums over all classes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tests {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Tests {
    /// Reads the reports in `folder`.
    pub fn read(folder: &Path) -> Outcome<Self> {
        let mut sum = Self::default();
        for entry in fs::read_dir(folder).while_doing(folder.display())? {
            let path = entry.while_doing(folder.display())?.path();
            if path.extension().is_some_and(|extension| extension == "xml") {
                let report = fs::read_to_string(&path).while_doing(path.display())?;
                if !sum.add(&report) {
                    return failed(format!("{} is not a report of tests", path.display()));
                }
            }
        }
        Ok(sum)
    }

    /// Adds what one report says, in the attributes of its outermost element.
    fn add(&mut self, report: &str) -> bool {
        let Some(suite) =
            report.split_once("<testsuite ").and_then(|(_, rest)| rest.split_once('>')).map(|(suite, _)| suite)
        else {
            return false;
        };
        let number = |name: &str| -> Option<u64> {
            let (_, rest) = suite.split_once(&format!(" {name}=\""))?;
            rest.split_once('"')?.0.parse().ok()
        };
        let (Some(tests), Some(skipped), Some(errors), Some(failures)) =
            (number("tests"), number("skipped"), number("errors"), number("failures"))
        else {
            return false;
        };
        self.passed += tests.saturating_sub(skipped + errors + failures);
        self.skipped += skipped;
        self.failed += errors + failures;
        true
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const REPORT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0" name="org.amparo.OneTest" time="1.5" tests="7" errors="1" skipped="2" failures="1">
  <testcase name="tests=&quot;900&quot;"/>
</testsuite>"#;

    #[test]
    fn the_reports_of_all_classes_are_added() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("TEST-a.xml"), REPORT).unwrap();
        fs::write(folder.path().join("TEST-b.xml"), REPORT).unwrap();
        fs::write(folder.path().join("a.txt"), "Tests run: 70").unwrap();
        assert_eq!(Tests::read(folder.path()).unwrap(), Tests { passed: 6, failed: 4, skipped: 4 });
    }

    #[test]
    fn a_report_that_cannot_be_read_is_no_silence() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("TEST-a.xml"), REPORT.replace("tests=\"7\"", "")).unwrap();
        assert!(Tests::read(folder.path()).is_err());
        assert!(Tests::read(&folder.path().join("none")).is_err());
    }
}
