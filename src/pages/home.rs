//! The bare address of the server: what it is, for who comes by.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use minijinja::context;
use url::Url;

use crate::app::App;

pub async fn show(app: web::Data<App>) -> HttpResponse {
    app.pages.render(StatusCode::OK, "home.html", context! { metadata => metadata_url(&app.issuer) })
}

/// Between host and path of the issuer (RFC 8414 §3.1).
fn metadata_url(issuer: &str) -> Option<String> {
    let issuer = Url::parse(issuer).ok()?;
    let path = format!("/.well-known/oauth-authorization-server{}", issuer.path().trim_end_matches('/'));
    issuer.join(&path).ok().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_of_an_issuer_with_a_path_stands_before_that_path() {
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
