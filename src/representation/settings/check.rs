//! The members of a dry run of a request.

use super::activity::POLICY;
use super::audit::{EXPLANATION, sometimes};
use super::{Form, Null, ObjectSettings, Setting, Shown};

/// The request to check.
pub static CHECK_REQUEST: ObjectSettings = ObjectSettings {
    name: "CheckRequest",
    sentence: "A request that no one has sent. Members that are left out are as in a usual request of the client.",
    command: Some("client check"),
    members: &[
        given("redirect_uri", Form::Text, "The address to which the answer would be sent")
            .note("Without it, the first one that is registered.")
            .option("--redirect-uri"),
        given("scope", Form::Text, "The scopes that the application asks for, separated by spaces").option("--scope"),
        given("response_type", Form::Text, "The response type").note("Without it, code.").option("--response-type"),
        given("resource", Form::TextOrList, "An API that the token is for")
            .note("A list names several (RFC 8707).")
            .option("--resource"),
        given(
            "authorization_details",
            Form::AnyObjectList,
            "The authorization details that the application asks for, as JSON",
        )
        .option("--authorization-details"),
        given(
            "user",
            Form::Text,
            "The person who would sign in: an id, a username or an e-mail address; the tokens are then shown, too",
        )
        .note("This needs the scope grantor.users.read, too.")
        .option("--user"),
        given("grant_type", Form::Text, "Check a token request of this grant type")
            .note("Without it, an authorization request. The last part of a URN is enough, such as ciba.")
            .option("--grant-type"),
    ],
};

/// The decision about a request.
pub static CHECK: ObjectSettings = ObjectSettings {
    name: "Check",
    sentence: "What the server would decide about a request, step by step.",
    command: None,
    members: &[
        Setting::by_server("client_id", Form::Text, "The client_id of the application"),
        Setting::by_server("allowed", Form::Flag, "Whether no step refuses the request"),
        Setting::by_server("steps", Form::ObjectList(&STEP), "The rules, in the order in which they decide"),
        Setting::by_server("tokens", Form::Object(&TOKENS), "What the client would get")
            .null(Null::InAnswers),
        Setting::by_server(
            "reported",
            Form::ObjectList(&POLICY),
            "The demands on the client that are only reported, and whether requiring them would have refused requests of the last \
             30 days",
        ),
    ],
};

static STEP: ObjectSettings = ObjectSettings {
    name: "CheckStep",
    sentence: "A rule, and what it decides.",
    command: None,
    members: &[
        Setting::by_server("step", Form::Text, "What the rule is about, such as redirect_uri"),
        Setting::by_server("outcome", Form::Word(outcomes), "What the rule decides"),
        sometimes(Setting::by_server("note", Form::Text, "Why the request passes, or with what")),
        sometimes(Setting::by_server(
            "reason",
            Form::Text,
            "Why the request is refused: a word of the error reference",
        )),
        sometimes(Setting::by_server("description", Form::Text, "What the application would get to read")),
        sometimes(EXPLANATION[0]),
        sometimes(EXPLANATION[1]),
        sometimes(EXPLANATION[2]),
        sometimes(EXPLANATION[3]),
        sometimes(EXPLANATION[4]),
        sometimes(EXPLANATION[5]),
        sometimes(EXPLANATION[6]),
        sometimes(EXPLANATION[7]),
        sometimes(EXPLANATION[8]),
    ],
};

static TOKENS: ObjectSettings = ObjectSettings {
    name: "CheckTokens",
    sentence: "The tokens that a request would lead to, as their claims and without a signature.",
    command: None,
    members: &[
        Setting::by_server("access_token", Form::Object(&ACCESS_TOKEN), "The access token")
            .null(Null::InAnswers),
        Setting::by_server("id_token", Form::Claims, "The claims of the ID Token").null(Null::InAnswers),
        Setting::by_server("userinfo", Form::Claims, "What UserInfo would answer").null(Null::InAnswers),
        Setting::by_server("refresh_token", Form::Flag, "Whether there is a refresh token"),
    ],
};

static ACCESS_TOKEN: ObjectSettings = ObjectSettings {
    name: "CheckAccessToken",
    sentence: "An access token that a request would lead to.",
    command: None,
    members: &[
        Setting::by_server("format", Form::Word(super::words::token_formats), "The format of the token"),
        Setting::by_server("expires_in", Form::Seconds, "How long it would be valid"),
        Setting::by_server("claims", Form::Claims, "What the token says"),
    ],
};

fn outcomes() -> Vec<&'static str> {
    vec!["passed", "refused"]
}

const fn given(name: &'static str, form: Form, sentence: &'static str) -> Setting {
    Setting::new(name, form, sentence).shown(Shown::Never)
}
