//! What every member of every object in JSON means: one table for the document of the management API, the API reference,
//! the console, and the checks of bodies. The help of the commands has the same sentences, which a test checks.

pub(super) mod access;
mod activity;
mod audit;
mod check;
mod client;
mod configuration;
mod people;
mod webhooks;
pub(super) mod words;

pub use access::{API_KEY, DELIVERY, GRANT, KEY_ROTATION, PING, RETRIED, RETRY, SIGNING_KEY, SIGNING_KEYS};
pub use activity::{ACTIVITY, CLIENT_HEALTH};
pub use audit::{EVENT, EXPLAINED_REFUSAL, REFUSAL};
pub use check::{CHECK, CHECK_REQUEST};
pub use client::{CLIENT, SECRET};
pub use configuration::{AUTHORIZATION_TYPE, ISSUER, RESOURCE, SCOPE, SUBJECT};
pub use people::{CONSENT, PASSWORD, PASSWORD_LINK, SESSION, USER};
pub use webhooks::{
    ROTATED_WEBHOOK, SECRET_ROTATION, WEBHOOK, WEBHOOK_DELIVERY, WEBHOOK_RETRIED, WEBHOOK_RETRY,
};

/// All objects that have a name in the document.
pub static ALL: &[&ObjectSettings] = &[
    &CLIENT,
    &SECRET,
    &CHECK_REQUEST,
    &CHECK,
    &CLIENT_HEALTH,
    &USER,
    &PASSWORD,
    &PASSWORD_LINK,
    &SESSION,
    &CONSENT,
    &GRANT,
    &SCOPE,
    &RESOURCE,
    &AUTHORIZATION_TYPE,
    &ISSUER,
    &SUBJECT,
    &KEY_ROTATION,
    &SIGNING_KEY,
    &SIGNING_KEYS,
    &DELIVERY,
    &PING,
    &RETRY,
    &RETRIED,
    &WEBHOOK,
    &SECRET_ROTATION,
    &ROTATED_WEBHOOK,
    &WEBHOOK_DELIVERY,
    &WEBHOOK_RETRY,
    &WEBHOOK_RETRIED,
    &EVENT,
    &REFUSAL,
    &EXPLAINED_REFUSAL,
    &ACTIVITY,
    &API_KEY,
];

/// The members of one kind of object.
#[derive(Debug)]
pub struct ObjectSettings {
    /// The name of the kind, such as `Client`.
    pub name: &'static str,
    /// What the object is, in one sentence.
    pub sentence: &'static str,
    /// The command that makes such an object, such as `client create`. `None` if no command does.
    pub command: Option<&'static str>,
    pub members: &'static [Setting],
}

/// One member of an object.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The name of the member in JSON.
    pub name: &'static str,
    pub form: Form,
    /// What the member does, in one sentence without the full stop at its end.
    pub sentence: &'static str,
    /// More sentences, for what the help of the command need not say.
    pub note: Option<&'static str>,
    pub shown: Shown,
    pub given: Given,
    pub null: Null,
    /// The option of the object's command that sets the same, such as `--redirect-uri`, or its argument, such as `<NAME>`.
    pub option: Option<&'static str>,
}

/// The type of a member.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    Text,
    /// A text that may also be there for people of a language, as the member `name#de` (RFC 7591 §2.2).
    TextByLanguage,
    /// A text that must not be shown, logged or stored.
    Secret,
    Uri,
    /// An address that may also be there for people of a language.
    UriByLanguage,
    /// A colour, such as `#00aa77`.
    Colour,
    /// One of these words.
    Word(KnownWords),
    /// A list of these words.
    WordList(KnownWords),
    /// Names of scopes that are separated by spaces.
    Scope,
    TextList,
    /// A text, or a list of them.
    TextOrList,
    UriList,
    Flag,
    Number,
    /// A length of time in seconds.
    Seconds,
    /// A time in RFC 3339.
    Time,
    /// A JWK Set (RFC 7517 §5).
    JwkSet,
    /// `none`, `scopes`, or a list of names of claims.
    ClaimChoice,
    /// An object with a member for each claim.
    Claims,
    /// A JSON Schema.
    Schema,
    /// A list of any objects.
    AnyObjectList,
    /// Any value.
    Any,
    /// Places in a text: pairs of where each begins and ends.
    Ranges,
    Object(&'static ObjectSettings),
    ObjectList(&'static ObjectSettings),
}

/// Returns the words that a member may have.
pub type KnownWords = fn() -> Vec<&'static str>;

/// When an answer has a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Always,
    /// Only in some answers.
    Sometimes,
    /// Only in the answer to the request that created it.
    Once,
    Never,
}

/// Who sets a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Only the server.
    ByServer,
    /// The caller, who must give it when the object is created.
    Required,
    Optional,
    /// The caller, only when the object is created. Afterwards, it may only come with the same value.
    Name {
        is_required: bool,
    },
    /// The caller, only when the object is created.
    AtCreation {
        is_required: bool,
    },
}

/// Where a member may be `null`, which means that it is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    Never,
    InBodies,
    /// In bodies, except those of PATCH.
    InWholeBodies,
    InAnswers,
    Anywhere,
}

impl ObjectSettings {
    /// Returns the member with this name, which may have the tag of a language after `#`.
    pub fn find(&self, name: &str) -> Option<&'static Setting> {
        let (base, tag) = name.split_once('#').map_or((name, None), |(base, tag)| (base, Some(tag)));
        let fits = |member: &&Setting| member.name == base && (tag.is_none() || member.has_languages());
        self.members.iter().find(fits)
    }
}

impl Setting {
    /// A member that answers always have and callers may give.
    const fn new(name: &'static str, form: Form, sentence: &'static str) -> Self {
        Self {
            name,
            form,
            sentence,
            note: None,
            shown: Shown::Always,
            given: Given::Optional,
            null: Null::InBodies,
            option: None,
        }
    }

    /// A member that only the server sets.
    const fn by_server(name: &'static str, form: Form, sentence: &'static str) -> Self {
        Self::new(name, form, sentence).given(Given::ByServer).null(Null::Never)
    }

    const fn given(self, given: Given) -> Self {
        Self { given, ..self }
    }

    const fn shown(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }

    const fn null(self, null: Null) -> Self {
        Self { null, ..self }
    }

    /// The member must be given when the object is created, and is never `null`.
    const fn required(self) -> Self {
        self.given(Given::Required).null(Null::Never)
    }

    /// The member is `null` in answers, too, when it is not set.
    const fn may_be_unset(self) -> Self {
        self.null(match self.given {
            Given::ByServer => Null::InAnswers,
            _ => Null::Anywhere,
        })
    }

    const fn option(self, option: &'static str) -> Self {
        Self { option: Some(option), ..self }
    }

    const fn note(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }

    /// Whether the member may be there for people of several languages.
    pub const fn has_languages(&self) -> bool {
        matches!(self.form, Form::TextByLanguage | Form::UriByLanguage)
    }

    /// Whether only the server sets the member.
    pub fn is_by_server(&self) -> bool {
        self.given == Given::ByServer
    }

    /// Everything that is to say about the member, as sentences.
    pub fn sentences(&self) -> String {
        let note = self.note.map(|note| format!(" {note}")).unwrap_or_default();
        format!("{}.{note}", self.sentence)
    }
}
