//! The secrets of webhooks. Two secrets at a time allow a change without an outage: both sign.

use serde_json::json;

use super::{WebhookWithSecret, event, existing, may_change, may_learn_of_people, webhook_secrets};
use crate::clock::Seconds;
use crate::failure::Denied;
use crate::keys::master::ServerKeys;
use crate::operations::event::Act;
use crate::operations::fault::{Fault, Faults};
use crate::operations::{Context, Done, Outcome};
use crate::secret::webhook::WebhookSecret;
use crate::secret::{Secret, random_id};
use crate::store::db::Tx;
use crate::store::webhook_secrets::SealedWebhookSecret;
use crate::store::webhooks::WebhookRecord;

/// The largest number of secrets that sign at the same time. Each makes the header longer.
const MAX_SECRETS: usize = 5;
/// For how long the secrets before a new one sign, if the caller does not say it.
const USUAL_OVERLAP: Seconds = Seconds::new(86_400);
/// The longest time for which they may.
const MAX_OVERLAP: Seconds = Seconds::new(30 * 86_400);

/// Gives a webhook a new secret. The secrets before it sign, too, for `overlap`. The outcome has the new secret.
///
/// # Errors
/// If there is no such webhook, the time is too long, too many secrets sign already, or the actor may not read the audit
/// trail or, where the webhook gets their addresses, the people.
pub async fn rotate_secret(
    context: &Context<'_>,
    id: &str,
    overlap: Option<Seconds>,
) -> Outcome<WebhookWithSecret> {
    let overlap = overlap.unwrap_or(USUAL_OVERLAP);
    if !(Seconds::ZERO..=MAX_OVERLAP).contains(&overlap) {
        let sentence = "the previous secrets can be used for 0 seconds to 30 days (2592000) longer";
        return Err(Fault::invalid("overlap", sentence).into());
    }
    let (sealed, secret) = make(context).await?;
    let (now, actor, id) = (context.now, context.actor.clone(), id.to_owned());
    context
        .act(async move |tx: &mut Tx| {
            let before = existing(tx, &id).await?;
            may_change(&actor)?;
            may_learn_of_people(&actor, before.types.words())?;
            let kept = webhook_secrets::live(tx, &id, now).await?.len();
            if overlap > Seconds::ZERO && kept >= MAX_SECRETS {
                let sentence = format!(
                    "{MAX_SECRETS} secrets sign already, which is the most; wait until one of them has ended, or end them \
                     at once with an `overlap` of 0"
                );
                return Err(Fault::conflict(None, sentence).into());
            }
            webhook_secrets::end_all(tx, &id, now + overlap).await?;
            webhook_secrets::save(tx, &id, &sealed, now).await?;
            let record = existing(tx, &id).await?;
            let ids = |webhook: &WebhookRecord| -> Vec<String> {
                webhook.secrets.iter().map(|secret| secret.id.clone()).collect()
            };
            let event = event(Act::WebhookSecretRotated, &before)
                .changing(json!({ "secrets": ids(&before) }), json!({ "secrets": ids(&record) }));
            Ok(Done { outcome: WebhookWithSecret { record, secret: secret.clone() }, event })
        })
        .await
}

/// Makes a secret: as it is stored, and as it is shown.
pub(super) async fn make(context: &Context<'_>) -> Result<(SealedWebhookSecret, Secret), Denied<Faults>> {
    let keys = ServerKeys::open(context.config, context.db, context.now).await?;
    let (id, secret) = (random_id(), WebhookSecret::generate());
    let sealed = keys.master().seal(&id, secret.bytes())?;
    Ok((SealedWebhookSecret { id, sealed }, secret.text()))
}
