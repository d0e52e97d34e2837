//! Reasons about authorization details (RFC 9396).

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::InvalidAuthorizationDetails;

/// A correct request for one payment.
const GOOD: &str = "GET https://id.example.com/authorize\n\
                    ?client_id=shop\n\
                    &response_type=code\n\
                    &authorization_details=[{\"type\": \"payment\", \"amount\": \"12.50\", \"to\": \"Book Shop\"}]\n\
                    &…";

pub(super) const MALFORMED: ReasonRow = ReasonRow {
    word: "authorization_details.malformed",
    title: "The authorization details are not a list of objects",
    code: InvalidAuthorizationDetails,
    who: &[Developer],
    what: "The parameter authorization_details is not a JSON list of objects, each with a type that is a text.",
    fix: "Send a list, also for one detail, and percent-encode it once. No object may have the same member twice, nothing may be \
          nested more than ten levels deep (RFC 9396 section 2), and a number of more than 64 bits must be a text.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=shop\n\
         &response_type=code\n\
         &authorization_details={\"type\": \"payment\", \"amount\": \"12.50\", \"to\": \"Book Shop\"}\n\
         &…",
        GOOD,
    ),
    see: &[Reason::DetailsInvalid],
};

pub(super) const TOO_MANY: ReasonRow = ReasonRow {
    word: "authorization_details.too_many",
    title: "The request has too many authorization details",
    code: InvalidAuthorizationDetails,
    who: &[Developer],
    what: "The parameter authorization_details has more elements than a person can be asked about at once.",
    fix: "Ask for at most 20 details in one request. Where a type allows it, one detail can name several accounts or actions.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=shop\n\
         &response_type=code\n\
         &authorization_details=[… 21 objects …]\n\
         &…",
        GOOD,
    ),
    see: &[],
};

pub(super) const TEXT: ReasonRow = ReasonRow {
    word: "authorization_details.text",
    title: "A text of the details cannot be shown as it is",
    code: InvalidAuthorizationDetails,
    who: &[Developer],
    what: "A text, or the name of a member, has control characters, line ends, characters that are not shown, or controls \
           of the writing direction, or a text is nothing but spaces.",
    fix: "The person sees the details on the consent page and must see what the API gets. Remove such characters, and leave out a \
          member without a text; the error names the element and the place in it.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=shop\n\
         &response_type=code\n\
         &authorization_details=[{\"type\": \"payment\", \"amount\": \"12.50\", \"to\": \"Book\\nShop\"}]\n\
         &…",
        GOOD,
    ),
    see: &[Reason::DetailsInvalid],
};

pub(super) const TYPE_UNKNOWN: ReasonRow = ReasonRow {
    word: "authorization_details.type_unknown",
    title: "The type of a detail is not registered",
    code: InvalidAuthorizationDetails,
    who: &[Developer, Operator],
    what: "An element of authorization_details has a type that is not registered on this server.",
    fix: "The metadata of the server lists the types as authorization_details_types_supported. The operator sees them with \
          grantor authorization-type list, and registers one with grantor authorization-type create.",
    command: Some(
        "grantor authorization-type create payment --schema payment.json --template \"Pay {{ amount }} to {{ to }}\"",
    ),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=shop\n\
         &response_type=code\n\
         &authorization_details=[{\"type\": \"payments\", \"amount\": \"12.50\", \"to\": \"Book Shop\"}]\n\
         &…",
        GOOD,
    ),
    see: &[Reason::DetailsTypeForbidden],
};

pub(super) const TYPE_FORBIDDEN: ReasonRow = ReasonRow {
    word: "authorization_details.type_not_allowed",
    title: "The application may not use this type",
    code: InvalidAuthorizationDetails,
    who: &[Operator, Developer],
    what: "The application is registered for some types of authorization details, and this one is not among them.",
    fix: "An application that is registered for no type may use every registered one. The operator changes its types with \
          grantor client update --authorization-type.",
    command: Some("grantor client update shop --authorization-type payment"),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=shop\n\
         &response_type=code\n\
         &authorization_details=[{\"type\": \"account_information\"}]\n\
         &…",
        GOOD,
    ),
    see: &[Reason::DetailsTypeUnknown],
};

pub(super) const INVALID: ReasonRow = ReasonRow {
    word: "authorization_details.invalid",
    title: "A detail does not fit the schema of its type",
    code: InvalidAuthorizationDetails,
    who: &[Developer, Operator],
    what: "A member of an element is missing, unknown, or not what the schema of the type requires.",
    fix: "The error names the element, the place in it as a JSON Pointer, and what the schema requires. The operator sees the \
          schema with grantor authorization-type show.",
    command: Some("grantor authorization-type show payment"),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=shop\n\
         &response_type=code\n\
         &authorization_details=[{\"type\": \"payment\", \"amount\": 12.5, \"to\": \"Book Shop\"}]\n\
         &…",
        GOOD,
    ),
    see: &[Reason::DetailsMalformed],
};

pub(super) const LOCATION: ReasonRow = ReasonRow {
    word: "authorization_details.location",
    title: "A detail is for an API that cannot be used with it",
    code: InvalidAuthorizationDetails,
    who: &[Developer, Operator],
    what: "The locations of an element name an API that the type does not belong to or the application may not use, or the \
           token is for another API. An element without locations is for the APIs of its type.",
    fix: "Name registered APIs of the type in locations. In a token request, or if there are no locations and the type has several \
          APIs, name one of them as the resource. The operator sees the APIs of a type with grantor authorization-type show.",
    command: Some("grantor authorization-type update payment --add-resource https://payments.example.com"),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=shop\n\
         &response_type=code\n\
         &authorization_details=[{\"type\": \"payment\", \"amount\": \"12.50\", \"locations\": [\"https://wiki.example.com\"]}]\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=shop\n\
         &response_type=code\n\
         &authorization_details=[{\"type\": \"payment\", \"amount\": \"12.50\", \"locations\": [\"https://payments.example.com\"]}]\n\
         &…",
    ),
    see: &[Reason::ResourceNotAllowed],
};

pub(super) const WIDENED: ReasonRow = ReasonRow {
    word: "authorization_details.widened",
    title: "A detail is not part of the authorization",
    code: InvalidAuthorizationDetails,
    who: &[Developer],
    what: "The token request names a detail that was not granted, or changes one that was.",
    fix: "Repeat granted details as they are, or leave some of them out. The order of members does not matter. For anything \
          else, send the person to the authorization endpoint again.",
    command: None,
    example: example(
        "# after a consent to 12.50\n\
         POST https://id.example.com/token\n\
         Authorization: Basic c2hvcDptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token\n\
         &authorization_details=[{\"type\": \"payment\", \"amount\": \"99.00\", \"to\": \"Book Shop\"}]",
        "POST https://id.example.com/token\n\
         Authorization: Basic c2hvcDptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=refresh_token\n\
         &refresh_token=grt_made-up-token\n\
         &authorization_details=[{\"type\": \"payment\", \"amount\": \"12.50\", \"to\": \"Book Shop\"}]",
    ),
    see: &[Reason::ScopeWidened],
};
