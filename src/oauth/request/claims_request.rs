//! The parameter `claims`: claims that an application requests by name, in addition to its scopes (OpenID Connect Core §5.5).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::oauth::error::OAuthError;
use crate::oauth::identity::authentication::ACR_VALUES;
use crate::oauth::identity::claims::{Claims, Person, check_name};
use crate::oauth::reason::Reason;
use crate::oauth::strict_json;

/// The maximum length of the parameter in bytes.
const MAX_LENGTH: usize = 8 * 1024;
/// The maximum number of claims in each member.
const MAX_CLAIMS: usize = 64;

/// The requested claims, by where they should be returned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    #[serde(default, skip_serializing_if = "RequestedClaims::is_empty")]
    pub userinfo: RequestedClaims,
    #[serde(default, skip_serializing_if = "RequestedClaims::is_empty")]
    pub id_token: RequestedClaims,
}

/// Claims by name. `None` means that any value is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestedClaims(BTreeMap<String, Option<ClaimRequirement>>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct ClaimRequirement {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    essential: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Value>>,
}

impl ClaimsRequest {
    /// Parses the parameter (OpenID Connect Core §5.5).
    ///
    /// # Errors
    /// If it is too long, has another form, or requires an unsupported `acr`.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        if text.len() > MAX_LENGTH {
            return Err(Reason::ParameterTooLong
                .because(format!("the parameter claims is longer than {MAX_LENGTH} bytes")));
        }
        let members = strict_json::object(text.as_bytes()).map_err(|wrong| {
            Reason::ClaimsMalformed.because(format!("the parameter claims {}", wrong.what))
        })?;
        let request = Self::from_members(members).ok_or_else(|| {
            Reason::ClaimsMalformed.because(
                "the parameter claims is not a JSON object of userinfo and id_token, each an object of claims",
            )
        })?;
        if request.userinfo.0.len() > MAX_CLAIMS || request.id_token.0.len() > MAX_CLAIMS {
            return Err(Reason::ClaimsMalformed
                .because(format!("the parameter claims asks for more than {MAX_CLAIMS} claims")));
        }
        request.check_acr()?;
        Ok(request)
    }

    /// Reads each member by hand, because a struct could also be read from a JSON array.
    fn from_members(mut members: Map<String, Value>) -> Option<Self> {
        let mut wanted = |name: &str| {
            members.remove(name).map_or(Some(RequestedClaims::default()), RequestedClaims::from_json)
        };
        Some(Self { userinfo: wanted("userinfo")?, id_token: wanted("id_token")? })
    }

    /// Whether the request names no claims.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// The request without the claims that the client may not learn; to request them is not an error (OpenID Connect
    /// Core §5.5).
    #[must_use]
    pub fn limited_to(self, may_be_told: &BTreeSet<&str>) -> Self {
        // The name may have a language tag (§5.2).
        let base = |name: &str| name.split_once('#').is_some_and(|(base, _)| may_be_told.contains(base));
        self.only(|name| check_name(name).is_ok() && (may_be_told.contains(name) || base(name)))
    }

    /// The request without the claims whose names `is_wanted` does not accept.
    #[must_use]
    pub fn only(mut self, is_wanted: impl Fn(&str) -> bool) -> Self {
        for wanted in [&mut self.userinfo, &mut self.id_token] {
            wanted.0.retain(|name, _| is_wanted(name));
        }
        self
    }

    /// The request for only the claims `names`, without values: this is what a person consents to.
    pub fn by_name(&self, names: &BTreeSet<String>) -> Self {
        let by_name = |wanted: &RequestedClaims| {
            RequestedClaims(
                wanted
                    .0
                    .keys()
                    .filter(|name| names.contains(*name))
                    .map(|name| (name.clone(), None))
                    .collect(),
            )
        };
        Self { userinfo: by_name(&self.userinfo), id_token: by_name(&self.id_token) }
    }

    /// The request for only the claims of UserInfo.
    pub fn of_userinfo(&self) -> Self {
        Self { userinfo: self.userinfo.clone(), id_token: RequestedClaims::default() }
    }

    /// The claims of both requests. If both name a claim, the result has the values of `other`.
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.userinfo.0.extend(other.userinfo.0.clone());
        both.id_token.0.extend(other.id_token.0.clone());
        both
    }

    /// Whether a claim with this name is requested.
    pub fn contains(&self, name: &str) -> bool {
        self.userinfo.0.contains_key(name) || self.id_token.0.contains_key(name)
    }

    /// The names of all requested claims.
    pub fn names(&self) -> BTreeSet<&str> {
        self.userinfo.0.keys().chain(self.id_token.0.keys()).map(String::as_str).collect()
    }

    /// The requested values of `sub`; empty if any person may return (OpenID Connect Core §5.5.1).
    pub fn subjects(&self) -> Vec<&str> {
        let wishes = [&self.id_token, &self.userinfo].into_iter().filter_map(|wanted| wanted.0.get("sub"));
        wishes.flatten().flat_map(ClaimRequirement::accepted).filter_map(Value::as_str).collect()
    }

    /// Refuses an essential `acr` that this server does not support (§5.5.1.1).
    fn check_acr(&self) -> Result<(), OAuthError> {
        let Some(Some(wish)) = self.id_token.0.get("acr") else { return Ok(()) };
        let accepted: Vec<&Value> = wish.accepted().collect();
        let can_be_reached = |value: &&Value| value.as_str().is_some_and(|acr| ACR_VALUES.contains(&acr));
        if wish.essential && !accepted.is_empty() && !accepted.iter().any(can_be_reached) {
            let known = ACR_VALUES.join(", ");
            return Err(Reason::AcrUnmet.because(format!(
                "the claim acr is essential with a value that cannot be reached here; the server has {known}"
            )));
        }
        Ok(())
    }
}

