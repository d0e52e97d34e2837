//! Reasons of the management API. Its statuses are those of the general API, not those of the OAuth codes.

use super::Responsible::{Developer, Operator};
use super::row::{Example, ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{
    self, AccessDenied, InsufficientScope, InvalidRequest, InvalidToken,
};

/// A request that changes a client, with this body.
macro_rules! patch {
    ($body:literal) => {
        concat!(
            "PATCH https://id.example.com/api/v1/clients/calendar\n",
            "Authorization: Bearer grantor_sk_made-up-key\n",
            "Content-Type: application/merge-patch+json\n\n",
            $body
        )
    };
}

/// A request that creates a client, with this line of its head and this body.
macro_rules! post {
    ($line:literal, $body:literal) => {
        concat!(
            "POST https://id.example.com/api/v1/clients\n",
            "Authorization: Bearer grantor_sk_made-up-key\n",
            "Content-Type: application/json\n",
            $line,
            "\n",
            $body
        )
    };
}

/// A correct request.
const GOOD: &str = "GET https://id.example.com/api/v1/clients\n\
                    Authorization: Bearer grantor_sk_made-up-key";
/// A correct request that changes a client.
const GOOD_PATCH: &str = patch!("{\"client_name\": \"Calendar\"}");

/// The texts of a row that differ between these reasons.
#[derive(Clone, Copy)]
struct ReasonTexts {
    word: &'static str,
    title: &'static str,
    what: &'static str,
    fix: &'static str,
}

const fn row(code: ErrorCode, texts: ReasonTexts, example: Example) -> ReasonRow {
    let ReasonTexts { word, title, what, fix } = texts;
    ReasonRow { word, title, code, who: &[Developer, Operator], what, fix, command: None, example, see: &[] }
}

const fn with_command(row: ReasonRow, command: &'static str) -> ReasonRow {
    ReasonRow { command: Some(command), ..row }
}

pub(super) const CREDENTIAL_MISSING: ReasonRow = with_command(
    row(
        InvalidToken,
        ReasonTexts {
            word: "api.credential_missing",
            title: "The request has no credential",
            what: "The management API answers no one who has not proven who they are.",
            fix: "Send an API key, or an access token for this API, in the Authorization header after the word \
                  Bearer. The server does not read it from the URL, because URLs end up in logs.",
        },
        example("GET https://id.example.com/api/v1/clients", GOOD),
    ),
    "grantor api-key create --name pipeline --scope grantor.clients.read",
);

pub(super) const CREDENTIAL_WRONG: ReasonRow = with_command(
    row(
        InvalidToken,
        ReasonTexts {
            word: "api.credential_wrong",
            title: "The credential is not valid",
            what: "The Authorization header has neither an API key that exists nor an access token that is valid for \
                   the management API.",
            fix: "Send the key as it was shown when it was created; an editor or a shell may have cut it. A key that \
                  was deleted does not come back: create a new one. An access token must be for the resource \
                  /api/v1 of this server.",
        },
        example(
            "GET https://id.example.com/api/v1/clients\n\
             Authorization: Bearer made-up-other-key",
            GOOD,
        ),
    ),
    "grantor api-key list",
);

pub(super) const KEY_EXPIRED: ReasonRow = with_command(
    row(
        InvalidToken,
        ReasonTexts {
            word: "api.key_expired",
            title: "The API key has ended",
            what: "The API key was created with a time at which it ends, and that time is over.",
            fix: "Create a new key and put it in the place of the old one. Keys with an end should be replaced before \
                  they end: the list of keys shows when that is.",
        },
        example(
            "GET https://id.example.com/api/v1/clients\n\
             Authorization: Bearer grantor_sk_made-up-old-key",
            GOOD,
        ),
    ),
    "grantor api-key list",
);

pub(super) const SCOPE_MISSING: ReasonRow = with_command(
    row(
        InsufficientScope,
        ReasonTexts {
            word: "api.scope_missing",
            title: "The credential does not have the scope",
            what: "The credential is valid, but none of its scopes permits this request. The header WWW-Authenticate \
                   names the scope.",
            fix: "Use a credential with that scope. Scopes of a key never change, so create a new key. For an access \
                  token of a person, the person's role must permit it, too.",
        },
        example(
            "# with a key for grantor.users.read\n\
             GET https://id.example.com/api/v1/clients\n\
             Authorization: Bearer grantor_sk_made-up-other-key",
            GOOD,
        ),
    ),
    "grantor api-key create --name pipeline --scope grantor.clients.read",
);

pub(super) const FORBIDDEN: ReasonRow = row(
    AccessDenied,
    ReasonTexts {
        word: "api.forbidden",
        title: "You may not do this",
        what: "The credential or the role of the sender does not permit everything that the request does: it lacks a \
               scope, or the request concerns permissions that the sender does not have.",
        fix: "The description names the missing scope. If it names none, an owner must do it, or a key with \
              grantor.write.",
    },
    example(
        "# with a key for grantor.clients.write\n\
         PATCH https://id.example.com/api/v1/clients/calendar\n\
         Authorization: Bearer grantor_sk_made-up-other-key\n\
         Content-Type: application/merge-patch+json\n\
         \n\
         {\"scope\": \"openid grantor.write\"}",
        GOOD_PATCH,
    ),
);

pub(super) const NOT_FOUND: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.not_found",
        title: "The object does not exist",
        what: "The management API has no object with this id at this address.",
        fix: "Compare the id with the list. Ids are case-sensitive, and a / or ? inside of an id must be \
              percent-encoded.",
    },
    example(
        "GET https://id.example.com/api/v1/clients/calender\n\
         Authorization: Bearer grantor_sk_made-up-key",
        "GET https://id.example.com/api/v1/clients/calendar\n\
         Authorization: Bearer grantor_sk_made-up-key",
    ),
);

