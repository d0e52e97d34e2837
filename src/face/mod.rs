//! What people see: pages in their languages, the assets that pages load, and the brand. Nothing here knows a request.

pub mod assets;
pub mod brand;
pub mod catalogue;
pub mod colour;
pub mod custom_style;
pub mod language;
pub mod reason_text;
pub mod scheme;
pub mod templates;
pub mod tokens;
pub mod view;
