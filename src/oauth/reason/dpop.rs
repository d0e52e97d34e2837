//! Reasons about DPoP proofs (RFC 9449).

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{
    InvalidDpopProof, InvalidRequest, UnauthorizedClient, UseDpopNonce,
};

pub(super) const MISSING: ReasonRow = ReasonRow {
    word: "dpop.missing",
    title: "The DPoP proof is missing",
    code: InvalidDpopProof,
    who: &[Developer, Operator],
    what: "The request has no DPoP header, and needs one: the client must prove a key for its tokens, or the access \
           token is bound to one.",
    fix: "Sign a proof with the application's key for this request, and send it in the DPoP header. Libraries that can \
          do DPoP (RFC 9449) do so once they have a key.",
    command: Some("grantor client update calendar --dpop off"),
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic Y2FsZW5kYXI6bWFkZS11cC1zZWNyZXQ=\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::BearerBound],
};

pub(super) const REPEATED: ReasonRow = ReasonRow {
    word: "dpop.repeated",
    title: "The request has more than one DPoP header",
    code: InvalidDpopProof,
    who: &[Developer],
    what: "The request has more than one DPoP header, and the server does not choose.",
    fix: "Send one DPoP header. Look for a library or a proxy that adds it to a request that already has it.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         DPoP: eyJ.made-up-proof\n\
         DPoP: eyJ.made-up-other-proof\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::DpopMalformed],
};

pub(super) const MALFORMED: ReasonRow = ReasonRow {
    word: "dpop.malformed",
    title: "The DPoP header has no readable proof",
    code: InvalidDpopProof,
    who: &[Developer],
    what: "The DPoP header is not a proof as RFC 9449 section 4.2 describes it.",
    fix: "A proof is a signed JWT whose header has typ dpop+jwt, alg and jwk, and whose claims are at least jti, htm, \
          htu and iat. The description names the part that is missing or wrong.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # a header without jwk\n\
         DPoP: eyJ.made-up-proof-with-kid\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # typ dpop+jwt, alg ES256, jwk with the public key\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::DpopAlgorithm],
};

pub(super) const ALGORITHM: ReasonRow = ReasonRow {
    word: "dpop.algorithm",
    title: "The DPoP proof has an unsupported algorithm",
    code: InvalidDpopProof,
    who: &[Developer],
    what: "The alg of the DPoP proof is not one that this server accepts. Symmetric algorithms and none are never \
           accepted.",
    fix: "Use an algorithm from dpop_signing_alg_values_supported in the server's metadata; ES256 is known to every \
          library.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # alg HS256\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # alg ES256\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::DpopKey],
};

pub(super) const KEY: ReasonRow = ReasonRow {
    word: "dpop.key",
    title: "The key of the DPoP proof cannot be used",
    code: InvalidDpopProof,
    who: &[Developer],
    what: "The jwk in the header of the DPoP proof is not a public key that this server accepts.",
    fix: "Send the public key alone: a jwk with d or other private members has given the key away, so make a new one. \
          An RSA key has 2048 to 4096 bits; a key on P-256 belongs to ES256.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # jwk: kty, crv, x, y and d\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # jwk of a new key: kty, crv, x and y\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::DpopAlgorithm],
};

pub(super) const SIGNATURE: ReasonRow = ReasonRow {
    word: "dpop.signature",
    title: "The DPoP proof is not signed by its own key",
    code: InvalidDpopProof,
    who: &[Developer],
    what: "The signature of the DPoP proof is not that of the key in its header.",
    fix: "Sign with the private key that belongs to the jwk in the header, and send the proof unchanged. A signature \
          by ES256 is 64 bytes, not DER.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # jwk of the old key, signed by the new one\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # jwk of the key that has signed\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::DpopKey],
};

pub(super) const METHOD: ReasonRow = ReasonRow {
    word: "dpop.method",
    title: "The DPoP proof is for another method",
    code: InvalidDpopProof,
    who: &[Developer],
    what: "The htm of the DPoP proof is not the HTTP method of the request.",
    fix: "Sign a new proof for each request, and put its method into htm, in upper case.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # htm GET\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # htm POST\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::DpopUrl],
};

pub(super) const URL: ReasonRow = ReasonRow {
    word: "dpop.url",
    title: "The DPoP proof is for another address",
    code: InvalidDpopProof,
    who: &[Developer, Operator],
    what: "The htu of the DPoP proof is not the address that the request was sent to.",
    fix: "Put the address of the endpoint into htu as the server's metadata has it: scheme, host, port and path, \
          without query and fragment; at an address of mtls_endpoint_aliases, that one. A reverse proxy changes nothing about \
          that, if the server's public URL is right.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # htu http://127.0.0.1:8080/token\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # htu https://id.example.com/token\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::DpopMethod],
};