impl RequestedClaims {
    fn from_json(json: Value) -> Option<Self> {
        let Value::Object(members) = json else { return None };
        let wish = |(name, value)| match value {
            Value::Null => Some((name, None)),
            Value::Object(_) => Some((name, Some(serde_json::from_value(value).ok()?))),
            _ => None,
        };
        members.into_iter().map(wish).collect::<Option<_>>().map(Self)
    }

    /// Whether no claims are named.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The requested claims that a person has, with one of the requested values if there are any.
    pub fn claims_from(&self, person: &Person) -> Claims {
        let mut claims = person.claims_named(self.0.keys().map(String::as_str));
        claims.retain(|name, value| {
            let wish = self.0.get(name).and_then(Option::as_ref);
            wish.is_none_or(|wish| wish.accepts(value))
        });
        claims
    }
}

impl ClaimRequirement {
    fn accepted(&self) -> impl Iterator<Item = &Value> {
        self.value.iter().chain(self.values.iter().flatten())
    }

    fn accepts(&self, value: &Value) -> bool {
        let mut accepted = self.accepted().peekable();
        accepted.peek().is_none() || accepted.any(|one| one == value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;
    use crate::oauth::id::UserId;

    fn reason(text: &str) -> Option<Reason> {
        ClaimsRequest::parse(text).err().map(|error| error.reason)
    }

    fn jane() -> Person {
        Person {
            id: UserId::new("u"),
            username: "jane".into(),
            name: Some("Jane Doe".into()),
            email: Some("jane@example.com".into()),
            claims: Claims::from_iter([("given_name#ja".into(), json!("ジェーン"))]),
            updated_at: Timestamp::from_unix(0),
        }
    }

    #[test]
    fn the_example_of_openid_connect_core_is_parsed_and_stored_unchanged() {
        let text = r#"{
            "userinfo": {
                "given_name": {"essential": true},
                "nickname": null,
                "email": {"essential": true},
                "http://example.info/claims/groups": null
            },
            "id_token": {
                "auth_time": {"essential": true},
                "acr": {"values": ["urn:mace:incommon:iap:silver"]}
            }
        }"#;
        let request = ClaimsRequest::parse(text).unwrap();
        let names =
            ["acr", "auth_time", "email", "given_name", "http://example.info/claims/groups", "nickname"];
        assert_eq!(request.names().into_iter().collect::<Vec<_>>(), names);
        let stored = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<ClaimsRequest>(&stored).unwrap(), request);
        assert_eq!(
            serde_json::from_str::<Value>(&stored).unwrap(),
            serde_json::from_str::<Value>(text).unwrap()
        );
        assert!(ClaimsRequest::parse("{}").unwrap().is_empty());
    }

