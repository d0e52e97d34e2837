//! Grantor, a standalone OAuth 2.0 authorization server.
//!
//! 1. **Rules** ([`oauth`]) decide: they take values and the time, and return values.
//! 2. **Storage** ([`store`]) keeps: one file per table, one SQL text for both engines, one executor.
//! 3. **Operations** ([`operations`]) are the acts of operators and people: one function and one transaction each.
//! 4. **Edges** ([`endpoints`] for programs, [`pages`] for people, [`api`], [`console`], [`cli`] and [`metrics`] for
//!    operators) translate
//!    to values and back. What they share lies below them ([`flows`], [`http`], [`tokens`]).
//! 5. A *refusal* is an answer, and its transaction commits. A *failure* rolls back.
//! 6. Files are named after the RFC term that they implement. All URLs are in one route table.

// The longest JSON in a test of the client's members.
#![cfg_attr(test, recursion_limit = "256")]

pub mod oauth;

pub mod clock;
pub mod clock_watch;
pub mod config;
pub mod face;
pub mod failure;
pub mod files;
pub mod limits;
pub mod network;
pub mod secret;
pub mod telemetry;
pub mod traces;

pub mod fetch;
pub mod jose;
pub mod store;
pub mod x509;

pub mod cache;
pub mod keys;

pub mod operations;
pub mod representation;

pub mod activity;
pub mod app;
pub mod audit;
pub mod readiness;

pub mod connection;

pub mod flows;
pub mod http;
pub mod issuing;
pub mod members;
pub mod tokens;
pub mod work;

pub mod api;
pub mod console;
pub mod endpoints;
pub mod metrics;
pub mod pages;

pub mod server;

pub mod cli;
