//! Who has signed a certificate: the chain to an authority, its times, and whether something in it was revoked.

use std::time::Duration;

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    CertRevocationList, EndEntityCert, Error, ExpirationPolicy, KeyUsage, RevocationCheckDepth,
    RevocationOptions, RevocationOptionsBuilder, UnknownStatusPolicy, VerifiedPath, anchor_from_trusted_cert,
};

use super::ClientCertificate;
use super::content::{CertificateContent, wrong_usage};
use crate::clock::Timestamp;
use crate::oauth::error::OAuthError;
use crate::oauth::reason::Reason;

/// The authorities that may sign certificates of clients, and what they have revoked.
pub(super) struct Trust {
    authorities: Vec<TrustedAuthority>,
    anchors: Vec<TrustAnchor<'static>>,
    /// Empty: revocation is not checked.
    lists: Vec<CertRevocationList<'static>>,
}

struct TrustedAuthority {
    anchor: TrustAnchor<'static>,
    begins: Timestamp,
    ends: Timestamp,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("authorities", &self.authorities.len()).finish_non_exhaustive()
    }
}

impl Trust {
    /// `None` if one of the authorities cannot be used.
    pub(super) fn new(
        ders: &[CertificateDer<'static>],
        lists: Vec<CertRevocationList<'static>>,
    ) -> Option<Self> {
        let authority = |der: &CertificateDer<'static>| {
            let content = CertificateContent::read(der).ok()?;
            let anchor = anchor_from_trusted_cert(der).ok()?.to_owned();
            let (begins, ends) = content.times();
            Some(TrustedAuthority { anchor, begins, ends })
        };
        let authorities = ders.iter().map(authority).collect::<Option<Vec<_>>>()?;
        let anchors = authorities.iter().map(|authority| authority.anchor.clone()).collect();
        Some(Self { authorities, anchors, lists })
    }

    /// Checks that an authority has signed the certificate for clients, and that nothing has expired or was revoked.
    pub(super) fn verify(&self, certificate: &ClientCertificate, now: Timestamp) -> Result<(), OAuthError> {
        let seconds = u64::try_from(now.as_unix()).unwrap_or_default();
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let lists: Vec<&CertRevocationList<'_>> = self.lists.iter().collect();
        let own = EndEntityCert::try_from(&certificate.own).map_err(|error| refusal(&error))?;
        let is_current = |path: &VerifiedPath<'_>| match self.is_current(path.anchor(), now) {
            true => Ok(()),
            false => Err(Error::UnknownIssuer),
        };
        own.verify_for_usage(
            aws_lc_rs::default_provider().signature_verification_algorithms.all,
            &self.anchors,
            &certificate.intermediates,
            time,
            KeyUsage::client_auth(),
            revocation(&lists),
            Some(&is_current),
        )
        .map(drop)
        .map_err(|error| refusal(&error))
    }

    /// Whether the certificate of an authority is valid now. An authority may have several with one key.
    fn is_current(&self, anchor: &TrustAnchor<'_>, now: Timestamp) -> bool {
        let is_it = |authority: &&TrustedAuthority| {
            authority.anchor.subject == anchor.subject
                && authority.anchor.subject_public_key_info == anchor.subject_public_key_info
        };
        self.authorities
            .iter()
            .filter(is_it)
            .any(|authority| authority.begins <= now && now <= authority.ends)
    }
}

/// Each certificate of a chain must be on no list, and its authority's list must be there and not too old. `None` if there
/// are no lists.
fn revocation<'a>(lists: &'a [&'a CertRevocationList<'a>]) -> Option<RevocationOptions<'a>> {
    let builder = RevocationOptionsBuilder::new(lists).ok()?;
    let strict = builder
        .with_depth(RevocationCheckDepth::Chain)
        .with_status_policy(UnknownStatusPolicy::Deny)
        .with_expiration_policy(ExpirationPolicy::Enforce);
    Some(strict.build())
}

fn refusal(error: &Error) -> OAuthError {
    match error {
        Error::CertExpired { .. } => {
            Reason::CertificateExpired.because("the client certificate, or one that signed it, has expired")
        }
        Error::CertNotValidYet { .. } => {
            Reason::CertificateNotYetValid.because("the client certificate, or one that signed it, is not valid yet")
        }
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => wrong_usage(),
        Error::CaUsedAsEndEntity => Reason::CertificateUsage
            .because("the client certificate is that of an authority: its basic constraints have CA"),
        Error::CertRevoked => {
            Reason::CertificateRevoked.because("the client certificate, or one that signed it, was revoked")
        }
        Error::CrlExpired { .. }
        | Error::UnknownRevocationStatus
        | Error::InvalidCrlSignatureForPublicKey
        | Error::IssuerNotCrlSigner => Reason::CertificateRevocationUnknown
            .because("the server has no current list of what the authority of the client certificate has revoked"),
        Error::UnknownIssuer | Error::InvalidSignatureForPublicKey => Reason::CertificateUnknownIssuer.because(
            "the client certificate was not signed by an authority that this server trusts for clients, or a certificate between both \
             is missing",
        ),
        Error::BadDer | Error::BadDerTime | Error::UnsupportedCertVersion | Error::TrailingData(_) => {
            Reason::CertificateMalformed.because("the client certificate is not an X.509 certificate of version 3")
        }
        _ => Reason::CertificateUnknownIssuer
            .because("the chain of the client certificate breaks a rule of the authorities that signed it"),
    }
}
