//! Shows a person the progress of a long command.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Manner;

/// A progress bar on standard error. Shows nothing if that is not a terminal, or if the command prints JSON.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn of_bytes(manner: &Manner, what: &'static str, total: u64) -> Self {
        Self::new(manner, what, total, "{msg} [{wide_bar}] {bytes} of {total_bytes}, {eta} left")
    }

    pub(super) fn of_rows(manner: &Manner, what: &'static str) -> Self {
        Self::new(manner, what, 0, "{msg} [{wide_bar}] {human_pos} of {human_len} rows, {eta} left")
    }

    fn new(manner: &Manner, what: &'static str, total: u64, template: &str) -> Self {
        let target = match !manner.json && std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(total), target).with_style(style.progress_chars("=> "));
        Self(bar.with_message(what))
    }

    /// Corrects the total.
    pub(super) fn is_of(&self, total: u64) {
        self.0.set_length(total);
    }

    pub(super) fn reach(&self, position: u64) {
        self.0.set_position(position);
    }

    pub(super) fn go_on(&self, by: u64) {
        self.0.inc(by);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
