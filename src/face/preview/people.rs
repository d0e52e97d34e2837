//! Invented people and applications.

use crate::face::view::{AccountRow, Application, Words};

/// 200 characters that can only be broken anywhere.
pub(super) fn long() -> String {
    "Llanfairpwllgwyngyll".repeat(10)
}

/// As long as a message of another device may be, without a space.
pub(super) const LONG_MESSAGE: &str = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch-12345";

/// A name that is written from the right to the left.
pub(super) const ARABIC_APPLICATION: &str = "تقويم العائلة";
const ARABIC_PERSON: &str = "سارة الأحمد";

pub(super) fn application(issuer: &str) -> Application {
    Application {
        name: Words { text: "Demo Calendar".into(), lang: Some("en".into()) },
        logo: Some(format!("{issuer}/logo.svg")),
        logo_dark: Some(format!("{issuer}/logo.svg")),
        style: None,
        site: Some("https://calendar.example/".into()),
        policy: Some("https://calendar.example/privacy".into()),
        terms: Some("https://calendar.example/terms".into()),
    }
}

/// An application with nothing but a name.
pub(super) fn bare(name: &str) -> Application {
    Application {
        name: Words { text: name.into(), lang: None },
        logo: None,
        logo_dark: None,
        style: None,
        site: None,
        policy: None,
        terms: None,
    }
}

pub(super) fn account(name: &str, address: Option<&str>, initials: &str) -> AccountRow {
    AccountRow {
        session: format!("session-of-{initials}"),
        name: name.into(),
        address: address.map(str::to_owned),
        initials: initials.into(),
    }
}

pub(super) fn alice() -> AccountRow {
    account("Alice Example", Some("alice@example.com"), "AE")
}

/// Five people: usual, with a name only, long, and written from the right to the left.
pub(super) fn five() -> Vec<AccountRow> {
    vec![
        alice(),
        account("bob", None, "B"),
        account(&long(), Some(&format!("{}@example.com", long())), "LL"),
        account(ARABIC_PERSON, Some("sara@example.com"), "سا"),
        account("山田 太郎", Some("taro@example.co.jp"), "山"),
    ]
}

pub(super) fn arabic_person() -> AccountRow {
    account(ARABIC_PERSON, Some("sara@example.com"), "سا")
}

pub(super) fn long_person() -> AccountRow {
    account(&long(), Some(&format!("{}@example.com", long())), "LL")
}
