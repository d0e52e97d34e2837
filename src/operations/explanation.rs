//! The explanation of a refusal: what came beside what is registered, the rule, and what lifts the cause.

use std::ops::Range;

use serde_json::{Value, json};

use super::cure::{Cure, Facts, cure};
use crate::oauth::detail::Detail;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;
use crate::store::refusals::KeptRefusal;

/// Why a request was refused, and what lifts the cause: for a refusal that happened, and for one that would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The word of the reason.
    pub reason: String,
    /// `None` if this version does not know the reason.
    pub known: Option<Reason>,
    /// The RFC and section of the rule; `None` if this version does not know the reason.
    pub rule: Option<&'static str>,
    pub description: String,
    pub detail: Option<Detail>,
    pub cure: Option<Cure>,
}

/// A refusal that was kept, with its explanation.
#[derive(Clone, Debug)]
pub struct ExplainedRefusal {
    pub refusal: KeptRefusal,
    pub explanation: Explanation,
    /// The username of the person that the request was about, as it is now.
    pub username: Option<String>,
}

/// Where two values differ, in each: ranges of bytes. An empty range is a place at which something is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    pub came: Vec<Range<usize>>,
    /// In the first registered value.
    pub registered: Vec<Range<usize>>,
}

impl Explanation {
    /// Explains an error. Only its detail is missing in the `facts`.
    pub(super) fn of(error: &OAuthError, facts: Facts<'_>) -> Self {
        let detail = error.detail.as_deref();
        Self {
            reason: error.reason.word().to_owned(),
            known: Some(error.reason),
            rule: Some(rule(error.reason, &facts)),
            description: error.description.clone().into_owned(),
            detail: detail.cloned(),
            cure: cure(error.reason, &Facts { detail, ..facts }),
        }
    }

    /// Explains a refusal that was kept. Only its detail is missing in the `facts`.
    pub(super) fn of_kept(refusal: &KeptRefusal, facts: Facts<'_>) -> Self {
        let known = Reason::find(&refusal.reason);
        let facts = Facts { detail: refusal.detail.as_ref(), ..facts };
        Self {
            reason: refusal.reason.clone(),
            known,
            rule: known.map(|reason| rule(reason, &facts)),
            description: refusal.description.clone(),
            detail: refusal.detail.clone(),
            cure: known.and_then(|reason| cure(reason, &facts)),
        }
    }

    /// The members that every explanation has as JSON. `issuer`: the address of the server, which has the error reference.
    pub fn to_json(&self, issuer: &str) -> Value {
        json!({
            "reason": self.reason,
            "title": self.known.map(Reason::title),
            "error": self.known.map(|reason| reason.code().as_str()),
            "description": self.description,
            "detail": self.detail.as_ref().map(detail_to_json),
            "rule": self.rule,
            "what": self.known.map(Reason::what),
            "fix": self.known.map(Reason::fix),
            "command": self.cure.as_ref().map(|cure| cure.command.as_str()),
            "caution": self.cure.as_ref().map(|cure| cure.caution),
            "docs": self.known.map(|reason| format!("{issuer}/errors/{}", reason.word())),
        })
    }
}

