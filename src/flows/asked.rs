//! A request that came without a browser: of a device, or of an application that asks for a person.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::app::App;
use crate::cache::catalogue::Freshness;
use crate::failure::Failure;
use crate::flows::CheckedRequest;
use crate::oauth::grant::granted::Granted;
use crate::oauth::identity::group;
use crate::oauth::request::partial_consent::optional;
use crate::oauth::request::prompt::Prompt;
use crate::oauth::request::response_type::ResponseType;
use crate::oauth::request::{AnswerTo, AuthorizationRequest};
use crate::store::clients::StoredClient;

/// Returns the request as an authorization request. `expected`: the only person who may answer, as the client knows that
/// person; empty if anyone may.
///
/// # Errors
/// Only failures.
pub(super) async fn checked(
    app: &App,
    client: Arc<StoredClient>,
    granted: &Granted,
    answer_to: AnswerTo,
    expected: Vec<String>,
) -> Result<CheckedRequest, Failure> {
    let catalogue = app.cache.catalogue(Freshness::Now).await?;
    let named = BTreeSet::new();
    let request = AuthorizationRequest {
        client_id: client.client.id.clone(),
        response_type: ResponseType::Code,
        answer_to,
        required_groups: group::required(&client.client, &granted.scope, &*catalogue),
        always_asked: granted.details.always_asked(&*catalogue),
        granted: granted.clone(),
        challenge: None,
        was_pushed: false,
        was_signed: false,
        nonce: None,
        // Consent is always asked for: someone else than this person may have begun the request.
        prompt: Prompt { consent: true, ..Prompt::default() },
        optional: optional(&client.client, &granted.scope, &named, &*catalogue),
        named,
        expected,
        binding: None,
    };
    Ok(CheckedRequest { client, request, catalogue })
}
