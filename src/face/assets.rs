//! What pages load: style sheets and pictures, under names that change with their content.

use crate::secret::Hash;

pub const STYLE: &str = include_str!("assets/grantor.css");
const ICON: &str = include_str!("assets/grantor.svg");

/// A file that pages load.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The digest of the content and an ending, such as `….css`. It changes with the content, so that browsers keep it
    /// forever.
    pub name: String,
    pub media_type: &'static str,
    pub content: &'static str,
}

impl Asset {
    fn new(ending: &str, media_type: &'static str, content: &'static str) -> Self {
        Self { name: format!("{}.{ending}", Hash::of(content).to_text()), media_type, content }
    }
}

/// The files that every page loads.
pub struct Assets {
    pub style: Asset,
    pub icon: Asset,
}

impl Assets {
    pub fn new() -> Self {
        Self {
            style: Asset::new("css", "text/css; charset=utf-8", STYLE),
            icon: Asset::new("svg", "image/svg+xml", ICON),
        }
    }

    /// Finds an asset by its name. `None` if there is no such asset.
    pub fn find(&self, name: &str) -> Option<&Asset> {
        [&self.style, &self.icon].into_iter().find(|asset| asset.name == name)
    }
}

impl Default for Assets {
    fn default() -> Self {
        Self::new()
    }
}
