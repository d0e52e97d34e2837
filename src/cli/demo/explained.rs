//! What the error reference says, for a page of the demo.

use minijinja::{Value, context};

use crate::oauth::reason::Reason;

/// What the error reference says about a reason; `None` for a word that it does not know.
pub(super) fn explained(reason: &str) -> Option<Value> {
    let reason = Reason::find(reason)?;
    let who: Vec<&str> = reason.who().iter().map(|who| who.name()).collect();
    let example = reason.example();
    Some(context! {
        what => reason.what(),
        who => who.join(", or "),
        fix => reason.fix(),
        before => example.before,
        after => example.after,
    })
}
