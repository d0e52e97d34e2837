//! Objects in JSON, as the management API and the commands with `--json` give them.

pub mod api_key;
