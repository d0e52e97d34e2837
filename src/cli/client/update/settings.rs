//! The settings of a client that its changes set, keep and remove.

use super::super::brand::ClientBrandOptions;
use super::super::certificate::CertificateOptions;
use super::ClientChangeOptions;
use crate::oauth::client::{Branding, CertificateSettings, Client, LogoutUris};
use crate::oauth::id::ClientId;

impl ClientChangeOptions {
    // A group of options that is required cannot contain a flattened one.
    pub(super) fn brand(&self) -> ClientBrandOptions {
        ClientBrandOptions {
            brand_accent: self.brand_accent,
            brand_background: self.brand_background,
            brand_background_dark: self.brand_background_dark,
            brand_radius: self.brand_radius,
            brand_logo_dark: self.brand_logo_dark.clone(),
        }
    }

    pub(super) fn branding(&self, before: &Branding) -> Branding {
        let none = Branding::default();
        self.brand().applied_to(if self.no_brand { &none } else { before })
    }

    pub(super) fn required_group(&self, before: &Client) -> Option<String> {
        let kept = || before.required_group.clone().filter(|_| !self.no_required_group);
        self.require_group.clone().or_else(kept)
    }

    pub(super) fn may_act(&self, before: &Client) -> Option<ClientId> {
        let kept = || before.may_act.clone().filter(|_| !self.no_may_act);
        self.may_act.as_ref().map(ClientId::new).or_else(kept)
    }

    pub(super) fn sector(&self, before: &Client) -> Option<String> {
        let kept = || before.sector_identifier_uri.clone().filter(|_| !self.no_sector_identifier_uri);
        self.sector_identifier_uri.clone().or_else(kept)
    }

    pub(super) fn logout(&self, before: &LogoutUris) -> LogoutUris {
        let changed = |new: &Option<String>, none: bool, before: &Option<String>| {
            new.clone().or_else(|| before.clone().filter(|_| !none))
        };
        LogoutUris {
            back_channel: changed(
                &self.backchannel_logout_uri,
                self.no_backchannel_logout_uri,
                &before.back_channel,
            ),
            front_channel: changed(
                &self.frontchannel_logout_uri,
                self.no_frontchannel_logout_uri,
                &before.front_channel,
            ),
        }
    }

    pub(super) fn certificate(&self, before: &CertificateSettings) -> CertificateSettings {
        let given = CertificateOptions {
            tls_subject_dn: self.tls_subject_dn.clone(),
            tls_san_dns: self.tls_san_dns.clone(),
            tls_san_uri: self.tls_san_uri.clone(),
            tls_san_ip: self.tls_san_ip.clone(),
            tls_san_email: self.tls_san_email.clone(),
            certificate_bound_tokens: self.certificate_bound_tokens,
        };
        let nameless =
            CertificateSettings { bound_tokens: before.bound_tokens, ..CertificateSettings::default() };
        given.applied_to(if self.no_tls_name { &nameless } else { before })
    }
}
