//! The lists of a client that its changes replace, add to and remove from.

use super::super::super::CliError;
use super::super::super::list::check_single;
use super::super::show::texts;
use super::super::words::{grants, redirect_uris};
use super::ClientChangeOptions;
use crate::oauth::client::GrantType;
use crate::oauth::request::redirect_uri::RegisteredUri;
use crate::operations::fault::Fault;
use crate::operations::list_change::ListChange;

impl ClientChangeOptions {
    pub(super) fn redirect_uris(&self, before: &[RegisteredUri]) -> Result<Vec<RegisteredUri>, Fault> {
        let added = self.add_redirect_uris.clone();
        let change =
            ListChange::of(self.redirect_uris.clone(), false, added, self.remove_redirect_uris.clone());
        Ok(redirect_uris(&change.applied_to(&texts(before), "redirect_uris", "redirect URI")?))
    }

    pub(super) fn post_logout_redirect_uris(
        &self,
        before: &[RegisteredUri],
    ) -> Result<Vec<RegisteredUri>, Fault> {
        let change = ListChange::of(
            self.post_logout_redirect_uris.clone(),
            self.no_post_logout_redirect_uris,
            self.add_post_logout_uris.clone(),
            self.remove_post_logout_uris.clone(),
        );
        let member = "post_logout_redirect_uris";
        Ok(redirect_uris(&change.applied_to(&texts(before), member, "post-logout redirect URI")?))
    }

    pub(super) fn grants(&self, before: &[GrantType]) -> Result<Vec<GrantType>, Fault> {
        let (added, removed) = (grants(&self.add_grants), grants(&self.remove_grants));
        let change = ListChange::of(grants(&self.grants), false, added, removed);
        change.applied_to(before, "grant_types", "grant")
    }

    pub(super) fn resources(&self, before: &[String]) -> Result<Vec<String>, Fault> {
        let (added, removed) = (self.add_resources.clone(), self.remove_resources.clone());
        let change = ListChange::of(self.resources.clone(), self.no_resources, added, removed);
        change.applied_to(before, "resources", "resource")
    }

    pub(super) fn check_single(&self) -> Result<(), CliError> {
        for uris in [&self.redirect_uris, &self.add_redirect_uris] {
            check_single(uris, "--redirect-uri")?;
        }
        for uris in [&self.post_logout_redirect_uris, &self.add_post_logout_uris] {
            check_single(uris, "--post-logout-redirect-uri")?;
        }
        check_single(&self.origins, "--origin")
    }
}
