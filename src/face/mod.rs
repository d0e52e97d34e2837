//! What people see: pages in their languages, and the assets that pages load. Nothing here knows a request.

pub mod assets;
pub mod catalogue;
pub mod language;
pub mod message_overrides;
pub mod messages;
pub mod reason_text;
pub mod templates;
pub mod text_names;
pub mod view;
