//! Progress bars on standard error for anything that takes longer than a second; silent when that is not a terminal.

use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long a job may take before a bar appears.
const PATIENCE: Duration = Duration::from_secs(1);

/// The progress of one job, in bytes.
pub struct Progress {
    what: &'static str,
    total: u64,
    done: u64,
    since: Instant,
    bar: Option<ProgressBar>,
    quiet: bool,
}

impl Progress {
    /// A job of `total` bytes; 0 when not known.
    pub fn new(what: &'static str, total: u64, json: bool) -> Self {
        let quiet = json || !std::io::stderr().is_terminal();
        Self { what, total, done: 0, since: Instant::now(), bar: None, quiet }
    }

    /// `bytes` more are done.
    pub fn add(&mut self, bytes: u64) {
        self.set(self.done + bytes);
    }

    /// `done` bytes are done in all.
    pub fn set(&mut self, done: u64) {
        self.done = done;
        if self.quiet {
            return;
        }
        if self.bar.is_none() && self.since.elapsed() >= PATIENCE {
            self.bar = Some(bar(self.what, self.total));
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(what: &'static str, total: u64) -> ProgressBar {
    let (bar, template) = if total == 0 {
        (ProgressBar::no_length(), "{msg} {spinner} {bytes} ({bytes_per_sec})")
    } else {
        (ProgressBar::new(total), "{msg} [{bar:30}] {bytes}/{total_bytes} ({bytes_per_sec}, {eta})")
    };
    bar.set_draw_target(ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style).with_message(what)
}
