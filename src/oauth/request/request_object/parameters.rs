//! The parameters in a request object, and where its refusal goes.

use serde_json::{Map, Value};

use super::{ObjectContext, RequestObject, malformed};
use crate::oauth::client::Client;
use crate::oauth::client::demand::Demands;
use crate::oauth::error::OAuthError;
use crate::oauth::grant::scope::OPENID;
use crate::oauth::reason::Reason;
use crate::oauth::request::params::Params;
use crate::oauth::request::received::{Received, Source};
use crate::oauth::request::{Refusal, delivery};

/// Parameters whose text is JSON, and which are JSON in an object (RFC 9101 §4).
const JSON: [&str; 2] = ["claims", "authorization_details"];
/// The parameters that decide where a refusal goes, and how.
const DELIVERY: [&str; 4] = ["redirect_uri", "response_type", "response_mode", "state"];

/// The parameters outside a request object.
#[derive(Clone, Copy, Debug)]
pub struct Outside<'a> {
    pub source: Source,
    pub params: &'a Params,
}

impl RequestObject {
    /// The request that a verified object is. Parameters outside are ignored (RFC 9101 §6.3), unless the client is
    /// registered for OpenID Connect Core §6.1.
    ///
    /// # Errors
    /// If a member cannot be the parameter of its name, or parameters that must be outside are not, or differ.
    pub fn into_received(
        self,
        outside: Outside<'_>,
        context: &ObjectContext<'_>,
    ) -> Result<Received, OAuthError> {
        let source = if self.is_signed() { Source::SignedObject } else { Source::UnsignedObject };
        let inside = parameters(&self.claims, |name| Received::reads(name) && name != "client_id")?;
        let others = match context.merges() {
            false => outside.params.clone().only(|name| name == "client_id"),
            true => {
                check_outside(outside.params, &inside)?;
                let is_inside = |name: &str| inside.count(name) > 0;
                outside.params.clone().only(|name| name != "request" && !is_inside(name))
            }
        };
        Ok(Received::resolve(outside.source, others).and(source, inside))
    }
}

/// The members of an object that this server reads as parameters.
pub(super) fn parameters(
    claims: &Map<String, Value>,
    reads: impl Fn(&str) -> bool,
) -> Result<Params, OAuthError> {
    let mut pairs = Vec::new();
    for (name, value) in claims.iter().filter(|(name, _)| reads(name)) {
        let mut add = |text: String| pairs.push((name.clone(), text));
        match value {
            Value::String(text) => add(text.clone()),
            Value::Number(_) | Value::Bool(_) => add(value.to_string()),
            Value::Array(_) | Value::Object(_) if JSON.contains(&name.as_str()) => add(value.to_string()),
            Value::Array(items) if name == "resource" => {
                for item in items {
                    add(item.as_str().ok_or_else(|| other_form(name))?.to_owned());
                }
            }
            _ => return Err(other_form(name)),
        }
    }
    Ok(Params::from_pairs(pairs))
}

fn other_form(name: &str) -> OAuthError {
    malformed(&format!("has the member {name} in a form that this parameter cannot have"))
}

/// `response_type`, `client_id` and `scope` are outside, too, and the first two are the same there (OpenID Connect Core
/// §6.1).
fn check_outside(outside: &Params, inside: &Params) -> Result<(), OAuthError> {
    for name in ["response_type", "scope"] {
        if outside.one(name)?.is_none() {
            return Err(Reason::RequestObjectOutside
                .because(format!("the parameter {name} must be beside the request object, too")));
        }
    }
    let names_openid = |params: &Params| -> Result<bool, OAuthError> {
        Ok(params.one("scope")?.is_some_and(|scope| scope.split(' ').any(|name| name == OPENID)))
    };
    if names_openid(inside)? && !names_openid(outside)? {
        return Err(Reason::RequestObjectOutside
            .because("the scope beside the request object must contain openid, as the one in it does"));
    }
    let differs =
        inside.one("response_type")?.is_some_and(|kind| outside.one("response_type") != Ok(Some(kind)));
    match differs {
        false => Ok(()),
        true => Err(Reason::RequestObjectOutside
            .because("the response_type beside the request object is not the one in it")),
    }
}

/// Refuses a request because of its object, which need not be verified. `object` is `None` if it cannot be read.
///
/// The application hears of it only at a redirect URI that is registered for it. Each part of the delivery is the object's,
/// as it would be without a mistake, or the one outside.
pub fn refuse(
    (client, demands): (&Client, &Demands),
    object: Option<&RequestObject>,
    outside: &Params,
    error: OAuthError,
) -> Refusal {
    let inside = |name: &'static str| {
        let text = object?.claims.get(name)?.as_str()?;
        let params = Params::from_pairs(vec![(name.to_owned(), text.to_owned())]);
        params.one(name).is_ok_and(|value| value.is_some()).then_some(params)
    };
    let pairs = DELIVERY.into_iter().flat_map(|name| {
        let params = inside(name).unwrap_or_else(|| outside.clone().only(|known| known == name));
        params.pairs().to_vec()
    });
    match delivery(client, &Params::from_pairs(pairs.collect()), demands) {
        Ok((to, state)) => Refusal::Redirect { to, state, error },
        Err(_) => Refusal::Page(error),
    }
}
