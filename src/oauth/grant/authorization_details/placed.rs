//! For which APIs details are (RFC 9396 §2.2).

use serde_json::Value;

use super::authorization_type::KnownAuthorizationTypes;
use super::check::at;
use super::{AuthorizationDetails, PARAMETER, locations, type_of};
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::grant::resource::{BesideScope, normal};
use crate::oauth::reason::Reason;

/// Details with the registered types: a detail is for its `locations`, without them for the APIs that its type belongs to, and
/// for every API if the type belongs to none.
pub struct PlacedDetails<'a, K> {
    details: &'a AuthorizationDetails,
    types: &'a K,
}

impl AuthorizationDetails {
    /// The details with the types that say for which APIs they are.
    pub fn placed<'a, K: KnownAuthorizationTypes>(&'a self, types: &'a K) -> PlacedDetails<'a, K> {
        PlacedDetails { details: self, types }
    }
}

impl<K: KnownAuthorizationTypes> PlacedDetails<'_, K> {
    /// The details of a token for `audience`.
    #[must_use]
    pub fn for_audience(&self, audience: &str) -> AuthorizationDetails {
        self.details.only(|detail| self.is_one_for(detail, audience))
    }

    /// The only API that all details have in common that are for particular APIs; `None` if no detail is, or they are for
    /// several.
    pub fn only_location(&self) -> Option<&str> {
        let mut all = self.named().into_iter();
        let first = all.next()?;
        all.all(|other| normal(other) == normal(first)).then_some(first)
    }

    /// Checks that a token for `audience` can have all of the details.
    ///
    /// # Errors
    /// If a detail is for other APIs.
    pub fn check_all_for(&self, audience: &str) -> Result<(), OAuthError> {
        match self.details.iter().position(|detail| !self.is_one_for(detail, audience)) {
            None => Ok(()),
            Some(index) => Err(at(Reason::DetailsLocation, index, "").because(&format!(
                "is not for the API that the token is for, {}; name one of its locations, or an API of its type, as the resource",
                quoted(audience)
            ))),
        }
    }

    /// The APIs that a detail is for. Empty: every API.
    fn places<'d>(&'d self, detail: &'d Value) -> Vec<&'d str> {
        let own: Vec<&str> = locations(detail).collect();
        if !own.is_empty() {
            return own;
        }
        let known = type_of(detail).and_then(|name| self.types.authorization_type(name));
        known.map(|known| known.record.resources.iter().map(String::as_str).collect()).unwrap_or_default()
    }

    fn is_one_for(&self, detail: &Value, audience: &str) -> bool {
        let places = self.places(detail);
        places.is_empty() || places.iter().any(|place| normal(place) == normal(audience))
    }
}

impl<K: KnownAuthorizationTypes> BesideScope for PlacedDetails<'_, K> {
    fn is_for(&self, uri: &str) -> bool {
        self.details.iter().any(|detail| self.is_one_for(detail, uri))
    }

    fn named(&self) -> Vec<&str> {
        let named = self.details.iter().map(|detail| {
            let places = self.places(detail);
            // Of several APIs of its type, the request must name one.
            if locations(detail).next().is_some() || places.len() == 1 { places } else { Vec::new() }
        });
        named.flatten().collect()
    }

    fn check_named(&self, named: &[&str]) -> Result<(), OAuthError> {
        let is_unreached = |detail: &&Value| {
            let places = self.places(detail);
            !places.is_empty()
                && !named.iter().any(|uri| places.iter().any(|place| normal(place) == normal(uri)))
        };
        match self.details.iter().enumerate().find(|(_, detail)| is_unreached(detail)) {
            None => Ok(()),
            Some((index, _)) => Err(at(Reason::DetailsLocation, index, "").because(&format!(
                "has no locations, and its type belongs to several APIs; name one of them as the resource, or in the locations \
                 of each element of {PARAMETER}"
            ))),
        }
    }
}
