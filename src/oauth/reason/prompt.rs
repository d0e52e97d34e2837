//! Reasons about `prompt`, `max_age` and hints, by which a request influences the pages.

use super::Reason;
use super::Responsible::{Developer, Person};
use super::row::{Example, ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{
    AccountSelectionRequired, ConsentRequired, InvalidRequest, LoginRequired,
};

pub(super) const UNKNOWN: ReasonRow = ReasonRow {
    word: "prompt.unknown",
    title: "The value of prompt is unknown",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request contains a value of prompt that this server does not know.",
    fix: "Use none, login, consent, select_account or, if the server's metadata lists it, create. Separate \
          several values by single spaces, or leave prompt out. The values are in lower case.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &prompt=force\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &prompt=login\n\
         &…",
    ),
    see: &[Reason::PromptNoneCombined, Reason::SignUpOff],
};

pub(super) const NONE_COMBINED: ReasonRow = ReasonRow {
    word: "prompt.none_combined",
    title: "The value none of prompt is not alone",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request forbids every page and requests one at the same time.",
    fix: "Send prompt=none alone to find out silently whether the person is signed in, or leave none out.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &prompt=none consent\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &prompt=none\n\
         &…",
    ),
    see: &[Reason::SignInRequired, Reason::ConsentRequired],
};

pub(super) const MAX_AGE_MALFORMED: ReasonRow = ReasonRow {
    word: "max_age.malformed",
    title: "The value of max_age is not a number of seconds",
    code: InvalidRequest,
    who: &[Developer],
    what: "The value of max_age is not a number of seconds.",
    fix: "Send max_age as a whole number of seconds without a sign or unit. To make the person sign in \
          again, send prompt=login.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &max_age=15m\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &max_age=900\n\
         &…",
    ),
    see: &[Reason::PromptUnknown],
};

/// A silent request, and one that may show a page.
const ASK_ALOUD: Example = example(
    "# in the background, when the application starts\n\
     GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &prompt=none\n\
     &…",
    "# after a click on the application's sign-in button\n\
     GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &…",
);

pub(super) const SIGN_IN_REQUIRED: ReasonRow = ReasonRow {
    word: "sign_in.required",
    title: "The person has to sign in first",
    code: LoginRequired,
    who: &[Developer, Person],
    what: "The application forbade every page, and the person has to sign in first.",
    fix: "This is the ordinary answer to prompt=none when no one is signed in, or not recently enough for \
          max_age. Show the sign-in button, and leave prompt=none out when it is clicked.",
    command: None,
    example: ASK_ALOUD,
    see: &[Reason::ConsentRequired, Reason::AccountSelectionRequired],
};

pub(super) const CONSENT_REQUIRED: ReasonRow = ReasonRow {
    word: "consent.required",
    title: "The person has to give consent first",
    code: ConsentRequired,
    who: &[Developer, Person],
    what: "The application forbade every page, and the person has not allowed these scopes yet, or must be asked each \
           time because the application cannot prove who it is.",
    fix: "Send the person here again without prompt=none, best after a click; the consent page then asks. A public \
          client with a loopback address or a private scheme always needs that page.",
    command: None,
    example: ASK_ALOUD,
    see: &[Reason::SignInRequired],
};

pub(super) const OTHER_PERSON: ReasonRow = ReasonRow {
    word: "sign_in.other_person",
    title: "Another person is signed in",
    code: LoginRequired,
    who: &[Person, Developer],
    what: "Another person is signed in than the id_token_hint names.",
    fix: "Somebody has signed out or in since then. End your session, and send the person here again \
          without id_token_hint and prompt=none.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &prompt=none\n\
         &id_token_hint=…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &…",
    ),
    see: &[Reason::SignInRequired, Reason::HintInvalid],
};

pub(super) const ACCOUNT_SELECTION_REQUIRED: ReasonRow = ReasonRow {
    word: "account.selection_required",
    title: "The person has to choose an account first",
    code: AccountSelectionRequired,
    who: &[Developer, Person],
    what: "The application forbade every page, and several accounts are signed in with this browser.",
    fix: "Say which account you mean: send the last ID Token as id_token_hint, or the user name as \
          login_hint. Otherwise send the person here again without prompt=none; then a page lets the person \
          choose.",
    command: None,
    example: example(
        "# in the background, when the application starts\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &prompt=none\n\
         &…",
        "# the same for the person who was signed in last\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &prompt=none\n\
         &id_token_hint=eyJhbGciOiJFUzI1NiIs…\n\
         &…",
    ),
    see: &[Reason::SignInRequired],
};
