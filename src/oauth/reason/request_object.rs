//! Reasons about signed authorization requests (RFC 9101, OpenID Connect Core §6.1).

use super::Reason;
use super::Responsible::{Developer, Operator};
use super::row::{ReasonRow, example};
use crate::oauth::error_code::ErrorCode::{InvalidRequest, InvalidRequestObject};

/// A correct request.
const GOOD: &str = "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &request=HEADER.CLAIMS.SIGNATURE\n\
     \n\
     HEADER: {\"alg\": \"ES256\", \"typ\": \"oauth-authz-req+jwt\"}\n\
     CLAIMS:\n\
     {\n\
       \"iss\": \"calendar\",\n\
       \"client_id\": \"calendar\",\n\
       \"aud\": \"https://id.example.com\",\n\
       \"nbf\": 1790000000,\n\
       \"exp\": 1790000060,\n\
       \"response_type\": \"code\", …\n\
     }";

pub(super) const REQUIRED: ReasonRow = ReasonRow {
    word: "request_object.required",
    title: "The application must sign its request",
    code: InvalidRequest,
    who: &[Developer, Operator],
    what: "The request has its parameters in the open, and the application must send them as a token that it signs.",
    fix: "Put all parameters into a request object, sign it with a key of the application, and send it as request, with \
          client_id beside it. Libraries call this JAR or signed request object (RFC 9101).",
    command: Some("grantor client update calendar --jar off"),
    example: example(
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &response_type=code\n\
     &…",
        GOOD,
    ),
    see: &[Reason::RequestObjectSignature],
};

pub(super) const MALFORMED: ReasonRow = ReasonRow {
    word: "request_object.malformed",
    title: "The request object cannot be read",
    code: InvalidRequestObject,
    who: &[Developer],
    what: "The value of request is not a signed token, its JSON has a member twice or is nested deeply, or a member in it cannot be a \
           parameter.",
    fix: "Send the compact serialization of a JWT: header, claims and signature in base64url, with dots between them. Each \
          parameter is a text or a number; claims is an object, and resource a text or a list of texts.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &request=%7B%22response_type%22%3A%22code%22%7D",
        GOOD,
    ),
    see: &[Reason::RequestObjectType],
};

pub(super) const ENCRYPTED: ReasonRow = ReasonRow {
    word: "request_object.encrypted",
    title: "The request object cannot be decrypted",
    code: InvalidRequestObject,
    who: &[Developer, Operator],
    what: "The request object is encrypted, and not for a key of this server, or it was changed after that, or what is inside is \
           encrypted once more.",
    fix: "Sign the object, and encrypt it for a key at /jwks whose use is enc, with the kid of the key, once \
          and without zip. The metadata lists the algorithms, if there are any. A backchannel request is only signed. Without encryption, a request that no one on the way may read is pushed to /par.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &request=HEADER.KEY.IV.CIPHERTEXT.TAG",
        GOOD,
    ),
    see: &[Reason::PushedRequestRequired],
};

pub(super) const TYPE: ReasonRow = ReasonRow {
    word: "request_object.type",
    title: "The request object is another kind of token",
    code: InvalidRequestObject,
    who: &[Developer],
    what: "The typ in the header of the request object names another kind of token.",
    fix: "Set typ to oauth-authz-req+jwt, or leave it out.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &request=HEADER.CLAIMS.SIGNATURE\n\
     \n\
     HEADER: {\"alg\": \"ES256\", \"typ\": \"at+jwt\"}\n\
     CLAIMS:\n\
     {\n\
       \"iss\": \"calendar\",\n\
       \"client_id\": \"calendar\",\n\
       \"aud\": \"https://id.example.com\",\n\
       \"nbf\": 1790000000,\n\
       \"exp\": 1790000060,\n\
       \"response_type\": \"code\", …\n\
     }",
        GOOD,
    ),
    see: &[Reason::RequestObjectMalformed],
};

