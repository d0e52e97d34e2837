//! What pages load: style sheets and pictures, under names that change with their content.

use std::borrow::Cow;

use super::brand::Brand;
use crate::secret::Hash;

pub const STYLE: &str = include_str!("assets/grantor.css");
/// What only the error reference needs beside [`STYLE`].
const REFERENCE_STYLE: &str = include_str!("assets/reference.css");
/// What only the console needs beside [`STYLE`].
const CONSOLE_STYLE: &str = include_str!("assets/console.css");
const ICON: &str = include_str!("assets/grantor.svg");

/// A file that pages load.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The digest of the content and an ending, such as `….css`. It changes with the content, so that browsers keep it
    /// forever.
    pub name: String,
    pub media_type: &'static str,
    pub content: Cow<'static, str>,
}

impl Asset {
    fn new(ending: &str, media_type: &'static str, content: impl Into<Cow<'static, str>>) -> Self {
        let content = content.into();
        Self { name: format!("{}.{ending}", Hash::of(&content).to_text()), media_type, content }
    }
}

/// The files that pages load.
pub struct Assets {
    pub style: Asset,
    /// Only for pages of the error reference.
    pub reference_style: Asset,
    /// Only for the console.
    pub console_style: Asset,
    pub icon: Asset,
}

impl Assets {
    /// Makes the files for pages with this brand.
    pub fn new(brand: &Brand) -> Self {
        Self {
            style: Asset::new("css", "text/css; charset=utf-8", brand.style_sheet(STYLE)),
            reference_style: Asset::new("css", "text/css; charset=utf-8", REFERENCE_STYLE),
            console_style: Asset::new("css", "text/css; charset=utf-8", CONSOLE_STYLE),
            icon: Asset::new("svg", "image/svg+xml", ICON),
        }
    }

    /// Finds an asset by its name. `None` if there is no such asset.
    pub fn find(&self, name: &str) -> Option<&Asset> {
        [&self.style, &self.reference_style, &self.console_style, &self.icon]
            .into_iter()
            .find(|asset| asset.name == name)
    }
}
