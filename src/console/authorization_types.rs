//! Authorization types: what applications may ask for in words of their own.

use super::form::{FieldSpec, Input};
use super::named::NamedPages;
use super::objects::Kind;
use super::page::Cell;
use super::tables::path_of;
use crate::members::named::NamedObject;
use crate::oauth::grant::authorization_details::authorization_type::AuthorizationType;
use crate::representation::settings;

const NAME: FieldSpec =
    FieldSpec::of(&settings::AUTHORIZATION_TYPE, "name", "Type", Input::Line, ("", "")).required();
const SCHEMA: FieldSpec =
    FieldSpec::of(&settings::AUTHORIZATION_TYPE, "schema", "JSON Schema", Input::Json, ("--schema", ""))
        .required();
const TEMPLATE: FieldSpec =
    FieldSpec::of(&settings::AUTHORIZATION_TYPE, "template", "Sentence", Input::Line, ("--template", ""))
        .required();
const RESOURCES: FieldSpec = FieldSpec::of(
    &settings::AUTHORIZATION_TYPE,
    "resources",
    "Resources",
    Input::Lines,
    ("--resource", "--no-resources"),
);
const ALWAYS_ASK: FieldSpec = FieldSpec::of(
    &settings::AUTHORIZATION_TYPE,
    "always_ask",
    "Always ask",
    Input::Switch,
    ("--always-ask", ""),
);

impl NamedPages for AuthorizationType {
    const KIND: Kind = Kind {
        title: "Authorization types",
        one: "authorization type",
        place: Self::PLACE,
        of: &settings::AUTHORIZATION_TYPE,
        new: &[("", &[NAME, TEMPLATE, SCHEMA, RESOURCES, ALWAYS_ASK])],
        edit: &[("", &[TEMPLATE, SCHEMA, RESOURCES, ALWAYS_ASK])],
        has_pages: true,
        command: "grantor authorization-type",
        create: "create",
        id: (Self::NAME, ""),
        is_named: false,
    };
    const LIST: (&'static str, &'static [&'static str], &'static str) = (
        "Type",
        &["Type", "Sentence", "Resources", ""],
        "No type matches. A type is something that applications ask for in words of their own, such as one payment.",
    );
    const NEW: &'static str = "New authorization type";
    const DELETE: (&'static str, &'static str) = (
        "Delete the type",
        "Applications cannot ask for it any more, and the server removes it from what people have allowed. Access tokens keep \
         it until they expire.",
    );

    fn cells(&self) -> Vec<Cell> {
        let asks = if self.always_ask { Cell::badge("warn", "always asks") } else { Cell::text("") };
        vec![
            Cell {
                is_code: true,
                ..Cell::link(self.name.clone(), path_of("authorization-types", &self.name))
            },
            Cell::text(self.template.as_str()),
            Cell::text(self.resources.join(" ")),
            asks,
        ]
    }
}