pub(super) const TIME: ReasonRow = ReasonRow {
    word: "dpop.time",
    title: "The DPoP proof was not signed just now",
    code: InvalidDpopProof,
    who: &[Developer, Operator],
    what: "The iat of the DPoP proof is too long ago, or in the future, by this server's clock.",
    fix: "Sign the proof when you send the request, and not before. If that is so, compare the clocks; the options \
          oauth.dpop_max_age and oauth.dpop_max_ahead say how far they may be apart.",
    command: None,
    example: example(
        "POST https://id.example.com/token at 12:05:00\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # iat 12:00:00\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token at 12:05:00\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # iat 12:05:00\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::DpopReplayed],
};

pub(super) const REPLAYED: ReasonRow = ReasonRow {
    word: "dpop.replayed",
    title: "The DPoP proof was used before",
    code: InvalidDpopProof,
    who: &[Developer],
    what: "A request with this proof has been answered already.",
    fix: "Sign a new proof for each request, with a jti that is new each time. That also holds when a request is sent \
          again because its answer was lost.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         DPoP: eyJ.made-up-proof-of-the-last-request\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         DPoP: eyJ.made-up-new-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::DpopTime],
};

pub(super) const TOKEN: ReasonRow = ReasonRow {
    word: "dpop.token",
    title: "The DPoP proof is not for this access token",
    code: InvalidDpopProof,
    who: &[Developer],
    what: "The proof came with an access token, and its ath is missing or is not the hash of this token.",
    fix: "Put the SHA-256 of the access token, in base64url without padding, into ath. A proof for the token endpoint \
          has no ath and cannot be used here.",
    command: None,
    example: example(
        "GET https://id.example.com/userinfo\n\
         Authorization: DPoP gat_made-up-token\n\
         # no ath\n\
         DPoP: eyJ.made-up-proof",
        "GET https://id.example.com/userinfo\n\
         Authorization: DPoP gat_made-up-token\n\
         # ath: the hash of gat_made-up-token\n\
         DPoP: eyJ.made-up-proof",
    ),
    see: &[Reason::BearerBound],
};

pub(super) const NONCE_MISSING: ReasonRow = ReasonRow {
    word: "dpop.nonce_missing",
    title: "The DPoP proof needs a nonce of the server",
    code: UseDpopNonce,
    who: &[Developer],
    what: "The server accepts proofs of this application only with a nonce, and the proof has none.",
    fix: "Sign a new proof whose nonce is the header DPoP-Nonce of this answer, and send the request again, once. Use \
          the nonce of the newest answer from then on.",
    command: Some("grantor client update calendar --dpop-nonce off"),
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # no nonce\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # nonce: the DPoP-Nonce of the refusal\n\
         DPoP: eyJ.made-up-new-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::DpopNonceOld],
};

pub(super) const NONCE_OLD: ReasonRow = ReasonRow {
    word: "dpop.nonce_old",
    title: "The nonce of the DPoP proof has expired",
    code: UseDpopNonce,
    who: &[Developer],
    what: "The nonce of the proof was given out more than some minutes ago, or by another server.",
    fix: "Sign a new proof whose nonce is the header DPoP-Nonce of this answer, and send the request again, once. Keep \
          a nonce for each server.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # the nonce of yesterday\n\
         DPoP: eyJ.made-up-proof\n\
         \n\
         grant_type=client_credentials",
        "POST https://id.example.com/token\n\
         Authorization: Basic cmVwb3J0czptYWRlLXVwLXNlY3JldA==\n\
         # nonce: the DPoP-Nonce of the refusal\n\
         DPoP: eyJ.made-up-new-proof\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::DpopNonceMissing],
};

pub(super) const JKT_MALFORMED: ReasonRow = ReasonRow {
    word: "dpop.jkt_malformed",
    title: "The dpop_jkt is not the thumbprint of a key",
    code: InvalidRequest,
    who: &[Developer],
    what: "The parameter dpop_jkt is not a SHA-256 thumbprint as RFC 7638 makes it.",
    fix: "Send the SHA-256 thumbprint of the public key, in base64url without padding, or leave the parameter out. \
          Libraries make it from the key with which they sign proofs.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &dpop_jkt=my-key\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &dpop_jkt=0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\n\
         &…",
    ),
    see: &[Reason::DpopJktMismatch],
};

pub(super) const JKT_MISMATCH: ReasonRow = ReasonRow {
    word: "dpop.jkt_mismatch",
    title: "The dpop_jkt is not the key of the DPoP proof",
    code: InvalidRequest,
    who: &[Developer],
    what: "The pushed request has a DPoP header and the parameter dpop_jkt, and they are about two keys.",
    fix: "Send one of the two, or the thumbprint of the key that signed the proof.",
    command: None,
    example: example(
        "POST https://id.example.com/par\n\
         DPoP: eyJ.made-up-proof-by-another-key\n\
         \n\
         dpop_jkt=0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\n\
         &…",
        "POST https://id.example.com/par\n\
         DPoP: eyJ.made-up-proof-by-that-key\n\
         \n\
         dpop_jkt=0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\n\
         &…",
    ),
    see: &[Reason::BindingMismatch],
};

pub(super) const THROUGH_BROWSER: ReasonRow = ReasonRow {
    word: "dpop.through_browser",
    title: "The token in the response cannot be bound",
    code: UnauthorizedClient,
    who: &[Developer, Operator],
    what: "The client needs access tokens that are bound to a key or to its certificate, and a token that passes through \
           the browser is bound to neither.",
    fix: "Use response_type code, and redeem the code with a DPoP proof, or with the client's certificate.",
    command: Some("grantor client update calendar --dpop off"),
    example: example(
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=id_token token\n\
         &…",
        "GET https://id.example.com/authorize\n\
         ?client_id=calendar\n\
         &response_type=code\n\
         &…",
    ),
    see: &[Reason::ResponseTypeNotAllowed],
};
