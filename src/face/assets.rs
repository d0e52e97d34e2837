//! What pages load: style sheets and pictures, under names that change with their content.

use std::borrow::Cow;

use crate::secret::Hash;

/// The media type of style sheets.
pub const CSS: &str = "text/css; charset=utf-8";

pub const STYLE: &str = include_str!("assets/grantor.css");
/// What only the error reference needs beside [`STYLE`].
const REFERENCE_STYLE: &str = include_str!("assets/reference.css");
const ICON: &str = include_str!("assets/grantor.svg");

/// A file that pages load.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The digest of the content and an ending, such as `….css`. It changes with the content, so that browsers keep it
    /// forever.
    pub name: String,
    pub media_type: &'static str,
    pub content: Cow<'static, [u8]>,
}

impl Asset {
    pub fn new(ending: &str, media_type: &'static str, content: impl Into<Cow<'static, [u8]>>) -> Self {
        let content = content.into();
        Self { name: format!("{}.{ending}", Hash::of_bytes(&content).to_text()), media_type, content }
    }
}

/// The files that pages load.
pub struct Assets {
    pub style: Asset,
    /// Only for pages of the error reference.
    pub reference_style: Asset,
    pub icon: Asset,
}

impl Assets {
    /// The style sheet followed by the rules `added`, and the icon, if there is no other.
    pub fn new(added: &str, icon: Option<Asset>) -> Self {
        Self {
            style: Asset::new("css", CSS, format!("{STYLE}{added}").into_bytes()),
            reference_style: Asset::new("css", CSS, REFERENCE_STYLE.as_bytes()),
            icon: icon.unwrap_or_else(|| Asset::new("svg", "image/svg+xml", ICON.as_bytes())),
        }
    }

    /// Finds an asset by its name. `None` if there is no such asset.
    pub fn find(&self, name: &str) -> Option<&Asset> {
        [&self.style, &self.reference_style, &self.icon].into_iter().find(|asset| asset.name == name)
    }
}
