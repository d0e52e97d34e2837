//! `/api/v1/clients/{id}/logos/{scheme}`: the logos of a client, as pictures.

use actix_web::{HttpResponse, web};

use super::super::body;
use super::super::call::{ApiCall, respond};
use super::super::condition;
use super::super::error::ApiError;
use super::super::reply::ApiReply;
use crate::app::App;
use crate::http::call::Request;
use crate::oauth::client::Client;
use crate::oauth::id::ClientId;
use crate::oauth::reason::Reason;
use crate::operations::clients::{self, ClientChange, Logo, Logos, SectorReading};

/// The colour scheme in which a logo is shown.
#[derive(Clone, Copy)]
enum LogoScheme {
    Light,
    Dark,
}

impl LogoScheme {
    fn of(word: &str) -> Result<Self, ApiError> {
        match word {
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err(Reason::ApiNotFound.because("a client has the logos light and dark").into()),
        }
    }
}

pub async fn put(
    app: web::Data<App>,
    request: Request,
    path: web::Path<(String, String)>,
    body: web::Payload,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let picture = body::picture(call, body, Logo::MAX_SIZE).await?;
        let (id, scheme) = path.into_inner();
        let scheme = LogoScheme::of(&scheme)?;
        let logo = Some(Logo::new(picture)?);
        let logos = match scheme {
            LogoScheme::Light => Logos { logo, dark: None },
            LogoScheme::Dark => Logos { logo: None, dark: logo },
        };
        change(call, &ClientId::new(id), logos, |client| client).await
    })
    .await
}

pub async fn delete(
    app: web::Data<App>,
    request: Request,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    respond(&app, &request, async |call| {
        call.end_of_query()?;
        let (id, scheme) = path.into_inner();
        let scheme = LogoScheme::of(&scheme)?;
        let without = move |mut client: Client| {
            match scheme {
                LogoScheme::Light => client.links.logo = None,
                LogoScheme::Dark => client.branding.logo_dark = None,
            }
            client
        };
        change(call, &ClientId::new(id), Logos::default(), without).await
    })
    .await
}

async fn change(
    call: &ApiCall<'_>,
    id: &ClientId,
    logos: Logos,
    edit: impl Fn(Client) -> Client + Send + Sync + 'static,
) -> Result<ApiReply, ApiError> {
    let edit = move |before: &Client| Ok(edit(before.clone()));
    let change = ClientChange { edit, logos, sector: SectorReading::AsNeeded };
    clients::update(&condition::context(call)?, id, change).await?;
    Ok(ApiReply::done())
}
