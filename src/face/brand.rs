//! The operator's brand as the pages use it: names, links, pictures and a style sheet; and the brand of a client.

use std::borrow::Cow;

use super::custom_style;
use super::tokens::{BrandTokens, Radius};
use crate::config::BrandOptions;
use crate::files::picture::Picture;
use crate::files::{FileError, NamedFile};
use crate::oauth::client::{Branding, Client};
use crate::secret::Hash;

/// The largest size of a picture, in bytes.
pub const MAX_PICTURE: u64 = 64 * 1024;

const CSS: &str = "text/css; charset=utf-8";
const LOGOS: [Picture; 4] = [Picture::Svg, Picture::Png, Picture::Jpeg, Picture::WebP];
const ICONS: [Picture; 3] = [Picture::Svg, Picture::Png, Picture::Icon];

/// The brand, made once when the server starts. It is the same on every node with the same options and files.
pub struct Brand {
    options: BrandOptions,
    issuer: String,
    logo: Option<BrandPicture>,
    logo_dark: Option<BrandPicture>,
    favicon: Option<BrandPicture>,
    /// The operator's own CSS.
    css: String,
    clients: Option<ClientStyles>,
}

/// A picture that is served under a name that changes with its content.
struct BrandPicture {
    name: String,
    media_type: &'static str,
    bytes: Vec<u8>,
}

/// What the style sheets of clients are made from beside the values of the client.
struct ClientStyles {
    tokens: BrandTokens,
    /// Changes with everything that the style sheets follow from, so that each can be cached forever.
    tag: String,
}

/// What a client's own brand adds to a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientBrand {
    /// The URL of the style sheet that follows the one of the pages. `None` if the client sets no tokens.
    pub style: Option<String>,
    /// The URL of the client's logo in the dark scheme. `None`: its logo is the same in both.
    pub logo_dark: Option<String>,
}

impl Brand {
    /// Reads the files that the options name.
    ///
    /// # Errors
    /// The first file or folder that cannot be used.
    pub fn load(options: &BrandOptions, issuer: &str) -> Result<Self, FileError> {
        let asset = |key: &str, path: Option<&std::path::Path>, allowed: &[Picture]| {
            path.map(|path| BrandPicture::read(&NamedFile::new(key, path), allowed)).transpose()
        };
        let css = options.css().map(|path| custom_style::read(&NamedFile::new("brand.css", path)));
        Ok(Self {
            logo: asset("brand.logo", options.logo(), &LOGOS)?,
            logo_dark: asset("brand.logo_dark", options.logo_dark(), &LOGOS)?,
            favicon: asset("brand.favicon", options.favicon(), &ICONS)?,
            css: css.transpose()?.unwrap_or_default(),
            clients: options.clients_may.then(|| ClientStyles::over(options.tokens())),
            issuer: issuer.to_owned(),
            options: options.clone(),
        })
    }

    /// Returns the brand of an operator who changes nothing.
    pub fn unchanged(issuer: &str) -> Self {
        Self {
            options: BrandOptions::unchanged(),
            issuer: issuer.to_owned(),
            logo: None,
            logo_dark: None,
            favicon: None,
            css: String::new(),
            clients: None,
        }
    }

    /// The operator's name for people. `None`: the pages show the host.
    pub fn name(&self) -> Option<&str> {
        self.options.name()
    }

    /// The options: links, sentences, and the language of the pages.
    pub fn options(&self) -> &BrandOptions {
        &self.options
    }

    /// The URL of the logo; `None` if the operator has none.
    pub fn logo(&self) -> Option<String> {
        self.logo.as_ref().map(|asset| self.url(&asset.name))
    }

    /// The URL of the logo in the dark scheme; `None` if it is the same logo.
    pub fn logo_dark(&self) -> Option<String> {
        self.logo_dark.as_ref().map(|asset| self.url(&asset.name))
    }

    /// The URL of the icon of the browser's tab; `None` if the operator has none.
    pub fn favicon(&self) -> Option<String> {
        self.favicon.as_ref().map(|asset| self.url(&asset.name))
    }

    /// The media type of the icon; `None` if the operator has none.
    pub fn favicon_type(&self) -> Option<&'static str> {
        self.favicon.as_ref().map(|asset| asset.media_type)
    }

    /// The style sheet of the pages: `base`, then the operator's tokens, then the operator's own CSS.
    pub fn style_sheet(&self, base: &str) -> String {
        format!("{base}{}{}", self.options.tokens().style_sheet(), self.css)
    }

    /// The media type and the bytes of a picture of the brand, or of the style sheet of a client. `None` if no such file
    /// has this name.
    ///
    /// The name of a client's style sheet has all that is in it, so nothing is stored for it, and every node makes the same.
    pub fn asset(&self, name: &str) -> Option<(&'static str, Cow<'_, [u8]>)> {
        let pictures = [&self.logo, &self.logo_dark, &self.favicon];
        if let Some(asset) = pictures.into_iter().flatten().find(|asset| asset.name == name) {
            return Some((asset.media_type, asset.bytes.as_slice().into()));
        }
        let clients = self.clients.as_ref()?;
        Some((CSS, clients.style_sheet(name)?.into_bytes().into()))
    }

    /// What the brand of a client adds to the pages that lead to it; nothing if the operator does not allow it.
    pub fn of_client(&self, client: &Client) -> ClientBrand {
        let Some(clients) = &self.clients else { return ClientBrand::default() };
        let branding = &client.branding;
        let tokens = tokens_of(branding);
        ClientBrand {
            style: (tokens != BrandTokens::default()).then(|| self.url(&clients.name(tokens))),
            logo_dark: branding.logo_dark.as_ref().map(|digest| format!("{}/logos/{digest}", self.issuer)),
        }
    }

    fn url(&self, name: &str) -> String {
        format!("{}/assets/{name}", self.issuer)
    }
}

