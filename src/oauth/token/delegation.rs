//! Delegation in a token: the actors, who may act, and the tokens it was exchanged from (RFC 8693 §4).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::oauth::error::OAuthError;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;

/// The maximum number of nested actors and of successive exchanges, so that tokens stay short.
pub const MAX_DEPTH: usize = 4;

/// The maximum length of the name of another issuer's actor in bytes.
const MAX_FOREIGN_NAME_LENGTH: usize = 255;

/// The current actor; nested in it are the previous ones (RFC 8693 §4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenActor {
    pub sub: String,
    /// The issuer of `sub`, if it is not this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Box<TokenActor>>,
}

/// The client that may act for the subject (RFC 8693 §4.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MayAct {
    pub sub: String,
}

/// A token that another one was exchanged from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    /// Its `jti`, or its hash if it is opaque.
    pub jti: String,
    /// The client that it was issued to.
    pub client_id: String,
    /// An opaque token must exist in the database to be valid.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opaque: bool,
}

/// The delegation of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<TokenActor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_act: Option<MayAct>,
    /// The client that the token is about, if it is neither a person nor the client that the token was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
    /// The tokens that it depends on, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanged_from: Vec<Ancestor>,
}

/// The client of this server that the `may_act` of another issuer's token names; `None` if it names no client here. `iss`
/// and `sub` identify the actor together (RFC 8693 §4.4), so a `sub` beside the `iss` of another server is not ours.
pub fn named_here<'v>(may_act: &'v Value, issuer: &str) -> Option<&'v str> {
    let is_ours = may_act.get("iss").is_none_or(|iss| iss == issuer);
    may_act.get("sub").and_then(Value::as_str).filter(|_| is_ours)
}

impl TokenActor {
    /// A new actor, with the previous actors nested in it (RFC 8693 §4.1).
    ///
    /// # Errors
    /// If there would be too many actors.
    pub fn after(sub: &str, before: Option<Self>) -> Result<Self, OAuthError> {
        let actor = Self { sub: sub.to_owned(), iss: None, act: before.map(Box::new) };
        if actor.depth() > MAX_DEPTH {
            return Err(too_deep());
        }
        Ok(actor)
    }

    /// Reads `act` from another issuer's token, and marks the actors with that issuer. `None` if it is malformed, has too
    /// many actors, or one with a name that is too long or has control characters.
    pub fn of_issuer(claim: &Value, issuer: &str) -> Option<Self> {
        let act = match &claim["act"] {
            Value::Null => None,
            before => Some(Box::new(Self::of_issuer(before, issuer)?)),
        };
        let fits = |name: &&str| name.len() <= MAX_FOREIGN_NAME_LENGTH && !name.chars().any(char::is_control);
        let sub = claim["sub"].as_str().filter(fits)?.to_owned();
        let actor = Self { sub, iss: Some(issuer.to_owned()), act };
        (actor.depth() <= MAX_DEPTH).then_some(actor)
    }

    fn depth(&self) -> usize {
        1 + self.act.as_ref().map_or(0, |before| before.depth())
    }
}

impl MayAct {
    /// The claim that names `client` (RFC 8693 §4.4).
    pub fn of(client: &ClientId) -> Self {
        Self { sub: client.to_string() }
    }
}

impl Delegation {
    /// The JSON to store; `None` if there is no delegation.
    pub fn to_stored(&self) -> Option<String> {
        (*self != Self::default()).then(|| serde_json::to_string(self).unwrap_or_default())
    }

    /// Reads what [`to_stored`](Self::to_stored) wrote; `None` if it is damaged. If `text` is `None`, the token has no
    /// delegation.
    pub fn from_stored(text: Option<&str>) -> Option<Self> {
        text.map_or(Some(Self::default()), |text| serde_json::from_str(text).ok())
    }
}

pub(super) fn too_deep() -> OAuthError {
    Reason::ExchangeTooDeep.because(
        "the subject token has been exchanged too often; at most four exchanges may follow one another",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn actors_are_nested_up_to_a_depth() {
        let mut act = None;
        for sub in ["a", "b", "c", "d"] {
            act = Some(TokenActor::after(sub, act).unwrap());
        }
        let four = json!({ "sub": "d", "act": { "sub": "c", "act": { "sub": "b", "act": { "sub": "a" } } } });
        assert_eq!(serde_json::to_value(&act).unwrap(), four);
        assert_eq!(TokenActor::after("e", act).unwrap_err().reason, Reason::ExchangeTooDeep);
    }

    #[test]
    fn actors_from_another_issuer_carry_its_name() {
        let said = json!({ "sub": "billing", "iss": "https://id.example", "act": { "sub": "web" } });
        let read = TokenActor::of_issuer(&said, "https://idp.example").unwrap();
        let expected = json!({
            "sub": "billing", "iss": "https://idp.example", "act": { "sub": "web", "iss": "https://idp.example" },
        });
        assert_eq!(serde_json::to_value(&read).unwrap(), expected);
        let mut deep = json!({ "sub": "x" });
        for _ in 0..4 {
            deep = json!({ "sub": "x", "act": deep });
        }
        for bad in [json!({}), json!("web"), json!({ "sub": 7 }), json!({ "sub": "x", "act": "web" }), deep] {
            assert_eq!(TokenActor::of_issuer(&bad, "https://idp.example"), None, "{bad}");
        }
    }

    #[test]
    fn a_stored_delegation_comes_back_and_most_tokens_have_none() {
        assert_eq!(Delegation::default().to_stored(), None);
        assert_eq!(Delegation::from_stored(None), Some(Delegation::default()));
        assert_eq!(Delegation::from_stored(Some("")), None);
        let from = |opaque| Ancestor { jti: "t".into(), client_id: "a b".into(), opaque };
        let delegation = Delegation {
            act: Some(TokenActor::after("a", None).unwrap()),
            may_act: Some(MayAct { sub: "b".into() }),
            on_behalf_of: Some("c".into()),
            exchanged_from: vec![from(true), from(false)],
        };
        assert_eq!(Delegation::from_stored(delegation.to_stored().as_deref()), Some(delegation));
    }
}
