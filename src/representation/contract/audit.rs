//! Operations about the audit trail and refused requests, and the document itself.

use super::{AnswerKind, ApiOperation, ApiSection, filter};
use crate::oauth::permission::{Area, Need};
use crate::representation::settings::{ACTIVITY, EVENT, EXPLAINED_REFUSAL, Form, REFUSAL};

const READ: Need = Need::read(Area::Audit);

pub(super) const SECTION: ApiSection = ApiSection {
    name: "Audit",
    sentence: "What was done and what was refused.",
    operations: &[
        ApiOperation {
            answer: AnswerKind::Log(&EVENT),
            ..ApiOperation::list("/api/v1/events", "listEvents", "Read the audit trail", &EVENT)
        }
        .needs(READ)
        .parameters(&[
            filter("user", Form::Text, "Only events about this user, by the id"),
            filter("client", Form::Text, "Only events about this client, by its client_id"),
            filter("act", Form::Text, "Only acts that begin with this text, such as client.created or user."),
            filter("actor", Form::Text, "Only events of this actor, by the id"),
            filter("since", Form::Time, "Only events at this time or later"),
            filter("until", Form::Time, "Only events before this time"),
        ])
        .note("The oldest event comes first. The last page has next, too: send it as after later to get the events that were \
               added since.")
        .command("grantor audit list --since 1h --json"),
        ApiOperation::list("/api/v1/refusals", "listRefusals", "List refused requests", &REFUSAL)
            .needs(READ)
            .parameters(&[
                filter("client", Form::Text, "Only requests of this client, by its client_id"),
                filter("reason", Form::Text, "Only requests that were refused for this reason"),
            ])
            .note("The newest comes first.")
            .command("grantor refusal list --json"),
        ApiOperation::show("/api/v1/refusals/{id}", "getRefusal", "Explain a refused request", &EXPLAINED_REFUSAL)
            .needs(READ)
            .versioned()
            .note("Shows the value that came, what is registered, and the command that would let the request pass.")
            .command("grantor explain 01JC0T8Q5W7XK3M9B2N4P6R8SV --json"),
        ApiOperation::show("/api/v1/activity", "getActivity", "Get what the server did in each hour", &ACTIVITY)
            .needs(READ)
            .parameters(&[
                filter("since", Form::Time, "The first hour; the 24 hours before until if it is left out"),
                filter("until", Form::Time, "The last hour; this hour if it is left out"),
            ])
            .note("At most 30 days, for which counts are kept. Counts can be a minute old.")
            .command("grantor activity --since 24h --json"),
    ],
};

pub(super) const DOCUMENT: ApiSection = ApiSection {
    name: "This document",
    sentence: "The description of this API for programs.",
    operations: &[ApiOperation {
        answer: AnswerKind::Document,
        ..ApiOperation::new("GET", "/api/v1/openapi.json", "getDocument", "Get the OpenAPI document")
    }
    .note("It is the same for everyone and says nothing about the objects of this server, so it needs no credential.")],
};
