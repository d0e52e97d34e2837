//! What was granted, as one value. Codes, grants, device codes, access tokens and consents all store it in the same
//! form.

use serde::{Deserialize, Serialize};

use crate::oauth::grant::authorization_details::AuthorizationDetails;
use crate::oauth::grant::scope::Scope;
use crate::oauth::request::claims_request::ClaimsRequest;

/// What an application may have: in an authorization everything that was granted, in a token possibly less.
///
/// It is stored as JSON in one canonical form: members in the order below, names sorted, empty members left out. Two
/// values are therefore equal exactly if their texts are equal, and SQL may compare them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    /// The protected APIs that the request named, by their registered URIs (RFC 8707 §2.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Claims that the request named, in addition to those of the scope (OpenID Connect Core §5.5).
    #[serde(default, skip_serializing_if = "ClaimsRequest::is_empty")]
    pub claims: ClaimsRequest,
    /// What the request asked for in words of its own (RFC 9396).
    #[serde(
        default,
        rename = "authorization_details",
        skip_serializing_if = "AuthorizationDetails::is_empty"
    )]
    pub details: AuthorizationDetails,
}

impl Granted {
    /// What is granted, from all its parts. It is the only constructor, so that the compiler finds every place that has
    /// to know a new part.
    pub fn new(
        scope: Scope,
        resources: Vec<String>,
        claims: ClaimsRequest,
        details: AuthorizationDetails,
    ) -> Self {
        Self { scope, resources, claims, details }
    }

    /// What is granted if it is only a scope, without resources, claims and details.
    pub fn of_scope(scope: Scope) -> Self {
        Self { scope, ..Self::default() }
    }

    /// The part that an access token with `scope` and `details` contains: the claims for UserInfo, too. The resources are
    /// left out, because the audience of the token names the resource that it is for.
    pub fn for_token(&self, scope: Scope, details: AuthorizationDetails) -> Self {
        Self::new(scope, Vec::new(), self.claims.of_userinfo(), details)
    }

    /// The union of both.
    pub fn and(&self, other: &Self) -> Self {
        let mut resources = self.resources.clone();
        resources.extend(other.resources.iter().filter(|uri| !self.resources.contains(uri)).cloned());
        let details = self.details.and(&other.details);
        Self::new(self.scope.and(&other.scope), resources, self.claims.and(&other.claims), details)
    }

    /// The part whose scopes, claims and details are not in `other`. The resources stay.
    pub fn without(&self, other: &Self) -> Self {
        let claims = self.claims.clone().only(|name| !other.claims.contains(name));
        let details = self.details.without(&other.details);
        Self::new(self.scope.without(&other.scope), self.resources.clone(), claims, details)
    }

    /// Whether it contains nothing.
    pub fn is_empty(&self) -> bool {
        self.scope.is_empty()
            && self.resources.is_empty()
            && self.claims.is_empty()
            && self.details.is_empty()
    }

    /// The JSON to store.
    pub fn to_stored(&self) -> String {
        // A text and sets of texts can always be written as JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`to_stored`](Self::to_stored) wrote. `None` if it is damaged.
    pub fn from_stored(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn granted(scope: &str, resources: &[&str], claims: &str) -> Granted {
        let resources = resources.iter().map(|uri| (*uri).to_owned()).collect();
        let claims = ClaimsRequest::parse(claims).unwrap();
        Granted::new(Scope::from_stored(scope), resources, claims, AuthorizationDetails::default())
    }

    #[test]
    fn it_is_stored_as_json_without_empty_members() {
        for (granted, text) in [
            (granted("", &[], "{}"), "{}"),
            (granted("read openid", &[], "{}"), r#"{"scope":"openid read"}"#),
            (
                granted("read", &["urn:b", "urn:a"], r#"{"id_token":{"name":null}}"#),
                r#"{"scope":"read","resources":["urn:b","urn:a"],"claims":{"id_token":{"name":null}}}"#,
            ),
        ] {
            assert_eq!(granted.to_stored(), text);
            assert_eq!(Granted::from_stored(text), Some(granted));
        }
        for damaged in ["", "null", "read", r#"{"scope":7}"#, r#"{"scope":"read""#, r#"{"claims":"name"}"#] {
            assert_eq!(Granted::from_stored(damaged), None, "{damaged}");
        }
    }

    #[test]
    fn two_together_have_what_one_of_them_has() {
        let one = granted("read", &["urn:a"], r#"{"id_token":{"name":null}}"#);
        let other = granted("write", &["urn:b", "urn:a"], r#"{"userinfo":{"email":null}}"#);
        let both = r#"{"userinfo":{"email":null},"id_token":{"name":null}}"#;
        assert_eq!(one.and(&other), granted("read write", &["urn:a", "urn:b"], both));
        assert_eq!(one.and(&Granted::default()), one);
    }

    #[test]
    fn a_token_carries_its_scope_and_the_claims_of_userinfo() {
        let all = granted("a b", &["urn:a"], r#"{"userinfo":{"email":null},"id_token":{"name":null}}"#);
        let token = all.for_token(Scope::from_stored("a"), AuthorizationDetails::default());
        assert_eq!(token, granted("a", &[], r#"{"userinfo":{"email":null}}"#));
    }

    proptest! {
        #[test]
        fn whatever_was_granted_comes_back_from_the_store(
            scope in "([!#-\\[\\]-~]{1,8}( [!#-\\[\\]-~]{1,8}){0,3})?",
            resources in proptest::collection::vec("[!-~]{1,20}", 0..3),
            value in ".{0,20}",
        ) {
            let claims = serde_json::json!({ "userinfo": { "name": { "value": value } } }).to_string();
            let claims = ClaimsRequest::parse(&claims).unwrap();
            let details = serde_json::json!([{ "type": "t", "value": value }]).to_string();
            let details = AuthorizationDetails::parse(&details).unwrap_or_default();
            let granted = Granted::new(Scope::from_stored(&scope), resources, claims, details);
            prop_assert_eq!(Granted::from_stored(&granted.to_stored()), Some(granted));
        }
    }
}
