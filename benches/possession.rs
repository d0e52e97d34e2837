//! Requests with a proof of a key (DPoP, RFC 9449). Each has a new proof, which the load generator signs.

use std::rc::Rc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use grantor::secret::{Hash, random_id, to_base64url};
use serde_json::json;

use crate::Outcome;
use crate::browser::BrowserSession;
use crate::http::{Connection, get, post};
use crate::load::Worker;

/// An ES256 key that signs proofs.
pub(crate) struct ProofKey {
    pair: EcdsaKeyPair,
    /// The header of each proof, encoded.
    header: String,
    random: SystemRandom,
}

impl ProofKey {
    pub(crate) fn generate() -> Outcome<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| "a key could not be made")?;
        // The public key is 04, x and y.
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": to_base64url(x), "y": to_base64url(y) });
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk }).to_string();
        Ok(Self { pair, header: to_base64url(header.as_bytes()), random: SystemRandom::new() })
    }

    /// The header line with a new proof for this request; with the hash of an access token that is presented.
    pub(crate) fn proof(&self, method: &str, url: &str, token: Option<&str>) -> Outcome<String> {
        let now = std::time::UNIX_EPOCH.elapsed()?.as_secs();
        let mut claims = json!({ "jti": random_id(), "htm": method, "htu": url, "iat": now });
        if let Some(token) = token {
            claims["ath"] = Hash::of(token).to_text().into();
        }
        let signed = format!("{}.{}", self.header, to_base64url(claims.to_string().as_bytes()));
        let signature =
            self.pair.sign(&self.random, signed.as_bytes()).map_err(|_| "a proof could not be signed")?;
        Ok(format!("dpop: {signed}.{}\r\n", to_base64url(signature.as_ref())))
    }
}

/// Gets a token of a client's own, bound to a key.
pub(crate) struct BoundToken {
    pub(crate) connection: Connection,
    pub(crate) issuer: String,
    pub(crate) credentials: String,
    pub(crate) key: Rc<ProofKey>,
}

impl Worker for BoundToken {
    async fn once(&mut self) -> Outcome<()> {
        let proof = self.key.proof("POST", &format!("{}/token", self.issuer), None)?;
        let fields = [("grant_type", "client_credentials"), ("scope", "bench.read")];
        let request = post("/token", &format!("{}{proof}", self.credentials), &fields)?;
        let answer = self.connection.send(&request).await?;
        if answer.status == 200 && answer.body.contains("\"token_type\":\"DPoP\"") {
            return Ok(());
        }
        Err(answer.complaint().into())
    }
}

/// Presents a bound token at UserInfo.
pub(crate) struct BoundUserInfo {
    pub(crate) connection: Connection,
    pub(crate) issuer: String,
    pub(crate) key: Rc<ProofKey>,
    pub(crate) token: String,
}

impl BoundUserInfo {
    /// Signs a person in, and binds their token to a new key.
    pub(crate) async fn begin(mut visit: BrowserSession, issuer: &str) -> Outcome<Self> {
        let key = Rc::new(ProofKey::generate()?);
        visit.credentials += &key.proof("POST", &format!("{issuer}/token"), None)?;
        let token = crate::rows::round_trip(&mut visit).await?.access;
        Ok(Self { connection: visit.connection, issuer: issuer.to_owned(), key, token })
    }
}

impl Worker for BoundUserInfo {
    async fn once(&mut self) -> Outcome<()> {
        let url = format!("{}/userinfo", self.issuer);
        let proof = self.key.proof("GET", &url, Some(&self.token))?;
        let request = get("/userinfo", &format!("authorization: DPoP {}\r\n{proof}", self.token));
        let answer = self.connection.send(&request).await?;
        if answer.status == 200 && answer.body.contains("\"sub\"") {
            return Ok(());
        }
        Err(answer.complaint().into())
    }
}
