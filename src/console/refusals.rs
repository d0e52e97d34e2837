//! Refused requests, and why each was refused: what came beside what is registered, the rule, and the cure.

use std::ops::Range;

use super::error::ConsoleError;
use super::page::{Action, Badge, Cell, ConsolePage, Fact, Filter, PageLink, Part, Piece, Section};
use super::same::Same;
use super::tables::{REFUSAL_HEAD, client, listing, narrowed, page, path_of, refusal};
use super::visit::{ConsoleReply, Visit};
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::id::ClientId;
use crate::oauth::permission::{Area, Need};
use crate::operations::cure::CureChange;
use crate::operations::explanation::{ExplainedRefusal, Marks};
use crate::operations::refusals;
use crate::operations::shell_word::shell_word;
use crate::representation::address::segment;
use crate::store::refusals::{KeptRefusal, RefusalFilter};

pub(super) async fn list(visit: &Visit<'_>) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::read(Area::Audit))?;
    let filter = RefusalFilter {
        client: visit.parameter("client").map(ClientId::new),
        reason: visit.parameter("reason"),
        request_id: visit.parameter("request_id"),
    };
    let found = refusals::list(&visit.context(), listing(visit, filter)).await?;
    let fields = vec![
        narrowed(visit, "client", "Client id", &[]),
        narrowed(visit, "reason", "Reason", &[]),
        narrowed(visit, "request_id", "Request id", &[]),
    ];
    let filter = Filter::of("/admin/refusals", fields);
    let empty = "No refused request matches. Refusals are kept for a few days (explain.retention).";
    let shown = (&found, |row: &KeptRefusal| refusal(row, true));
    let page = page(visit, ("Refusals", "refusals"), Some(filter), (&REFUSAL_HEAD, empty), shown);
    Ok(ConsoleReply::Page(page))
}

pub(super) async fn show(visit: &Visit<'_>, request_id: &str) -> Result<ConsoleReply, ConsoleError> {
    visit.needs(Need::read(Area::Audit))?;
    let filter = RefusalFilter { request_id: Some(request_id.to_owned()), ..RefusalFilter::default() };
    let found = refusals::find(&visit.context(), filter).await?;
    let why = &found.explanation;
    let mut sections = Vec::new();
    if let Some(detail) = &why.detail {
        sections.push(compared(detail));
    }
    sections.push(cure(visit, &found));
    sections.push(Section::of("Request", vec![Part::Facts { rows: facts(visit, &found) }]));
    let same = Same::of(
        &visit.app.issuer,
        ("GET", &format!("/refusals/{}", segment(request_id))),
        None,
        format!("grantor explain {}", shell_word(request_id)),
    );
    sections.push(Section { parts: vec![Part::Same(same)], ..Section::default() });
    Ok(ConsoleReply::Page(ConsolePage {
        title: why.known.map_or_else(|| why.reason.clone(), |reason| reason.title().to_owned()),
        place: "refusals",
        trail: vec![PageLink::to("Refusals", "/admin/refusals")],
        id: Some(found.refusal.request_id.clone()),
        badges: vec![Badge::of("bad", "refused")],
        sections,
        ..ConsolePage::default()
    }))
}

fn facts(visit: &Visit<'_>, found: &ExplainedRefusal) -> Vec<Fact> {
    let refusal = &found.refusal;
    let mut rows = vec![
        Fact::of("Time", Cell::time(refusal.created_at)),
        Fact::of("Path", Cell::code(refusal.path.clone())),
        Fact::of("Address", Cell::text(refusal.address.clone())),
    ];
    rows.extend(refusal.client.as_ref().map(|id| Fact::of("Client", client(id))));
    if let Some(user) = refusal.user.as_ref().filter(|_| visit.may(Need::read(Area::Users))) {
        let name = found.username.clone().unwrap_or_else(|| user.to_string());
        rows.push(Fact::of("Person", Cell::link(name, path_of("users", user.as_str()))));
    }
    rows.push(Fact::of("Reason", Cell::link(refusal.reason.clone(), format!("/errors/{}", refusal.reason))));
    rows.push(Fact::of("Description", Cell::text(refusal.description.clone())));
    rows.extend(found.explanation.rule.map(|rule| Fact::of("Rule", Cell::text(rule))));
    rows
}

/// What came, above what is registered, with what differs marked in both.
fn compared(detail: &Detail) -> Section {
    let marks = Marks::of(detail);
    let came = match &detail.came {
        Some(came) => marked(came, &marks.came),
        None => Cell::text("nothing"),
    };
    let registered = detail.registered.iter().enumerate().map(|(place, value)| match place {
        0 => marked(value, &marks.registered),
        _ => Cell::code(value.clone()),
    });
    let registered: Vec<Cell> = registered.collect();
    let mut rows = vec![Fact::of("What came", came)];
    rows.push(match registered.is_empty() {
        true => Fact::of("What is registered", Cell::text("nothing")),
        false => Fact::of_all("What is registered", registered),
    });
    if let Some((part, text)) = &detail.differs {
        rows.push(Fact::of(format!("Differs in its {part}"), Cell::code(text.clone())));
    }
    rows.extend(detail.seconds.map(|seconds| Fact::of("Seconds off", Cell::text(seconds.to_string()))));
    Section::of(format!("Compared: {}", detail.subject.word().replace('_', " ")), vec![Part::Facts { rows }])
}

