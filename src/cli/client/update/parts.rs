//! What the options say about parts of a client.

use super::super::brand::ClientBrandOptions;
use super::super::ciba::BackchannelOptions;
use super::super::messages::MessageOptions;
use super::ClientChangeOptions;
use crate::oauth::client::{BackchannelSettings, Branding, Client, LogoutUris};
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

    pub(super) fn messages(&self) -> MessageOptions {
        MessageOptions {
            jar: self.jar,
            request_object_alg: self.request_object_alg,
            merge_request_object: self.merge_request_object,
            jarm_alg: self.jarm_alg,
            jarm_encryption: self.jarm_encryption.clone(),
        }
    }

    pub(super) fn backchannel(&self, before: &BackchannelSettings) -> BackchannelSettings {
        let options = BackchannelOptions {
            ciba_mode: self.ciba_mode,
            ciba_notification_endpoint: self.ciba_notification_endpoint.clone(),
            ciba_request_alg: self.ciba_request_alg,
            ciba_user_code: self.ciba_user_code,
        };
        options.applied_to(before, self.no_ciba_notification_endpoint)
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

    pub(super) fn authorization_types(&self, before: &[String]) -> Vec<String> {
        match self.authorization_types.as_slice() {
            [] if self.no_authorization_types => Vec::new(),
            [] => before.to_vec(),
            chosen => chosen.to_vec(),
        }
    }
}
