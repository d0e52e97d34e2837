//! Authorization types: what the operator has registered about the details of one `type` (RFC 9396 §2).

use std::fmt;
use std::sync::OnceLock;

use serde_json::Value;

use super::AuthorizationDetails;
use super::schema::{DetailSchema, SchemaFault};
use super::type_of;
use crate::oauth::display_text::is_line;
use crate::oauth::localized_text::LocalizedText;

/// The largest number of types of a server.
pub const MAX_TYPES: usize = 300;
/// The largest number of resources of one type.
pub const MAX_RESOURCES: usize = 50;
/// The maximum length of a template in bytes.
const MAX_TEMPLATE_LENGTH: usize = 2000;

/// A type as the operator defined it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthorizationType {
    /// The `type` of its details.
    pub name: String,
    /// Grows with every change; 1 when it is new.
    pub version: i64,
    /// The JSON Schema of a whole detail, with `type` and the other common members.
    pub schema: Value,
    /// The sentence on the consent page, as a template with the members of the detail.
    pub template: LocalizedText,
    /// The only APIs that `locations` may name. Empty: every API that the client may use.
    pub resources: Vec<String>,
    /// Whether the server asks people about each request, whatever they have allowed before.
    pub always_ask: bool,
}

impl AuthorizationType {
    /// The templates with the names of their members: `template`, `template#de` and so on.
    pub fn texts(&self) -> impl Iterator<Item = (String, &str)> {
        self.template.members("template").map(|(member, text)| (member.into_owned(), text))
    }
}

/// Checks the form of a template. Whether it can be used is for the template engine to say.
///
/// # Errors
/// A sentence that says what a template is.
pub fn check_template(text: &str) -> Result<(), String> {
    if text.trim().is_empty() || text.len() > MAX_TEMPLATE_LENGTH || !is_line(text) {
        return Err(format!(
            "a template has 1 to {MAX_TEMPLATE_LENGTH} bytes on one line, without invisible characters and controls of the \
             writing direction; the consent page shows it"
        ));
    }
    Ok(())
}

/// A type with its schema, which is compiled when it is first used.
pub struct RegisteredType {
    pub record: AuthorizationType,
    schema: OnceLock<Result<DetailSchema, String>>,
}

impl fmt::Debug for RegisteredType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record.fmt(f)
    }
}

impl RegisteredType {
    /// The type with a schema that is not compiled yet.
    pub fn new(record: AuthorizationType) -> Self {
        Self { record, schema: OnceLock::new() }
    }

    /// Whether the schema takes the name of the type as the `type` of a detail. Otherwise no detail can fit.
    pub fn takes_its_name(&self) -> bool {
        self.compiled().as_ref().is_ok_and(|schema| schema.takes_type(&self.record.name))
    }

    fn compiled(&self) -> &Result<DetailSchema, String> {
        self.schema.get_or_init(|| DetailSchema::compile(&self.record.schema))
    }

    /// Checks a detail by the schema.
    ///
    /// # Errors
    /// Where the detail does not fit and why. If the schema cannot be used, which registration refuses, no detail fits.
    pub fn check(&self, detail: &Value) -> Result<(), SchemaFault> {
        match self.compiled() {
            Ok(schema) => schema.check(detail),
            Err(_) => Err(SchemaFault {
                pointer: String::new(),
                what: "the schema of the type cannot be used".to_owned(),
            }),
        }
    }
}

/// Finds a type by its name.
pub trait KnownAuthorizationTypes {
    /// The type with this name; `None` if no such type is registered.
    fn authorization_type(&self, name: &str) -> Option<&RegisteredType>;

    /// The names of all types, sorted.
    fn authorization_type_names(&self) -> Vec<String>;
}

impl AuthorizationDetails {
    /// The details whose types are registered.
    #[must_use]
    pub fn registered(&self, known: &impl KnownAuthorizationTypes) -> Self {
        self.only(|detail| type_of(detail).is_some_and(|name| known.authorization_type(name).is_some()))
    }

    /// The details about which people are asked each time. A type that is no longer registered always asks.
    #[must_use]
    pub fn always_asked(&self, known: &impl KnownAuthorizationTypes) -> Self {
        self.only(|detail| {
            let known = type_of(detail).and_then(|name| known.authorization_type(name));
            known.is_none_or(|known| known.record.always_ask)
        })
    }
}
