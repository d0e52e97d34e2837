//! The members of a scope in a body.

use serde_json::Value;

use super::Members;
use crate::clock::Seconds;
use crate::oauth::grant::scope::ScopeRecord;
use crate::oauth::language_tag::LanguageTag;
use crate::oauth::localized_text::LocalizedText;
use crate::operations::list_change::ListChange;
use crate::operations::scopes::ScopeChanges;
use crate::operations::text_change::TextChange;

/// Reads a scope to create under this name, or one that replaces it. What is wrong is noted with the members.
pub fn new(members: &mut Members, name: String) -> ScopeRecord {
    let given = changes(members);
    let description = whole_text(members, &given.description, "description");
    if description.is_none() {
        members.missing_unless_wrong("description");
    }
    let consequence = whole_text(members, &given.consequence, "consequence");
    ScopeRecord {
        name,
        version: 1,
        description: description.unwrap_or_default(),
        consequence,
        sensitive: given.sensitive.unwrap_or_default(),
        claims: given.claims.new_members().to_vec(),
        access_token_lifetime: given.access_token_lifetime.flatten(),
        required_group: given.required_group.flatten(),
        required: given.required.unwrap_or_default(),
    }
}

/// The changes that give a scope all the members of this one.
pub fn whole(scope: ScopeRecord) -> ScopeChanges {
    ScopeChanges {
        description: replacing(Some(&scope.description)),
        consequence: replacing(scope.consequence.as_ref()),
        sensitive: Some(scope.sensitive),
        claims: ListChange::Replace(scope.claims),
        access_token_lifetime: Some(scope.access_token_lifetime),
        required_group: Some(scope.required_group),
        required: Some(scope.required),
    }
}

/// Reads a merge patch of a scope (RFC 7396). What is wrong is noted with the members.
pub fn changes(members: &mut Members) -> ScopeChanges {
    let changes = ScopeChanges {
        description: text(members, "description"),
        consequence: text(members, "consequence"),
        sensitive: members.flag("sensitive"),
        claims: members.texts("claims").map_or(ListChange::Keep, ListChange::Replace),
        access_token_lifetime: members
            .changed_number("access_token_lifetime")
            .map(|number| number.map(Seconds::new)),
        required_group: members.changed_text("required_group"),
        required: members.flag("required"),
    };
    if changes.description.default == Some(None) {
        members.wrong("description", "it cannot be removed");
    }
    changes
}

/// Takes a text with all its languages, such as `description` and `description#de`.
pub(super) fn text(members: &mut Members, name: &'static str) -> TextChange {
    let mut change = TextChange { default: members.changed_text(name), ..TextChange::default() };
    for (member, tag) in members.in_languages(name) {
        match (LanguageTag::parse(&tag), members.take(&member)) {
            // What follows the # is not a language tag.
            (None, _) => members.unknown(&member),
            (Some(tag), Some(Value::Null)) => change.removed_if_there.push(tag),
            (Some(tag), Some(Value::String(text))) if is_first(&change, &tag) => {
                change.in_languages.push((tag, text));
            }
            (Some(_), Some(Value::String(_))) => members.wrong(&member, "this language comes twice"),
            (Some(_), _) => members.wrong(&member, "it must be a text"),
        }
    }
    change
}

fn is_first(change: &TextChange, tag: &LanguageTag) -> bool {
    change.in_languages.iter().all(|(given, _)| given != tag)
}

/// The text that a change makes if there was none.
pub(super) fn whole_text(
    members: &mut Members,
    change: &TextChange,
    name: &'static str,
) -> Option<LocalizedText> {
    match change.applied_to(None, name) {
        Ok(text) => text,
        Err(fault) => {
            members.wrong(fault.member.as_deref().unwrap_or(name), fault.sentence);
            None
        }
    }
}

/// The change that leaves only this text.
pub(super) fn replacing(text: Option<&LocalizedText>) -> TextChange {
    let in_languages = text.iter().flat_map(|text| text.in_languages());
    TextChange {
        default: Some(text.map(|text| text.as_str().to_owned())),
        in_languages: in_languages.map(|(tag, text)| (tag.clone(), text.to_owned())).collect(),
        is_whole: true,
        ..TextChange::default()
    }
}