pub(super) const CONFLICT: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.conflict",
        title: "The request contradicts what is stored",
        what: "The object exists already, something else depends on it, or it was changed at the same moment.",
        fix: "The description says what is in the way: change that first. With the API, PATCH changes an object that \
              exists, and so does PUT with If-Match.",
    },
    example(
        post!(
            "",
            "{\"client_id\": \"calendar\", \"client_name\": \"Calendar\", \"kind\": \"web\", \
         \"redirect_uris\": [\"https://app.example.com/callback\"]}"
        ),
        GOOD_PATCH,
    ),
);

pub(super) const OTHER_VERSION: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.other_version",
        title: "The object was changed since it was read",
        what: "If-Match names a version of the object, and the object now has another one: someone else has changed it. Or \
               the request is about something without an ETag, such as a list.",
        fix: "Read the object again, repeat the change on what it is now, and send the new ETag. Leave If-Match out where \
              answers have no ETag.",
    },
    example(
        "PATCH https://id.example.com/api/v1/clients/calendar\n\
         Authorization: Bearer grantor_sk_made-up-key\n\
         Content-Type: application/merge-patch+json\n\
         If-Match: \"made-up-old-version\"\n\
         \n\
         {\"client_name\": \"Calendar\"}",
        GOOD_PATCH,
    ),
);

pub(super) const CONDITION_MISSING: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.condition_missing",
        title: "PUT needs If-Match or If-None-Match",
        what: "PUT replaces all of an object, and the request does not say whether the object exists.",
        fix: "Send If-None-Match: * to create an object under this id, If-Match with the ETag to replace it, or PATCH \
              to change some members.",
    },
    example(
        "PUT https://id.example.com/api/v1/clients/calendar\n\
         Authorization: Bearer grantor_sk_made-up-key\n\
         Content-Type: application/json\n\
         \n\
         {\"client_name\": \"Calendar\", \"kind\": \"web\"}",
        GOOD_PATCH,
    ),
);

pub(super) const JSON_MALFORMED: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.json_malformed",
        title: "The body is not one JSON object",
        what: "The body is not JSON, is not an object, has a member twice, or is nested too deeply.",
        fix: "Send one JSON object in UTF-8 (RFC 8259). The description says the line and column of the mistake.",
    },
    example(patch!("{\"client_name\": \"Calendar\",}"), GOOD_PATCH),
);

