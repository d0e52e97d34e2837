//! The members of grants, keys, logout deliveries, pings and API keys.

use super::{Form, Given, Null, ObjectSettings, Setting, Shown};
use crate::oauth::signing_key::{KeyAlgorithm, KeyState};
use crate::store::deliveries::DeliveryState;
use crate::store::grant_records::GrantState;

/// A grant.
pub static GRANT: ObjectSettings = ObjectSettings {
    name: "Grant",
    sentence: "What a client got at one time: an access token, and the tokens that come from its refresh token.",
    command: None,
    members: &[
        Setting::by_server("id", Form::Text, "The id of the grant"),
        Setting::by_server("client_id", Form::Text, "The client_id of the application"),
        Setting::by_server("user_id", Form::Text, "The id of the user"),
        Setting::by_server("username", Form::Text, "The username"),
        Setting::by_server("session_id", Form::Text, "The id of the session in which the grant was given")
            .null(Null::InAnswers),
        Setting::by_server("issuer", Form::Text, "The trusted issuer whose token led to the grant")
            .null(Null::InAnswers),
        Setting::by_server("scope", Form::Scope, "The scopes that were granted"),
        Setting::by_server("resources", Form::UriList, "The resources that were granted"),
        Setting::by_server(
            "authorization_details",
            Form::AnyObjectList,
            "The authorization details that were granted",
        ),
        Setting::by_server("state", Form::Word(grant_states), "Whether tokens of the grant are still valid"),
        Setting::by_server("created_at", Form::Time, "When the grant was given"),
        Setting::by_server("refreshed", Form::Number, "How often the refresh token of the grant was used"),
        Setting::by_server("refreshed_at", Form::Time, "When the refresh token of the grant was last used")
            .null(Null::InAnswers),
        Setting::by_server("has_refresh_token", Form::Flag, "Whether the client has a refresh token"),
        Setting::by_server("expires_at", Form::Time, "When the grant ends, if it is not used before"),
        Setting::by_server("revoked_at", Form::Time, "When the grant was revoked").null(Null::InAnswers),
        Setting::by_server("revoked_for", Form::Text, "Why the grant was revoked").null(Null::InAnswers),
    ],
};

/// A signing key.
pub static SIGNING_KEY: ObjectSettings = ObjectSettings {
    name: "SigningKey",
    sentence: "A key that signs tokens, or that decrypts signed requests.",
    command: None,
    members: &[
        Setting::by_server("kid", Form::Text, "The id of the key: its thumbprint (RFC 7638)"),
        Setting::by_server("algorithm", Form::Word(key_algorithms), "The algorithm of the key"),
        Setting::by_server(
            "state",
            Form::Word(key_states),
            "Whether the key signs: next signs later; former no longer signs, but its tokens are still valid; ended and retired are \
             no longer published",
        ),
        Setting::by_server("created_at", Form::Time, "When the key was made"),
        Setting::by_server("signs_from", Form::Time, "When the key takes over"),
        Setting::by_server("published_until", Form::Time, "When the key is no longer published")
            .null(Null::InAnswers),
        Setting::by_server("retired_at", Form::Time, "When an operator took the key out of use")
            .null(Null::InAnswers),
    ],
};

/// A request for new signing keys.
pub static KEY_ROTATION: ObjectSettings = ObjectSettings {
    name: "KeyRotation",
    sentence: "Which signing keys to make.",
    command: Some("key rotate"),
    members: &[
        Setting::new("algorithm", Form::Word(key_algorithms), "Only replace the key of this algorithm")
            .shown(Shown::Never)
            .option("--algorithm"),
        Setting::new("now", Form::Flag, "Sign with the new keys at once, before all clients have read them")
            .shown(Shown::Never)
            .option("--now"),
    ],
};

/// The new signing keys.
pub static SIGNING_KEYS: ObjectSettings = ObjectSettings {
    name: "NewSigningKeys",
    sentence: "The signing keys that were made.",
    command: None,
    members: &[Setting::by_server("items", Form::ObjectList(&SIGNING_KEY), "The new keys")],
};

