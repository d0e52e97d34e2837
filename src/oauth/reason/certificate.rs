//! Reasons about certificates of clients (RFC 8705).

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{Example, ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InvalidClient, InvalidRequest};

/// A token request that is correct if it comes with the certificate.
const GOOD: &str = "# curl --cert app.pem --key app.key\n\
                    POST https://mtls.example.com/token\n\
                    \n\
                    grant_type=client_credentials\n\
                    &client_id=payments";

const NEW_CERTIFICATE: Example = example(
    "# curl --cert old.pem --key old.key\n\
     POST https://mtls.example.com/token\n\
     \n\
     grant_type=client_credentials\n\
     &client_id=payments",
    GOOD,
);

pub(super) const MISSING: ReasonRow = ReasonRow {
    word: "client_certificate.missing",
    title: "The client certificate is missing",
    code: InvalidClient,
    who: &[Developer, Operator],
    what: "The application proves who it is with a certificate, and the request came without one.",
    fix: "Send the request to the token_endpoint in mtls_endpoint_aliases of the metadata, with the certificate and its \
          key: at other addresses the server does not ask for one. If a proxy is in between, the operator compares \
          tls.client_certificate_header and tls.client_certificate_proxies with what the proxy sends.",
    command: None,
    example: example(
        "POST https://id.example.com/token\n\
         \n\
         grant_type=client_credentials\n\
         &client_id=payments",
        GOOD,
    ),
    see: &[Reason::ClientAuthenticationMissing],
};

pub(super) const REQUIRED: ReasonRow = ReasonRow {
    word: "client_certificate.required",
    title: "Tokens of this application need a certificate",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The tokens of the application are bound to its certificate, and the request came without one.",
    fix: "Send the request to the token_endpoint in mtls_endpoint_aliases of the metadata, with a certificate and its \
          key. It need not be signed by anyone. The operator can change the setting with grantor client update \
          --certificate-bound-tokens false.",
    command: Some("grantor client update payments --certificate-bound-tokens false"),
    example: example(
        "POST https://id.example.com/token\n\
         Authorization: Basic cGF5bWVudHM6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=client_credentials",
        "# curl --cert app.pem --key app.key\n\
         POST https://mtls.example.com/token\n\
         Authorization: Basic cGF5bWVudHM6bWFkZS11cC1zZWNyZXQ=\n\
         \n\
         grant_type=client_credentials",
    ),
    see: &[Reason::CertificateMissing],
};

pub(super) const MALFORMED: ReasonRow = ReasonRow {
    word: "client_certificate.malformed",
    title: "The client certificate cannot be read",
    code: InvalidClient,
    who: &[Operator, Developer],
    what: "The certificate is not X.509 of version 3, or the header in which the proxy passes it on has another form.",
    fix: "The operator compares tls.client_certificate_format with what the proxy writes: PEM that is percent-encoded, \
          base64 of DER, or a byte sequence of RFC 9440. A certificate of version 1 has no extensions; openssl x509 \
          -req makes version 3 with -extfile.",
    command: Some("grantor config check"),
    example: example(
        "# tls.client_certificate_header = \"Client-Cert\"\n\
         Client-Cert: -----BEGIN%20CERTIFICATE-----%0AMII…",
        "# tls.client_certificate_header = \"Client-Cert\"\n\
         Client-Cert: :MIIBqDCCAU6gAwIBAgIBBzAK…:",
    ),
    see: &[Reason::CertificateRepeated],
};

pub(super) const REPEATED: ReasonRow = ReasonRow {
    word: "client_certificate.repeated",
    title: "More than one client certificate came",
    code: InvalidClient,
    who: &[Operator],
    what: "The request has the header with the client's certificate twice, or two certificates in it.",
    fix: "The proxy must replace a header that a client sends, and not add a second one: proxy_set_header in nginx, \
          set-header and never add-header in HAProxy, and SANITIZE_SET in Envoy.",
    command: None,
    example: example(
        "Client-Cert: :bWFkZS11cC1ieS1hLXN0cmFuZ2Vy:\n\
         Client-Cert: :MIIBqDCCAU6gAwIBAgIBBzAK…:",
        "Client-Cert: :MIIBqDCCAU6gAwIBAgIBBzAK…:",
    ),
    see: &[Reason::CertificateMalformed],
};

pub(super) const TOO_LARGE: ReasonRow = ReasonRow {
    word: "client_certificate.too_large",
    title: "The client certificate is too large",
    code: InvalidClient,
    who: &[Developer],
    what: "The certificate has more than 8 KiB, or more than five certificates came together.",
    fix: "Send the application's own certificate and those between it and the authority, without the authority's. An RSA \
          key of 4096 bits or less, or one of P-256, keeps a certificate small.",
    command: None,
    example: NEW_CERTIFICATE,
    see: &[Reason::CertificateMalformed],
};

pub(super) const EXPIRED: ReasonRow = ReasonRow {
    word: "client_certificate.expired",
    title: "The client certificate has expired",
    code: InvalidClient,
    who: &[Developer],
    what: "The certificate of the application, or one that signed it, has expired.",
    fix: "Get a new certificate from the authority, or make a new one and register its key. One that no one has signed \
          expires, too.",
    command: None,
    example: NEW_CERTIFICATE,
    see: &[Reason::CertificateNotYetValid],
};