/// The tokens of a client. A value that this release does not know is left out.
pub fn tokens_of(branding: &Branding) -> BrandTokens {
    let colour = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
    BrandTokens {
        accent: colour(&branding.accent),
        background: colour(&branding.background),
        background_dark: colour(&branding.background_dark),
        radius: branding.radius.as_deref().and_then(Radius::parse),
        font: None,
    }
}

/// Checks the file that an option of the brand names.
///
/// # Errors
/// If it cannot be used.
pub fn check_file(key: &str, file: &NamedFile<'_>) -> Result<(), FileError> {
    match key {
        "brand.css" => custom_style::read(file).map(drop),
        "brand.favicon" => BrandPicture::read(file, &ICONS).map(drop),
        _ => BrandPicture::read(file, &LOGOS).map(drop),
    }
}

impl BrandPicture {
    fn read(file: &NamedFile<'_>, allowed: &[Picture]) -> Result<Self, FileError> {
        let bytes = file.bytes(MAX_PICTURE)?.to_vec();
        let Some(kind) = Picture::of(&bytes).filter(|kind| allowed.contains(kind)) else {
            return Err(file.wrong(match allowed.contains(&Picture::Icon) {
                true => "it is not an SVG, PNG or ICO picture",
                false => "it is not an SVG, PNG, JPEG or WebP picture",
            }));
        };
        let name = format!("{}.{}", Hash::of_bytes(&bytes).to_text(), kind.extension());
        Ok(Self { name, media_type: kind.media_type(), bytes })
    }
}

impl ClientStyles {
    /// The beginning of the name of each style sheet of a client.
    const PREFIX: &'static str = "client";

    fn over(tokens: BrandTokens) -> Self {
        // The derivation can change with a release, so the tag comes from what it makes of a few colours.
        let probes = ["#00aa77", "#ffaa00", "#1f4fd0", "#808080", "#ff0000"].map(|text| {
            let probe = BrandTokens {
                accent: text.parse().ok(),
                radius: Some(Radius::Large),
                ..BrandTokens::default()
            };
            probe.over(tokens).style_sheet()
        });
        Self { tokens, tag: Hash::of(&probes.concat()).to_text() }
    }

    /// The file name of the style sheet with these values.
    fn name(&self, tokens: BrandTokens) -> String {
        let hex = |colour: Option<super::colour::Colour>| {
            colour.map_or_else(String::new, |colour| colour.to_string().replace('#', ""))
        };
        let (prefix, tag) = (Self::PREFIX, &self.tag);
        let [accent, background, dark] = [tokens.accent, tokens.background, tokens.background_dark].map(hex);
        let radius = tokens.radius.map_or("", Radius::as_str);
        format!("{prefix}.{accent}.{background}.{dark}.{radius}.{tag}.css")
    }

    /// The style sheet with this name. `None` if it is not a name that [`Self::name`] gives here.
    fn style_sheet(&self, name: &str) -> Option<String> {
        let mut parts = name.split('.');
        if parts.next() != Some(Self::PREFIX) {
            return None;
        }
        let mut colour = || parts.next().and_then(|hex| format!("#{hex}").parse().ok());
        let (accent, background, background_dark) = (colour(), colour(), colour());
        let radius = parts.next().and_then(Radius::parse);
        let tokens = BrandTokens { accent, background, background_dark, radius, font: None };
        // One name for each content, so that caches hold nothing twice.
        let is_name = self.name(tokens) == name && tokens != BrandTokens::default();
        is_name.then(|| tokens.over(self.tokens).style_sheet())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_of_a_client_is_made_from_its_name_alone() {
        let operator = BrandTokens { background: "#ffffee".parse().ok(), ..BrandTokens::default() };
        let (one, two) = (ClientStyles::over(operator), ClientStyles::over(operator));
        let tokens = BrandTokens {
            accent: "#0a7".parse().ok(),
            radius: Some(Radius::Medium),
            ..BrandTokens::default()
        };
        let name = one.name(tokens);
        assert!(name.starts_with("client.00aa77...medium."), "{name}");
        let text = two.style_sheet(&name).unwrap();
        assert!(text.contains("--page: #ffffee; --accent: #") && text.contains("--radius: 12px"), "{text}");
        let elsewhere = ClientStyles::over(BrandTokens::default());
        assert_eq!(elsewhere.style_sheet(&name), None, "a node with other options makes another one");
    }

    #[test]
    fn a_name_that_the_server_does_not_give_has_no_style_sheet() {
        let styles = ClientStyles::over(BrandTokens::default());
        let name = styles.name(BrandTokens { accent: "#0a7".parse().ok(), ..BrandTokens::default() });
        assert!(styles.style_sheet(&name).is_some());
        for wrong in [
            name.replace("00aa77", "0a7"),
            name.replace("00aa77", "00AA77"),
            name.replace("00aa77", "}body{"),
            name.replace("client", "other"),
            name.replace(".css", ".css.css"),
            name.replace("....", "...round."),
            styles.name(BrandTokens::default()),
            "client".to_owned(),
            String::new(),
        ] {
            assert_eq!(styles.style_sheet(&wrong), None, "{wrong}");
        }
    }
}
