//! Operations about clients.

use super::{AnswerKind, ApiOperation, ApiSection, BodyKind, QueryParameter, filter, search};
use crate::oauth::permission::{Area, Need};
use crate::representation::settings::words::{grant_types, kinds};
use crate::representation::settings::{CHECK, CHECK_REQUEST, CLIENT, CLIENT_HEALTH, Form, SECRET};
use crate::store::clients::ClientColumn;

const READ: Need = Need::read(Area::Clients);
const WRITE: Need = Need::write(Area::Clients);

const ALL: &str = "/api/v1/clients";
const ONE: &str = "/api/v1/clients/{id}";
const LOGO: &str = "/api/v1/clients/{id}/logos/{scheme}";
const SECRETS: &str = "/api/v1/clients/{id}/secrets";
const ONE_SECRET: &str = "/api/v1/clients/{id}/secrets/{secret}";

const FILTERS: &[QueryParameter] = &[
    search(
        "Only clients with this text in their name, client_id or addresses, in any spelling, or with a secret of this id",
    ),
    filter("kind", Form::Word(kinds), "Only clients of this kind"),
    filter("grant_type", Form::Word(grant_types), "Only clients that may use this grant type"),
    filter("disabled", Form::Flag, "Only clients that are disabled, or only those that are not"),
    filter(
        "sort",
        Form::Word(orders),
        "The member by which the list is sorted; with - the largest value comes first",
    ),
];

fn orders() -> Vec<&'static str> {
    ClientColumn::ORDERS.iter().map(|(word, _)| *word).collect()
}

pub(super) const SECTION: ApiSection = ApiSection {
    name: "Clients",
    sentence: "Applications that ask this server for tokens, and their secrets.",
    operations: &[
        ApiOperation::list(ALL, "listClients", "List clients", &CLIENT)
            .needs(READ)
            .parameters(FILTERS)
            .command("grantor client list --json"),
        ApiOperation::create(ALL, "createClient", "Create a client", &CLIENT)
            .needs(WRITE)
            .versioned()
            .note("The server makes the client_id if the body has none. A generated client_secret is in this answer only.")
            .command(
                "grantor client create --id calendar --name Calendar \\\n  --kind web --scope \"openid email\" \\\n  \
                 --redirect-uri https://calendar.example.com/callback",
            ),
        ApiOperation::show(ONE, "getClient", "Get a client", &CLIENT)
            .needs(READ)
            .versioned()
            .command("grantor client show calendar --json"),
        ApiOperation::put(ONE, "putClient", "Create or replace a client", &CLIENT)
            .needs(WRITE)
            .versioned()
            .note("Members that are left out get their defaults. Members that only the server sets are ignored, so that an \
                   object can be sent back as it was read."),
        ApiOperation::patch(ONE, "updateClient", "Update a client", &CLIENT)
            .needs(WRITE)
            .versioned()
            .example(r#"{"redirect_uris": ["https://calendar.example.com/callback"], "pkce": "require", "tos_uri": null}"#)
            .command(
                "grantor client update calendar --pkce require --no-terms \\\n  \
                 --redirect-uri https://calendar.example.com/callback",
            ),
        ApiOperation::delete(ONE, "deleteClient", "Delete a client")
            .needs(WRITE)
            .versioned()
            .note("The server revokes everything that the client got.")
            .command("grantor client delete calendar"),
        ApiOperation {
            body: BodyKind::Whole(&CHECK_REQUEST),
            answer: AnswerKind::One(&CHECK),
            ..ApiOperation::new("POST", "/api/v1/clients/{id}/check", "checkClient", "Check a request of a client")
        }
        .needs(READ)
        .note("Says what the server would decide about a request, step by step, and changes nothing. For each demand that is set to \
               report, it also says whether require would have refused requests. With user, it needs grantor.users.read, too.")
        .command(
            "grantor client check calendar --scope \"openid email\" --json \\\n  \
             --redirect-uri https://calendar.example.com/callback",
        ),
        ApiOperation {
            body: BodyKind::Picture,
            ..ApiOperation::new("PUT", LOGO, "setClientLogo", "Set a logo of a client")
        }
        .needs(WRITE)
        .versioned()
        .note("PNG, JPEG, WebP or GIF of at most 128 KiB. The light one is for the consent page; the dark one is shown in its \
               place in the dark scheme.")
        .command("grantor client update calendar --logo logo.png"),
        ApiOperation::delete(LOGO, "removeClientLogo", "Remove a logo of a client")
            .needs(WRITE)
            .versioned()
            .command("grantor client update calendar --no-logo"),
        ApiOperation::show("/api/v1/clients/{id}/health", "getClientHealth", "Get the health of a client", &CLIENT_HEALTH)
            .needs(READ)
            .versioned()
            .note("How the client used the server in the last 30 days, and for each policy whether it could be required now. Counts \
                   can be a minute old.")
            .command("grantor client health calendar --json"),
        ApiOperation::list(SECRETS, "listClientSecrets", "List the secrets of a client", &SECRET)
            .needs(READ)
            .note("The secrets themselves are not shown. All are on the first page.")
            .command("grantor client show calendar --json"),
        ApiOperation::create(SECRETS, "addClientSecret", "Add a secret to a client", &SECRET)
            .needs(WRITE)
            .versioned()
            .note("To rotate a secret, add a second one, deploy it, and set expires_at of the old one.")
            .example(r#"{"expires_at": "2027-01-31T12:00:00Z"}"#)
            .command("grantor client add-secret calendar --expires-in 90d"),
        ApiOperation::show(ONE_SECRET, "getClientSecret", "Get a secret of a client", &SECRET)
            .needs(READ)
            .versioned()
            .note("The secret itself is not shown.")
            .command("grantor client show calendar --json"),
        ApiOperation::patch(ONE_SECRET, "updateClientSecret", "Set when a secret expires", &SECRET)
            .needs(WRITE)
            .versioned()
            .example(r#"{"expires_at": "2027-01-31T12:00:00Z"}"#)
            .command("grantor client update-secret calendar wq3kVqMqQm2jXl0dYtWz1A --expires 2027-01-31T12:00:00Z"),
        ApiOperation::delete(ONE_SECRET, "removeClientSecret", "Remove a secret of a client")
            .needs(WRITE)
            .versioned()
            .command("grantor client remove-secret calendar wq3kVqMqQm2jXl0dYtWz1A"),
    ],
};