pub(super) const MEMBER_UNKNOWN: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.member_unknown",
        title: "A member is not known",
        what: "The body has a member that this object does not have. Nothing is ignored, so that a spelling mistake \
               cannot leave a setting unchanged.",
        fix: "Compare the name with the reference. Members that only the server sets cannot be sent in POST and PATCH.",
    },
    example(patch!("{\"name\": \"Calendar\"}"), GOOD_PATCH),
);

pub(super) const MEMBER_MISSING: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.member_missing",
        title: "A required member is missing",
        what: "The body lacks a member that the object cannot do without.",
        fix: "Add the member. The reference says which members are required.",
    },
    example(
        post!("", "{\"kind\": \"service\"}"),
        post!("", "{\"kind\": \"service\", \"client_name\": \"Reports\"}"),
    ),
);

pub(super) const MEMBER_INVALID: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.member_invalid",
        title: "The value of a member is not valid",
        what: "A member has a value of the wrong type, or one that this server does not accept.",
        fix: "The list errors in the answer has a sentence for every faulty member, with its place in the body.",
    },
    example(patch!("{\"redirect_uris\": [\"http://app.example.com/callback\"]}"), GOOD_PATCH),
);

pub(super) const PARAMETER_UNKNOWN: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.parameter_unknown",
        title: "A parameter of the address is not known",
        what: "The query has a parameter that this address does not have. Nothing is ignored, so that a spelling mistake \
               in a filter cannot show more than was asked for.",
        fix: "Compare the name with the reference.",
    },
    example(
        "GET https://id.example.com/api/v1/clients\n\
         ?page=2\n\
         Authorization: Bearer grantor_sk_made-up-key",
        GOOD,
    ),
);

pub(super) const PARAMETER_INVALID: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.parameter_invalid",
        title: "A parameter or header has a value that is not valid",
        what: "A parameter of the query or a header has a value that this address does not take, such as a limit over 500 \
               or the cursor of another list.",
        fix: "The description says which one, and what it takes. A cursor is the value of next in an \
              answer, and belongs to one list with its filters and its order.",
    },
    example(
        "GET https://id.example.com/api/v1/clients\n\
         ?limit=5000\n\
         Authorization: Bearer grantor_sk_made-up-key",
        GOOD,
    ),
);

pub(super) const KEY_REUSED: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.idempotency_key_reused",
        title: "The Idempotency-Key belongs to another request",
        what: "The same Idempotency-Key came before with another body or address, or the request with it is still being \
               processed.",
        fix: "Make a new random key for every new request, and repeat a request with its own key and exactly the same \
              body. If the first request is still being processed, repeat it after a second.",
    },
    example(
        "# after another request with the same key\n\
         POST https://id.example.com/api/v1/clients\n\
         Authorization: Bearer grantor_sk_made-up-key\n\
         Content-Type: application/json\n\
         Idempotency-Key: 1\n\
         \n\
         {\"kind\": \"service\", \"client_name\": \"Reports\"}",
        post!(
            "Idempotency-Key: 0f7c1d52-9d4b-4c1e-9a38-5d2f6f1b7a10\n",
            "{\"kind\": \"service\", \"client_name\": \"Reports\"}"
        ),
    ),
);

pub(super) const TOO_MANY_KEPT: ReasonRow = row(
    InvalidRequest,
    ReasonTexts {
        word: "api.idempotency_keys_too_many",
        title: "Too many answers are kept for Idempotency-Keys",
        what: "The server keeps the answers of a credential's requests with an Idempotency-Key for a day, and their number \
               has a bound.",
        fix: "Wait for the seconds in the Retry-After header, or send requests that may safely come twice without the \
              header.",
    },
    example(
        "# after thousands of others\n\
         POST https://id.example.com/api/v1/clients\n\
         Authorization: Bearer grantor_sk_made-up-key\n\
         Content-Type: application/json\n\
         Idempotency-Key: 5f0c\n\
         \n\
         {\"kind\": \"service\", \"client_name\": \"Reports\"}",
        post!("", "{\"kind\": \"service\", \"client_name\": \"Reports\"}"),
    ),
);
