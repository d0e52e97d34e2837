//! The members of events and of refused requests.

use super::{Form, Null, ObjectSettings, Setting, Shown};

/// An event.
pub static EVENT: ObjectSettings = ObjectSettings {
    name: "Event",
    sentence: "Something that was done or refused: one line of the audit trail.",
    command: None,
    members: &[
        Setting::by_server("id", Form::Text, "The id of the event"),
        Setting::by_server("number", Form::Number, "The place of the event in the chain of all events"),
        Setting::by_server("time", Form::Time, "When the act happened"),
        Setting::by_server("act", Form::Text, "What was done, such as client.created"),
        Setting::by_server("object", Form::Object(&EVENT_OBJECT), "The object of the act"),
        Setting::by_server("actor", Form::Object(&EVENT_ACTOR), "Who acted, and by what credential"),
        Setting::by_server("user", Form::Text, "The id of the user that the act concerns")
            .null(Null::InAnswers),
        Setting::by_server("client", Form::Text, "The client_id of the client that the act concerns")
            .null(Null::InAnswers),
        Setting::by_server("address", Form::Text, "The address from which the act came")
            .null(Null::InAnswers),
        Setting::by_server("request_id", Form::Text, "The id of the request").null(Null::InAnswers),
        Setting::by_server(
            "reason",
            Form::Text,
            "Why something was refused, or ended by itself: a word of the error reference",
        )
        .null(Null::InAnswers),
        Setting::by_server(
            "changes",
            Form::ObjectList(&CHANGE),
            "What an update changed, and all members of an object that was made or deleted",
        ),
    ],
};

static EVENT_OBJECT: ObjectSettings = ObjectSettings {
    name: "EventObject",
    sentence: "The object of an event.",
    command: None,
    members: &[
        Setting::by_server("type", Form::Text, "The kind of the object, such as client"),
        Setting::by_server("id", Form::Text, "The id of the object"),
        Setting::by_server(
            "name",
            Form::Text,
            "The name that people use for the object, if that is not the id",
        )
        .null(Null::InAnswers),
    ],
};

static EVENT_ACTOR: ObjectSettings = ObjectSettings {
    name: "EventActor",
    sentence: "Who did something.",
    command: None,
    members: &[
        Setting::by_server(
            "type",
            Form::Text,
            "The kind of the actor: command, server, person, client, person_by_client, api_key or stranger",
        ),
        Setting::by_server("id", Form::Text, "The id of the actor").null(Null::InAnswers),
        Setting::by_server(
            "name",
            Form::Text,
            "The name that people use for the actor, if that is not the id",
        )
        .null(Null::InAnswers),
        Setting::by_server("client", Form::Text, "The client whose access token the person used")
            .null(Null::InAnswers),
    ],
};

static CHANGE: ObjectSettings = ObjectSettings {
    name: "EventChange",
    sentence: "The value of a member before and after an act.",
    command: None,
    members: &[
        Setting::by_server("member", Form::Text, "The name of the member"),
        Setting::by_server("before", Form::Any, "The value before the act"),
        Setting::by_server("after", Form::Any, "The value after the act"),
    ],
};

/// A refused request in a list.
pub static REFUSAL: ObjectSettings = ObjectSettings {
    name: "Refusal",
    sentence: "A request that was refused.",
    command: None,
    members: &REFUSED_REQUEST,
};

const REFUSED_REQUEST: [Setting; 8] = [
    Setting::by_server("request_id", Form::Text, "The id of the request"),
    Setting::by_server("created_at", Form::Time, "When the request was refused"),
    Setting::by_server("client_id", Form::Text, "The client that sent the request").null(Null::InAnswers),
    Setting::by_server("user_id", Form::Text, "The user that the request was about").null(Null::InAnswers),
    Setting::by_server("address", Form::Text, "The network from which the request came")
        .null(Null::InAnswers),
    Setting::by_server("path", Form::Text, "The path of the request"),
    Setting::by_server("reason", Form::Text, "Why the request was refused: a word of the error reference"),
    Setting::by_server("description", Form::Text, "The description that the application got"),
];

