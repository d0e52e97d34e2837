//! The members of a scope in a body.

use serde_json::Value;

use super::Members;
use super::named::NamedObject;
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::oauth::grant::scope::ScopeRecord;
use crate::oauth::language_tag::LanguageTag;
use crate::oauth::localized_text::LocalizedText;
use crate::operations::Context;
use crate::operations::fault::Faults;
use crate::operations::list::{List, Listing};
use crate::operations::list_change::ListChange;
use crate::operations::scope_deletion::{self, InUse};
use crate::operations::scopes::{self, ScopeChanges};
use crate::operations::terms::Version;
use crate::operations::text_change::TextChange;
use crate::representation;
use crate::store::page::NameFilter;

impl NamedObject for ScopeRecord {
    const PLACE: &'static str = "scopes";
    const NAME: &'static str = "name";
    type Changes = ScopeChanges;

    fn name(&self) -> &str {
        &self.name
    }

    fn read(members: &mut Members, name: String) -> Self {
        let given = Self::read_changes(members);
        let description = whole_text(members, &given.description, "description");
        if description.is_none() {
            members.missing_unless_wrong("description");
        }
        let consequence = whole_text(members, &given.consequence, "consequence");
        Self {
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

    fn read_changes(members: &mut Members) -> Self::Changes {
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

    fn whole(self) -> Self::Changes {
        ScopeChanges {
            description: replacing(Some(&self.description)),
            consequence: replacing(self.consequence.as_ref()),
            sensitive: Some(self.sensitive),
            claims: ListChange::Replace(self.claims),
            access_token_lifetime: Some(self.access_token_lifetime),
            required_group: Some(self.required_group),
            required: Some(self.required),
        }
    }

    fn to_json(&self) -> Value {
        representation::scope::to_json(self)
    }

    fn version(&self) -> Version {
        scopes::version(self)
    }

    async fn list(context: &Context<'_>, listing: Listing<NameFilter>) -> Result<List<Self>, Denied<Faults>> {
        scopes::list(context, listing).await
    }

    async fn find(context: &Context<'_>, name: &str) -> Result<Self, Denied<Faults>> {
        scopes::find(context, name).await
    }

    async fn create(context: &Context<'_>, object: Self) -> Result<Self, Denied<Faults>> {
        Ok(scopes::create(context, object).await?.outcome)
    }

    async fn update(
        context: &Context<'_>,
        name: &str,
        changes: Self::Changes,
    ) -> Result<Self, Denied<Faults>> {
        Ok(scopes::update(context, name, changes).await?.outcome)
    }

    async fn delete(context: &Context<'_>, name: &str) -> Result<(), Denied<Faults>> {
        scope_deletion::delete(context, name, InUse::Refuse).await?;
        Ok(())
    }
}

/// Takes a text with all its languages, such as `description` and `description#de`.
pub(super) fn text(members: &mut Members, name: &'static str) -> TextChange {
    let mut change = TextChange { default: members.changed_text(name), ..TextChange::default() };
    for (member, tag) in members.in_languages(name) {
        match (LanguageTag::parse(&tag), members.take(&member)) {
            // What follows the # is not a language tag.
            (None, _) => members.unknown(&member),
            (Some(tag), _) if !is_first(&change, &tag) => members.wrong(&member, "this language comes twice"),
            (Some(tag), Some(Value::Null)) => change.removed_if_there.push(tag),
            (Some(tag), Some(Value::String(text))) => change.in_languages.push((tag, text)),
            (Some(_), _) => members.wrong(&member, "it must be a text"),
        }
    }
    change
}

fn is_first(change: &TextChange, tag: &LanguageTag) -> bool {
    !change.removed_if_there.contains(tag) && change.in_languages.iter().all(|(given, _)| given != tag)
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
