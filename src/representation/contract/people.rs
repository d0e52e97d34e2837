//! Operations about people.

use super::{AnswerKind, ApiOperation, ApiSection, BodyKind, QueryParameter, filter, search};
use crate::oauth::permission::{Area, Need};
use crate::representation::settings::{CONSENT, Form, PASSWORD, PASSWORD_LINK, SESSION, USER};
use crate::store::users::UserColumn;

const READ: Need = Need::read(Area::Users);
const WRITE: Need = Need::write(Area::Users);

const ALL: &str = "/api/v1/users";
const ONE: &str = "/api/v1/users/{id}";
const SESSIONS: &str = "/api/v1/users/{id}/sessions";

const FILTERS: &[QueryParameter] = &[
    search("Only people with this text in their username, e-mail address or id, in any spelling"),
    filter("disabled", Form::Flag, "Only people who are disabled, or only those who are not"),
    filter("role", Form::Word(roles), "Only people with this role"),
    filter(
        "sort",
        Form::Word(orders),
        "The member by which the list is sorted; with - the largest value comes first",
    ),
];

fn orders() -> Vec<&'static str> {
    UserColumn::ORDERS.iter().map(|(word, _)| *word).collect()
}

fn roles() -> Vec<&'static str> {
    vec!["owner", "operator", "auditor", "none"]
}

pub(super) const SECTION: ApiSection = ApiSection {
    name: "People",
    sentence: "People who can sign in, their sessions, and what they have allowed.",
    operations: &[
        ApiOperation::list(ALL, "listUsers", "List people", &USER)
            .needs(READ)
            .parameters(FILTERS)
            .command("grantor user list --json"),
        ApiOperation::create(ALL, "createUser", "Create a user", &USER)
            .needs(WRITE)
            .versioned()
            .note("Without a password, the answer has a link by which the person sets one.")
            .command("grantor user invite --username jane --email jane@example.com --name \"Jane Doe\" --group staff"),
        ApiOperation::show(ONE, "getUser", "Get a user", &USER)
            .needs(READ)
            .versioned()
            .command("grantor user show jane --json"),
        ApiOperation {
            answer: AnswerKind::One(&USER),
            ..ApiOperation::put(ONE, "replaceUser", "Replace a user", &USER)
        }
        .needs(WRITE)
        .versioned()
        .note("PUT only replaces: the server makes the ids. Members that only the server sets are ignored."),
        ApiOperation::patch(ONE, "updateUser", "Update a user", &USER)
            .needs(WRITE)
            .versioned()
            .note("claims are merged, and groups replaced.")
            .example(r#"{"groups": ["staff", "admins"], "claims": {"nickname": null}, "disabled": false}"#)
            .command("grantor user update jane --group staff --group admins --no-claim nickname"),
        ApiOperation::delete(ONE, "deleteUser", "Delete a user")
            .needs(WRITE)
            .versioned()
            .note("With all sessions, consents and tokens.")
            .command("grantor user delete jane"),
        ApiOperation {
            body: BodyKind::Whole(&PASSWORD),
            can_conflict: true,
            ..ApiOperation::new("PUT", "/api/v1/users/{id}/password", "setPassword", "Set a password")
        }
        .needs(WRITE)
        .versioned()
        .note("Ends all sessions of the person and revokes all grants.")
        .command("grantor user set-password jane"),
        ApiOperation {
            body: BodyKind::Empty,
            answer: AnswerKind::Made(&PASSWORD_LINK),
            can_conflict: true,
            ..ApiOperation::new("POST", "/api/v1/users/{id}/password-link", "createPasswordLink", "Make a link for a password")
        }
        .needs(WRITE)
        .note("The person sets a password with it, once and within 24 hours. A link that was made before stops working.")
        .command("grantor user reset-link jane"),
        ApiOperation::list(SESSIONS, "listSessions", "List the sessions of a user", &SESSION)
            .needs(READ)
            .command("grantor session list --user jane --json"),
        ApiOperation::delete(SESSIONS, "endSessions", "End all sessions of a user")
            .needs(WRITE)
            .command("grantor session end --user jane"),
        ApiOperation::delete("/api/v1/users/{id}/sessions/{session}", "endSession", "End a session")
            .needs(WRITE)
            .command("grantor session end Jt0Wq8cVtM3p1sYb7nXk5Q"),
        ApiOperation::list("/api/v1/users/{id}/consents", "listConsents", "List the consents of a user", &CONSENT)
            .needs(READ)
            .command("grantor user consents jane --json"),
        ApiOperation::list(
            "/api/v1/clients/{id}/consents",
            "listClientConsents",
            "List what people have allowed a client",
            &CONSENT,
        )
        .needs(READ)
        .command("grantor client consents calendar --json"),
        ApiOperation::delete("/api/v1/users/{id}/consents/{client}", "withdrawConsent", "Take a consent back")
            .needs(WRITE)
            .note("The server revokes everything that the client got by it.")
            .command("grantor grant revoke --user jane --client calendar"),
    ],
};
