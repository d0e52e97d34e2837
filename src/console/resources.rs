//! Resources: the APIs that tokens are for.

use super::form::{FieldSpec, Input};
use super::named::NamedPages;
use super::objects::Kind;
use super::page::Cell;
use super::tables::path_of;
use crate::members::named::NamedObject;
use crate::oauth::grant::resource::Resource;
use crate::representation::settings;

const URI: FieldSpec =
    FieldSpec::of(&settings::RESOURCE, "resource", "URI", Input::Line, ("", "")).required();
const SCOPE: FieldSpec =
    FieldSpec::of(&settings::RESOURCE, "scope", "Scopes", Input::Words, ("--scope", "--scope ''"));
const CLIENTS: FieldSpec = FieldSpec::of(
    &settings::RESOURCE,
    "clients",
    "Clients that introspect",
    Input::Lines,
    ("--client", "--no-clients"),
);
const FORMAT: FieldSpec = FieldSpec::of(
    &settings::RESOURCE,
    "token_format",
    "Format of its tokens",
    Input::Choice(&[("jwt", "jwt"), ("opaque", "opaque")]),
    ("--token-format", ""),
);
const ALGORITHM: FieldSpec = FieldSpec::of(
    &settings::RESOURCE,
    "token_alg",
    "Algorithm",
    Input::Choice(&[
        ("", "default"),
        ("RS256", "RS256"),
        ("PS256", "PS256"),
        ("ES256", "ES256"),
        ("EdDSA", "EdDSA"),
        ("Ed25519", "Ed25519"),
    ]),
    ("--token-alg", "--token-alg default"),
);
const LIFETIME: FieldSpec = FieldSpec::of(
    &settings::RESOURCE,
    "access_token_lifetime",
    "Longest lifetime of access tokens",
    Input::Number,
    ("--access-token-lifetime", "--access-token-lifetime default"),
);

impl NamedPages for Resource {
    const KIND: Kind = Kind {
        title: "Resources",
        one: "resource",
        place: Self::PLACE,
        of: &settings::RESOURCE,
        new: &[("", &[URI, SCOPE, CLIENTS, FORMAT, ALGORITHM, LIFETIME])],
        edit: &[("", &[SCOPE, CLIENTS, FORMAT, ALGORITHM, LIFETIME])],
        has_pages: true,
        command: "grantor resource",
        create: "create",
        id: (Self::NAME, ""),
        is_named: false,
    };
    const LIST: (&'static str, &'static [&'static str], &'static str) = (
        "URI",
        &["URI", "Scopes", "Tokens", "Lifetime"],
        "No resource matches. A resource is an API that tokens are for.",
    );
    const NEW: &'static str = "New resource";
    const DELETE: (&'static str, &'static str) = (
        "Delete the resource",
        "No one can get tokens for this API any more. Those from before are valid until they expire.",
    );

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::link(self.uri.clone(), path_of("resources", &self.uri)),
            Cell::text(self.scopes.to_string()),
            Cell::text(self.format.as_str()),
            Cell::maybe(self.access_token_lifetime.map(|seconds| format!("{seconds} s"))),
        ]
    }
}
