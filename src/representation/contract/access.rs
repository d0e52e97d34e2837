//! Operations about grants, signing keys, logout deliveries, pings and API keys.

use super::{AnswerKind, ApiOperation, ApiSection, BodyKind, QueryParameter, filter, search};
use crate::oauth::permission::{Area, Need};
use crate::representation::settings::access::{delivery_states, grant_states};
use crate::representation::settings::{
    API_KEY, DELIVERY, Form, GRANT, KEY_ROTATION, PING, RETRIED, RETRY, SIGNING_KEY, SIGNING_KEYS,
};

const ALL_GRANTS: &str = "/api/v1/grants";
const ONE_GRANT: &str = "/api/v1/grants/{id}";
const ALL_KEYS: &str = "/api/v1/keys";
const ONE_KEY: &str = "/api/v1/keys/{kid}";
const ALL_API_KEYS: &str = "/api/v1/api-keys";
const ONE_API_KEY: &str = "/api/v1/api-keys/{id}";

const OF_USER: QueryParameter = filter("user", Form::Text, "Only grants of this user, by the id");
const OF_CLIENT: QueryParameter =
    filter("client", Form::Text, "Only grants of this client, by its client_id");

pub(super) const GRANTS: ApiSection = ApiSection {
    name: "Grants",
    sentence: "What clients got: access tokens, and the tokens that come from their refresh tokens.",
    operations: &[
        ApiOperation::list(ALL_GRANTS, "listGrants", "List grants", &GRANT)
            .needs(Need::read(Area::Grants))
            .parameters(&[
                OF_USER,
                OF_CLIENT,
                filter("state", Form::Word(grant_states), "Only grants in this state"),
            ])
            .command("grantor grant list --json"),
        ApiOperation::delete(ALL_GRANTS, "revokeGrants", "Revoke everything of a user or client")
            .needs(Need::write(Area::Grants))
            .parameters(&[OF_USER, OF_CLIENT])
            .note("The query needs user or client, or both. The consents are taken back, too.")
            .command("grantor grant revoke --user jane --client calendar"),
        ApiOperation::show(ONE_GRANT, "getGrant", "Get a grant", &GRANT)
            .needs(Need::read(Area::Grants))
            .versioned()
            .command("grantor grant list --json"),
        ApiOperation::delete(ONE_GRANT, "revokeGrant", "Revoke a grant")
            .needs(Need::write(Area::Grants))
            .versioned()
            .note("The consent stays.")
            .command("grantor grant revoke nB5vX2kQmR8tY1wZ3cD7pA"),
    ],
};

pub(super) const KEYS: ApiSection = ApiSection {
    name: "Signing keys",
    sentence: "The keys that sign tokens. Only an owner changes them.",
    operations: &[
        ApiOperation::list(ALL_KEYS, "listKeys", "List signing keys", &SIGNING_KEY)
            .needs(Need::read(Area::Keys))
            .command("grantor key list --json"),
        ApiOperation {
            answer: AnswerKind::Created(&SIGNING_KEYS),
            ..ApiOperation::create(ALL_KEYS, "rotateKeys", "Make new signing keys", &KEY_ROTATION)
        }
        .needs(Need::write(Area::Keys))
        .note("Without algorithm, one key for each algorithm of keys.algorithms. A node whose clock is wrong makes no keys (409).")
        .example(r#"{"algorithm": "ES256"}"#)
        .command("grantor key rotate --algorithm ES256"),
        ApiOperation::show(ONE_KEY, "getKey", "Get a signing key", &SIGNING_KEY)
            .needs(Need::read(Area::Keys))
            .versioned()
            .command("grantor key list --json"),
        ApiOperation::delete(ONE_KEY, "retireKey", "Take a signing key out of use")
            .needs(Need::write(Area::Keys))
            .versioned()
            .note("It stays in the list as retired. The last key of an algorithm cannot be taken out of use (409).")
            .command("grantor key retire 2aZ9oQm4rT6vX8bN1cK3dF5gH7jL0pS-yWuEiRtYqAw"),
    ],
};

pub(super) const DELIVERIES: ApiSection = ApiSection {
    name: "Logout deliveries",
    sentence: "Notices to applications that a session has ended (back-channel logout).",
    operations: &[
        ApiOperation::list(
            "/api/v1/logout-deliveries",
            "listLogoutDeliveries",
            "List logout deliveries",
            &DELIVERY,
        )
        .needs(Need::read(Area::Clients))
        .parameters(&[
            filter("client_id", Form::Text, "Only deliveries to this client"),
            filter("state", Form::Word(delivery_states), "Only deliveries in this state"),
        ])
        .command("grantor logout list --state failed --json"),
        ApiOperation {
            body: BodyKind::Whole(&RETRY),
            answer: AnswerKind::One(&RETRIED),
            ..ApiOperation::new(
                "POST",
                "/api/v1/logout-deliveries/retry",
                "retryLogoutDeliveries",
                "Send logout notices again",
            )
        }
        .needs(Need::write(Area::Clients))
        .note("The server resends at once every notice that its application has not confirmed.")
        .command("grantor logout retry --client calendar"),
    ],
};

pub(super) const PINGS: ApiSection = ApiSection {
    name: "Pings",
    sentence: "Notices to applications that a person has answered their backchannel request (CIBA).",
    operations: &[ApiOperation::list("/api/v1/pings", "listPings", "List pings", &PING)
        .needs(Need::read(Area::Clients))
        .parameters(&[
            filter("client_id", Form::Text, "Only pings to this client"),
            filter("state", Form::Word(delivery_states), "Only pings in this state"),
        ])
        .note("A ping stays in the list for a day after the end of its request.")
        .command("grantor ping list --state failed --json")],
};

pub(super) const API_KEYS: ApiSection = ApiSection {
    name: "API keys",
    sentence: "Keys for this API. There is no scope for them alone: reading needs grantor.read, and writing grantor.write.",
    operations: &[
        ApiOperation::list(ALL_API_KEYS, "listApiKeys", "List API keys", &API_KEY)
            .needs(Need::read(Area::ApiKeys))
            .parameters(&[search("Only keys with this text in their name or id, in any spelling")])
            .command("grantor api-key list --json"),
        ApiOperation::create(ALL_API_KEYS, "createApiKey", "Create an API key", &API_KEY)
            .needs(Need::write(Area::ApiKeys))
            .versioned()
            .note("The key is in this answer only.")
            .command("grantor api-key create --name pipeline --scope grantor.clients.write --expires 90d"),
        ApiOperation::show(ONE_API_KEY, "getApiKey", "Get an API key", &API_KEY)
            .needs(Need::read(Area::ApiKeys))
            .versioned()
            .command("grantor api-key list --json"),
        ApiOperation::patch(ONE_API_KEY, "updateApiKey", "Update an API key", &API_KEY)
            .needs(Need::write(Area::ApiKeys))
            .versioned()
            .example(r#"{"expires_at": "2027-01-31T12:00:00Z"}"#)
            .command("grantor api-key update fZ4mQwXb2sLkR7vT9nYcHg --expires 2027-01-31T12:00:00Z"),
        ApiOperation::delete(ONE_API_KEY, "deleteApiKey", "Delete an API key")
            .needs(Need::write(Area::ApiKeys))
            .versioned()
            .command("grantor api-key delete fZ4mQwXb2sLkR7vT9nYcHg"),
    ],
};
