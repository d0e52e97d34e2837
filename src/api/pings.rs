//! `/api/v1/pings`: the applications that the server informs of answers to backchannel requests.

use actix_web::{HttpResponse, web};

use super::call::respond;
use super::listing;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::id::ClientId;
use crate::operations::pings;
use crate::representation::ping::to_json;
use crate::store::deliveries::DeliveryFilter;
use crate::store::deliveries::DeliveryState;

pub async fn list(app: web::Data<App>, request: Request) -> HttpResponse {
    respond(&app, &request, async |call| {
        let filter = DeliveryFilter {
            client: call.parameter("client_id").map(ClientId::new),
            state: call.one_of("state", &DeliveryState::ALL.map(|state| (state.as_str(), state))),
        };
        let listing = listing::of(call, filter)?;
        Ok(listing::reply(call, &pings::list(&call.context(), listing).await?, to_json))
    })
    .await
}
