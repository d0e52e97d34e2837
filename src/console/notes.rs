//! What has just been done. The word is in the address, and the sentence is one of these, so no link can say anything else.

use super::page::Notice;
use super::visit::Visit;

const SENTENCES: &[(&str, &str)] = &[
    ("created", "Created."),
    ("saved", "Saved. It is effective at once."),
    ("same", "Nothing was different, so nothing was saved."),
    ("deleted", "Deleted."),
    ("disabled", "Disabled. It is effective at once."),
    ("enabled", "Enabled."),
    ("secret-removed", "The secret was removed."),
    ("secret-ends", "The end of the secret was changed."),
    ("session-ended", "The session has ended."),
    ("sessions-ended", "All sessions have ended."),
    ("revoked", "Revoked."),
    ("user-code-set", "The user code was set. Applications must send it from now on."),
    ("user-code-removed", "The user code was removed."),
    ("linked", "Linked."),
    ("unlinked", "The link was removed."),
    ("rotated", "The new keys are published now."),
    ("retired", "The key is out of use."),
    ("sent-again", "The server now sends the messages again."),
    ("tested", "The server now sends the test. Reload this page to see whether it was delivered."),
    ("retried", "The server now resends everything that is not confirmed."),
];

/// The note that the address names.
pub(super) fn of(visit: &Visit<'_>) -> Vec<Notice> {
    let word = visit.parameter("note").unwrap_or_default();
    let found = SENTENCES.iter().find(|(known, _)| *known == word);
    found.map(|(_, sentence)| Notice::good(*sentence)).into_iter().collect()
}
