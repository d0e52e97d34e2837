//! What people see: pages in their languages, in the operator's brand, and the assets that pages load. Nothing here knows a
//! request.

pub mod assets;
pub mod brand;
pub mod catalogue;
pub mod colour;
pub mod custom_style;
pub mod detail_sentence;
pub mod language;
pub mod locales;
pub mod message_overrides;
pub mod messages;
pub mod preview;
pub mod reason_text;
pub mod replacement;
pub mod scheme;
pub mod templates;
pub mod text_names;
pub mod theme;
pub mod theme_files;
pub mod tokens;
mod value_meaning;
pub mod view;
