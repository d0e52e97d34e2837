//! The look of the pages that lead to a client, where the operator allows it.

use serde::{Deserialize, Serialize};

/// The values of a client's own brand. Colours are `#rrggbb`; they and the radius were checked when they were registered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Branding {
    #[serde(rename = "brand_accent")]
    pub accent: Option<String>,
    /// The background of the page in the light scheme.
    #[serde(rename = "brand_background")]
    pub background: Option<String>,
    /// The background of the page in the dark scheme.
    #[serde(rename = "brand_background_dark")]
    pub background_dark: Option<String>,
    #[serde(rename = "brand_radius")]
    pub radius: Option<String>,
    /// The digest of the stored logo for the dark scheme, which is part of its URL.
    #[serde(rename = "logo_dark_digest")]
    pub logo_dark: Option<String>,
}
