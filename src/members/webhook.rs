//! The members of a webhook in a body.

use super::Members;
use crate::clock::Seconds;
use crate::operations::list_change::ListChange;
use crate::operations::webhooks::{NewWebhook, WebhookChanges};

/// Reads a webhook to create. What is wrong is noted with the members.
pub fn read_new(members: &mut Members) -> NewWebhook {
    NewWebhook {
        name: members.required_text("name"),
        url: members.required_text("url"),
        types: members.texts("types").unwrap_or_default(),
    }
}

/// Reads what replaces a webhook. What is wrong is noted with the members.
pub fn read_replacement(members: &mut Members) -> WebhookChanges {
    let NewWebhook { name, url, types } = read_new(members);
    WebhookChanges {
        name: Some(name),
        url: Some(url),
        types: ListChange::Replace(types),
        disabled: Some(members.flag("disabled").unwrap_or_default()),
    }
}

/// Reads a merge patch of a webhook (RFC 7396). What is wrong is noted with the members.
pub fn read_changes(members: &mut Members) -> WebhookChanges {
    WebhookChanges {
        name: members.kept_text("name"),
        url: members.kept_text("url"),
        types: members.texts("types").map_or(ListChange::Keep, ListChange::Replace),
        disabled: members.flag("disabled"),
    }
}

/// Reads for how long the secret before a new one signs, too. What is wrong is noted with the members.
pub fn read_overlap(members: &mut Members) -> Option<Seconds> {
    members.changed_number("overlap").flatten().map(Seconds::new)
}
