//! The question whether an application may have what it asks for.

use super::PageState;
use super::people::{
    ARABIC_APPLICATION, LONG_MESSAGE, alice, application, arabic_person, bare, long, long_person,
};
use crate::face::value_meaning;
use crate::face::view::{
    Application, AskedDetail, AskedElsewhere, AskedItem, AskingDevice, ConsentPage, DetailMember,
    SentencePart, ValueMeaning, Words,
};

pub(super) fn states(issuer: &str) -> Vec<PageState> {
    let page = ConsentPage {
        application: application(issuer),
        account: alice(),
        accounts: Some(format!("{issuer}/accounts")),
        items: vec![
            standard("openid"),
            standard("profile"),
            scope("calendar.read", "See your calendars and what is in them"),
        ],
        details: Vec::new(),
        returns_to: Some("calendar.example".into()),
        device: None,
        elsewhere: None,
        ends_with_session: true,
        each_time: false,
        client_id: "demo-calendar".into(),
        action: format!("{issuer}/consent"),
        form_token: "invented-form-token".into(),
    };
    let mut states = asked(&page);
    states.extend(shown(&page));
    states.extend(detailed(&page));
    states.extend(asked_elsewhere(&page));
    states
}

/// What an application on another device asks.
fn asked_elsewhere(page: &ConsentPage) -> Vec<PageState> {
    let state = |name: &str, message: Option<&str>, page: ConsentPage| {
        let elsewhere = Some(AskedElsewhere { message: message.map(str::to_owned), minutes: 2 });
        let page = ConsentPage { accounts: None, returns_to: None, elsewhere, ..page };
        let state = PageState::new(name, page).showing_details();
        message.into_iter().fold(state, PageState::showing)
    };
    let payment = ConsentPage { items: Vec::new(), details: vec![payment(Some("en"))], ..page.clone() };
    let arabic =
        ConsentPage { application: bare(ARABIC_APPLICATION), account: arabic_person(), ..page.clone() };
    vec![
        state("elsewhere", Some("Order 4711"), page.clone()),
        state("elsewhere-without-message", None, page.clone()),
        state("elsewhere-details", Some("W4SCT"), payment),
        state(
            "elsewhere-long",
            Some(LONG_MESSAGE),
            ConsentPage { application: bare(&long()), ..page.clone() },
        ),
        state("elsewhere-right-to-left", Some("طلب رقم ٤٧١١"), arabic),
        state("elsewhere-only-question", Some("W4SCT"), ConsentPage { items: Vec::new(), ..page.clone() }),
    ]
}

/// What is asked, of an application or a device.
fn asked(page: &ConsentPage) -> Vec<PageState> {
    vec![
        PageState::new("three-scopes", page.clone()),
        PageState::new("six-scopes", ConsentPage { items: six(), ends_with_session: false, ..page.clone() }),
        PageState::new("partial", ConsentPage { items: partial(), ends_with_session: false, ..page.clone() }),
        PageState::new("offline", ConsentPage { items: offline(), ends_with_session: false, ..page.clone() }),
        PageState::new("claims", ConsentPage { items: claims(), ..page.clone() }),
        PageState::new("only-question", ConsentPage { items: Vec::new(), each_time: true, ..page.clone() }),
        PageState::new("each-time", ConsentPage { each_time: true, ..page.clone() }),
        PageState::new(
            "device-with-code",
            ConsentPage { device: device(Some("WDJB-MJHT"), 0), ..on_device(page) },
        ),
        PageState::new("device-without-code", ConsentPage { device: device(None, 1), ..on_device(page) }),
        PageState::new(
            "device-only-question",
            ConsentPage { device: device(Some("WDJB-MJHT"), 7), items: Vec::new(), ..on_device(page) },
        ),
    ]
}

/// The application that asks, and the account that answers.
fn shown(page: &ConsentPage) -> Vec<PageState> {
    vec![
        PageState::new("without-logo", ConsentPage { application: bare("Demo Calendar"), ..page.clone() }),
        PageState::new("only-site", ConsentPage { application: linked(Some("site"), None), ..page.clone() }),
        PageState::new(
            "only-privacy",
            ConsentPage { application: linked(None, Some("privacy")), ..page.clone() },
        ),
        PageState::new(
            "right-to-left",
            ConsentPage {
                application: bare(ARABIC_APPLICATION),
                account: arabic_person(),
                items: vec![AskedItem {
                    description: Some(words("عرض تقويمك", "ar")),
                    ..scope("calendar.read", "")
                }],
                ..page.clone()
            },
        ),
        PageState::new(
            "long-names",
            ConsentPage {
                application: bare(&long()),
                account: long_person(),
                items: vec![AskedItem { name: long(), sensitive: true, ..scope("", &long()) }],
                returns_to: Some(format!("{}.example", long())),
                client_id: long(),
                ..page.clone()
            },
        ),
    ]
}

