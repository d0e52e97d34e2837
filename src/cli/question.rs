//! The question before an act that cannot be undone.

use std::io::{BufRead, IsTerminal as _, Write as _};

use clap::Args;

use super::CliError;

#[derive(Args)]
pub(super) struct Question {
    /// Answer the question with yes in advance
    #[arg(long)]
    yes: bool,
}

const UNCHANGED: &str = "nothing was changed; --yes answers the question in advance";

impl Question {
    /// Asks on standard error. Everything except a yes on a terminal is an error.
    pub(super) fn ask(&self, question: &str) -> Result<(), CliError> {
        if self.yes {
            return Ok(());
        }
        let input = std::io::stdin();
        if !input.is_terminal() {
            return Err(format!("{question} Standard input is not a terminal, so {UNCHANGED}").into());
        }
        let mut out = std::io::stderr().lock();
        write!(out, "{question} [y/N] ")?;
        out.flush()?;
        if says_yes(&mut input.lock())? { Ok(()) } else { Err(UNCHANGED.into()) }
    }
}

fn says_yes(input: &mut impl BufRead) -> Result<bool, CliError> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        writeln!(std::io::stderr())?;
    }
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_accepted_as_a_yes() {
        for (line, answer) in [
            ("y\n", true),
            ("YES\n", true),
            ("yes", true),
            ("\n", false),
            ("", false),
            ("no\n", false),
            ("yep\n", false),
        ] {
            assert_eq!(says_yes(&mut line.as_bytes()).unwrap(), answer, "{line:?}");
        }
    }
}
