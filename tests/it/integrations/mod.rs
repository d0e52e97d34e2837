//! Other people's software with the configuration that `docs/integrations` shows.
//!
//! A test takes the commands and files from a page, puts its own addresses and secrets in their place, starts the
//! program and signs Alice in. `tests/clients/integrations` has what the programs are built from.

mod apache;
mod forward_auth;
mod go;
mod links;
mod node;
mod pages;
mod program;
mod recipe;
mod spring;
mod trial;
mod walk;