pub(super) const ALGORITHM: ReasonRow = ReasonRow {
    word: "request_object.algorithm",
    title: "The algorithm of the request object is not allowed",
    code: InvalidRequestObject,
    who: &[Developer, Operator],
    what: "The request object has the alg none, one that uses no key of the application, or one that the application is not \
           registered for.",
    fix: "Sign with a private key whose public part is registered. The metadata lists the algorithms as \
          request_object_signing_alg_values_supported. Only an application that is registered for none sends objects that are \
          not signed.",
    command: Some("grantor client update calendar --request-object-alg ES256"),
    example: example(
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &request=HEADER.CLAIMS.SIGNATURE\n\
     \n\
     HEADER: {\"alg\": \"HS256\"}\n\
     CLAIMS:\n\
     {\n\
       \"iss\": \"calendar\",\n\
       \"client_id\": \"calendar\",\n\
       \"aud\": \"https://id.example.com\",\n\
       \"nbf\": 1790000000,\n\
       \"exp\": 1790000060,\n\
       \"response_type\": \"code\", …\n\
     }",
        GOOD,
    ),
    see: &[Reason::RequestObjectSignature],
};

pub(super) const SIGNATURE: ReasonRow = ReasonRow {
    word: "request_object.signature",
    title: "The request object is not signed by the application",
    code: InvalidRequestObject,
    who: &[Developer, Operator],
    what: "No registered key of the application made the signature of the request object, or its kid names an unknown key.",
    fix: "Sign with the private key whose public part is in the jwks or at the jwks_uri of the application, and with the kid \
          that it has there. Publish a new key before you sign with it.",
    command: Some("grantor client update calendar --jwks keys.json"),
    example: example(
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &request=HEADER.CLAIMS.SIGNATURE\n\
     \n\
     HEADER: {\"alg\": \"ES256\", \"kid\": \"unknown\"}\n\
     CLAIMS:\n\
     {\n\
       \"iss\": \"calendar\",\n\
       \"client_id\": \"calendar\",\n\
       \"aud\": \"https://id.example.com\",\n\
       \"nbf\": 1790000000,\n\
       \"exp\": 1790000060,\n\
       \"response_type\": \"code\", …\n\
     }",
        GOOD,
    ),
    see: &[Reason::RequestObjectKeys, Reason::RequestObjectAlgorithm],
};

pub(super) const KEYS: ReasonRow = ReasonRow {
    word: "request_object.keys",
    title: "The keys of the application cannot be read",
    code: InvalidRequestObject,
    who: &[Operator, Developer],
    what: "The server could not read the public keys of the application from its jwks_uri, so it could not verify the request object.",
    fix: "Check that the jwks_uri answers with a JWK Set that has a key for signatures; the server's log says what was wrong. It \
          tries again after ten seconds.",
    command: Some("grantor client show calendar"),
    example: example(
        "GET https://app.example.com/jwks.json\n\
     \n\
     HTTP/1.1 404 Not Found",
        "GET https://app.example.com/jwks.json\n\
     \n\
     HTTP/1.1 200 OK\n\
     \n\
     {\"keys\": [{\"kty\": \"EC\", …}]}",
    ),
    see: &[Reason::RequestObjectSignature],
};

pub(super) const CLIENT: ReasonRow = ReasonRow {
    word: "request_object.client",
    title: "The request object is another application's",
    code: InvalidRequestObject,
    who: &[Developer],
    what: "The client_id or iss in the request object is missing or is not the client_id of the request, or its sub is the client_id.",
    fix: "Set client_id and iss in the object to the client_id that is beside it, and leave sub out: with it, the object could be \
          used as the application's proof.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &request=HEADER.CLAIMS.SIGNATURE\n\
     \n\
     HEADER: {\"alg\": \"ES256\", \"typ\": \"oauth-authz-req+jwt\"}\n\
     CLAIMS:\n\
     {\n\
       \"iss\": \"wiki\",\n\
       \"client_id\": \"wiki\",\n\
       \"aud\": \"https://id.example.com\",\n\
       \"nbf\": 1790000000,\n\
       \"exp\": 1790000060,\n\
       \"response_type\": \"code\", …\n\
     }",
        GOOD,
    ),
    see: &[Reason::RequestObjectAudience],
};

pub(super) const AUDIENCE: ReasonRow = ReasonRow {
    word: "request_object.audience",
    title: "The request object is for another server",
    code: InvalidRequestObject,
    who: &[Developer],
    what: "The aud of the request object is missing, or is not this server.",
    fix: "Set aud to the issuer in the server's metadata, without a path such as /par after it.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &request=HEADER.CLAIMS.SIGNATURE\n\
     \n\
     HEADER: {\"alg\": \"ES256\", \"typ\": \"oauth-authz-req+jwt\"}\n\
     CLAIMS:\n\
     {\n\
       \"iss\": \"calendar\",\n\
       \"client_id\": \"calendar\",\n\
       \"aud\": \"https://id.example.com/par\",\n\
       \"nbf\": 1790000000,\n\
       \"exp\": 1790000060,\n\
       \"response_type\": \"code\", …\n\
     }",
        GOOD,
    ),
    see: &[Reason::RequestObjectClient],
};

