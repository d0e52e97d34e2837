//! `grantor config show`.

use serde_json::{Value, json};

use super::super::table::table;
use super::super::{CliError, OutputOptions};
use crate::config::Layers;

pub(super) fn run(output: &OutputOptions) -> Result<(), CliError> {
    let layers = Layers::read(output.common.config.as_deref())?;
    layers.unreadable()?;
    let mut options = Vec::new();
    let mut rows = Vec::new();
    for (key, setting) in layers.settings() {
        let (value, source) = (layers.shown(key, setting), setting.origin.to_string());
        rows.push([key.to_owned(), value.to_string(), source.clone()]);
        options.push(json!({ "option": key, "value": value, "source": source }));
    }
    output.say(Value::Array(options), table(["OPTION", "VALUE", "SOURCE"], &rows))
}
