//! The claims that the options of user commands set.

use clap::Args;
use serde_json::Value;

use super::super::CliError;
use crate::oauth::identity::claims::{self, Claims};

/// Claims about a person. No argument group of its own: that would conflict with the groups of the commands.
#[derive(Args)]
#[group(skip)]
pub(in crate::cli) struct PersonOptions {
    /// The e-mail address, which also works for signing in
    #[arg(long, value_name = "E")]
    email: Option<String>,
    /// Whether the address was verified
    #[arg(long, value_name = "true|false")]
    email_verified: Option<bool>,
    /// The person's full name
    #[arg(long, value_name = "N")]
    name: Option<String>,
    /// A group that the person belongs to; an update replaces the groups before; may be given several times
    #[arg(long = "group", value_name = "G")]
    groups: Vec<String>,
    /// Another claim about the person, such as given_name=Jane, birthdate=1985-10-26, address={"country":"SE"} or
    /// level:=3; with := your own claim takes a JSON value; may be given several times
    #[arg(long = "claim", value_name = "NAME=VALUE")]
    claims: Vec<String>,
}

impl PersonOptions {
    /// All claims that the options set.
    ///
    /// # Errors
    /// If a claim is given twice.
    pub(super) fn claims(&self) -> Result<Claims, CliError> {
        let mut claims = Claims::new();
        let mut add = |name: String, value: Value| match claims.insert(name.clone(), value) {
            None => Ok(()),
            Some(_) => Err(CliError::from(format!("the claim {name} is given twice"))),
        };
        for text in &self.claims {
            let (name, value) = claims::parse(text)?;
            add(name, value)?;
        }
        let options = [
            ("email", self.email.clone().map(Value::from)),
            ("email_verified", self.email_verified.map(Value::from)),
            ("name", self.name.clone().map(Value::from)),
            ("groups", (!self.groups.is_empty()).then(|| Value::from(self.groups.clone()))),
        ];
        for (name, value) in options {
            if let Some(value) = value {
                add(name.to_owned(), value)?;
            }
        }
        Ok(claims)
    }
}
