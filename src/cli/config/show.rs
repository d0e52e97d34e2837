//! `grantor config show`.

use serde_json::{Value, json};

use super::super::table::table;
use super::super::{Manner, Trouble};
use crate::config::Layers;

pub(super) fn run(manner: &Manner) -> Result<(), Trouble> {
    let layers = Layers::read(manner.common.config.as_deref())?;
    layers.unreadable()?;
    let mut described = Vec::new();
    let mut rows = Vec::new();
    for (key, setting) in layers.settings() {
        let (value, source) = (layers.shown(key, setting), setting.origin.to_string());
        rows.push([key.to_owned(), value.to_string(), source.clone()]);
        described.push(json!({ "option": key, "value": value, "source": source }));
    }
    manner.say(Value::Array(described), table(["OPTION", "VALUE", "SOURCE"], &rows))
}
