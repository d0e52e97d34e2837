//! Reasons about client identification and authentication (RFC 6749 §2.3, RFC 7523 §2.2).

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{
    InvalidClient, InvalidRequest, TemporarilyUnavailable, UnauthorizedClient,
};

pub(super) const ID_MISSING: ReasonRow = ReasonRow {
    word: "client_id.missing",
    title: "The client_id is missing",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request does not say which application it comes from.",
    fix: "Add the client_id that the application was registered under. If your code does set it, look for a \
          configuration value that is empty in this environment.",
    command: None,
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

pub(super) const ID_REPEATED: ReasonRow = ReasonRow {
    word: "client_id.repeated",
    title: "The client_id was sent more than once",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request contains client_id more than once.",
    fix: "Send client_id once, even if both values are the same. Look for a library that adds it to a URL \
          that already has it.",
    command: None,
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

pub(super) const UNKNOWN: ReasonRow = ReasonRow {
    word: "client.unknown",
    title: "No application has this client_id",
    code: InvalidClient,
    who: &[Developer, Operator],
    what: "No application is registered under this client_id.",
    fix: "Compare the client_id, letter by letter, with the registered one; case counts, and the display name \
          is not the id. Check that this is the right server: test and production have different clients.",
    command: Some("grantor client list"),
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

pub(super) const DISABLED: ReasonRow = ReasonRow {
    word: "client.disabled",
    title: "The application is disabled",
    code: InvalidClient,
    who: &[Operator],
    what: "The application has been disabled on this server.",
    fix: "Ask the operator why; the operator can enable it again. The request itself does not have to \
          change.",
    command: Some("grantor client update calendar --enable"),
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

pub(super) const PROFILE: ReasonRow = ReasonRow {
    word: "client.profile",
    title: "The application does not meet its security profile",
    code: UnauthorizedClient,
    who: &[Operator],
    what: "The application must keep a security profile, such as FAPI 2.0, and its registration lacks something that the \
           profile needs. The description says what.",
    fix: "Change the registration, for example its authentication method, or give the application another profile. \
          grantor client check shows everything that is missing.",
    command: Some("grantor client update calendar --profile none"),
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         \n\
         grant_type=client_credentials\n\
         &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer\n\
         &client_assertion=eyJ.made-up-assertion",
    ),
    see: &[Reason::ClientMethodNotAllowed, Reason::ResourceAlgorithm],
};

pub(super) const GRANT_NOT_ALLOWED: ReasonRow = ReasonRow {
    word: "client.grant_not_allowed",
    title: "The application may not use this grant",
    code: UnauthorizedClient,
    who: &[Developer, Operator],
    what: "The application is registered, but not for this way of getting a token.",
    fix: "Use a grant that the application is registered for, or ask the operator to add this one. \
          Applications of the kind service only get client_credentials; the other kinds do not get it \
          unless it is added.",
    command: Some("grantor client update calendar --add-grant client_credentials"),
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

pub(super) const AUTHENTICATION_MISSING: ReasonRow = ReasonRow {
    word: "client.authentication_missing",
    title: "The application did not authenticate itself",
    code: InvalidClient,
    who: &[Developer],
    what: "The application is confidential, but the request does not authenticate it.",
    fix: "Send the client secret in the Authorization header (Basic) or as client_secret in the body. An \
          application that cannot keep a secret, in a browser or on a device, should be registered as the \
          kind spa or native.",
    command: None,
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

pub(super) const SECRET_WRONG: ReasonRow = ReasonRow {
    word: "client.secret_wrong",
    title: "The client secret is wrong",
    code: InvalidClient,
    who: &[Developer, Operator],
    what: "The client secret is not one of the application's valid secrets.",
    fix: "Check for a truncated, expired or mixed-up secret, and for a line break at its end. For Basic, id \
          and secret are form-encoded before they are joined: a secret with + or % fails without that (RFC \
          6749 section 2.3.1). If the secret is lost, the operator adds a new one.",
    command: Some("grantor client add-secret reports"),
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

pub(super) const TOO_MANY_GUESSES: ReasonRow = ReasonRow {
    word: "client.too_many_guesses",
    title: "Too many wrong client secrets were sent",
    code: TemporarilyUnavailable,
    who: &[Operator, Developer],
    what: "Too many wrong secrets came for this application from this network.",
    fix: "Find the instance with the wrong secret: it is in the same network, and probably has the secret from \
          before a change. Then wait for the seconds of Retry-After. Secrets that this server generates are not \
          counted; only those that a person chose.",
    command: None,
    example: example(
        "# the eleventh wrong secret in a minute\n\
         POST https://id.example.com/token\n\
         \n\
         grant_type=client_credentials\n\
         &client_id=reports\n\
         &client_secret=made-up-old-secret",
        "# after the seconds of Retry-After\n\
         POST https://id.example.com/token\n\
         \n\
         grant_type=client_credentials\n\
         &client_id=reports\n\
         &client_secret=made-up-secret",
    ),
    see: &[Reason::ClientSecretWrong, Reason::ServerBusy],
};

pub(super) const SECRET_UNEXPECTED: ReasonRow = ReasonRow {
    word: "client.secret_unexpected",
    title: "A public application sent a secret",
    code: InvalidClient,
    who: &[Developer],
    what: "The application is public and has no secret, but one was sent.",
    fix: "Remove the secret, and also an empty Basic header: a public application is protected by PKCE. If \
          it runs on a server and can keep a secret, register it as the kind web or service.",
    command: None,
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

pub(super) const METHODS_MIXED: ReasonRow = ReasonRow {
    word: "client.methods_mixed",
    title: "The application authenticated itself in two ways",
    code: InvalidRequest,
    who: &[Developer],
    what: "The request authenticates the application in more than one way.",
    fix: "Send the secret either in the Authorization header or in the body, not in both, and send that \
          header once (RFC 6749 section 2.3). Some libraries try both by default and have an option for it.",
    command: None,
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

pub(super) const METHOD_NOT_ALLOWED: ReasonRow = ReasonRow {
    word: "client.method_not_allowed",
    title: "The application may not authenticate itself in this way",
    code: InvalidClient,
    who: &[Developer, Operator],
    what: "The application authenticated in a way that its registration does not allow.",
    fix: "Use the registered method, which the description names: client_secret_basic is the Authorization \
          header, client_secret_post the body. Or ask the operator to change the registration.",
    command: Some("grantor client update reports --auth-method client_secret_post"),
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

pub(super) const ID_MISMATCH: ReasonRow = ReasonRow {
    word: "client_id.mismatch",
    title: "The request contains two different client_ids",
    code: InvalidRequest,
    who: &[Developer],
    what: "The client_id in the body is not the one in the Authorization header.",
    fix: "Send the same client_id in both places, or leave it out of the body. The two often come from \
          different configuration values of the same application.",
    command: None,
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

pub(super) const BASIC_MALFORMED: ReasonRow = ReasonRow {
    word: "client.basic_malformed",
    title: "The Basic credentials cannot be read",
    code: InvalidClient,
    who: &[Developer],
    what: "The Authorization header has the scheme Basic, but its credentials could not be read.",
    fix: "Form-encode id and secret, join them with a colon, and put the base64 of the result after the \
          word Basic. A header with another scheme, such as Bearer, is ignored here.",
    command: None,
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

/// A correct token request that authenticates by a signed assertion.
const ASSERTION: &str = "POST https://id.example.com/token\n\
                         \n\
                         grant_type=client_credentials\n\
                         &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer\n\
                         &client_assertion=eyJ.made-up.assertion";

pub(super) const ASSERTION_MALFORMED: ReasonRow = ReasonRow {
    word: "client_assertion.malformed",
    title: "The client assertion is malformed",
    code: InvalidClient,
    who: &[Developer],
    what: "The client assertion is not a JWT, or its type is not given.",
    fix: "Send client_assertion and client_assertion_type together; the type is \
          urn:ietf:params:oauth:client-assertion-type:jwt-bearer, and the assertion a signed JWT of three parts (RFC 7523 \
          section 2.2).",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         \n\
         grant_type=client_credentials\n\
         &client_assertion=eyJ.made-up.assertion",
        ASSERTION,
    ),
    see: &[Reason::AssertionSignature],
};

pub(super) const ASSERTION_SIGNATURE: ReasonRow = ReasonRow {
    word: "client_assertion.signature",
    title: "The signature of the client assertion is wrong",
    code: InvalidClient,
    who: &[Developer, Operator],
    what: "The client assertion is not signed in the registered way.",
    fix: "Sign it with the private key whose public key is registered, or published at the registered \
          jwks_uri, and name the key by kid. With client_secret_jwt sign it by HS256 with the client \
          secret. The description says what is wrong.",
    command: Some("grantor client update reports --jwks keys.json"),
    example: example(
        "# signed with a key that is not registered\n\
         POST https://id.example.com/token\n\
         \n\
         grant_type=client_credentials\n\
         &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer\n\
         &client_assertion=eyJ.made-up.assertion-of-another-key",
        ASSERTION,
    ),
    see: &[Reason::ClientKeysUnavailable, Reason::ClientMethodNotAllowed],
};

pub(super) const ASSERTION_CLAIMS: ReasonRow = ReasonRow {
    word: "client_assertion.claims",
    title: "A claim of the client assertion is missing or wrong",
    code: InvalidClient,
    who: &[Developer],
    what: "A claim that the client assertion needs is missing, or has the wrong value.",
    fix: "Put the client_id into iss and sub, the issuer into aud, the expiry into exp, and a new random \
          value into jti each time (RFC 7523 section 3).",
    command: None,
    example: example(
        "# the payload of the assertion\n\
         {\"iss\": \"my-company\", \"sub\": \"reports\", \"aud\": \"https://id.example.com\", \"exp\": 1700000060}",
        "# the payload of the assertion\n\
         {\"iss\": \"reports\", \"sub\": \"reports\", \"aud\": \"https://id.example.com\", \"exp\": 1700000060, \"jti\": \"made-up-1\"}",
    ),
    see: &[Reason::AssertionAudience, Reason::AssertionTimes],
};

pub(super) const ASSERTION_AUDIENCE: ReasonRow = ReasonRow {
    word: "client_assertion.audience",
    title: "The client assertion is not addressed to this server",
    code: InvalidClient,
    who: &[Developer, Operator],
    what: "The client assertion is not addressed to this server.",
    fix: "Put the issuer, as written in the metadata, into aud, and nothing else beside it. If a library can \
          only use the token endpoint, as older ones do, the operator allows that with grantor client \
          update --assertion-audience token-endpoint.",
    command: Some("grantor client update reports --assertion-audience token-endpoint"),
    example: example(
        "# the payload of the assertion\n\
         {\"aud\": [\"https://id.example.com\", \"https://other.example.com\"], \"iss\": \"reports\", …}",
        "# the payload of the assertion\n\
         {\"aud\": \"https://id.example.com\", \"iss\": \"reports\", …}",
    ),
    see: &[Reason::AssertionClaims],
};

pub(super) const ASSERTION_TIMES: ReasonRow = ReasonRow {
    word: "client_assertion.times",
    title: "The client assertion is not valid at this time",
    code: InvalidClient,
    who: &[Developer],
    what: "The client assertion has expired, is not valid yet, or lives too long.",
    fix: "Make a new assertion for each request. It should live for a minute, and may live for an hour at \
          most. Set the clock of the machine by NTP: a difference of one minute is tolerated.",
    command: None,
    example: example(
        "# the payload of the assertion, made at 1700000000\n\
         {\"exp\": 1731536000, \"iat\": 1700000000, \"iss\": \"reports\", …}",
        "# the payload of the assertion, made at 1700000000\n\
         {\"exp\": 1700000060, \"iat\": 1700000000, \"iss\": \"reports\", …}",
    ),
    see: &[Reason::AssertionReplayed],
};

pub(super) const ASSERTION_REPLAYED: ReasonRow = ReasonRow {
    word: "client_assertion.replayed",
    title: "The client assertion was used before",
    code: InvalidClient,
    who: &[Developer],
    what: "The client assertion was used before.",
    fix: "Make a new assertion for every request, including retries, each with its own jti. If your code \
          already does so, another party has sent a copy: change the key.",
    command: None,
    example: example(
        "# a second time\n\
         POST https://id.example.com/token\n\
         \n\
         grant_type=client_credentials\n\
         &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer\n\
         &client_assertion=eyJ.made-up.assertion-that-was-used",
        ASSERTION,
    ),
    see: &[Reason::AssertionTimes],
};

pub(super) const KEYS_UNAVAILABLE: ReasonRow = ReasonRow {
    word: "client.keys_unavailable",
    title: "The public keys of the application cannot be read",
    code: InvalidClient,
    who: &[Operator, Developer],
    what: "The application's public keys could not be read from its jwks_uri.",
    fix: "The address must answer 200 with a JWK Set, by https, without a redirect, not compressed, within \
          fetch.deadline, and it must be public or allowed by fetch.allow. The operator finds the cause in the log, under \
          the request id.",
    command: Some("grantor client update reports --jwks-uri https://reports.example.com/jwks.json"),
    example: example(
        "# what is registered\n\
         grantor client update reports --jwks-uri https://reports.example.com/moved",
        "# what is registered\n\
         grantor client update reports --jwks-uri https://reports.example.com/jwks.json",
    ),
    see: &[Reason::AssertionSignature],
};
