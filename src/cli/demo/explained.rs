//! What the error reference says, for a page of the demo.

use minijinja::{Value, context};

use crate::oauth::reason::Reason;

/// What the error reference says at an `error_uri`; `None` if it leads to no reason.
pub(super) fn explained(error_uri: &str) -> Option<Value> {
    let (issuer, word) = error_uri.rsplit_once("/errors/")?;
    let reason = Reason::find(word)?;
    let who: Vec<&str> = reason.who().iter().map(|who| who.name()).collect();
    let [before, after] = reason.example().at(issuer);
    Some(context! {
        what => reason.what(),
        who => who.join(", or "),
        fix => reason.fix(),
        before,
        after,
    })
}
