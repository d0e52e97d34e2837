//! The members of what was counted: about one client, and about the whole server.

use super::{Form, Null, ObjectSettings, Setting};

/// What the whole server did.
pub static ACTIVITY: ObjectSettings = ObjectSettings {
    name: "Activity",
    sentence: "What the server did in each hour.",
    command: None,
    members: &[Setting::by_server(
        "items",
        Form::ObjectList(&HOUR),
        "An item for each hour, the oldest first",
    )],
};

static HOUR: ObjectSettings = ObjectSettings {
    name: "ActivityHour",
    sentence: "What the server did in an hour.",
    command: None,
    members: &[
        Setting::by_server("hour", Form::Time, "When the hour began"),
        Setting::by_server("sign_ins", Form::Claims, "How many sign-ins had each outcome"),
        Setting::by_server(
            "tokens",
            Form::Claims,
            "How many answers had tokens, by the grant type, without those of the console",
        ),
        Setting::by_server("refusals", Form::Claims, "How many requests were refused, by the reason"),
    ],
};

/// How a client uses the server.
pub static CLIENT_HEALTH: ObjectSettings = ObjectSettings {
    name: "ClientHealth",
    sentence: "How a client uses the server, and what could be required of it.",
    command: None,
    members: &[
        Setting::by_server("client_id", Form::Text, "The client"),
        Setting::by_server("counted_since", Form::Time, "The first day with counts").null(Null::InAnswers),
        Setting::by_server(
            "authorizations",
            Form::Claims,
            "Answered authorization requests, by what they had",
        ),
        Setting::by_server(
            "redirect_uris",
            Form::ObjectList(&USED_VALUE),
            "How often each redirect URI was used",
        ),
        Setting::by_server("scopes", Form::ObjectList(&USED_VALUE), "How often tokens had each scope"),
        Setting::by_server(
            "grant_types",
            Form::ObjectList(&USED_VALUE),
            "How often each grant type was used",
        ),
        Setting::by_server("secrets", Form::ObjectList(&USED_SECRET), "How often each secret was used"),
        Setting::by_server("refresh", Form::Object(&REFRESHES), "How refresh tokens were used"),
        Setting::by_server(
            "refused",
            Form::ObjectList(&REFUSED),
            "Requests that were refused, by the reason",
        ),
        Setting::by_server("policies", Form::ObjectList(&POLICY), "What could be required of the client"),
    ],
};

static USED_VALUE: ObjectSettings = ObjectSettings {
    name: "UsedValue",
    sentence: "How often a value was used in the last 30 days.",
    command: None,
    members: &[
        Setting::by_server("value", Form::Text, "The value"),
        Setting::by_server("count", Form::Number, "How often the value was used"),
        Setting::by_server("last_used_at", Form::Time, "When the value was last used").null(Null::InAnswers),
    ],
};

static USED_SECRET: ObjectSettings = ObjectSettings {
    name: "UsedSecret",
    sentence: "How often a secret was used in the last 30 days.",
    command: None,
    members: &[
        Setting::by_server("id", Form::Text, "The id of the secret"),
        Setting::by_server("created_at", Form::Time, "When the secret was created"),
        Setting::by_server("expires_at", Form::Time, "When the secret expires").null(Null::InAnswers),
        Setting::by_server("last_used_at", Form::Time, "When the secret was last used").null(Null::InAnswers),
        Setting::by_server("count", Form::Number, "How often the secret was used"),
    ],
};

static REFRESHES: ObjectSettings = ObjectSettings {
    name: "Refreshes",
    sentence: "How refresh tokens were used in the last 30 days.",
    command: None,
    members: &[
        Setting::by_server("refreshed", Form::Number, "How often there were new tokens"),
        Setting::by_server(
            "answered_again",
            Form::Number,
            "How often a replaced token got the same answer again",
        ),
        Setting::by_server("reused", Form::Number, "How often a replaced token ended its chain"),
    ],
};

static REFUSED: ObjectSettings = ObjectSettings {
    name: "RefusedCount",
    sentence: "How often requests were refused for a reason.",
    command: None,
    members: &[
        Setting::by_server("reason", Form::Text, "A word of the error reference"),
        Setting::by_server("count", Form::Number, "How often requests were refused for it"),
        Setting::by_server("last_at", Form::Time, "When a request was last refused for it"),
    ],
};

/// What could be required of a client.
pub(super) static POLICY: ObjectSettings = ObjectSettings {
    name: "PolicyHealth",
    sentence: "Whether a policy could be required of the client.",
    command: None,
    members: &[
        Setting::by_server("policy", Form::Text, "The policy, such as pkce"),
        Setting::by_server("value", Form::Text, "What the policy is about, such as a redirect URI")
            .null(Null::InAnswers),
        Setting::by_server(
            "verdict",
            Form::Text,
            "safe, would_refuse, no_traffic, not_counted or always_required",
        ),
        Setting::by_server("count", Form::Number, "How many requests the policy would have refused"),
        Setting::by_server("last_at", Form::Time, "The last such request").null(Null::InAnswers),
        Setting::by_server("sentence", Form::Text, "The verdict in a sentence"),
    ],
};
