//! `/.well-known/oauth-authorization-server` (RFC 8414) and `/.well-known/openid-configuration` (OpenID Connect
//! Discovery §4): one document.

use actix_web::http::header;
use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::clock::Seconds;
use crate::face::language::Language;
use crate::http::answer;
use crate::http::call::Request;
use crate::oauth::metadata::{ClientCertificates, metadata};
use crate::oauth::request::prompt;

/// For how many seconds applications may keep the document.
const MAX_AGE: Seconds = Seconds::new(300);

pub async fn get(app: web::Data<App>, request: Request) -> HttpResponse {
    match app.cache.published_catalogue(MAX_AGE).await {
        Ok((catalogue, left)) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, format!("public, max-age={left}")))
            .json(metadata(
                &app.issuer,
                (&catalogue.scopes(), catalogue.type_names()),
                (&app.config.keys.algorithms, &app.config.keys.encryption_algorithms),
                &prompts(&app),
                &Language::ALL.map(Language::tag),
                (app.config.oauth.demands(), certificates(&app), app.config.tls.has_client_ca()),
            )),
        Err(failure) => answer::failure(&app, &request, &failure),
    }
}

fn certificates(app: &App) -> ClientCertificates<'_> {
    match &app.mtls_url {
        Some(url) => ClientCertificates::At(url),
        None if app.config.tls.takes_certificates() => ClientCertificates::Here,
        None => ClientCertificates::Never,
    }
}

fn prompts(app: &App) -> Vec<&'static str> {
    let create = app.config.sign_up.enabled.then_some(prompt::CREATE);
    prompt::VALUES.into_iter().chain(create).collect()
}
