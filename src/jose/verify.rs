//! Verifies tokens of this server, with its own published keys.
//!
//! The header decides nothing about keys and algorithms: `kid` only selects one of our keys, and the algorithm is that
//! key's (RFC 8725 §3.1). `jwk`, `jku`, `x5c` and `x5u` are ignored.

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::JoseError;
use super::key::verified_by;
use crate::clock::Timestamp;
use crate::oauth::signing_key::SigningAlgorithm;
use crate::secret::from_base64url;

/// The public part of one of our keys.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    kid: String,
    algorithm: SigningAlgorithm,
    key: DecodingKey,
}

impl VerifyingKey {
    /// Reads a JWK that [`super::key::SigningKey::public_jwk`] wrote.
    ///
    /// # Errors
    /// If `jwk` is not such a key.
    pub fn read(kid: &str, algorithm: SigningAlgorithm, jwk: &str) -> Result<Self, JoseError> {
        let wrong = || JoseError::Key(kid.to_owned());
        let jwk: Jwk = serde_json::from_str(jwk).map_err(|_| wrong())?;
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| wrong())?;
        Ok(Self { kid: kid.to_owned(), algorithm, key })
    }

    /// The name of the key, as in the `kid` of a token.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

/// The members of a header that decide here. It is not verified.
#[derive(Deserialize)]
pub(super) struct TokenHeader {
    pub(super) alg: String,
    pub(super) typ: Option<String>,
    pub(super) kid: Option<String>,
    #[serde(default)]
    pub(super) crit: Option<Value>,
}

impl TokenHeader {
    /// The header of a token; `None` if it cannot be read.
    pub(super) fn of(token: &str) -> Option<Self> {
        let (header, _) = token.split_once('.')?;
        serde_json::from_slice(&from_base64url(header)?).ok()
    }
}

/// The `kid` in a token's header, which is not verified; `None` if the header has no `kid` or cannot be read.
pub fn named_key(token: &str) -> Option<String> {
    TokenHeader::of(token)?.kid
}

/// How the expiry of a token is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The token must not be expired at this time.
    Live(Timestamp),
    /// An expired token is accepted, as for the hint in a logout request (OpenID Connect RP-Initiated Logout §2).
    Ignored,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error("it is not a signed token")]
    Malformed,
    #[error("its header lists extensions as critical")]
    Critical,
    #[error("it is a token of another type")]
    Type,
    #[error("its key is not known")]
    Key,
    #[error("its algorithm is not its key's")]
    Algorithm,
    #[error("its signature is not its key's")]
    Signature,
    #[error("it has expired")]
    Expired,
    #[error("its claims have another form")]
    Claims,
}

/// The claims of a token of the type `typ` that one of `keys` signed (RFC 7515 §5.2).
///
/// # Errors
/// If the token is malformed, has another type, is not signed by the key that it names, has expired (unless `expiry` is
/// `Ignored`), or has other claims than `T`.
pub fn verify<T: DeserializeOwned>(
    token: &str,
    typ: &str,
    keys: &[VerifyingKey],
    expiry: Expiry,
) -> Result<T, VerifyError> {
    let header = TokenHeader::of(token).ok_or(VerifyError::Malformed)?;
    if header.crit.is_some() {
        return Err(VerifyError::Critical);
    }
    if !header.typ.is_some_and(|found| is_type(&found, typ)) {
        return Err(VerifyError::Type);
    }
    let key = keys.iter().find(|key| Some(key.kid.as_str()) == header.kid.as_deref());
    let key = key.ok_or(VerifyError::Key)?;
    if header.alg != key.algorithm.as_str() {
        return Err(VerifyError::Algorithm);
    }
    let claims = signed_bytes(token, &key.key, verified_by(key.algorithm))?;
    let claims: Value = serde_json::from_slice(&claims).map_err(|_| VerifyError::Claims)?;
    let expires_at = claims["exp"].as_i64().map(Timestamp::from_unix).ok_or(VerifyError::Claims)?;
    if matches!(expiry, Expiry::Live(now) if expires_at <= now) {
        return Err(VerifyError::Expired);
    }
    serde_json::from_value(claims).map_err(|_| VerifyError::Claims)
}

