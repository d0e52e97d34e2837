//! Checks requested details: by the registered types, their schemas, and what the client may use.

use serde_json::Value;

use super::authorization_type::{KnownAuthorizationTypes, RegisteredType};
use super::{AuthorizationDetails, PARAMETER, locations, type_of};
use crate::oauth::client::Client;
use crate::oauth::detail::{Detail, DetailSubject};
use crate::oauth::error::{OAuthError, quoted, shown_address};
use crate::oauth::grant::resource::{KnownResources, RegisteredResources, normal};
use crate::oauth::reason::Reason;

/// The longest text of a fault in a description.
const MAX_SHOWN: usize = 200;

/// A place in the parameter, for a refusal.
pub(super) struct DetailPlace {
    reason: Reason,
    index: usize,
    pointer: String,
}

/// The place at a JSON Pointer in an element of the list.
pub(super) fn at(reason: Reason, index: usize, pointer: &str) -> DetailPlace {
    DetailPlace { reason, index, pointer: pointer.to_owned() }
}

impl DetailPlace {
    /// The refusal. `what` is the rest of a sentence about the element.
    pub(super) fn because(self, what: &str) -> OAuthError {
        let Self { reason, index, pointer } = self;
        let place = match pointer.as_str() {
            "" => String::new(),
            pointer => format!(" at {}", quoted(pointer)),
        };
        reason.because(format!(
            "the element {index} of {PARAMETER}{place} {}",
            shown_address(&what.replace('"', "'"), MAX_SHOWN)
        ))
    }
}

impl AuthorizationDetails {
    /// Checks that each detail has a registered type that the client may use, fits the schema of the type, and names only
    /// APIs that the type belongs to and the client may use.
    ///
    /// # Errors
    /// The first fault, with the element and the place in it (RFC 9396 §5).
    pub fn check<K: KnownAuthorizationTypes + KnownResources>(
        &self,
        client: &Client,
        registered: &RegisteredResources<'_, K>,
    ) -> Result<(), OAuthError> {
        for (index, detail) in self.iter().enumerate() {
            let known = usable(index, detail, client, registered.resources)?;
            check_common(index, detail)?;
            known.check(detail).map_err(|fault| {
                at(Reason::DetailsInvalid, index, &fault.pointer)
                    .because(&format!("does not fit the schema of its type: {}", fault.what))
            })?;
            check_locations(index, detail, known, client, registered)?;
        }
        Ok(())
    }

    /// Checks that each detail has a registered type that the client may use.
    ///
    /// # Errors
    /// The first detail that has not.
    pub fn check_usable(
        &self,
        client: &Client,
        known: &impl KnownAuthorizationTypes,
    ) -> Result<(), OAuthError> {
        self.iter().enumerate().try_for_each(|(index, detail)| usable(index, detail, client, known).map(drop))
    }

    /// The details whose types are still registered and which the client may still use.
    #[must_use]
    pub fn usable_by(&self, client: &Client, known: &impl KnownAuthorizationTypes) -> Self {
        self.only(|detail| usable(0, detail, client, known).is_ok())
    }
}

/// The type of a detail, if it is registered and the client may use it.
fn usable<'k>(
    index: usize,
    detail: &Value,
    client: &Client,
    known: &'k impl KnownAuthorizationTypes,
) -> Result<&'k RegisteredType, OAuthError> {
    let name = type_of(detail).unwrap_or_default();
    let own = &client.authorization_details_types;
    let beside = || {
        let subject = Detail::of(DetailSubject::AuthorizationDetailsType).came(name);
        let all = if own.is_empty() { known.authorization_type_names() } else { own.clone() };
        subject.registered(all.iter().map(String::as_str))
    };
    let Some(found) = known.authorization_type(name) else {
        return Err(at(Reason::DetailsTypeUnknown, index, "")
            .because(&format!("has the type {}, which is not known here", quoted(name)))
            .with(beside()));
    };
    if !own.is_empty() && !own.iter().any(|own| own == name) {
        return Err(at(Reason::DetailsTypeForbidden, index, "")
            .because(&format!("has the type {}, which this client may not use", quoted(name)))
            .with(beside()));
    }
    Ok(found)
}

/// The common members whose values are lists of texts (RFC 9396 §2.2).
const LISTS: [&str; 4] = ["locations", "actions", "datatypes", "privileges"];

/// Checks the form of the members that are common to all types (RFC 9396 §2.2).
fn check_common(index: usize, detail: &Value) -> Result<(), OAuthError> {
    let is_list = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
    for name in LISTS {
        if detail.get(name).is_some_and(|value| !is_list(value)) {
            return Err(at(Reason::DetailsInvalid, index, &format!("/{name}"))
                .because("is not a list of texts (RFC 9396 section 2.2)"));
        }
    }
    if detail.get("identifier").is_some_and(|value| !value.is_string()) {
        return Err(
            at(Reason::DetailsInvalid, index, "/identifier").because("is not a text (RFC 9396 section 2.2)")
        );
    }
    Ok(())
}

fn check_locations<K: KnownResources>(
    index: usize,
    detail: &Value,
    known: &RegisteredType,
    client: &Client,
    registered: &RegisteredResources<'_, K>,
) -> Result<(), OAuthError> {
    let own = &known.record.resources;
    let own_normal: Vec<_> = own.iter().map(|own| normal(own)).collect();
    for (nth, location) in locations(detail).enumerate() {
        let place = || at(Reason::DetailsLocation, index, &format!("/locations/{nth}"));
        let beside = || {
            let registered = own.iter().map(String::as_str);
            Detail::of(DetailSubject::Resource).came(location).registered(registered)
        };
        if !own.is_empty() && !own_normal.contains(&normal(location)) {
            return Err(place().because("is not an API that the type belongs to").with(beside()));
        }
        if let Err(error) = registered.named(location, client) {
            let detail = error.detail.map_or_else(beside, |detail| *detail);
            return Err(place().because(&format!("cannot be used: {}", error.description)).with(detail));
        }
    }
    check_only_resource(index, detail, known, client, registered)
}

/// Checks that the client may use the only API of a type, which a detail without `locations` is for.
fn check_only_resource<K: KnownResources>(
    index: usize,
    detail: &Value,
    known: &RegisteredType,
    client: &Client,
    registered: &RegisteredResources<'_, K>,
) -> Result<(), OAuthError> {
    let ([only], None) = (known.record.resources.as_slice(), locations(detail).next()) else { return Ok(()) };
    let Err(error) = registered.named(only, client) else { return Ok(()) };
    let what = format!("is for the only API of its type, which cannot be used: {}", error.description);
    let refused = at(Reason::DetailsLocation, index, "").because(&what);
    Err(OAuthError { detail: error.detail, ..refused })
}
