//! Where every endpoint is, and the form of its errors.

use super::answer::Surface;

/// An endpoint's path under the public URL's own, and whose form its errors take.
#[derive(Debug)]
pub struct Place {
    pub route: &'static str,
    pub surface: Surface,
}

/// What no endpoint answers.
pub static NOWHERE: Place = Place { route: "none", surface: Surface::Page };

const fn place(route: &'static str, surface: Surface) -> Place {
    Place { route, surface }
}

/// Every endpoint; those that are called most often come first.
pub static PLACES: [Place; 24] = [
    place("/token", Surface::OAuth),
    place("/introspect", Surface::OAuth),
    place("/authorize", Surface::Page),
    place("/userinfo", Surface::OAuth),
    place("/jwks", Surface::Api),
    place("/.well-known/openid-configuration", Surface::Api),
    place("/.well-known/oauth-authorization-server", Surface::Api),
    place("/revoke", Surface::OAuth),
    place("/device_authorization", Surface::OAuth),
    place("/authorize/resume", Surface::Page),
    place("/sign-in", Surface::Page),
    place("/sign-up", Surface::Page),
    place("/accounts", Surface::Page),
    place("/consent", Surface::Page),
    place("/device", Surface::Page),
    place("/device/qr", Surface::Page),
    place("/logout", Surface::Page),
    place("/healthz", Surface::Api),
    place("/readyz", Surface::Api),
    place("/", Surface::Page),
    place("/errors", Surface::Page),
    place("/errors/{word}", Surface::Page),
    place("/assets/{name}", Surface::Page),
    place("/logos/{digest}", Surface::Page),
];

/// The endpoint of a request's path, before a handler has it.
pub fn place_of(issuer: &str, path: &str) -> &'static Place {
    // Mounted where the issuer is: `/errors/token` is a page.
    let is = |place: &&Place| match place.route.split_once('{') {
        None => path.strip_suffix(place.route).is_some_and(|mount| issuer.ends_with(mount)),
        Some((folder, _)) => path.rsplit_once('/').is_some_and(|(mount, _)| {
            mount.strip_suffix(folder.trim_end_matches('/')).is_some_and(|mount| issuer.ends_with(mount))
        }),
    };
    let is_metadata =
        |place: &&Place| place.route.starts_with("/.well-known/") && path.starts_with(place.route);
    PLACES.iter().find(|place| is(place) || is_metadata(place)).unwrap_or(&NOWHERE)
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn a_path_is_an_endpoints_where_the_issuer_is_mounted() {
        for (issuer, path, route) in [
            ("https://id.example", "/token", "/token"),
            ("https://id.example", "/device/qr", "/device/qr"),
            ("https://id.example", "/", "/"),
            ("https://id.example", "/errors", "/errors"),
            ("https://id.example", "/errors/token", "/errors/{word}"),
            ("https://id.example", "/errors/a/b", "none"),
            ("https://id.example", "/made/up", "none"),
            ("https://id.example", "/made/up/token", "none"),
            ("https://id.example/auth", "/auth/token", "/token"),
            ("https://id.example/auth", "/auth/", "/"),
            ("https://id.example/auth", "/auth/assets/style.css", "/assets/{name}"),
            (
                "https://id.example/auth",
                "/.well-known/oauth-authorization-server/auth",
                "/.well-known/oauth-authorization-server",
            ),
            (
                "https://id.example/auth",
                "/auth/.well-known/openid-configuration",
                "/.well-known/openid-configuration",
            ),
        ] {
            assert_eq!(place_of(issuer, path).route, route, "{path} of {issuer}");
        }
    }
}
