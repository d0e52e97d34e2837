//! What every grant receives: the request, what it proves, and the data to decide on.

use std::sync::Arc;

use crate::app::App;
use crate::cache::decision::{OneTimeProof, View};
use crate::endpoints::client_auth::Credentials;
use crate::endpoints::foreign::TrustedToken;
use crate::failure::Denied;
use crate::http::call::Call;
use crate::oauth::client::Client;
use crate::oauth::error::OAuthError;
use crate::oauth::request::params::Params;
use crate::tokens::access_token::Draft;
use crate::tokens::possession::Possession;

/// A request to the token endpoint, with any grant.
pub(super) struct TokenRequest<'a> {
    pub(super) app: &'a App,
    pub(super) call: &'a Call,
    pub(super) params: &'a Params,
}

/// What the request proves. Each part is verified only once.
pub(super) struct Proofs {
    pub(super) credentials: Credentials,
    /// The key or certificate of the sender, by one version of the client: what tokens are bound to is in its registration.
    possession: Option<(i64, OneTimeProof<Possession>)>,
    /// The token of a trusted issuer.
    pub(super) trusted_token: OneTimeProof<Arc<TrustedToken>>,
}

impl Proofs {
    pub(super) fn of(credentials: Credentials) -> Self {
        Self { credentials, possession: None, trusted_token: OneTimeProof::default() }
    }

    /// The verdict about what the sender proves, for this version of the client.
    pub(super) fn possession_for(&mut self, client: &Client) -> &mut OneTimeProof<Possession> {
        let known = self.possession.take().filter(|(version, _)| *version == client.version);
        &mut self.possession.insert(known.unwrap_or((client.version, OneTimeProof::default()))).1
    }
}

/// The data for one decision about a request.
pub(super) struct Decision<'a> {
    /// The authenticated client.
    pub(super) client: &'a Client,
    pub(super) view: &'a View<'a>,
    /// What the tokens are bound to, and what must be used up with them.
    pub(super) possession: Possession,
    pub(super) trusted_token: &'a mut OneTimeProof<Arc<TrustedToken>>,
}

/// The draft of the token for this request, for the resource that it names and bound to what it proves.
pub(super) async fn draft(
    asked: &TokenRequest<'_>,
    decision: &Decision<'_>,
) -> Result<Arc<Draft>, Denied<OAuthError>> {
    let Decision { client, view, possession, .. } = decision;
    Draft::begin(asked.app, client, asked.params, view, possession.clone(), asked.call.now)
        .await
        .map(Arc::new)
}
