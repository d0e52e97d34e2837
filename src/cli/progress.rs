//! Shows a person the progress of a long command.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::OutputOptions;

/// A progress bar on standard error. Shows nothing if that is not a terminal, or if the command prints JSON.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn of_bytes(output: &OutputOptions, what: &'static str, total: u64) -> Self {
        Self::new(output, what, total, "{msg} [{wide_bar}] {bytes} of {total_bytes}, {eta} left")
    }

    pub(super) fn of_rows(output: &OutputOptions, what: &'static str) -> Self {
        Self::new(output, what, 0, "{msg} [{wide_bar}] {human_pos} of {human_len} rows, {eta} left")
    }

    fn new(output: &OutputOptions, what: &'static str, total: u64, template: &str) -> Self {
        let target = match !output.json && std::io::stderr().is_terminal() {
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

    pub(super) fn advance(&self, by: u64) {
        self.0.inc(by);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
