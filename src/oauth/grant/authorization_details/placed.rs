//! For which APIs details are (RFC 9396 §2.2).

use std::collections::HashSet;

use serde_json::Value;

use super::authorization_type::KnownAuthorizationTypes;
use super::check::at;
use super::{AuthorizationDetails, PARAMETER, locations, type_of};
use crate::oauth::error::{OAuthError, quoted};
use crate::oauth::grant::resource::{BesideScope, normal};
use crate::oauth::reason::Reason;

/// Details with the APIs that they are for: a detail is for its `locations`, without them for the APIs that its type belongs to,
/// and for every API if the type belongs to none.
pub struct PlacedDetails<'a> {
    details: &'a AuthorizationDetails,
    /// In the order of the details.
    places: Vec<Places<'a>>,
}

/// The APIs that a detail is for.
struct Places<'a> {
    /// Each once. Empty: every API.
    all: Vec<ApiPlace<'a>>,
    /// Whether the detail alone says which of them it is for. Of several APIs of its type, the request must name one.
    are_named: bool,
}

/// An API that a detail is for.
struct ApiPlace<'a> {
    uri: &'a str,
    normal: String,
}

impl<'a> Places<'a> {
    fn of(detail: &'a Value, types: &'a impl KnownAuthorizationTypes) -> Self {
        let has_own = locations(detail).next().is_some();
        let known = type_of(detail).filter(|_| !has_own).and_then(|name| types.authorization_type(name));
        let of_type = known.map(|known| known.record.resources.as_slice()).unwrap_or_default();
        let mut seen = HashSet::new();
        let all: Vec<ApiPlace<'_>> = locations(detail)
            .chain(of_type.iter().map(String::as_str))
            .map(|uri| ApiPlace { uri, normal: normal_or_same(uri) })
            .filter(|place| seen.insert(place.normal.clone()))
            .collect();
        Self { are_named: has_own || all.len() == 1, all }
    }

    /// Whether the detail is for the API with this URI in its normal form.
    fn have(&self, normal: &str) -> bool {
        self.all.is_empty() || self.all.iter().any(|place| place.normal == normal)
    }
}

/// The normal form of a URI. A text that has none stands for itself.
fn normal_or_same(uri: &str) -> String {
    normal(uri).unwrap_or_else(|| uri.to_owned())
}

impl AuthorizationDetails {
    /// The details with the APIs that they are for, by their types.
    pub fn placed<'a>(&'a self, types: &'a impl KnownAuthorizationTypes) -> PlacedDetails<'a> {
        PlacedDetails { details: self, places: self.iter().map(|detail| Places::of(detail, types)).collect() }
    }
}

impl<'a> PlacedDetails<'a> {
    /// The details of a token for `audience`.
    #[must_use]
    pub fn for_audience(&self, audience: &str) -> AuthorizationDetails {
        let audience = normal_or_same(audience);
        let fitting = self.details.iter().zip(&self.places).filter(|(_, places)| places.have(&audience));
        AuthorizationDetails::of(fitting.map(|(detail, _)| detail.clone()).collect())
    }

    /// The only API that all details have in common that are for particular APIs; `None` if no detail is, or they are for
    /// several.
    pub fn only_location(&self) -> Option<&'a str> {
        match self.named_places().as_slice() {
            [only] => Some(only.uri),
            _ => None,
        }
    }

    /// Checks that a token for `audience` can have all of the details.
    ///
    /// # Errors
    /// If a detail is for other APIs.
    pub fn check_all_for(&self, audience: &str) -> Result<(), OAuthError> {
        let normal = normal_or_same(audience);
        match self.places.iter().position(|places| !places.have(&normal)) {
            None => Ok(()),
            Some(index) => Err(at(Reason::DetailsLocation, index, "").because(&format!(
                "is not for the API that the token is for, {}; name one of its locations, or an API of its type, as the resource",
                quoted(audience)
            ))),
        }
    }

    /// The APIs that the details alone name, each once.
    fn named_places(&self) -> Vec<&ApiPlace<'a>> {
        let mut seen = HashSet::new();
        let named = self.places.iter().filter(|places| places.are_named).flat_map(|places| &places.all);
        named.filter(|place| seen.insert(place.normal.as_str())).collect()
    }
}

impl BesideScope for PlacedDetails<'_> {
    fn is_for(&self, uri: &str) -> bool {
        let normal = normal_or_same(uri);
        self.places.iter().any(|places| places.have(&normal))
    }

    fn named(&self) -> Vec<&str> {
        self.named_places().into_iter().map(|place| place.uri).collect()
    }

    fn check_named(&self, named: &[&str]) -> Result<(), OAuthError> {
        let named: HashSet<String> = named.iter().map(|uri| normal_or_same(uri)).collect();
        let is_reached = |places: &Places<'_>| {
            places.all.is_empty() || places.all.iter().any(|place| named.contains(&place.normal))
        };
        match self.places.iter().position(|places| !is_reached(places)) {
            None => Ok(()),
            Some(index) => Err(at(Reason::DetailsLocation, index, "").because(&format!(
                "has no locations, and its type belongs to several APIs; name one of them as the resource, or in the locations \
                 of each element of {PARAMETER}"
            ))),
        }
    }
}
