//! The check of a client's own brand: its colours must be readable, alone and together with the operator's.

use crate::face::brand::tokens_of;
use crate::face::colour::Colour;
use crate::face::tokens::{BrandTokens, Radius, WrongToken};
use crate::oauth::client::{Branding, Client};
use crate::operations::fault::Fault;

/// What is wrong with the brand of a client, over the tokens of the operator. What it already had `before` may stay, even if
/// the operator has other colours now: a page leaves out what cannot be read.
pub(super) fn faults(operator: BrandTokens, before: Option<&Client>, client: &Client) -> Vec<Fault> {
    let branding = &client.branding;
    if before.is_some_and(|before| before.branding == *branding) {
        return Vec::new();
    }
    let faults = form_faults(branding);
    if !faults.is_empty() {
        return faults;
    }
    let wrong = tokens_of(branding).over(operator).check().into_iter();
    wrong
        .filter_map(|wrong| match wrong {
            WrongToken::Background(why) if branding.background.is_some() => {
                Some(Fault::invalid("brand_background", format!("`brand_background` {why}")))
            }
            WrongToken::BackgroundDark(why) if branding.background_dark.is_some() => {
                Some(Fault::invalid("brand_background_dark", format!("`brand_background_dark` {why}")))
            }
            WrongToken::Accent if branding.accent.is_some() => {
                let sentence = "`brand_accent` cannot be read on the background in any lightness";
                Some(Fault::invalid("brand_accent", sentence))
            }
            // The operator's own.
            _ => None,
        })
        .collect()
}

fn form_faults(branding: &Branding) -> Vec<Fault> {
    let colours = [
        ("brand_accent", &branding.accent),
        ("brand_background", &branding.background),
        ("brand_background_dark", &branding.background_dark),
    ];
    let wrong_colours = colours.into_iter().filter_map(|(member, text)| {
        let why = text.as_deref()?.parse::<Colour>().err()?;
        Some(Fault::invalid(member, format!("`{member}` cannot be used: {why}")))
    });
    let radius = branding.radius.as_deref().filter(|word| Radius::parse(word).is_none());
    let wrong_radius = radius.map(|_| {
        let words = Radius::ALL.map(Radius::as_str).join(", ");
        Fault::invalid("brand_radius", format!("`brand_radius` is not one of {words}"))
    });
    wrong_colours.chain(wrong_radius).collect()
}