/// A value in pieces: those in the ranges are marked. An empty range marks a place at which something is missing.
fn marked(text: &str, ranges: &[Range<usize>]) -> Cell {
    let (mut pieces, mut at) = (Vec::new(), 0);
    let piece = |text: &str, is_marked| Piece { text: text.to_owned(), is_marked };
    for range in ranges {
        let (Some(before), Some(inside)) = (text.get(at..range.start), text.get(range.clone())) else {
            continue;
        };
        pieces.extend((!before.is_empty()).then(|| piece(before, false)));
        pieces.push(piece(inside, true));
        at = range.end;
    }
    let rest = text.get(at..).unwrap_or_default();
    pieces.extend((!rest.is_empty()).then(|| piece(rest, false)));
    Cell { pieces, ..Cell::code(text) }
}

/// How the cause is lifted: in words, as a command, and by a form that is filled already.
fn cure(visit: &Visit<'_>, found: &ExplainedRefusal) -> Section {
    let why = &found.explanation;
    let mut parts = Vec::new();
    if let Some(cure) = &why.cure {
        parts.push(Part::Code { title: None, text: cure.command.clone(), is_open: true });
    }
    let fix = why.known.map_or_else(|| why.description.clone(), |reason| reason.fix().to_owned());
    let lead = match &why.cure {
        Some(cure) => format!("{fix} Before you use the command: {}.", cure.caution),
        None => fix,
    };
    let section = Section::of("How to fix it", parts).with_lead(lead);
    match form_for(visit, found) {
        Some(path) if path.contains('?') => {
            section.with_actions(vec![Action::primary("Open the form with this change", path)])
        }
        Some(path) => section.with_actions(vec![Action::primary("Open the form", path)]),
        None => section,
    }
}

/// The path of the form that does what the command does. `None` if the person may not use it, or no command would help.
fn form_for(visit: &Visit<'_>, found: &ExplainedRefusal) -> Option<String> {
    let (cure, detail) = (found.explanation.cure.as_ref()?, found.explanation.detail.as_ref());
    let area = match cure.change {
        CureChange::ClientSettings | CureChange::ClientState | CureChange::ClientSecret => Area::Clients,
        CureChange::NewScope | CureChange::NewResource | CureChange::ResourceSettings => Area::Config,
        CureChange::UserState | CureChange::UserGroups => Area::Users,
    };
    let of_client =
        |act: &str| Some(format!("{}/{act}", path_of("clients", found.refusal.client.as_ref()?.as_str())));
    let of_user =
        |act: &str| Some(format!("{}/{act}", path_of("users", found.refusal.user.as_ref()?.as_str())));
    let path = match cure.change {
        CureChange::ClientSettings => {
            format!("{}{}", of_client("edit")?, detail.and_then(added).unwrap_or_default())
        }
        CureChange::ClientState => of_client("enable")?,
        CureChange::ClientSecret => of_client("secret")?,
        CureChange::NewScope => {
            let (_, names) = detail?.differs.as_ref()?;
            format!("/admin/new/scopes?name={}", segment(names.split(' ').next()?))
        }
        CureChange::NewResource => {
            format!("/admin/new/resources?resource={}", segment(detail?.came.as_deref()?))
        }
        CureChange::ResourceSettings => {
            let (_, uri) = detail?.differs.as_ref()?;
            format!("{}/edit", path_of("resources", uri))
        }
        CureChange::UserState => of_user("enable")?,
        CureChange::UserGroups => match detail?.registered.as_slice() {
            [group] => format!("{}?add_groups={}", of_user("edit")?, segment(group)),
            _ => of_user("edit")?,
        },
    };
    visit.may(Need::write(area)).then_some(path)
}

/// The query that adds to a client's settings what came. `None` if no part of the form takes it.
fn added(detail: &Detail) -> Option<String> {
    let (name, value) = match (detail.subject, &detail.came, &detail.differs) {
        (DetailSubject::RedirectUri, Some(came), _) => ("redirect_uris", came),
        (DetailSubject::PostLogoutRedirectUri, Some(came), _) => ("post_logout_redirect_uris", came),
        (DetailSubject::Scope, _, Some((_, names))) => ("scope", names),
        _ => return None,
    };
    Some(format!("?add_{name}={}", segment(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ranges_are_marked() {
        let pieces = |text: &str, ranges: &[Range<usize>]| -> Vec<(String, bool)> {
            marked(text, ranges).pieces.into_iter().map(|piece| (piece.text, piece.is_marked)).collect()
        };
        let piece = |text: &str, is_marked| (text.to_owned(), is_marked);
        assert_eq!(
            pieces("abcd", &[1..2, 3..4]),
            [piece("a", false), piece("b", true), piece("c", false), piece("d", true),]
        );
        assert_eq!(pieces("ab", std::slice::from_ref(&(2..2))), [piece("ab", false), piece("", true)]);
        assert_eq!(pieces("ab", &[]), [piece("ab", false)]);
        // What is out of the text is not marked.
        assert_eq!(pieces("ab", std::slice::from_ref(&(1..9))), [piece("ab", false)]);
    }
}
