//! The home page, which explains what this server is.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use url::Url;

use super::{account_list, waiting_requests};
use crate::app::App;
use crate::face::view::{AccountRow, HomePage};
use crate::failure::Failure;
use crate::flows;
use crate::http::answer;
use crate::http::call::Request;

pub async fn show(app: web::Data<App>, request: Request) -> HttpResponse {
    match accounts(&app, &request).await {
        Ok((accounts, waiting)) => {
            let view = HomePage { accounts, waiting, metadata: metadata_url(&app.issuer) };
            app.pages.show(request.reader(), StatusCode::OK, &view)
        }
        Err(failure) => answer::page_error(&app, &request, failure.into()),
    }
}

/// The accounts, and how many requests wait for them.
async fn accounts(app: &App, request: &Request) -> Result<(Vec<AccountRow>, usize), Failure> {
    let people = flows::accounts(app, request, None).await?.people;
    let waiting = waiting_requests::count(app, request, &people).await?;
    Ok((account_list::shown(app, &people).await?, waiting))
}

/// The metadata's path is between the host and the path of the issuer (RFC 8414 §3.1).
fn metadata_url(issuer: &str) -> Option<String> {
    let issuer = Url::parse(issuer).ok()?;
    let path = format!("/.well-known/oauth-authorization-server{}", issuer.path().trim_end_matches('/'));
    issuer.join(&path).ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_path_of_an_issuer_with_a_path_is_inserted_before_it() {
        let url = |issuer| metadata_url(issuer).unwrap();
        assert_eq!(
            url("https://id.example.com"),
            "https://id.example.com/.well-known/oauth-authorization-server"
        );
        assert_eq!(
            url("https://example.com/id"),
            "https://example.com/.well-known/oauth-authorization-server/id"
        );
    }
}