pub(super) const NOT_YET_VALID: ReasonRow = ReasonRow {
    word: "client_certificate.not_yet_valid",
    title: "The client certificate is not valid yet",
    code: InvalidClient,
    who: &[Developer],
    what: "The certificate of the application, or one that signed it, begins later than now.",
    fix: "Use the certificate from the time in its notBefore, and check the clock of the machine that made it.",
    command: None,
    example: NEW_CERTIFICATE,
    see: &[Reason::CertificateExpired],
};

pub(super) const USAGE: ReasonRow = ReasonRow {
    word: "client_certificate.usage",
    title: "The certificate is not meant for clients",
    code: InvalidClient,
    who: &[Developer],
    what: "The certificate is meant for something else, such as a server or an authority.",
    fix: "Get a certificate with the extended key usage clientAuth, or without any. If it has a key usage, that must have \
          digitalSignature. A certificate of an authority cannot be a client's.",
    command: None,
    example: example("extendedKeyUsage = serverAuth", "extendedKeyUsage = clientAuth"),
    see: &[Reason::CertificateUnknownIssuer],
};

pub(super) const UNKNOWN_ISSUER: ReasonRow = ReasonRow {
    word: "client_certificate.unknown_issuer",
    title: "No trusted authority has signed the certificate",
    code: InvalidClient,
    who: &[Operator, Developer],
    what: "The certificate was not signed by an authority that the server trusts for clients.",
    fix: "The operator puts the certificate of the authority that signs into the file that tls.client_ca names, also those \
          in between, because most proxies pass only the application's own one on. An application whose certificate no \
          authority has signed uses self_signed_tls_client_auth.",
    command: Some("grantor config check"),
    example: example(
        "# tls.client_ca has another authority\n\
         issuer=CN=Another Authority",
        "# tls.client_ca has it\n\
         issuer=CN=Authority for Payments",
    ),
    see: &[Reason::CertificateSubject],
};

pub(super) const REVOKED: ReasonRow = ReasonRow {
    word: "client_certificate.revoked",
    title: "The client certificate was revoked",
    code: InvalidClient,
    who: &[Developer, Operator],
    what: "The certificate of the application, or one that signed it, was revoked by its authority.",
    fix: "Get a new certificate with a new key: a certificate that was revoked never becomes valid again.",
    command: None,
    example: NEW_CERTIFICATE,
    see: &[Reason::CertificateRevocationUnknown],
};

pub(super) const REVOCATION_UNKNOWN: ReasonRow = ReasonRow {
    word: "client_certificate.revocation_unknown",
    title: "Whether the certificate was revoked is not known",
    code: InvalidClient,
    who: &[Operator],
    what: "The operator has named a file of revoked certificates, which has no current list of the certificate's authority.",
    fix: "Put the newest list of each authority that signs into the file that tls.client_crl names, before the one before \
          reaches its nextUpdate. The server reads the file again when it changes.",
    command: Some("grantor config check"),
    example: example(
        "# openssl crl -in revoked.pem -noout -nextupdate\n\
         nextUpdate=Nov  1 00:00:00 2026 GMT",
        "# openssl crl -in revoked.pem -noout -nextupdate\n\
         nextUpdate=Nov  8 00:00:00 2026 GMT",
    ),
    see: &[Reason::CertificateRevoked],
};

pub(super) const SUBJECT: ReasonRow = ReasonRow {
    word: "client_certificate.subject",
    title: "The certificate has another name than the registered one",
    code: InvalidClient,
    who: &[Operator, Developer],
    what: "The certificate does not have the name that is registered for the application.",
    fix: "The operator compares the registered name with the certificate: openssl x509 -in app.pem -noout -subject -nameopt \
          RFC2253 writes the subject with the most specific part first, as it is registered. Other names are registered \
          with --tls-san-dns, --tls-san-uri, --tls-san-ip or --tls-san-email.",
    command: Some("grantor client update payments --tls-subject-dn \"CN=payments,O=Bank,C=DE\""),
    example: example(
        "# what is registered\n\
         C=DE,O=Bank,CN=payments",
        "# what is registered\n\
         CN=payments,O=Bank,C=DE",
    ),
    see: &[Reason::CertificateUnknownIssuer],
};

pub(super) const NOT_REGISTERED: ReasonRow = ReasonRow {
    word: "client_certificate.not_registered",
    title: "The certificate is not one of the registered ones",
    code: InvalidClient,
    who: &[Operator, Developer],
    what: "Neither the certificate nor its key is among the keys that are registered for the application.",
    fix: "Put the certificate as x5c, or its public key, into the JWK Set that is registered or published at the jwks_uri, \
          and do that before the application uses the new certificate.",
    command: Some("grantor client update payments --jwks keys.json"),
    example: example(
        "# what is registered\n\
         {\"keys\": [{\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"of-the-old-key\", \"y\": \"…\"}]}",
        "# what is registered\n\
         {\"keys\": [{\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"of-the-new-key\", \"y\": \"…\"}]}",
    ),
    see: &[Reason::ClientKeysUnavailable],
};