    #[test]
    fn claims_requests_of_another_form_are_malformed() {
        for text in [
            "nonsense",
            "[]",
            "null",
            "\"userinfo\"",
            r#"{"userinfo": []}"#,
            r#"[{}, {}]"#,
            r#"{"userinfo": null}"#,
            r#"{"userinfo": {"email": true}}"#,
            r#"{"userinfo": {"email": [true]}}"#,
            r#"{"userinfo": {"email": {"essential": "yes"}}}"#,
            r#"{"id_token": {"acr": {"values": "1"}}}"#,
            r#"{"id_token": {"acr": null}"#,
            r#"{"userinfo": {"email": null}, "userinfo": {}}"#,
            r#"{"id_token": {"acr": null, "acr": {"essential": true}}}"#,
        ] {
            assert_eq!(reason(text), Some(Reason::ClaimsMalformed), "{text}");
        }
        let many: Vec<String> = (0..=MAX_CLAIMS).map(|index| format!("\"c{index}\":null")).collect();
        assert_eq!(
            reason(&format!("{{\"userinfo\":{{{}}}}}", many.join(","))),
            Some(Reason::ClaimsMalformed)
        );
        assert_eq!(reason(&"[".repeat(MAX_LENGTH)), Some(Reason::ClaimsMalformed));
        assert_eq!(reason(&" ".repeat(MAX_LENGTH + 1)), Some(Reason::ParameterTooLong));
        assert_eq!(reason(r#"{"later": 1, "userinfo": {"email": {"later": 2}}}"#), None);
    }

    #[test]
    fn an_essential_acr_must_be_supported() {
        let acr = |wish: Value| reason(&json!({ "id_token": { "acr": wish } }).to_string());
        assert_eq!(acr(json!({ "essential": true, "values": ["2", "1"] })), None);
        assert_eq!(acr(json!({ "essential": true, "value": "1" })), None);
        assert_eq!(acr(json!({ "essential": true })), None);
        assert_eq!(acr(json!({ "values": ["2"] })), None, "voluntary");
        assert_eq!(acr(json!({ "essential": true, "values": ["2"] })), Some(Reason::AcrUnmet));
        assert_eq!(acr(json!({ "essential": true, "value": 1 })), Some(Reason::AcrUnmet));
    }

    #[test]
    fn only_allowed_claims_are_returned_and_a_requested_value_must_match() {
        let claims = |wishes: Value, may: &[&str]| {
            let request = ClaimsRequest::parse(&json!({ "userinfo": wishes }).to_string()).unwrap();
            let claims = request.limited_to(&may.iter().copied().collect()).userinfo.claims_from(&jane());
            Value::Object(claims)
        };
        let wishes = json!({ "email": null, "name": { "essential": true }, "phone_number": null });
        assert_eq!(
            claims(wishes.clone(), &["email", "phone_number"]),
            json!({ "email": "jane@example.com" })
        );
        assert_eq!(claims(wishes, &[]), json!({}));
        assert_eq!(
            claims(json!({ "name": { "value": "Jane Doe" } }), &["name"]),
            json!({ "name": "Jane Doe" })
        );
        assert_eq!(
            claims(json!({ "name": { "values": ["Joe", "Jane Doe"] } }), &["name"]),
            json!({ "name": "Jane Doe" })
        );
        assert_eq!(claims(json!({ "name": { "value": "Joe" } }), &["name"]), json!({}));
        assert_eq!(
            claims(json!({ "given_name#ja": null }), &["given_name"]),
            json!({ "given_name#ja": "ジェーン" })
        );
    }

    #[test]
    fn a_requested_subject_may_be_in_either_member() {
        let subjects = |request: Value| {
            let request = ClaimsRequest::parse(&request.to_string()).unwrap();
            request.subjects().into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(subjects(json!({ "id_token": { "sub": { "value": "a" } } })), ["a"]);
        assert_eq!(subjects(json!({ "userinfo": { "sub": { "values": ["a", "b"] } } })), ["a", "b"]);
        assert!(subjects(json!({ "id_token": { "sub": null, "email": { "value": "a" } } })).is_empty());
    }

    proptest! {
        #[test]
        fn no_input_panics_and_parsed_requests_survive_storage(text in ".{0,300}") {
            if let Ok(request) = ClaimsRequest::parse(&text) {
                let stored = serde_json::to_string(&request).unwrap();
                prop_assert_eq!(serde_json::from_str::<ClaimsRequest>(&stored).unwrap(), request);
            }
        }
    }
}
