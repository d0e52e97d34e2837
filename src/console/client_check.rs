//! What the server would decide about a request of a client, step by step. The request is in the address, so the page can be
//! sent to a colleague.

use serde_json::{Map, Value, json};

use super::client_health;
use super::error::ConsoleError;
use super::page::{Cell, ConsolePage, Filter, Notice, PageLink, Part, RowTable, Section};
use super::same::Same;
use super::tables::{narrowed, path_of};
use super::visit::{ConsoleReply, Visit};
use crate::oauth::client::Client;
use crate::oauth::client::health::PolicyHealth;
use crate::oauth::permission::{Area, Need};
use crate::operations::client_check::{CheckInput, CheckStep, StepOutcome, check};
use crate::operations::shell_word::shell_word;
use crate::representation::address::segment;

/// The parameters, each with its option of the command.
const FIELDS: [(&str, &str, &str); 7] = [
    ("redirect_uri", "Redirect URI", "--redirect-uri"),
    ("scope", "Scope", "--scope"),
    ("response_type", "Response type", "--response-type"),
    ("resource", "Resource", "--resource"),
    ("authorization_details", "Authorization details", "--authorization-details"),
    ("grant_type", "Grant type", "--grant-type"),
    ("user", "Person", "--user"),
];

pub(super) async fn page(visit: &Visit<'_>, client: &Client) -> Result<ConsoleReply, ConsoleError> {
    let path = path_of("clients", client.id.as_str());
    let may_see_people = visit.may(Need::read(Area::Users));
    let named = |name: &str| visit.parameter(name).filter(|_| name != "user" || may_see_people);
    let input = CheckInput {
        redirect_uri: named("redirect_uri"),
        scope: named("scope"),
        response_type: named("response_type"),
        resources: named("resource").into_iter().collect(),
        authorization_details: named("authorization_details"),
        user: named("user"),
        grant_type: named("grant_type"),
    };
    let fields = FIELDS.iter().filter(|(name, ..)| *name != "user" || may_see_people);
    let fields = fields.map(|(name, label, _)| narrowed(visit, name, label, &[])).collect();
    let server = (visit.app.issuer.as_str(), Some(&*visit.app.keys));
    let mut page = ConsolePage {
        title: format!("Check a request of {}", client.name.as_str()),
        place: "clients",
        trail: vec![PageLink::to("Clients", "/admin/clients"), PageLink::to(client.name.as_str(), path)],
        sections: vec![
            Section::of(
                "Request",
                vec![
                    Part::Filter(Filter { button: "Check", ..Filter::of("", fields) }),
                    Part::Same(same(visit, client)),
                ],
            )
            .with_lead(
                "Fields that you leave out are as in a usual request of the client. Nothing is stored.",
            ),
        ],
        ..ConsolePage::default()
    };
    match check(&visit.context(), server, &client.id, &input).await {
        Ok(checked) => {
            page.notices.push(match checked.is_allowed() {
                true => Notice::good("The server would allow this request."),
                false => Notice::bad("The server would refuse this request."),
            });
            page.sections.push(steps(&checked.steps));
            page.sections.extend(reported(visit, client, &checked.reported));
            let json = checked.to_json(&visit.app.issuer);
            if !json["tokens"].is_null() {
                let text = serde_json::to_string_pretty(&json["tokens"]).unwrap_or_default();
                let part = Part::Code { title: None, text, is_open: true };
                let lead = "Unsigned, and without the ids that every token has of its own.";
                page.sections
                    .push(Section::of("Tokens and claims that would result", vec![part]).with_lead(lead));
            }
        }
        Err(crate::failure::Denied::Refused(faults)) => {
            page.notices.extend(faults.iter().map(|fault| Notice::bad(fault.sentence.clone())));
            page.is_refused = true;
        }
        Err(crate::failure::Denied::Failed(failure)) => return Err(failure.into()),
    }
    Ok(ConsoleReply::Page(page))
}

fn steps(steps: &[CheckStep]) -> Section {
    let row = |step: &CheckStep| {
        let mut cells = vec![Cell::code(step.name)];
        match &step.outcome {
            StepOutcome::Passed(note) => {
                cells.extend([Cell::badge("good", "passed"), Cell::text(note), Cell::text("")]);
            }
            StepOutcome::Refused(why) => {
                let cure =
                    why.cure.as_ref().map_or_else(|| Cell::text(""), |cure| Cell::code(cure.command.clone()));
                cells.extend([Cell::badge("bad", "refused"), Cell::text(why.description.clone()), cure]);
            }
        }
        cells
    };
    let table = RowTable {
        caption: "The decision, step by step".to_owned(),
        head: vec!["Rule", "Outcome", "Why", "Cure"],
        rows: steps.iter().map(row).collect(),
        ..RowTable::default()
    };
    Section::of("Decision", vec![Part::Table(table)])
}

/// The demands that are only reported; `None` if no demand is.
fn reported(visit: &Visit<'_>, client: &Client, reported: &[PolicyHealth]) -> Option<Section> {
    (!reported.is_empty()).then(|| {
        let table = client_health::changes(visit, client, reported);
        let lead = "Nothing is refused because of these. What the requests of the last 30 days say about requiring them:";
        Section::of("Demands that are only reported", vec![Part::Table(table)]).with_lead(lead)
    })
}

fn same(visit: &Visit<'_>, client: &Client) -> Same {
    let given = FIELDS.iter().filter_map(|(name, _, option)| Some((*name, *option, visit.parameter(name)?)));
    let (mut body, mut command) =
        (Map::new(), format!("grantor client check {}", shell_word(client.id.as_str())));
    for (name, option, value) in given {
        command.push_str(&format!(" {option} {}", shell_word(&value)));
        // Only the details are JSON; what is not JSON is refused anyway.
        let json = (name == "authorization_details").then(|| serde_json::from_str(&value).ok()).flatten();
        body.insert(name.to_owned(), json.unwrap_or(Value::from(value)));
    }
    let path = format!("/clients/{}/check", segment(client.id.as_str()));
    Same::of(&visit.app.issuer, ("POST", &path), Some(&json!(body)), command)
}