/// What is asked for in words of the application: with a sentence, without one, and nothing else.
fn detailed(page: &ConsentPage) -> Vec<PageState> {
    let only = |details: Vec<AskedDetail>| ConsentPage { items: Vec::new(), details, ..page.clone() };
    let mixed = ConsentPage { details: vec![payment(Some("en")), unspoken()], ..page.clone() };
    let on_device =
        ConsentPage { device: device(Some("WDJB-MJHT"), 0), ..on_device(&only(vec![payment(None)])) };
    let long = AskedDetail { members: vec![member(&long(), &long())], ..unspoken() };
    vec![
        PageState::new("details", mixed),
        PageState::new("details-only", only(vec![payment(None), payment(Some("en"))])),
        PageState::new("details-device", on_device),
        PageState::new("details-long", only(vec![long])),
        PageState::new("details-right-to-left", only(vec![arabic_payment()])),
    ]
    .into_iter()
    .map(PageState::showing_details)
    // A template may show these values in words, too.
    .chain([PageState::new("details-in-words", only(vec![transfers()]))])
    .collect()
}

fn part(text: &str, is_value: bool) -> SentencePart {
    SentencePart { text: text.into(), is_value, meaning: ValueMeaning::default() }
}

fn member(name: &str, value: &str) -> DetailMember {
    DetailMember { name: name.into(), value: value.into(), meaning: value_meaning::of_text(value) }
}

/// One payment, with a sentence.
fn payment(lang: Option<&str>) -> AskedDetail {
    AskedDetail {
        name: "payment_initiation".into(),
        sentence: vec![
            part("Pay ", false),
            part("123.50", true),
            part(" ", false),
            part("EUR", true),
            part(" to ", false),
            part("Merchant A", true),
        ],
        lang: lang.map(str::to_owned),
        members: vec![
            member("creditorAccount.iban", "DE02100100109307118603"),
            member("creditorName", "Merchant A"),
            member("instructedAmount.amount", "123.50"),
            member("instructedAmount.currency", "EUR"),
            member("type", "payment_initiation"),
        ],
    }
}

/// Something with a date, a time and an answer.
fn transfers() -> AskedDetail {
    let is_repeated = DetailMember { meaning: value_meaning::of_answer(true), ..member("repeated", "true") };
    let members =
        vec![is_repeated, member("first", "2026-12-24T18:00:00+01:00"), member("until", "2027-12-24")];
    AskedDetail { members, ..unspoken() }
}

/// A payment to a name in Arabic, in an English sentence.
fn arabic_payment() -> AskedDetail {
    AskedDetail {
        sentence: vec![
            part("Pay ", false),
            part("12 SAR", true),
            part(" to ", false),
            part("متجر الكتب", true),
            part(".", false),
        ],
        ..payment(Some("en"))
    }
}

/// Something without a sentence, of which the page shows every member.
fn unspoken() -> AskedDetail {
    AskedDetail {
        name: "account_information".into(),
        sentence: Vec::new(),
        lang: None,
        members: vec![member("actions.1", "list_accounts"), member("actions.2", "read_balances")],
    }
}

/// An application with some of its links.
fn linked(site: Option<&str>, policy: Option<&str>) -> Application {
    let link = |path: &str| format!("https://calendar.example/{path}");
    Application { site: site.map(link), policy: policy.map(link), ..bare("Demo Calendar") }
}

fn words(text: &str, lang: &str) -> Words {
    Words { text: text.into(), lang: Some(lang.into()) }
}

fn scope(name: &str, description: &str) -> AskedItem {
    AskedItem {
        name: name.into(),
        description: Some(words(description, "en")),
        scope: None,
        claim: None,
        sensitive: false,
        consequence: None,
        ticked: None,
    }
}

/// A standard scope, in the words of the catalogue.
fn standard(name: &str) -> AskedItem {
    AskedItem { description: None, scope: Some(name.to_owned()), ..scope(name, "") }
}

/// Six scopes, of which two are sensitive: one in the server's words, and one in the operator's.
fn six() -> Vec<AskedItem> {
    vec![
        AskedItem {
            sensitive: true,
            ..scope("calendar.write", "Create, change and delete events in your calendars")
        },
        AskedItem {
            sensitive: true,
            consequence: Some(words("The application can send mail that others take for yours.", "en")),
            ..scope("mail.send", "Send mail in your name")
        },
        standard("openid"),
        standard("profile"),
        scope("calendar.read", "See your calendars and what is in them"),
        standard("offline_access"),
    ]
}

/// A standard scope that is sensitive, with what follows from it in the words of the catalogue.
fn offline() -> Vec<AskedItem> {
    vec![AskedItem { sensitive: true, ..standard("offline_access") }, standard("openid")]
}

/// Claims that the catalogue describes, and one that only the operator knows.
fn claims() -> Vec<AskedItem> {
    let claim = |name: &str, known: bool| AskedItem {
        description: None,
        claim: known.then(|| name.to_owned()),
        ..scope(name, "")
    };
    vec![claim("email", true), claim("birthdate", true), claim("https://example.com/staff_number", false)]
}

/// What the person can leave out, except for openid: scopes and a claim, of which one box was cleared before.
fn partial() -> Vec<AskedItem> {
    let mut items = six();
    items.truncate(4);
    items.extend(claims().into_iter().take(2));
    for item in items.iter_mut().filter(|item| item.name != "openid") {
        item.ticked = Some(item.name != "profile");
    }
    items
}

/// The page of a device: no one goes back to an application.
fn on_device(page: &ConsentPage) -> ConsentPage {
    ConsentPage { returns_to: None, ..page.clone() }
}

fn device(code: Option<&str>, minutes: i64) -> Option<AskingDevice> {
    Some(AskingDevice {
        code: code.map(str::to_owned),
        address: "203.0.113.7".into(),
        here: code.is_none().then(|| "2001:db8:85a3::8a2e:370:7334".into()),
        minutes,
    })
}