/// The section of the rule. A client's profile has its own.
fn rule(reason: Reason, facts: &Facts<'_>) -> &'static str {
    match (reason, facts.client) {
        (Reason::ClientProfile, Some(client)) => client.profile(&facts.demands).section(),
        (reason, _) => reason.section(),
    }
}

impl ExplainedRefusal {
    /// The refusal and its explanation as one JSON object.
    pub fn to_json(&self, issuer: &str) -> Value {
        let mut json = refusal_to_json(&self.refusal);
        if let (Value::Object(members), Value::Object(more)) = (&mut json, self.explanation.to_json(issuer)) {
            members.extend(more);
            members.insert("username".into(), self.username.clone().into());
        }
        json
    }
}

/// A refusal without its explanation as JSON: a row of a list.
pub fn refusal_to_json(refusal: &KeptRefusal) -> Value {
    json!({
        "request_id": refusal.request_id,
        "created_at": refusal.created_at.iso(),
        "client_id": refusal.client,
        "user_id": refusal.user.as_ref().map(ToString::to_string),
        "address": refusal.address,
        "path": refusal.path,
        "reason": refusal.reason,
        "description": refusal.description,
    })
}

fn detail_to_json(detail: &Detail) -> Value {
    let marks = Marks::of(detail);
    let pairs = |ranges: &[Range<usize>]| -> Vec<[usize; 2]> {
        ranges.iter().map(|range| [range.start, range.end]).collect()
    };
    json!({
        "subject": detail.subject.word(),
        "came": detail.came,
        "registered": detail.registered,
        "differs": detail.differs.as_ref().map(|(part, text)| json!({ "part": part, "text": text })),
        "marks": { "came": pairs(&marks.came), "registered": pairs(&marks.registered) },
        "seconds": detail.seconds,
    })
}

impl Marks {
    /// Where the value that came differs from the first registered one. Without both, nothing is marked.
    pub fn of(detail: &Detail) -> Self {
        let (Some(came), Some(registered)) = (detail.came.as_deref(), detail.registered.first()) else {
            return Self::default();
        };
        if detail.subject.is_list() {
            let refused: Vec<&str> = detail.differs.iter().flat_map(|(_, names)| names.split(' ')).collect();
            let is_refused = |name: &str| refused.contains(&name);
            return Self {
                came: words(came).filter(|at| is_refused(&came[at.clone()])).collect(),
                registered: Vec::new(),
            };
        }
        if detail.seconds.is_some() || came == registered {
            return Self::default();
        }
        let is_same = |(one, other): &(u8, u8)| one == other;
        let before = came.bytes().zip(registered.bytes()).take_while(is_same).count();
        let most = came.len().min(registered.len()) - before;
        let after = came.bytes().rev().zip(registered.bytes().rev()).take(most).take_while(is_same).count();
        let marked = |text: &str| std::iter::once(before..text.len() - after).collect();
        Self { came: marked(came), registered: marked(registered) }
    }
}

/// The places of the words in a text.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split(' ').filter_map(move |word| {
        let start = at;
        at += word.len() + 1;
        (!word.is_empty()).then(|| start..start + word.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::detail::DetailSubject;

    fn marked(
        subject: DetailSubject,
        came: &str,
        registered: &str,
        differs: &str,
    ) -> (Vec<String>, Vec<String>) {
        let detail = Detail::of(subject).came(came).registered([registered]).differs("part", differs);
        let marks = Marks::of(&detail);
        let texts = |text: &str, ranges: &[Range<usize>]| -> Vec<String> {
            ranges.iter().map(|range| text[range.clone()].to_owned()).collect()
        };
        (texts(came, &marks.came), texts(registered, &marks.registered))
    }

    #[test]
    fn only_what_differs_is_marked() {
        let uri = |came: &str, registered: &str| {
            let (came, registered) = marked(DetailSubject::RedirectUri, came, registered, "x");
            (came.concat(), registered.concat())
        };
        let registered = "https://app.example/cb";
        assert_eq!(uri("https://app.example/cb/", registered), ("/".into(), String::new()));
        assert_eq!(uri("http://app.example/cb", registered), (String::new(), "s".into()));
        assert_eq!(uri("https://www.app.example/cb", registered), ("www.".into(), String::new()));
        assert_eq!(uri("https://app.example/aa", "https://app.example/a"), ("a".into(), String::new()));
        assert_eq!(marked(DetailSubject::RedirectUri, registered, registered, "x"), (vec![], vec![]));
        let scope = marked(DetailSubject::Scope, "email read readall", "email read", "readall");
        assert_eq!(scope, (vec!["readall".to_owned()], vec![]));
    }
}
