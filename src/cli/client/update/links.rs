//! The links of a client that its changes set and remove.

use super::super::super::CliError;
use super::super::links::{LinkChanges, link_change};
use super::ClientChangeOptions;

impl ClientChangeOptions {
    pub(super) fn links(&self) -> Result<LinkChanges, CliError> {
        Ok(LinkChanges {
            site: link_change("--site", (&self.site, self.no_site), &self.site_in, &self.no_site_in)?,
            policy: link_change(
                "--policy",
                (&self.policy, self.no_policy),
                &self.policy_in,
                &self.no_policy_in,
            )?,
            terms: link_change("--terms", (&self.terms, self.no_terms), &self.terms_in, &self.no_terms_in)?,
        })
    }
}
