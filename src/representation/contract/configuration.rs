//! Operations about scopes, resources, authorization types and trusted issuers.

use super::{AnswerKind, ApiOperation, ApiSection, filter, search};
use crate::oauth::permission::{Area, Need};
use crate::representation::settings::{AUTHORIZATION_TYPE, Form, ISSUER, RESOURCE, SCOPE, SUBJECT};

const READ: Need = Need::read(Area::Config);
const WRITE: Need = Need::write(Area::Config);

const ALL_SCOPES: &str = "/api/v1/scopes";
const ONE_SCOPE: &str = "/api/v1/scopes/{name}";
const ALL_RESOURCES: &str = "/api/v1/resources";
const ONE_RESOURCE: &str = "/api/v1/resources/{uri}";
const ALL_TYPES: &str = "/api/v1/authorization-types";
const ONE_TYPE: &str = "/api/v1/authorization-types/{type}";
const ALL_ISSUERS: &str = "/api/v1/issuers";
const ONE_ISSUER: &str = "/api/v1/issuers/{issuer}";
const SUBJECTS: &str = "/api/v1/issuers/{issuer}/subjects";
const ONE_SUBJECT: &str = "/api/v1/issuers/{issuer}/subjects/{subject}";

pub(super) const SCOPES: ApiSection = ApiSection {
    name: "Scopes",
    sentence: "What people can allow applications. A scope of this API can be changed only by someone who has it.",
    operations: &[
        ApiOperation::list(ALL_SCOPES, "listScopes", "List scopes", &SCOPE)
            .needs(READ)
            .parameters(&[search("Only scopes with this text in their name, in any spelling")])
            .command("grantor scope list --json"),
        ApiOperation::create(ALL_SCOPES, "createScope", "Create a scope", &SCOPE)
            .needs(WRITE)
            .versioned()
            .command("grantor scope create calendar --description \"Read your calendar\""),
        ApiOperation::show(ONE_SCOPE, "getScope", "Get a scope", &SCOPE)
            .needs(READ)
            .versioned()
            .command("grantor scope list --json"),
        ApiOperation::put(ONE_SCOPE, "putScope", "Create or replace a scope", &SCOPE)
            .needs(WRITE)
            .versioned(),
        ApiOperation::patch(ONE_SCOPE, "updateScope", "Update a scope", &SCOPE)
            .needs(WRITE)
            .versioned()
            .note("null removes the text in a language; for consequence without a language, in all.")
            .example(r#"{"description#de": "Ihren Kalender lesen", "sensitive": true}"#)
            .command(
                "grantor scope update calendar --description-in de=\"Ihren Kalender lesen\" --sensitive",
            ),
        ApiOperation::delete(ONE_SCOPE, "deleteScope", "Delete a scope")
            .needs(WRITE)
            .versioned()
            .parameters(&[filter(
                "force",
                Form::Flag,
                "Also take the scope from the clients that use it, which needs grantor.clients.write, too",
            )])
            .command("grantor scope delete calendar"),
    ],
};

pub(super) const RESOURCES: ApiSection = ApiSection {
    name: "Resources",
    sentence: "The APIs that tokens are for.",
    operations: &[
        ApiOperation::list(ALL_RESOURCES, "listResources", "List resources", &RESOURCE)
            .needs(READ)
            .parameters(&[search("Only resources with this text in their URI, in any spelling")])
            .command("grantor resource list --json"),
        ApiOperation::create(ALL_RESOURCES, "createResource", "Create a resource", &RESOURCE)
            .needs(WRITE)
            .versioned()
            .command(
                "grantor resource create https://api.example.com/calendar --scope calendar --client calendar-api",
            ),
        ApiOperation::show(ONE_RESOURCE, "getResource", "Get a resource", &RESOURCE)
            .needs(READ)
            .versioned()
            .command("grantor resource list --json"),
        ApiOperation::put(ONE_RESOURCE, "putResource", "Create or replace a resource", &RESOURCE)
            .needs(WRITE)
            .versioned(),
        ApiOperation::patch(ONE_RESOURCE, "updateResource", "Update a resource", &RESOURCE)
            .needs(WRITE)
            .versioned()
            .example(r#"{"access_token_lifetime": 300}"#)
            .command("grantor resource update https://api.example.com/calendar --access-token-lifetime 5m"),
        ApiOperation::delete(ONE_RESOURCE, "deleteResource", "Delete a resource")
            .needs(WRITE)
            .versioned()
            .command("grantor resource delete https://api.example.com/calendar"),
    ],
};

pub(super) const AUTHORIZATION_TYPES: ApiSection = ApiSection {
    name: "Authorization types",
    sentence: "What applications may ask for in words of their own, such as one payment (RFC 9396).",
    operations: &[
        ApiOperation::list(ALL_TYPES, "listAuthorizationTypes", "List authorization types", &AUTHORIZATION_TYPE)
            .needs(READ)
            .parameters(&[search("Only types with this text in their name, in any spelling")])
            .command("grantor authorization-type list --json"),
        ApiOperation::create(
            ALL_TYPES,
            "createAuthorizationType",
            "Create an authorization type",
            &AUTHORIZATION_TYPE,
        )
        .needs(WRITE)
        .versioned()
        .command(
            "grantor authorization-type create payment --schema payment.json \\\n  \
             --template \"Pay {{ amount }} to {{ to }}\" --always-ask",
        ),
        ApiOperation::show(ONE_TYPE, "getAuthorizationType", "Get an authorization type", &AUTHORIZATION_TYPE)
            .needs(READ)
            .versioned()
            .command("grantor authorization-type show payment --json"),
        ApiOperation::put(
            ONE_TYPE,
            "putAuthorizationType",
            "Create or replace an authorization type",
            &AUTHORIZATION_TYPE,
        )
        .needs(WRITE)
        .versioned(),
        ApiOperation::patch(
            ONE_TYPE,
            "updateAuthorizationType",
            "Update an authorization type",
            &AUTHORIZATION_TYPE,
        )
        .needs(WRITE)
        .versioned()
        .note("A schema is replaced as a whole. null removes the template in a language.")
        .example(r#"{"template#de": "{{ amount }} an {{ to }} zahlen"}"#)
        .command(
            "grantor authorization-type update payment --template-in de=\"{{ amount }} an {{ to }} zahlen\"",
        ),
        ApiOperation::delete(ONE_TYPE, "deleteAuthorizationType", "Delete an authorization type")
            .needs(WRITE)
            .versioned()
            .note("The server removes the details of the type from what people have allowed. It does not delete a type that a client names.")
            .command("grantor authorization-type delete payment"),
    ],
};

pub(super) const ISSUERS: ApiSection = ApiSection {
    name: "Trusted issuers",
    sentence: "Other servers whose tokens may say who a person is. Only an owner changes them.",
    operations: &[
        ApiOperation::list(ALL_ISSUERS, "listIssuers", "List trusted issuers", &ISSUER)
            .needs(READ)
            .parameters(&[search("Only issuers with this text in their name, in any spelling")])
            .command("grantor issuer list --json"),
        ApiOperation::create(ALL_ISSUERS, "createIssuer", "Trust an issuer", &ISSUER)
            .needs(WRITE)
            .versioned()
            .command(
                "grantor issuer create https://idp.example.com --jwks-uri https://idp.example.com/jwks.json \\\n  \
                 --scope calendar --client calendar",
            ),
        ApiOperation::show(ONE_ISSUER, "getIssuer", "Get a trusted issuer", &ISSUER)
            .needs(READ)
            .versioned()
            .command("grantor issuer show https://idp.example.com --json"),
        ApiOperation::put(ONE_ISSUER, "putIssuer", "Create or replace a trusted issuer", &ISSUER)
            .needs(WRITE)
            .versioned(),
        ApiOperation::patch(ONE_ISSUER, "updateIssuer", "Update a trusted issuer", &ISSUER)
            .needs(WRITE)
            .versioned()
            .note("A patch that gives one of the two members for the keys removes the other one.")
            .example(r#"{"scope": "calendar"}"#)
            .command("grantor issuer update https://idp.example.com --scope calendar"),
        ApiOperation::delete(ONE_ISSUER, "deleteIssuer", "No longer trust an issuer")
            .needs(WRITE)
            .versioned()
            .note("The server revokes everything that it issued for tokens of the issuer.")
            .command("grantor issuer delete https://idp.example.com"),
        ApiOperation::list(SUBJECTS, "listSubjects", "List the linked subjects of an issuer", &SUBJECT)
            .needs(READ)
            .command("grantor issuer show https://idp.example.com --json"),
        ApiOperation {
            answer: AnswerKind::Created(&SUBJECT),
            ..ApiOperation::create(SUBJECTS, "linkSubject", "Link a subject to a user", &SUBJECT)
        }
        .needs(WRITE)
        .versioned()
        .command("grantor issuer link https://idp.example.com 248289761001 --user jane"),
        ApiOperation::show(ONE_SUBJECT, "getSubject", "Get the link of a subject", &SUBJECT)
            .needs(READ)
            .versioned()
            .command("grantor issuer show https://idp.example.com --json"),
        ApiOperation::delete(ONE_SUBJECT, "unlinkSubject", "Remove the link of a subject")
            .needs(WRITE)
            .versioned()
            .note("The server revokes what it issued for tokens about the subject.")
            .command("grantor issuer unlink https://idp.example.com 248289761001"),
    ],
};
