//! `grantor explain`.

use std::ops::Range;

use clap::Args;

use super::table::card;
use super::{CliError, OutputOptions};
use crate::clock::Seconds;
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::id::ClientId;
use crate::operations::explanation::{ExplainedRefusal, Explanation, Marks};
use crate::operations::refusals;
use crate::store::refusals::RefusalFilter;

#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Options {
    /// The id of the request: it is on the error page, in the answer, in the header X-Request-Id and in the log
    #[arg(value_name = "REQUEST_ID", required_unless_present = "last", conflicts_with = "last")]
    request_id: Option<String>,
    /// The request that was refused last
    #[arg(long)]
    last: bool,
    /// The last one of this application, by its client_id
    #[arg(long, value_name = "ID", requires = "last")]
    client: Option<String>,
    /// The last one that was refused for this reason, such as scope.forbidden
    #[arg(long, value_name = "WORD", requires = "last")]
    reason: Option<String>,
    #[command(flatten)]
    output: OutputOptions,
}

pub(super) fn run(options: &Options) -> Result<(), CliError> {
    options.output.common.run(async |cli| {
        let filter = RefusalFilter {
            client: options.client.as_deref().map(ClientId::new),
            reason: options.reason.clone(),
            request_id: options.request_id.clone(),
        };
        let explained = refusals::find(&cli.operations(), filter).await?;
        let issuer = cli.config.issuer(cli.config.listen.port());
        options.output.say(explained.to_json(&issuer), text(&explained, &issuer))
    })
}

fn text(explained: &ExplainedRefusal, issuer: &str) -> String {
    let ExplainedRefusal { refusal, explanation, username } = explained;
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let user = refusal.user.as_ref().map(|id| match username {
        Some(name) => format!("{name} ({id})"),
        None => id.to_string(),
    });
    let facts = card(&[
        ("request", refusal.request_id.clone()),
        ("time", refusal.created_at.iso()),
        ("client", or_none(refusal.client.as_ref().map(ToString::to_string))),
        ("user", or_none(user)),
        ("address", refusal.address.clone()),
        ("path", refusal.path.clone()),
    ]);
    format!("{facts}\n\n{}", paragraphs(explanation, issuer))
}

/// What was wrong, and what lifts the cause.
pub(super) fn paragraphs(explanation: &Explanation, issuer: &str) -> String {
    let mut parts = Vec::new();
    let title = explanation.known.map_or("", |reason| reason.title());
    parts.push(format!("{}: {title}\n{}", explanation.reason, explanation.description));
    parts.extend(explanation.detail.as_ref().map(comparison));
    if let Some(reason) = explanation.known {
        parts.push(format!("{} {}", reason.what(), reason.fix()));
        let docs = format!("{issuer}/errors/{}", reason.word());
        let rule = explanation.rule.unwrap_or_default().to_owned();
        parts.push(card(&[("rule", rule), ("docs", docs)]));
    }
    if let Some(cure) = &explanation.cure {
        parts.push(format!("To allow it:\n  {}\n({})", cure.command, cure.caution));
    }
    parts.join("\n\n")
}

/// The value that came above the registered ones, with carets below what differs.
fn comparison(detail: &Detail) -> String {
    let marks = Marks::of(detail);
    let expected = if detail.seconds.is_some() { "now" } else { "registered" };
    let came = detail.came.as_deref().unwrap_or("(nothing)");
    let mut lines = vec![detail.subject.word().to_owned()];
    lines.extend(lines_of("came", came, &marks.came));
    for (index, known) in detail.registered.iter().enumerate() {
        let ranges = if index == 0 { marks.registered.as_slice() } else { &[] };
        lines.extend(lines_of(if index == 0 { expected } else { "" }, known, ranges));
    }
    if detail.registered.is_empty() && !is_a_parameter(detail.subject) {
        lines.push(format!("  {expected:<WIDTH$}(nothing)"));
    }
    if let Some((part, text)) = &detail.differs
        && !detail.subject.is_list()
    {
        lines.push(format!("  {:<WIDTH$}{part}: {text}", "differs"));
    }
    if let Some(seconds) = detail.seconds {
        lines.push(format!("  {:<WIDTH$}{}", "difference", span(detail.subject, seconds)));
    }
    lines.join("\n")
}

/// Whether the value is only missing, and nothing is registered for it.
fn is_a_parameter(subject: DetailSubject) -> bool {
    matches!(
        subject,
        DetailSubject::CodeChallenge | DetailSubject::CodeChallengeMethod | DetailSubject::CodeVerifier
    )
}

fn span(subject: DetailSubject, seconds: Seconds) -> String {
    let seconds = seconds.as_i64();
    match subject {
        DetailSubject::Begin | DetailSubject::ProofBegin => format!("{seconds} seconds too early"),
        _ => format!("{seconds} seconds"),
    }
}

/// The width of the names before the values.
const WIDTH: usize = 12;

/// A value with its name, and below it a line with carets if something is marked.
fn lines_of(name: &str, value: &str, marks: &[Range<usize>]) -> Vec<String> {
    let mut lines = vec![format!("  {name:<WIDTH$}{value}")];
    if !marks.is_empty() {
        let end = marks.iter().map(|range| range.end.max(range.start + 1)).max().unwrap_or_default();
        let is_marked = |at: usize| {
            marks.iter().any(|range| range.contains(&at) || (range.is_empty() && range.start == at))
        };
        let carets: String = (0..end).map(|at| if is_marked(at) { '^' } else { ' ' }).collect();
        lines.push(format!("  {:<WIDTH$}{carets}", ""));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_are_below_what_differs() {
        let detail = Detail::of(DetailSubject::RedirectUri).came("https://a.example/cb/");
        let detail =
            detail.registered(["https://a.example/cb", "https://b.example/cb"]).differs("path", "/cb/");
        let expected = "redirect_uri
  came        https://a.example/cb/
                                  ^
  registered  https://a.example/cb
                                  ^
              https://b.example/cb
  differs     path: /cb/";
        assert_eq!(comparison(&detail), expected);
        let detail = Detail::of(DetailSubject::Scope).came("email read write").registered(["read"]);
        let detail = detail.differs("scope", "email write");
        let expected = "scope
  came        email read write
              ^^^^^      ^^^^^
  registered  read";
        assert_eq!(comparison(&detail), expected);
        let detail = Detail::of(DetailSubject::Begin).came("2026-01-01T00:02:00Z");
        let detail = detail.registered(["2026-01-01T00:00:00Z"]).by(Seconds::new(120));
        assert!(comparison(&detail).ends_with("difference  120 seconds too early"));
    }
}
