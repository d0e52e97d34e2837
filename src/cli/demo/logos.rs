//! The pictures of the demo's applications, for their own pages and for those of the server.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, web};

use super::site::Site;
use crate::oauth::client::Links;
use crate::secret::Hash;
use crate::store::db::{DbError, Tx};
use crate::store::logos;

const MEDIA_TYPE: &str = "image/png";

/// The picture of an application.
#[derive(Clone, Copy)]
pub(super) struct DemoLogo {
    pub(super) path: &'static str,
    bytes: &'static [u8],
}

pub(super) const CALENDAR: DemoLogo =
    DemoLogo { path: "/logo/calendar.png", bytes: include_bytes!("assets/calendar.png") };
pub(super) const NOTES: DemoLogo =
    DemoLogo { path: "/logo/notes.png", bytes: include_bytes!("assets/notes.png") };

impl DemoLogo {
    fn digest(self) -> String {
        Hash::of_bytes(self.bytes).to_text()
    }

    /// Returns the links of an application with this picture, whose site is at `site`.
    pub(super) fn links(self, site: String) -> Links {
        Links { logo: Some(self.digest()), site: Some(site.into()), ..Links::default() }
    }

    /// Stores the picture for the server's pages.
    pub(super) async fn save(self, tx: &mut Tx) -> Result<(), DbError> {
        logos::save(tx, &self.digest(), MEDIA_TYPE, self.bytes).await
    }
}

/// Serves a picture for the application's own pages.
pub(super) async fn show(site: web::Data<Site>, name: web::Path<String>) -> HttpResponse {
    let path = format!("/logo/{name}");
    match [CALENDAR, NOTES].into_iter().find(|logo| logo.path == path) {
        Some(logo) => HttpResponse::Ok()
            .content_type(MEDIA_TYPE)
            .insert_header((header::CACHE_CONTROL, "max-age=3600"))
            .body(logo.bytes),
        None => site.rejected(
            StatusCode::NOT_FOUND,
            "There is no such picture",
            "The demo has two applications, and a picture of each.",
        ),
    }
}
