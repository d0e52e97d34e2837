//! The secrets of webhooks, and the signatures that they make (Standard Webhooks, symmetric signatures `v1`).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{Secret, random};
use crate::clock::Timestamp;

/// What the text of a secret begins with.
const PREFIX: &str = "whsec_";

/// A secret that this server shares with the receiver of a webhook.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl WebhookSecret {
    /// A new secret with 256 random bits.
    pub fn generate() -> Self {
        Self(Zeroizing::new(random::<32>().to_vec()))
    }

    /// The secret with these bytes.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes of the secret, to be sealed.
    pub fn bytes(&self) -> Zeroizing<Vec<u8>> {
        self.0.clone()
    }

    /// The secret as its receiver configures it.
    pub fn text(&self) -> Secret {
        Secret::new(format!("{PREFIX}{}", STANDARD.encode(&*self.0)))
    }

    /// The signature of a message, with its version.
    pub fn signature(&self, id: &str, sent_at: Timestamp, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let signed = format!("{id}.{}.{body}", sent_at.as_unix());
        format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification.
    #[test]
    fn a_signature_is_as_the_specification_says() {
        let secret =
            WebhookSecret(Zeroizing::new(STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()));
        let at = Timestamp::from_unix(1_614_265_330);
        let signature = secret.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", at, "{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(secret.text().expose(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }
}
