//! How the pages look: colours, the operator's brand, and the brand of a client.

pub mod brand;
pub mod colour;
pub mod custom_style;
pub mod scheme;
pub mod tokens;
