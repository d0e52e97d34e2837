//! The options of a client's own brand.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::{CliError, warn};
use crate::config::Config;
use crate::face::colour::Colour;
use crate::face::tokens::Radius;
use crate::oauth::client::Branding;

/// `--brand-radius`.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Corners {
    None,
    Small,
    Medium,
    Large,
}

impl From<Corners> for Radius {
    fn from(corners: Corners) -> Self {
        match corners {
            Corners::None => Self::None,
            Corners::Small => Self::Small,
            Corners::Medium => Self::Medium,
            Corners::Large => Self::Large,
        }
    }
}

#[derive(Args)]
pub(super) struct ClientBrandOptions {
    /// The colour of links and buttons on the pages that lead to the application, such as "#0a7"; if brand.clients_may
    /// allows it
    #[arg(long, value_name = "COLOUR")]
    pub(super) brand_accent: Option<Colour>,
    /// The background of these pages; the text on the pages must be readable on it
    #[arg(long, value_name = "COLOUR")]
    pub(super) brand_background: Option<Colour>,
    /// The background in the dark scheme
    #[arg(long, value_name = "COLOUR")]
    pub(super) brand_background_dark: Option<Colour>,
    /// How round the corners are
    #[arg(long, value_name = "SIZE")]
    pub(super) brand_radius: Option<Corners>,
    /// A logo for the dark scheme, with the types and the size of --logo
    #[arg(long, value_name = "FILE")]
    pub(super) brand_logo_dark: Option<PathBuf>,
}

impl ClientBrandOptions {
    /// The brand with the values that are given. The logo is stored with the client.
    pub(super) fn applied_to(&self, before: &Branding) -> Branding {
        let colour = |new: Option<Colour>, before: &Option<String>| {
            new.map(|colour| colour.to_string()).or_else(|| before.clone())
        };
        let radius = self.brand_radius.map(|corners| Radius::from(corners).as_str().to_owned());
        Branding {
            accent: colour(self.brand_accent, &before.accent),
            background: colour(self.brand_background, &before.background),
            background_dark: colour(self.brand_background_dark, &before.background_dark),
            radius: radius.or_else(|| before.radius.clone()),
            logo_dark: before.logo_dark.clone(),
        }
    }

    /// Whether any of the options is given.
    pub(super) fn is_any(&self) -> bool {
        self.applied_to(&Branding::default()) != Branding::default() || self.brand_logo_dark.is_some()
    }
}

/// Warns if a brand was given that no page shows.
pub(super) fn warn_of_unused(is_given: bool, config: &Config) -> Result<(), CliError> {
    match is_given && !config.brand.clients_may {
        true => warn("brand.clients_may is false, so no page shows the brand of the application"),
        false => Ok(()),
    }
}
