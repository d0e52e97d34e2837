//! The members of people, their sessions, consents and links.

use super::{Form, Given, Null, ObjectSettings, Setting, Shown};
use crate::oauth::identity::role::Role;

/// A person.
pub static USER: ObjectSettings = ObjectSettings {
    name: "User",
    sentence: "A person who can sign in.",
    command: Some("user create"),
    members: &[
        Setting::by_server("id", Form::Text, "The id of the user, which never changes")
            .note("It is the sub of the person's tokens, except for clients with pairwise subjects."),
        Setting::new("username", Form::Text, "What the person types to sign in").required().option("--username"),
        Setting::new("email", Form::Text, "The e-mail address, which also works for signing in")
            .may_be_unset()
            .option("--email"),
        Setting::new("email_verified", Form::Flag, "Whether the address was verified").option("--email-verified"),
        Setting::new("name", Form::Text, "The person's full name").may_be_unset().option("--name"),
        Setting::new("groups", Form::TextList, "A group that the person belongs to").option("--group"),
        Setting::new("claims", Form::Claims, "Another claim about the person, such as given_name=Jane")
            .null(Null::InWholeBodies)
            .note("In JSON, an object with a member for each. PATCH merges it, and null removes one claim.")
            .option("--claim"),
        Setting::new(
            "role",
            Form::Word(roles),
            "What the person may do with the management API: everything, what operators do every day, only look, or nothing",
        )
        .may_be_unset()
        .option("--role"),
        Setting::new("disabled", Form::Flag, "Whether the person cannot sign in until the account is enabled again")
            .note("A new user is enabled. Disabling a user ends the sessions, as grantor user disable does."),
        Setting::new("password", Form::Secret, "The password of the person")
            .given(Given::AtCreation { is_required: false })
            .shown(Shown::Never)
            .note("Without it, the answer has a link by which the person sets one. Later, PUT …/password sets another one."),
        Setting::by_server(
            "password_link",
            Form::Uri,
            "A link by which the person sets a password, once",
        )
        .shown(Shown::Once)
        .note("Anyone who has the link can set the password. It is only in the answer to this request."),
        Setting::by_server("link_expires_at", Form::Time, "When the link ends").shown(Shown::Once),
        Setting::by_server("password_changed_at", Form::Time, "When the password was last set").null(Null::InAnswers),
        Setting::new(
            "user_code",
            Form::Secret,
            "The secret that applications send before they may ask the person on another device (CIBA)",
        )
        .shown(Shown::Never)
        .note(
            "It has 4 to 64 characters. Only clients with backchannel_user_code_parameter send it. null removes it; without \
             the member, PUT leaves it as it is.",
        ),
        Setting::by_server("user_code_changed_at", Form::Time, "When the user code was last set")
            .null(Null::InAnswers)
            .note("null for a person without a user code."),
        Setting::by_server("created_at", Form::Time, "When the user was created"),
        Setting::by_server("updated_at", Form::Time, "When the user was last changed"),
    ],
};

/// A password, as it is set.
pub static PASSWORD: ObjectSettings = ObjectSettings {
    name: "Password",
    sentence: "A new password. Setting it ends the sessions of the person and revokes the grants.",
    command: Some("user set-password"),
    members: &[Setting::new("password", Form::Secret, "The new password").required().shown(Shown::Never)],
};

/// A link by which a person sets a password.
pub static PASSWORD_LINK: ObjectSettings = ObjectSettings {
    name: "PasswordLink",
    sentence: "A link by which a person sets a password, once and within 24 hours.",
    command: Some("user reset-link"),
    members: &[
        Setting::by_server("password_link", Form::Uri, "The link")
            .shown(Shown::Once)
            .note("Anyone who has the link can set the password. It is only in the answer to this request."),
        Setting::by_server("link_expires_at", Form::Time, "When the link ends"),
    ],
};

/// A session.
pub static SESSION: ObjectSettings = ObjectSettings {
    name: "Session",
    sentence: "A browser in which a person is signed in.",
    command: None,
    members: &[
        Setting::by_server("id", Form::Text, "The id of the session"),
        Setting::by_server("user_id", Form::Text, "The id of the user"),
        Setting::by_server("username", Form::Text, "The username"),
        Setting::by_server("auth_time", Form::Time, "When the person last signed in"),
        Setting::by_server("last_seen_at", Form::Time, "When the session was last used"),
        Setting::by_server("expires_at", Form::Time, "When the session ends"),
    ],
};

/// A consent.
pub static CONSENT: ObjectSettings = ObjectSettings {
    name: "Consent",
    sentence: "What a person has allowed an application, and what the person has left out.",
    command: None,
    members: &[
        Setting::by_server("user_id", Form::Text, "The id of the user"),
        Setting::by_server("username", Form::Text, "The username"),
        Setting::by_server("client_id", Form::Text, "The client_id of the application"),
        Setting::by_server("client_name", Form::Text, "The name of the application"),
        Setting::by_server("scope", Form::Scope, "The scopes that the person has allowed"),
        Setting::by_server("resources", Form::UriList, "The resources that the person has allowed"),
        Setting::by_server("claims", Form::TextList, "The claims that the person has allowed one by one"),
        Setting::by_server(
            "authorization_details",
            Form::AnyObjectList,
            "The authorization details that the person has allowed, except those about which the server asks each time",
        ),
        Setting::by_server("refused", Form::Object(&REFUSED), "What the person has left out"),
        Setting::by_server("updated_at", Form::Time, "When the person last answered"),
    ],
};

/// What a person has left out.
static REFUSED: ObjectSettings = ObjectSettings {
    name: "RefusedPart",
    sentence: "What a person has left out on the consent page.",
    command: None,
    members: &[
        Setting::by_server("scope", Form::Scope, "The scopes that the person has left out"),
        Setting::by_server("resources", Form::UriList, "The resources that the person has left out"),
        Setting::by_server("claims", Form::TextList, "The claims that the person has left out"),
    ],
};

fn roles() -> Vec<&'static str> {
    Role::ALL.iter().map(|word| word.as_str()).collect()
}
