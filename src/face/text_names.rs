//! The names of texts that templates put together: `t("way-" ~ way.text)` is `way-home` or another end of this list.
//! `build.rs` compiles this file, too, and compares the lists with the templates and with every file of the catalogue.

/// The beginnings of names, each with all of its ends.
pub const FAMILIES: [(&str, &[&str]); 10] = [
    ("claim-", &CLAIMS),
    ("scope-", &SCOPES),
    ("way-", &WAYS),
    ("wait-", &TIME_UNITS),
    ("sign-up-", &SIGN_UP_MISTAKES),
    ("password-", &PASSWORD_MISTAKES),
    ("error-heading-", &ERROR_HEADINGS),
    ("error-", &ERROR_SENTENCES),
    ("answer-", &["yes", "no"]),
    ("month-", &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]),
];

/// Returns the end, which is in this list. In a constant, another one is an error of the compiler.
pub const fn named(list: &[&str], end: &'static str) -> &'static str {
    let mut at = 0;
    while at < list.len() {
        if is_equal(list[at].as_bytes(), end.as_bytes()) {
            return end;
        }
        at += 1;
    }
    panic!("the list has no text of this name");
}

const fn is_equal(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// The standard claims (OpenID Connect Core §5.1), and groups.
pub const CLAIMS: [&str; 20] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "groups",
];

/// The scopes that every server has at first.
pub const SCOPES: [&str; 7] = ["openid", "profile", "email", "address", "phone", "groups", "offline_access"];

/// Where a person can go on from an error page.
pub const WAYS: [&str; 3] = ["home", "logout", "device"];

/// The units of the time that a person has to wait.
pub const TIME_UNITS: [&str; 3] = ["second", "minute", "hour"];

/// What is wrong with a username or a name of a new account.
pub const SIGN_UP_MISTAKES: [&str; 4] = ["username", "taken", "name_length", "name_character"];

/// What is wrong with a new password.
pub const PASSWORD_MISTAKES: [&str; 5] = ["form", "short", "common", "name", "repeated"];

/// The headings of error pages.
pub const ERROR_HEADINGS: [&str; 8] =
    ["link", "later", "moment", "broken", "again", "over", "off", "nothing"];

/// What happened, for the person.
pub const ERROR_SENTENCES: [&str; 25] = [
    "application",
    "application-unknown",
    "application-disabled",
    "redirect",
    "server",
    "busy",
    "limited",
    "not-found",
    "flow-unknown",
    "flow-other-browser",
    "flow-expired",
    "flow-too-many",
    "request-used",
    "form-forged",
    "form",
    "sign-up-off",
    "sign-up-too-many",
    "password-link-over",
    "account-disabled",
    "group",
    "device",
    "device-answered",
    "device-too-many",
    "approve",
    "logout",
];