/// The members of an explanation beside `reason` and `description`.
pub(super) const EXPLANATION: [Setting; 9] = [
    Setting::by_server("title", Form::Text, "The reason as a heading").null(Null::InAnswers),
    Setting::by_server("error", Form::Text, "The error code of OAuth that the application got")
        .null(Null::InAnswers),
    Setting::by_server("detail", Form::Object(&DETAIL), "What came beside what is registered")
        .null(Null::InAnswers),
    Setting::by_server("rule", Form::Text, "The section of the specification that has the rule")
        .null(Null::InAnswers),
    Setting::by_server("what", Form::Text, "What the rule says").null(Null::InAnswers),
    Setting::by_server("fix", Form::Text, "What the application must do").null(Null::InAnswers),
    Setting::by_server("command", Form::Text, "The command that would let the request pass")
        .null(Null::InAnswers),
    Setting::by_server("caution", Form::Text, "What to consider before the command").null(Null::InAnswers),
    Setting::by_server("docs", Form::Uri, "The page of this server about the reason").null(Null::InAnswers),
];

/// A refused request with its explanation.
pub static EXPLAINED_REFUSAL: ObjectSettings = ObjectSettings {
    name: "ExplainedRefusal",
    sentence: "A request that was refused, and what would let it pass.",
    command: None,
    members: &[
        REFUSED_REQUEST[0],
        REFUSED_REQUEST[1],
        REFUSED_REQUEST[2],
        REFUSED_REQUEST[3],
        REFUSED_REQUEST[4],
        REFUSED_REQUEST[5],
        REFUSED_REQUEST[6],
        REFUSED_REQUEST[7],
        Setting::by_server("username", Form::Text, "The username of the user, as it is now")
            .null(Null::InAnswers),
        EXPLANATION[0],
        EXPLANATION[1],
        EXPLANATION[2],
        EXPLANATION[3],
        EXPLANATION[4],
        EXPLANATION[5],
        EXPLANATION[6],
        EXPLANATION[7],
        EXPLANATION[8],
    ],
};

static DETAIL: ObjectSettings = ObjectSettings {
    name: "RefusalDetail",
    sentence: "A value that came with a request, beside what is registered.",
    command: None,
    members: &[
        Setting::by_server("subject", Form::Text, "What the value is, such as redirect_uri"),
        Setting::by_server("came", Form::Text, "The value that came").null(Null::InAnswers),
        Setting::by_server("registered", Form::TextList, "What is registered, the most similar first"),
        Setting::by_server("differs", Form::Object(&DIFFERENCE), "The part that differs")
            .null(Null::InAnswers),
        Setting::by_server("marks", Form::Object(&MARKS), "Where the two differ"),
        Setting::by_server("seconds", Form::Number, "How many seconds too late or too early the request was")
            .null(Null::InAnswers),
    ],
};

static DIFFERENCE: ObjectSettings = ObjectSettings {
    name: "RefusalDifference",
    sentence: "The part of a value that differs.",
    command: None,
    members: &[
        Setting::by_server("part", Form::Text, "The name of the part, such as port"),
        Setting::by_server("text", Form::Text, "The text of this part in the value that came"),
    ],
};

static MARKS: ObjectSettings = ObjectSettings {
    name: "RefusalMarks",
    sentence: "Where two values differ, in bytes.",
    command: None,
    members: &[
        Setting::by_server("came", Form::Ranges, "The places in the value that came"),
        Setting::by_server("registered", Form::Ranges, "The places in the first registered value"),
    ],
};

/// The member of a step of a check that is only there with one outcome.
pub(super) const fn sometimes(member: Setting) -> Setting {
    member.shown(Shown::Sometimes)
}