pub(super) const TIMES: ReasonRow = ReasonRow {
    word: "request_object.times",
    title: "The request object is not valid now",
    code: InvalidRequestObject,
    who: &[Developer],
    what: "The request object has expired, begins in the future, lives for more than an hour, or does not say when it ends.",
    fix: "Make a request object for each sign-in, with nbf set to now and exp to a minute later, both in seconds since 1970. If the \
          times are right, compare the clocks.",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &request=HEADER.CLAIMS.SIGNATURE\n\
     \n\
     HEADER: {\"alg\": \"ES256\", \"typ\": \"oauth-authz-req+jwt\"}\n\
     CLAIMS:\n\
     {\n\
       \"iss\": \"calendar\",\n\
       \"client_id\": \"calendar\",\n\
       \"aud\": \"https://id.example.com\",\n\
       \"nbf\": 1790000000,\n\
       \"exp\": 1890000000,\n\
       \"response_type\": \"code\", …\n\
     }",
        GOOD,
    ),
    see: &[Reason::RequestObjectMalformed],
};

pub(super) const REPLAYED: ReasonRow = ReasonRow {
    word: "request_object.replayed",
    title: "The request object was used before",
    code: InvalidRequestObject,
    who: &[Developer],
    what: "A backchannel request with this request object came before: each jti is accepted once.",
    fix: "Sign a new object with a random jti for each request. If your application did not send it twice, another party has it.",
    command: None,
    example: example(
        "# the same object a second time\n\
     POST https://id.example.com/bc-authorize\n\
     \n\
     request=HEADER.CLAIMS.SIGNATURE",
        "POST https://id.example.com/bc-authorize\n\
     \n\
     request=HEADER.CLAIMS.SIGNATURE\n\
     \n\
     HEADER: {\"alg\": \"ES256\"}\n\
     CLAIMS:\n\
     {\n\
       \"jti\": \"a-new-one\", …\n\
     }",
    ),
    see: &[Reason::RequestObjectTimes, Reason::AssertionReplayed],
};

pub(super) const NESTED: ReasonRow = ReasonRow {
    word: "request_object.nested",
    title: "The request object names another request",
    code: InvalidRequestObject,
    who: &[Developer],
    what: "The request object has the parameter request or request_uri, so it would name another request.",
    fix: "Put the parameters themselves into the object. request and request_uri are only beside it (RFC 9101 section 4).",
    command: None,
    example: example(
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &request=HEADER.CLAIMS.SIGNATURE\n\
     \n\
     HEADER: {\"alg\": \"ES256\", \"typ\": \"oauth-authz-req+jwt\"}\n\
     CLAIMS:\n\
     {\n\
       \"iss\": \"calendar\",\n\
       \"client_id\": \"calendar\",\n\
       \"aud\": \"https://id.example.com\",\n\
       \"nbf\": 1790000000,\n\
       \"exp\": 1790000060,\n\
       \"request_uri\": \"urn:ietf:params:oauth:request_uri:made-up\",\n\
       \"response_type\": \"code\", …\n\
     }",
        GOOD,
    ),
    see: &[Reason::PushedRequestNested],
};

pub(super) const OUTSIDE: ReasonRow = ReasonRow {
    word: "request_object.outside",
    title: "Parameters beside the request object are missing",
    code: InvalidRequestObject,
    who: &[Developer, Operator],
    what: "The application is registered for request objects of OpenID Connect, and response_type or scope is not beside the object, or \
           the response_type differs.",
    fix: "Send client_id, response_type and scope beside the object, too, with the values that it has. An application that puts \
          everything into the object is registered without --merge-request-object.",
    command: Some("grantor client update calendar --merge-request-object false"),
    example: example(
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &request=eyJhbGciOiJFUzI1NiJ9.eyJtYWRlIjoidXAifQ.c2ln",
        "GET https://id.example.com/authorize\n\
     ?client_id=calendar\n\
     &response_type=code\n\
     &scope=openid\n\
     &request=eyJhbGciOiJFUzI1NiJ9.eyJtYWRlIjoidXAifQ.c2ln",
    ),
    see: &[Reason::RequestObjectMalformed],
};
