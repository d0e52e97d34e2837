//! What a token request must prove beside who its client is, and what happens without it (RFC 9449, RFC 8705).

use std::fmt;

use crate::config::Config;
use crate::oauth::client::certificate::no_authority;
use crate::oauth::client::demand::Demanded;
use crate::oauth::client::profile::{FAPI_ALGORITHMS, Profile};
use crate::oauth::client::{AuthMethod, Client, Demand, NoncePolicy};
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;

/// What the tokens of a client are bound to, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SenderConstraint {
    /// To the client's certificate, which must come with each token request.
    Certificate,
    /// To the key of a DPoP proof.
    Proof { demand: Demand, has_nonce: bool, profile: Profile },
}

impl SenderConstraint {
    /// What the registration and the server ask of this client's token requests.
    ///
    /// # Errors
    /// If the client needs a certificate, and none can arrive here, or no authority is trusted that could have signed it.
    pub(super) fn of(client: &Client, config: &Config) -> Result<Self, OAuthError> {
        let takes_certificates = config.tls.takes_certificates();
        if client.auth_method.is_some_and(AuthMethod::is_certificate) && !takes_certificates {
            return Err(Reason::CertificateMissing.because(
                "this client proves who it is with a certificate, and no certificate can arrive at this server",
            ));
        }
        if client.auth_method == Some(AuthMethod::TlsClientAuth) && !config.tls.has_client_ca() {
            return Err(no_authority());
        }
        if client.certificate.bound_tokens {
            return match takes_certificates {
                true => Ok(Self::Certificate),
                false => Err(Reason::CertificateRequired.because(
                    "the tokens of this client are bound to its certificate, and no certificate can arrive at this server",
                )),
            };
        }
        let demands = config.oauth.demands();
        let nonce = client.dpop_nonce.unwrap_or(config.oauth.dpop_nonce);
        Ok(Self::Proof {
            demand: client.demand(Demanded::Dpop, &demands),
            has_nonce: nonce == NoncePolicy::Require,
            profile: client.profile(&demands),
        })
    }
}

impl fmt::Display for SenderConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Proof { demand, has_nonce, profile } = self else {
            return write!(
                f,
                "required: the client's certificate, to which the token is bound; without it, {}",
                Reason::CertificateRequired.word()
            );
        };
        let missing = Reason::DpopMissing.word();
        let said = match demand {
            Demand::Require => {
                format!("required: a DPoP proof, to whose key the token is bound; without it, {missing}")
            }
            Demand::Report => format!(
                "a DPoP proof binds the token to its key; without it, the token is a Bearer token, and the log notes {missing}"
            ),
            Demand::Off => {
                "a DPoP proof binds the token to its key; without it, the token is a Bearer token".to_owned()
            }
        };
        f.write_str(&said)?;
        if *has_nonce {
            f.write_str("; the proof needs a nonce of the server")?;
        }
        match profile.is_fapi() {
            true => write!(f, "; {} wants it signed with {}", profile.as_str(), FAPI_ALGORITHMS.join(", ")),
            false => Ok(()),
        }
    }
}
