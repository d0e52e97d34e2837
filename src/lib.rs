//! Grantor, a standalone OAuth 2.0 authorization server.
//!
//! 1. **Rules** ([`oauth`]) decide: they get values and the time, and return values.
//! 2. **Storage** ([`store`]) remembers: a file per table, one SQL text for both engines, one executor.
//! 3. **Edges** ([`endpoints`] for programs, [`pages`] for people, [`metrics`] for operators) translate HTTP to values
//!    and back; what they share lies below them ([`authorization`], [`browser`], [`answer`], [`html`]).
//! 4. A *refusal* is an answer and commits; a *failure* rolls back.
//! 5. Who knows the RFC finds the file by its name; who knows the URL finds it in one route table.

pub mod oauth;

pub mod clock;
pub mod config;
pub mod failure;
pub mod paths;
pub mod secret;

pub mod fetch;
pub mod jose;
pub mod keys;
pub mod passwords;
pub mod store;

pub mod app;
pub mod key_set;
pub mod registry;
pub mod remote_keys;
pub mod telemetry;
pub mod tls;
pub mod verified_tokens;

pub mod access_tokens;
pub mod answer;
pub mod authorization;
pub mod back_channel;
pub mod browser;
pub mod form;
pub mod html;
pub mod id_tokens;
pub mod peer;
pub mod purge;
pub mod qr;
pub mod subjects;

pub mod endpoints;
pub mod metrics;
pub mod pages;

pub mod cli;