/// The claims of a token that `key` signed with `algorithm`, whatever its header says. Nothing in them is checked.
///
/// # Errors
/// If the signature is wrong.
pub(super) fn signed_bytes(
    token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> Result<Vec<u8>, VerifyError> {
    let (message, signature) = token.rsplit_once('.').ok_or(VerifyError::Malformed)?;
    let (_, claims) = message.split_once('.').ok_or(VerifyError::Malformed)?;
    match jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, algorithm) {
        Ok(true) => {}
        Ok(false) | Err(_) => return Err(VerifyError::Signature),
    }
    from_base64url(claims).ok_or(VerifyError::Signature)
}

/// Whether two media types are equal: the case does not matter, and `application/` may be left out (RFC 7515 §4.1.9).
pub(super) fn is_type(found: &str, expected: &str) -> bool {
    let found = found.to_ascii_lowercase();
    found.strip_prefix("application/").unwrap_or(&found) == expected.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    use super::*;
    use crate::jose::key::SigningKey;
    use crate::secret::to_base64url;

    fn public(key: &SigningKey) -> VerifyingKey {
        VerifyingKey::read(key.kid(), key.algorithm(), &key.public_jwk().unwrap()).unwrap()
    }

    fn check(token: &str, keys: &[VerifyingKey]) -> Result<Value, VerifyError> {
        verify(token, "JWT", keys, Expiry::Live(Timestamp::from_unix(99)))
    }

    /// A token with other header members, signed by `key`.
    fn with_header(key: &SigningKey, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| to_base64url(value.to_string().as_bytes());
        let signed = key.sign("JWT", claims).unwrap();
        let (_, signature) = signed.rsplit_once('.').unwrap();
        format!("{}.{}.{signature}", part(header), part(claims))
    }

    #[test]
    fn tokens_signed_by_our_keys_are_accepted() {
        let claims = json!({ "sub": "alice", "exp": 100 });
        for &algorithm in SigningAlgorithm::ALL {
            let (key, other) =
                (SigningKey::generate(algorithm).unwrap(), SigningKey::generate(algorithm).unwrap());
            let keys = [public(&other), public(&key)];
            let token = key.sign("JWT", &claims).unwrap();
            assert_eq!(check(&token, &keys), Ok(claims.clone()), "{algorithm}");
            let at = |expiry| verify::<Value>(&token, "JWT", &keys, expiry);
            assert_eq!(at(Expiry::Live(Timestamp::from_unix(100))), Err(VerifyError::Expired));
            assert_eq!(at(Expiry::Ignored), Ok(claims.clone()));
            assert_eq!(check(&token, &keys[..1]), Err(VerifyError::Key));
            assert_eq!(check(&token, &[]), Err(VerifyError::Key));
            let logout = key.sign("logout+jwt", &claims).unwrap();
            assert_eq!(check(&logout, &keys), Err(VerifyError::Type));
            let long = verify::<Value>(&logout, "logout+jwt", &keys, Expiry::Ignored);
            assert_eq!(long, Ok(claims.clone()));
            let eternal = key.sign("JWT", &json!({ "sub": "alice" })).unwrap();
            assert_eq!(check(&eternal, &keys), Err(VerifyError::Claims));

            let [header, body, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
            let altered = to_base64url(br#"{"sub":"bob","exp":100}"#);
            let mut wrong = from_base64url(signature).unwrap();
            wrong[7] ^= 1;
            for hostile in [
                format!("{header}.{altered}.{signature}"),
                format!("{header}.{body}."),
                format!("{header}.{body}.{}", to_base64url(&wrong)),
                format!("{header}.{body}.{}", to_base64url(&[0; 64])),
            ] {
                assert_eq!(check(&hostile, &keys), Err(VerifyError::Signature), "{algorithm} {hostile}");
            }
            for hostile in ["", ".", "..", header, &format!("{header}.{body}"), &format!("{token}.x")] {
                assert!(check(hostile, &keys).is_err(), "{algorithm} {hostile}");
            }
        }
    }

    #[test]
    fn a_header_cannot_choose_how_it_is_verified() {
        let claims = json!({ "sub": "alice", "exp": 100 });
        for &algorithm in SigningAlgorithm::ALL {
            let key = SigningKey::generate(algorithm).unwrap();
            let (kid, keys) = (key.kid(), [public(&key)]);
            for alg in [
                "none", "None", "nOnE", "", "HS384", "RS384", "RS256", "PS256", "ES256", "ES384", "EdDSA",
                "Ed25519",
            ] {
                if alg == algorithm.as_str() {
                    continue;
                }
                let token = with_header(&key, &json!({"alg": alg, "typ": "JWT", "kid": kid}), &claims);
                let refused = check(&token, &keys).unwrap_err();
                assert!(
                    matches!(refused, VerifyError::Algorithm | VerifyError::Malformed),
                    "{alg}: {refused}"
                );
                let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
                assert!(check(&unsigned, &keys).is_err(), "{alg}");
            }
            // The public key, which anybody can read, used as a MAC secret.
            let jwk = key.public_jwk().unwrap();
            let parts: Value = serde_json::from_str(&jwk).unwrap();
            let raw = ["n", "x"].iter().find_map(|name| parts[name].as_str()).unwrap();
            for secret in [jwk.as_bytes(), raw.as_bytes(), &from_base64url(raw).unwrap()] {
                let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::HS256) };
                let token = encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
                assert_eq!(check(&token, &keys), Err(VerifyError::Algorithm));
            }
        }
    }

    #[test]
    fn a_header_cannot_bring_its_own_key() {
        let claims = json!({ "sub": "alice", "exp": 100 });
        let ours = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let theirs = SigningKey::generate(SigningAlgorithm::Es256).unwrap();
        let keys = [public(&ours)];
        let pair = EncodingKey::from_ec_der(&theirs.to_pkcs8().unwrap());
        let forged = |kid: Option<&str>, change: fn(&mut Header)| {
            let mut header = Header::new(Algorithm::ES256);
            header.kid = kid.map(str::to_owned);
            header.jwk = serde_json::from_str(&theirs.public_jwk().unwrap()).unwrap();
            change(&mut header);
            check(&encode(&header, &claims, &pair).unwrap(), &keys)
        };
        assert_eq!(forged(None, |_| ()), Err(VerifyError::Key));
        assert_eq!(forged(Some(theirs.kid()), |_| ()), Err(VerifyError::Key));
        assert_eq!(forged(Some(""), |_| ()), Err(VerifyError::Key));
        for change in [
            (|_| ()) as fn(&mut Header),
            |header| header.jku = Some("http://127.0.0.1:9/jwks".into()),
            |header| header.x5u = Some("http://127.0.0.1:9/certificate".into()),
            |header| header.x5c = Some(vec!["MIIB".into()]),
        ] {
            assert_eq!(forged(Some(ours.kid()), change), Err(VerifyError::Signature));
        }
        let critical = forged(Some(ours.kid()), |header| header.crit = Some(vec!["b64".into()]));
        assert_eq!(critical, Err(VerifyError::Critical));
        let untyped = forged(Some(ours.kid()), |header| header.typ = None);
        assert_eq!(untyped, Err(VerifyError::Type));
    }

    #[test]
    fn the_signatures_of_the_rfcs_are_valid_only_for_their_content() {
        const CLAIMS: &str =
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        // RFC 7515 A.2 and A.3, RFC 8037 A.4.
        let rsa = json!({ "kty": "RSA", "e": "AQAB", "n": concat!(
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-",
            "pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Cap",
            "Hg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h",
            "4FRWyuXpoQ") });
        let rsa_signature = concat!(
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7",
            "t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi1",
            "2jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGl",
            "UPQGe77Rw"
        );
        let ec = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
        let ec_signature =
            "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let okp =
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        let okp_signature =
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        for (algorithm, jwk, header, payload, signature) in [
            (SigningAlgorithm::Rs256, rsa, "eyJhbGciOiJSUzI1NiJ9", CLAIMS, rsa_signature),
            (SigningAlgorithm::Es256, ec, "eyJhbGciOiJFUzI1NiJ9", CLAIMS, ec_signature),
            (
                SigningAlgorithm::EdDsa,
                okp,
                "eyJhbGciOiJFZERTQSJ9",
                "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
                okp_signature,
            ),
        ] {
            let key = VerifyingKey::read("k", algorithm, &jwk.to_string()).unwrap();
            let is_good = |input: &str| {
                jsonwebtoken::crypto::verify(signature, input.as_bytes(), &key.key, verified_by(algorithm))
                    .unwrap()
            };
            assert!(is_good(&format!("{header}.{payload}")), "{algorithm}");
            assert!(!is_good(&format!("{header}.{payload}A")), "{algorithm}");
        }
    }

    #[test]
    fn types_are_media_types() {
        for (found, expected, same) in [
            ("JWT", "JWT", true),
            ("jwt", "JWT", true),
            ("application/JWT", "jwt", true),
            ("application/application/jwt", "jwt", false),
            ("at+jwt", "jwt", false),
            ("", "jwt", false),
        ] {
            assert_eq!(is_type(found, expected), same, "{found:?}");
        }
    }
}