/// A notice of a sign-out to an application.
pub static DELIVERY: ObjectSettings = ObjectSettings {
    name: "LogoutDelivery",
    sentence: "A notice to an application that a session has ended.",
    command: None,
    members: &[
        Setting::by_server("client_id", Form::Text, "The client_id of the application"),
        Setting::by_server("session_id", Form::Text, "The id of the session that has ended"),
        Setting::by_server("user_id", Form::Text, "The id of the user"),
        Setting::by_server(
            "state",
            Form::Word(delivery_states),
            "Whether the application has confirmed the notice",
        ),
        Setting::by_server("attempts", Form::Number, "How often the server has tried"),
        Setting::by_server("created_at", Form::Time, "When the session ended"),
        Setting::by_server("next_attempt_at", Form::Time, "When the server tries again")
            .null(Null::InAnswers),
        Setting::by_server(
            "done_at",
            Form::Time,
            "When the application confirmed the notice, or the server gave up",
        )
        .null(Null::InAnswers),
        Setting::by_server("last_error", Form::Text, "Why the last attempt failed").null(Null::InAnswers),
    ],
};

/// A request to inform applications again.
pub static RETRY: ObjectSettings = ObjectSettings {
    name: "LogoutRetry",
    sentence: "Which applications to inform again.",
    command: Some("logout retry"),
    members: &[Setting::new("client_id", Form::Text, "Only inform this application, by its client_id")
        .shown(Shown::Never)
        .option("--client")],
};

/// How many notices are sent again.
pub static RETRIED: ObjectSettings = ObjectSettings {
    name: "LogoutRetried",
    sentence: "How many notices the server sends again.",
    command: None,
    members: &[Setting::by_server("retried", Form::Number, "How many notices the server sends again")],
};

/// A notice of an answer to an application.
pub static PING: ObjectSettings = ObjectSettings {
    name: "Ping",
    sentence: "A notice to an application that a person has answered its backchannel request.",
    command: None,
    members: &[
        Setting::by_server("client_id", Form::Text, "The client_id of the application"),
        Setting::by_server(
            "request_id",
            Form::Text,
            "The id of the request, as in the audit trail; the id is not secret",
        ),
        Setting::by_server(
            "state",
            Form::Word(delivery_states),
            "Whether the application has confirmed the notice",
        ),
        Setting::by_server("attempts", Form::Number, "How often the server has tried"),
        Setting::by_server("created_at", Form::Time, "When the person answered"),
        Setting::by_server("next_attempt_at", Form::Time, "When the server tries again")
            .null(Null::InAnswers),
        Setting::by_server(
            "done_at",
            Form::Time,
            "When the application confirmed the notice, or the server gave up",
        )
        .null(Null::InAnswers),
        Setting::by_server("expires_at", Form::Time, "When the request ends, and with it every attempt"),
        Setting::by_server("last_error", Form::Text, "Why the last attempt failed").null(Null::InAnswers),
    ],
};

/// An API key.
pub static API_KEY: ObjectSettings = ObjectSettings {
    name: "ApiKey",
    sentence: "A key for this API.",
    command: Some("api-key create"),
    members: &[
        Setting::by_server("id", Form::Text, "The id of the key, which is not secret"),
        Setting::new("name", Form::Text, "A name that says which program has the key").required().option("--name"),
        Setting::new(
            "scope",
            Form::Scope,
            "What the key permits, such as grantor.read or \"grantor.clients.write grantor.users.read\"; grantor.write permits \
             all",
        )
        .given(Given::AtCreation { is_required: true })
        .null(Null::Never)
        .option("--scope"),
        Setting::new("expires_at", Form::Time, "When the key ends")
            .may_be_unset()
            .note("Without it, the key does not end by itself.")
            .option("--expires"),
        Setting::by_server("key", Form::Secret, "The key itself").shown(Shown::Once),
        Setting::by_server("created_at", Form::Time, "When the key was made"),
        Setting::by_server("last_used_at", Form::Time, "When the key was last used, exact to the minute")
            .null(Null::InAnswers),
    ],
};

pub(in crate::representation) fn grant_states() -> Vec<&'static str> {
    GrantState::ALL.map(GrantState::as_str).to_vec()
}

fn key_algorithms() -> Vec<&'static str> {
    KeyAlgorithm::all().map(KeyAlgorithm::as_str).collect()
}

fn key_states() -> Vec<&'static str> {
    [KeyState::Next, KeyState::Signing, KeyState::Former, KeyState::Ended, KeyState::Retired]
        .map(KeyState::as_str)
        .to_vec()
}

pub(in crate::representation) fn delivery_states() -> Vec<&'static str> {
    [DeliveryState::Waiting, DeliveryState::Delivered, DeliveryState::Failed]
        .map(DeliveryState::as_str)
        .to_vec()
}
