//! The integration tests, all in one binary: each starts a real server and talks to it over HTTP, on SQLite or
//! PostgreSQL.
//!
//! `cargo test` runs them on SQLite; with `TEST_ENGINE=postgres` and an administrator's `TEST_POSTGRES_URL` they run on
//! PostgreSQL. With `CI=true` a test that cannot run fails.
#![expect(clippy::disallowed_methods, reason = "tests have clients of their own")]
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod support;

mod accessibility;
mod accounts;
mod activity;
mod api;
mod approve;
mod audit;
mod authorization_details;
mod authorize;
mod back_channel;
mod backup;
mod bad_database;
mod brand;
mod browsers;
mod ciba;
mod claims_parameter;
mod client_assertions;
mod client_check;
mod client_metadata;
mod clients;
mod climbing;
mod clocks;
mod code_grant;
mod commands;
mod consent;
mod console;
mod copy;
mod cors;
mod credentials;
mod cures;
mod database;
#[cfg(unix)]
mod database_tls;
mod deadline;
mod decisions;
#[cfg(target_os = "linux")]
mod demands;
mod deploy;
mod device;
mod dpop;
mod ed25519;
mod encryption;
mod errors;
mod exchange;
mod explain;
#[cfg(target_os = "linux")]
mod failover;
mod faults;
mod fetch;
mod front_channel;
mod fuzz;
mod gate;
mod guesses;
mod head;
mod histories;
mod hostile;
mod hybrid;
mod id_token_claims;
#[cfg(target_os = "linux")]
mod integrations;
mod introspection;
mod jarm;
mod keys;
mod languages;
mod large_deletions;
mod layers;
mod layout;
mod limits;
mod logout;
mod long_tokens;
mod management_listener;
mod management_tokens;
mod metadata;
mod metrics;
mod mtls;
mod names;
mod native;
mod nimbus;
mod nodes;
mod once;
mod one_build;
mod openid;
mod operation;
mod operations;
mod overload;
mod pairwise;
mod par;
mod partial_consent;
mod password_links;
mod passwords;
#[cfg(unix)]
mod pasted;
mod plans;
mod profiles;
mod prompt;
mod purge;
mod races;
mod redirect_uris;
mod reference;
mod refresh;
mod request_objects;
mod resources;
mod response_mode;
mod revocation;
mod roles;
mod row_budgets;
mod rp_logout;
mod seen;
mod session_grants;
mod setup_link;
mod sign_in;
mod sign_up;
mod size;
mod spelling;
mod stay;
mod theme;
mod tls;
mod token_endpoint;
mod traces;
mod trusted_issuers;
mod unverified;
mod upgrade;
mod user_codes;
mod userinfo;
mod versions;
mod waiting;
mod webfinger;
mod webhooks;
mod words;
