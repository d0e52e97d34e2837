//! What a person has answered on the consent pages of a client.

use crate::oauth::grant::granted::Granted;

/// What a person allows a client, and what the person refuses it. No scope and no claim is in both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    pub allowed: Granted,
    /// What the person left out. Only clients that allow partial consent let a person do so.
    pub refused: Granted,
}

impl Consent {
    /// This consent after a new answer, which replaces everything that was answered before about the same scopes and
    /// claims.
    #[must_use]
    pub fn after(&self, answer: &Self) -> Self {
        Self {
            allowed: self.allowed.without(&answer.refused).and(&answer.allowed),
            refused: self.refused.without(&answer.allowed).and(&answer.refused),
        }
    }

    /// This consent without the permission for `taken_back`, about which the person is asked again.
    #[must_use]
    pub fn without(&self, taken_back: &Granted) -> Self {
        Self { allowed: self.allowed.without(taken_back), refused: self.refused.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::grant::scope::Scope;
    use crate::oauth::request::claims_request::ClaimsRequest;

    fn granted(scope: &str, claims: &[&str]) -> Granted {
        let wanted: serde_json::Map<_, _> =
            claims.iter().map(|name| ((*name).to_owned(), serde_json::Value::Null)).collect();
        let claims = serde_json::json!({ "userinfo": wanted }).to_string();
        Granted::new(Scope::from_stored(scope), Vec::new(), ClaimsRequest::parse(&claims).unwrap())
    }

    fn consent(allowed: Granted, refused: Granted) -> Consent {
        Consent { allowed, refused }
    }

    #[test]
    fn a_new_answer_replaces_the_old_one_for_what_it_is_about() {
        let before = consent(granted("a b", &["email"]), granted("c d", &["phone_number"]));
        let answer = consent(granted("a c", &["phone_number"]), granted("b e", &["email"]));
        let after = consent(granted("a c", &["phone_number"]), granted("b d e", &["email"]));
        assert_eq!(before.after(&answer), after);
        assert_eq!(after.after(&answer), after, "the same answer again changes nothing");
        assert_eq!(Consent::default().after(&answer), answer);
    }

    #[test]
    fn what_is_taken_back_is_neither_allowed_nor_refused() {
        let before = consent(granted("a b", &["email"]), granted("c", &[]));
        assert_eq!(
            before.without(&granted("b c", &["email"])),
            consent(granted("a", &[]), granted("c", &[]))
        );
    }
}
