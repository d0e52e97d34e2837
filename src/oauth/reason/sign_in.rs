//! Reasons about the person's part: the flow of a sign-in, its forms, and the decision.

use super::Reason;
use super::Responsible::{Developer, Nobody, Operator, Person};
use super::row::{Example, ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{AccessDenied, TemporarilyUnavailable};

/// The person begins again at the application.
const AGAIN: Example = example(
    "GET https://id.example.com/sign-in\n\
     ?flow=made-up-flow",
    "# the application's own page, from where it begins a sign-in\n\
     GET https://app.example.com/sign-in",
);

pub(super) const FLOW_UNKNOWN: ReasonRow = ReasonRow {
    word: "flow.unknown",
    title: "The sign-in is unknown",
    code: AccessDenied,
    who: &[Person],
    what: "This sign-in is unknown here, or ended long ago.",
    fix: "Go back to the application and sign in from there again. The address of a sign-in page works for \
          one sign-in only, not as a bookmark.",
    command: None,
    example: AGAIN,
    see: &[Reason::FlowExpired],
};

pub(super) const FLOW_OTHER_BROWSER: ReasonRow = ReasonRow {
    word: "flow.other_browser",
    title: "The sign-in belongs to another browser",
    code: AccessDenied,
    who: &[Person, Developer],
    what: "This sign-in was started in another browser, or the browser did not send its cookie back.",
    fix: "Start again from the application in this browser, with cookies allowed. For developers: localhost \
          and 127.0.0.1 do not share cookies, and a page in a frame of another site has none.",
    command: None,
    example: AGAIN,
    see: &[Reason::FormForged],
};

pub(super) const FLOW_EXPIRED: ReasonRow = ReasonRow {
    word: "flow.expired",
    title: "The sign-in took too long",
    code: AccessDenied,
    who: &[Person],
    what: "The sign-in took longer than this server waits.",
    fix: "Start the sign-in again from the application. An application offers its sign-in button again when \
          it gets this error.",
    command: None,
    example: AGAIN,
    see: &[Reason::SignInCancelled],
};

pub(super) const FLOW_ANSWERED: ReasonRow = ReasonRow {
    word: "flow.answered",
    title: "The sign-in is complete already",
    code: AccessDenied,
    who: &[Person],
    what: "This sign-in has been completed already, in this tab or in a copy of it.",
    fix: "Go back to the application, which got its answer the first time. A sign-in is answered once, so the \
          Back button and a second tab lead to a page that says so. To sign in again, begin at the application.",
    command: None,
    example: AGAIN,
    see: &[Reason::FlowUnknown, Reason::CodeReplayed],
};

pub(super) const FLOW_TOO_MANY: ReasonRow = ReasonRow {
    word: "flow.too_many",
    title: "Too many sign-ins wait for a person",
    code: TemporarilyUnavailable,
    who: &[Person, Developer, Operator],
    what: "Too many sign-ins of this network wait for a person, or were cancelled by people who are not signed in, or were \
           pushed by a public application.",
    fix: "Try again after the seconds of Retry-After, or from another network. A request that fits into an address \
          of 2,048 characters is not stored, so an application can avoid the limit by a shorter state. An operator \
          can allow more with limits.network_flows and limits.flows.",
    command: None,
    example: AGAIN,
    see: &[Reason::SignUpTooMany, Reason::LimitsNetwork],
};

pub(super) const FORM_FORGED: ReasonRow = ReasonRow {
    word: "form.forged",
    title: "The form did not come from this browser",
    code: AccessDenied,
    who: &[Person, Developer],
    what: "The form did not come from a page that this server showed to this browser.",
    fix: "Load the page again and send the form from there. Programs cannot send it: an application that \
          wants tokens sends the person here, or uses a grant without a person.",
    command: None,
    example: example(
        "# an application that collects passwords itself\n\
         POST https://id.example.com/sign-in?flow=made-up-flow\n\
         Origin: https://app.example.com\n\
         \n\
         username=alice\n\
         &password=made-up-password",
        "# an application that sends the person here\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &redirect_uri=https://app.example.com/callback\n\
         &…",
    ),
    see: &[Reason::FlowOtherBrowser],
};

/// What an application should not do, and should do, when the person returns without consent.
const COME_BACK: Example = example(
    "# on ?error=access_denied the application starts over at once, without end\n\
     HTTP/1.1 302 Found\n\
     Location: https://id.example.com/authorize?client_id=calendar&…",
    "# on ?error=access_denied the application says so and offers its button again\n\
     HTTP/1.1 200 OK\n\
     Content-Type: text/html",
);

pub(super) const CONSENT_DENIED: ReasonRow = ReasonRow {
    word: "consent.denied",
    title: "The person did not allow the access",
    code: AccessDenied,
    who: &[Person],
    what: "The person chose not to allow it, or refused every single thing that the application asked for.",
    fix: "Respect it: say that the person is not signed in, and offer to try again. People say yes more \
          often if you request few scopes, each when it is needed. About scopes that a person has refused \
          one by one, only a request with prompt=consent asks again.",
    command: None,
    example: COME_BACK,
    see: &[Reason::SignInCancelled],
};

pub(super) const SIGN_UP_OFF: ReasonRow = ReasonRow {
    word: "sign_up.off",
    title: "People cannot create their own accounts here",
    code: AccessDenied,
    who: &[Operator],
    what: "People cannot create their own accounts on this server.",
    fix: "Ask the operator of the server for an account. The operator can allow people to create their own \
          accounts with sign_up.enabled in the configuration.",
    command: Some("grantor user invite --username alice"),
    example: example(
        "GET https://id.example.com/sign-up\n\
         ?flow=made-up-flow",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &…",
    ),
    see: &[Reason::PromptUnknown],
};

pub(super) const SIGN_UP_TOO_MANY: ReasonRow = ReasonRow {
    word: "sign_up.too_many",
    title: "Too many accounts were created",
    code: TemporarilyUnavailable,
    who: &[Person, Operator],
    what: "Too many accounts were created from this network in the last day.",
    fix: "Try again later, or from another network, such as that of a phone. An operator whose people all \
          sign up from one address can allow more with limits.network_sign_ups and limits.sign_ups in the \
          configuration.",
    command: None,
    example: example(
        "# the next one after a thousand accounts from one address\n\
         POST https://id.example.com/sign-up?flow=made-up-flow\n\
         \n\
         username=zoe\n\
         &password=made-up-password",
        "# after the seconds of Retry-After\n\
         POST https://id.example.com/sign-up?flow=made-up-flow\n\
         \n\
         username=zoe\n\
         &password=made-up-password",
    ),
    see: &[Reason::DeviceCodeTooMany, Reason::SignInGuesses],
};

pub(super) const PASSWORD_LINK_OVER: ReasonRow = ReasonRow {
    word: "password_link.over",
    title: "The link for setting a password has ended",
    code: AccessDenied,
    who: &[Person, Operator],
    what: "This link for setting a password does not work any more.",
    fix: "If you have set your password by the link already, sign in with it at the application that you want to use. \
          Otherwise ask the operator for a new link: a link works once and for 24 hours, a newer link ends it, and so \
          does another way of setting the password. Operators make one with grantor user reset-link.",
    command: Some("grantor user reset-link alice"),
    example: example(
        "# the link of the day before yesterday\n\
         GET https://id.example.com/password\n\
         ?token=made-up-old-token",
        "# the link that grantor user reset-link has just printed\n\
         GET https://id.example.com/password\n\
         ?token=made-up-new-token",
    ),
    see: &[Reason::SignInGuesses, Reason::FormForged],
};

pub(super) const CANCELLED: ReasonRow = ReasonRow {
    word: "sign_in.cancelled",
    title: "The person cancelled the sign-in",
    code: AccessDenied,
    who: &[Person],
    what: "The person went back instead of signing in.",
    fix: "Let the person try again when they wish; this is not a failure, and nothing has to be fixed.",
    command: None,
    example: COME_BACK,
    see: &[Reason::ConsentDenied, Reason::FlowExpired],
};

pub(super) const TOO_MANY_GUESSES: ReasonRow = ReasonRow {
    word: "sign_in.too_many_guesses",
    title: "Too many wrong passwords were entered",
    code: TemporarilyUnavailable,
    who: &[Nobody, Person],
    what: "Too many wrong passwords were tried, for this account or from this network.",
    fix: "Wait for the time that the page says, at most a minute for your own mistakes, and sign in again. In a \
          browser in which you have signed in to this account before, other people's attempts do not make you \
          wait. The account is never locked.",
    command: None,
    example: example(
        "# the sixth attempt in a row with a wrong password\n\
         POST https://id.example.com/sign-in?flow=made-up-flow\n\
         \n\
         username=alice\n\
         &password=made-up-password",
        "# after the seconds of Retry-After\n\
         POST https://id.example.com/sign-in?flow=made-up-flow\n\
         \n\
         username=alice\n\
         &password=made-up-right-password",
    ),
    see: &[Reason::UserCodeGuesses, Reason::ServerBusy],
};

pub(super) const USER_DISABLED: ReasonRow = ReasonRow {
    word: "user.disabled",
    title: "The account is disabled",
    code: AccessDenied,
    who: &[Operator],
    what: "The account is disabled at present.",
    fix: "Ask the operator, who knows why the account was disabled and can enable it again. Trying again \
          does not help.",
    command: Some("grantor user enable alice"),
    example: COME_BACK,
    see: &[Reason::SubjectDisabled],
};

pub(super) const USER_GROUP: ReasonRow = ReasonRow {
    word: "user.group_missing",
    title: "The person is not in the required group",
    code: AccessDenied,
    who: &[Operator, Person],
    what: "The application or a scope is only for a group that the person is not in.",
    fix: "Tell the person, who may have another account or can ask the operator to be added to the group. \
          The operator sees the required groups with grantor client show and grantor scope list, and the \
          groups of a person with grantor user show.",
    command: Some("grantor user update alice --add-group staff"),
    example: COME_BACK,
    see: &[Reason::SubjectGroup, Reason::ScopeForbidden],
};
