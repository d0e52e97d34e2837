//! Every table and column, for operations on all of them: copying a database to another engine.
//!
//! A test compares this list with the schema of both engines.

use Column::{Boolean, Bytes, Integer, Text};

/// A table with all its columns.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Column],
}

/// A column and the type of its values, which may be NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Text(&'static str),
    Integer(&'static str),
    Boolean(&'static str),
    Bytes(&'static str),
}

impl Column {
    /// The name of the column.
    pub fn name(self) -> &'static str {
        let (Text(name) | Integer(name) | Boolean(name) | Bytes(name)) = self;
        name
    }

    /// The type as the migrations declare it.
    pub fn declared(self) -> &'static str {
        match self {
            Text(_) => "TEXT",
            Integer(_) => "BIGINT",
            Boolean(_) => "BOOLEAN",
            Bytes(_) => "BYTEA",
        }
    }
}

/// Tables that belong to each database and are not copied: the record and the lease of its migrations, leases and
/// clocks of nodes.
pub const INTERNAL_TABLES: &[&str] =
    &["_sqlx_migrations", "migration_lease", "schema_requirement", "leases", "node_clocks"];

/// All other tables, each after those that it refers to.
pub const ALL: &[Table] = &[
    Table {
        name: "clients",
        columns: &[
            Text("id"),
            Integer("version"),
            Text("metadata"),
            Text("search_text"),
            Text("name_key"),
            Text("kind"),
            Text("grant_types"),
            Text("scopes"),
            Text("resources"),
            Text("may_act"),
            Text("logo_digest"),
            Text("logo_dark_digest"),
            Text("backchannel_logout_uri"),
            Text("frontchannel_logout_uri"),
            Integer("created_at"),
            Integer("disabled_at"),
        ],
    },
    Table { name: "client_origins", columns: &[Text("origin"), Text("client_id")] },
    Table {
        name: "client_secrets",
        columns: &[
            Text("id"),
            Text("client_id"),
            Text("algorithm"),
            Text("hash"),
            Integer("created_at"),
            Integer("expires_at"),
            Integer("last_used_at"),
            Bytes("sealed"),
            Integer("tag"),
        ],
    },
    Table { name: "logos", columns: &[Text("digest"), Text("media_type"), Bytes("bytes")] },
    Table {
        name: "scopes",
        columns: &[
            Text("name"),
            Integer("version"),
            Text("description"),
            Text("consequence"),
            Text("localized"),
            Boolean("sensitive"),
            Text("claims"),
            Integer("created_at"),
            Integer("access_token_lifetime"),
            Text("required_group"),
            Boolean("required"),
        ],
    },
    Table {
        name: "users",
        columns: &[
            Text("id"),
            Integer("version"),
            Text("username"),
            Text("email"),
            Text("name"),
            Text("claims"),
            Text("password_hash"),
            Integer("password_changed_at"),
            Integer("created_at"),
            Integer("updated_at"),
            Integer("disabled_at"),
            Text("role"),
            Text("user_code_hash"),
            Integer("user_code_changed_at"),
        ],
    },
    Table { name: "user_names", columns: &[Text("folded"), Text("user_id")] },
    Table {
        name: "password_links",
        columns: &[
            Text("user_id"),
            Bytes("hash"),
            Integer("created_at"),
            Integer("expires_at"),
            Integer("consumed_at"),
        ],
    },
    Table { name: "user_skeletons", columns: &[Text("skeleton"), Text("user_id")] },
    Table {
        name: "sessions",
        columns: &[
            Bytes("cookie_hash"),
            Text("id"),
            Text("user_id"),
            Integer("auth_time"),
            Text("amr"),
            Integer("last_seen_at"),
            Integer("expires_at"),
        ],
    },
    Table {
        name: "flows",
        columns: &[
            Text("id"),
            Text("request"),
            Text("signed_in"),
            Text("consented"),
            Text("chosen"),
            Integer("answered_at"),
            Integer("purge_after"),
        ],
    },
    Table {
        name: "consents",
        columns: &[
            Text("user_id"),
            Text("client_id"),
            Text("granted"),
            Text("refused"),
            Integer("updated_at"),
        ],
    },
    Table {
        name: "codes",
        columns: &[
            Bytes("hash"),
            Text("client_id"),
            Text("user_id"),
            Text("session_id"),
            Text("grant_id"),
            Text("redirect_uri"),
            Text("granted"),
            Text("challenge"),
            Text("nonce"),
            Integer("auth_time"),
            Text("amr"),
            Text("cnf"),
            Integer("expires_at"),
            Integer("consumed_at"),
            Integer("purge_after"),
        ],
    },
    Table {
        name: "grants",
        columns: &[
            Text("id"),
            Text("client_id"),
            Text("user_id"),
            Text("session_id"),
            Text("granted"),
            Boolean("offline_access"),
            Integer("auth_time"),
            Text("amr"),
            Text("cnf"),
            Integer("created_at"),
            Bytes("refresh_hash"),
            Integer("refresh_generation"),
            Integer("rotated_at"),
            Text("rotated_from"),
            Integer("answered_again"),
            Integer("idle_expires_at"),
            Integer("expires_at"),
            Integer("purge_after"),
            Integer("revoked_at"),
            Text("revoked_for"),
            Text("issuer"),
            Text("issuer_subject"),
        ],
    },
    Table {
        name: "access_tokens",
        columns: &[
            Bytes("hash"),
            Text("client_id"),
            Text("user_id"),
            Text("grant_id"),
            Text("granted"),
            Integer("issued_at"),
            Integer("expires_at"),
            Text("audience"),
            Text("delegation"),
            Text("cnf"),
        ],
    },
    Table { name: "server_keys", columns: &[Text("id"), Bytes("sealed"), Integer("created_at")] },
    Table {
        name: "signing_keys",
        columns: &[
            Text("kid"),
            Text("algorithm"),
            Bytes("sealed"),
            Text("public_jwk"),
            Integer("created_at"),
            Integer("signs_from"),
            Integer("retired_at"),
        ],
    },
    Table {
        name: "logout_deliveries",
        columns: &[
            Text("session_id"),
            Text("client_id"),
            Text("user_id"),
            Text("state"),
            Integer("attempts"),
            Integer("next_attempt_at"),
            Text("last_error"),
            Integer("created_at"),
            Integer("done_at"),
            Integer("purge_after"),
        ],
    },
    Table {
        name: "resources",
        columns: &[
            Text("uri"),
            Integer("version"),
            Text("scopes"),
            Text("token_format"),
            Text("token_alg"),
            Integer("access_token_lifetime"),
            Integer("created_at"),
        ],
    },
    Table {
        name: "authorization_types",
        columns: &[
            Text("name"),
            Integer("version"),
            Text("schema"),
            Text("template"),
            Text("localized"),
            Text("resources"),
            Boolean("always_ask"),
            Text("digest"),
            Integer("created_at"),
        ],
    },
    Table { name: "resource_servers", columns: &[Text("resource"), Text("client_id")] },
    Table { name: "revoked_tokens", columns: &[Text("id"), Integer("expires_at")] },
    Table { name: "used_assertions", columns: &[Bytes("id"), Integer("expires_at")] },
    Table {
        name: "device_codes",
        columns: &[
            Bytes("hash"),
            Text("grant_id"),
            Text("user_code"),
            Text("client_id"),
            Text("granted"),
            Text("address"),
            Integer("created_at"),
            Integer("poll_interval"),
            Integer("polled_at"),
            Text("user_id"),
            Text("session_id"),
            Integer("auth_time"),
            Text("amr"),
            Text("cnf"),
            Integer("denied_at"),
            Integer("expires_at"),
            Integer("consumed_at"),
            Integer("purge_after"),
        ],
    },
    Table {
        name: "trusted_issuers",
        columns: &[
            Text("issuer"),
            Text("jwks"),
            Text("jwks_uri"),
            Text("scopes"),
            Text("audience"),
            Integer("created_at"),
        ],
    },
    Table { name: "trusted_issuer_clients", columns: &[Text("issuer"), Text("client_id")] },
    Table {
        name: "trusted_subjects",
        columns: &[Text("issuer"), Text("subject"), Text("user_id"), Integer("created_at")],
    },
    Table {
        name: "api_keys",
        columns: &[
            Text("id"),
            Text("name"),
            Bytes("hash"),
            Text("scope"),
            Integer("created_at"),
            Integer("expires_at"),
            Integer("last_used_at"),
        ],
    },
    Table {
        name: "events",
        columns: &[
            Text("id"),
            Integer("number"),
            Bytes("chain"),
            Integer("time"),
            Text("act"),
            Text("object_kind"),
            Text("object_id"),
            Text("object_name"),
            Text("actor_kind"),
            Text("actor_id"),
            Text("actor_name"),
            Text("actor_client"),
            Text("user_id"),
            Text("client_id"),
            Text("address"),
            Text("request_id"),
            Text("reason"),
            Text("changes"),
        ],
    },
    Table { name: "event_chain", columns: &[Text("id"), Integer("number"), Bytes("chain"), Bytes("mac")] },
    Table {
        name: "kept_answers",
        columns: &[Bytes("id"), Text("holder"), Bytes("request"), Bytes("sealed"), Integer("expires_at")],
    },
    Table {
        name: "webhooks",
        columns: &[
            Text("id"),
            Text("name"),
            Text("url"),
            Text("types"),
            Integer("position"),
            Integer("created_at"),
            Integer("disabled_at"),
            Text("disabled_because"),
            Integer("failing_since"),
        ],
    },
    Table {
        name: "webhook_secrets",
        columns: &[
            Text("id"),
            Text("webhook_id"),
            Bytes("sealed"),
            Integer("created_at"),
            Integer("expires_at"),
        ],
    },
    Table {
        name: "webhook_deliveries",
        columns: &[
            Text("webhook_id"),
            Text("message_id"),
            Text("type"),
            Text("body"),
            Text("state"),
            Integer("attempts"),
            Integer("next_attempt_at"),
            Text("last_error"),
            Integer("created_at"),
            Integer("done_at"),
            Integer("purge_after"),
        ],
    },
    Table {
        name: "refusals",
        columns: &[
            Text("id"),
            Text("request_id"),
            Integer("created_at"),
            Text("client_id"),
            Text("user_id"),
            Text("address"),
            Text("network"),
            Text("path"),
            Text("reason"),
            Text("description"),
            Text("detail"),
            Integer("expires_at"),
        ],
    },
    Table {
        name: "hourly_counts",
        columns: &[Integer("hour"), Text("kind"), Text("word"), Integer("count"), Integer("expires_at")],
    },
    Table {
        name: "client_activity",
        columns: &[Text("client_id"), Integer("day"), Text("counts"), Integer("expires_at")],
    },
    Table {
        name: "client_uses",
        columns: &[Text("client_id"), Text("kind"), Text("value"), Integer("last_used_at")],
    },
    Table { name: "guesses", columns: &[Text("bucket"), Integer("count"), Integer("expires_at")] },
    Table {
        name: "row_budgets",
        columns: &[Text("kind"), Text("network"), Integer("expires_at"), Integer("count")],
    },
];
