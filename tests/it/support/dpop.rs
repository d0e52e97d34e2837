//! DPoP proofs as applications make them (RFC 9449 §4).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use grantor::secret::{Hash, random_id, to_base64url};
use reqwest::Method;
use serde_json::{Value, json};

use super::relying_party::basic;
use super::{Answer, Application, Browser, TestServer};

/// A key that signs proofs.
pub(crate) struct ProofKey {
    algorithm: &'static str,
    pair: Pair,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl ProofKey {
    pub(crate) fn new() -> Self {
        Self::of("ES256")
    }

    pub(crate) fn of(algorithm: &'static str) -> Self {
        let pair = match algorithm {
            "ES256" => Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")),
            "ES384" => Pair::Ec(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key")),
            "RS256" | "PS256" => Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key").into()),
            _ => Pair::Ed(Ed25519KeyPair::generate().expect("a key")),
        };
        Self { algorithm, pair }
    }

    pub(crate) fn jwk(&self) -> Value {
        match &self.pair {
            Pair::Ec(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = if self.algorithm == "ES256" { "P-256" } else { "P-384" };
                json!({ "crv": curve, "kty": "EC", "x": to_base64url(x), "y": to_base64url(y) })
            }
            Pair::Ed(pair) => {
                json!({ "crv": "Ed25519", "kty": "OKP", "x": to_base64url(pair.public_key().as_ref()) })
            }
            Pair::Rsa(pair) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({ "e": to_base64url(&public.e), "kty": "RSA", "n": to_base64url(&public.n) })
            }
        }
    }

    /// The thumbprint: of the required members in the order of the alphabet (RFC 7638 §3).
    pub(crate) fn thumbprint(&self) -> String {
        Hash::of(&self.jwk().to_string()).to_text()
    }

    pub(crate) fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": self.algorithm, "jwk": self.jwk() })
    }

    /// A JWT with these two parts, which may be any text.
    pub(crate) fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", to_base64url(header.as_bytes()), to_base64url(claims.as_bytes()));
        let signature = match &self.pair {
            Pair::Ec(pair) => {
                pair.sign(&SystemRandom::new(), message.as_bytes()).expect("a signature").as_ref().to_vec()
            }
            Pair::Ed(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let encoding = if self.algorithm == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &SystemRandom::new(), message.as_bytes(), &mut signature)
                    .expect("a signature");
                signature
            }
        };
        format!("{message}.{}", to_base64url(&signature))
    }

    /// A proof for a request, with `change` over the good claims; `null` removes a claim.
    pub(crate) fn proof_with(&self, server: &TestServer, request: (&str, &str), change: &Value) -> String {
        self.sign(&self.header().to_string(), &claims(server, request, change).to_string())
    }

    /// A good proof for the token endpoint.
    pub(crate) fn proof(&self, server: &TestServer) -> String {
        self.proof_with(server, ("POST", "/token"), &json!({}))
    }

    /// A good proof for a request with an access token.
    pub(crate) fn proof_for(&self, server: &TestServer, request: (&str, &str), token: &str) -> String {
        self.proof_with(server, request, &json!({ "ath": Hash::of(token).to_text() }))
    }
}

/// The claims of a good proof with `change` over them.
pub(crate) fn claims(server: &TestServer, (method, path): (&str, &str), change: &Value) -> Value {
    let url = format!("{}{path}", server.app.issuer);
    let now = server.app.now().as_unix();
    let mut claims = json!({ "jti": random_id(), "htm": method, "htu": url, "iat": now });
    for (name, value) in change.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    claims
}

impl Application {
    /// POST to an endpoint at a node, with this application's own authentication and these DPoP headers.
    pub(crate) async fn post_proven_at(
        &self,
        browser: &mut Browser,
        path: &str,
        form: &[(&str, &str)],
        proofs: &[&str],
    ) -> Answer {
        let mut form = form.to_vec();
        let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
        let authorization = self.secret.as_ref().map(|secret| basic(&self.id, secret));
        match &authorization {
            Some(authorization) => headers.push(("authorization", authorization)),
            None => form.push(("client_id", &self.id)),
        }
        headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
        let body = serde_urlencoded::to_string(&form).expect("a form");
        browser.request(Method::POST, path, &headers, &body).await
    }

    /// A token request with this proof.
    pub(crate) async fn proven(&self, server: &TestServer, form: &[(&str, &str)], proof: &str) -> Answer {
        self.post_proven_at(&mut server.browser(), "/token", form, &[proof]).await
    }
}

impl TestServer {
    /// A request with an access token by this scheme and these DPoP headers.
    pub(crate) async fn with_token(
        &self,
        (method, path): (&str, &str),
        (scheme, token): (&str, &str),
        proofs: &[&str],
    ) -> Answer {
        let authorization = format!("{scheme} {token}");
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(proofs.iter().map(|proof| ("dpop", *proof)));
        let method = method.parse().expect("a method");
        self.browser().request(method, path, &headers, "").await
    }
}
