//! Who the application is, and how it proves that.

use super::Reason;
use super::Who::{Developer, Operator};
use super::row::{Row, example};
use crate::oauth::error::ErrorCode::{InvalidClient, InvalidRequest, UnauthorizedClient};

pub(super) const ID_MISSING: Row = Row {
    word: "client_id.missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request does not say which application it comes from.",
    fix: "Add the client_id that the application was registered under. If your code does set it, look for a \
          configuration value that is empty in this environment.",
    example: example(
        "GET https://id.example.com/authorize\n\
         ?response_type=code\n\
         &client_id=\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?response_type=code\n\
         &client_id=calendar\n\
         &…",
    ),
    see: &[Reason::ClientUnknown, Reason::ClientAuthenticationMissing],
};

pub(super) const ID_REPEATED: Row = Row {
    word: "client_id.repeated",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request names its application more than once.",
    fix: "Send client_id once, even where both values are the same. Look for a library that adds it to a URL \
          that has it already.",
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &client_id=calendar\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &…",
    ),
    see: &[Reason::ParameterRepeated],
};

pub(super) const UNKNOWN: Row = Row {
    word: "client.unknown",
    code: InvalidClient,
    who: &[Developer, Operator],
    what: "No application is registered under this client_id.",
    fix: "Compare the client_id, letter by letter, with the registered one; case counts, and the display name \
          is not the id. Check that this is the right server: test and production have different clients.",
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=Calendar\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &…",
    ),
    see: &[Reason::ClientDisabled, Reason::ClientIdMissing],
};

pub(super) const DISABLED: Row = Row {
    word: "client.disabled",
    code: InvalidClient,
    who: &[Operator],
    what: "The application has been switched off on this server.",
    fix: "Ask the operator why; it can be switched on again. The request itself need not change.",
    example: example(
        "# while the operator has switched the application off\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &…",
        "# the same request, after it was switched on again\n\
         GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &…",
    ),
    see: &[Reason::ClientUnknown],
};

pub(super) const GRANT_NOT_ALLOWED: Row = Row {
    word: "client.grant_not_allowed",
    code: UnauthorizedClient,
    who: &[Developer, Operator],
    what: "The application is registered, but not for this way of getting a token.",
    fix: "Use a grant that the application is registered for, or have the operator add this one. Applications \
          of kind service get tokens by client_credentials alone; the others do not get it unless it is added.",
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=client_credentials\n\
         &…",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &code=gac_made-up-code\n\
         &…",
    ),
    see: &[Reason::GrantTypeUnsupported],
};

pub(super) const AUTHENTICATION_MISSING: Row = Row {
    word: "client.authentication_missing",
    code: InvalidClient,
    who: &[Developer],
    what: "The application is confidential and sent nothing to prove who it is.",
    fix: "Send the client secret in the Authorization header (Basic) or as client_secret in the body. An \
          application that cannot keep a secret, in a browser or on a device, is registered as kind spa or \
          native instead.",
    example: example(
        "POST https://id.example.com/token\n\
         \n\
         grant_type=authorization_code\n\
         &client_id=calendar\n\
         &…",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=authorization_code\n\
         &…",
    ),
    see: &[Reason::ClientSecretWrong, Reason::ClientIdMissing],
};

pub(super) const SECRET_WRONG: Row = Row {
    word: "client.secret_wrong",
    code: InvalidClient,
    who: &[Developer, Operator],
    what: "The client secret is not one of the application's live secrets.",
    fix: "Check for a truncated, expired or mixed-up secret, and for a line break at its end. For Basic, id \
          and secret are form-encoded before they are joined: a secret with + or % in it fails without that \
          (RFC 6749 section 2.3.1). If it is lost, the operator sets a new one.",
    example: example(
        "POST https://id.example.com/token\n\
         \n\
         grant_type=client_credentials\n\
         &client_id=reports\n\
         &client_secret=made-up+secret",
        "POST https://id.example.com/token\n\
         \n\
         grant_type=client_credentials\n\
         &client_id=reports\n\
         &client_secret=made-up%2Bsecret",
    ),
    see: &[Reason::ClientBasicMalformed, Reason::ClientAuthenticationMissing],
};

pub(super) const SECRET_UNEXPECTED: Row = Row {
    word: "client.secret_unexpected",
    code: InvalidClient,
    who: &[Developer],
    what: "The application is public and has no secret, but one was sent.",
    fix: "Remove the secret, also an empty Basic header: a public application is protected by PKCE. If it \
          runs on a server and can keep a secret, register it as kind web or service.",
    example: example(
        "POST https://id.example.com/token\n\
         \n\
         grant_type=authorization_code\n\
         &client_id=notes-spa\n\
         &client_secret=made-up-secret\n\
         &…",
        "POST https://id.example.com/token\n\
         \n\
         grant_type=authorization_code\n\
         &client_id=notes-spa\n\
         &code_verifier=made-up-verifier-of-forty-three-characters-or-more\n\
         &…",
    ),
    see: &[Reason::VerifierMissing],
};

pub(super) const METHODS_MIXED: Row = Row {
    word: "client.methods_mixed",
    code: InvalidRequest,
    who: &[Developer],
    what: "The application proved who it is in more than one way at once.",
    fix: "Send the secret either in the Authorization header or in the body, not in both, and send that \
          header once (RFC 6749 section 2.3). Some libraries try both by default and have an option for it.",
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=client_credentials\n\
         &client_id=reports\n\
         &client_secret=made-up-secret",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::ClientMethodNotAllowed],
};

pub(super) const METHOD_NOT_ALLOWED: Row = Row {
    word: "client.method_not_allowed",
    code: InvalidClient,
    who: &[Developer, Operator],
    what: "The application authenticated in a way that its registration does not allow.",
    fix: "Use the registered method, which the description names: client_secret_basic is the Authorization \
          header, client_secret_post the body. Or have the operator change the registration.",
    example: example(
        "# registered for client_secret_basic\n\
         POST https://id.example.com/token\n\
         \n\
         grant_type=client_credentials\n\
         &client_id=reports\n\
         &client_secret=made-up-secret",
        "# registered for client_secret_basic\n\
         POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::ClientMethodsMixed],
};

pub(super) const ID_MISMATCH: Row = Row {
    word: "client_id.mismatch",
    code: InvalidRequest,
    who: &[Developer],
    what: "The client_id in the body is not the one in the Authorization header.",
    fix: "Send the same client_id in both places, or leave it out of the body. The two often come from \
          different configuration values of the same application.",
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=client_credentials\n\
         &client_id=notes",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::ClientMethodsMixed],
};

pub(super) const BASIC_MALFORMED: Row = Row {
    word: "client.basic_malformed",
    code: InvalidClient,
    who: &[Developer],
    what: "The Authorization header could not be read as Basic credentials.",
    fix: "Form-encode id and secret, join them with a colon, and encode the result in base64 after the word \
          Basic. An access token (Bearer) is not what the token endpoint asks for.",
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic reports:made-up-secret\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::ClientSecretWrong],
};
