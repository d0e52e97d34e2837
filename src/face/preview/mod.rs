//! Every page in every state, with invented data: for looking at the pages, and for judging templates that replace ours.
//!
//! A test counts the branches of the templates, so a new branch needs a state here.

mod account;
mod approve;
mod consent;
mod device;
mod error;
mod password;
mod people;
mod sign_in;
mod sign_out;

use minijinja::Value;

use super::view::{AnyView, PageView};

/// The picture of the invented application.
pub const LOGO: &str = include_str!("logo.svg");

/// The style sheet of an application with a brand of its own.
pub const OWN_STYLE: &str = ":root { --accent: #0d766e; --accent-hover: #0a5c56; --on-accent: #fff }";

/// A page in a state.
pub struct PageState {
    /// The name of the template without its ending.
    pub page: &'static str,
    /// The name of the state; unique for the page, and safe in an address.
    pub name: String,
    pub view: Box<dyn AnyView + Send + Sync>,
    /// Texts that the page must have, in any template: what the person allows.
    pub must_show: Vec<String>,
}

impl PageState {
    fn new<V: PageView + Send + Sync + 'static>(name: impl Into<String>, view: V) -> Self {
        let page = V::TEMPLATE.trim_end_matches(".html");
        Self { page, name: name.into(), view: Box::new(view), must_show: Vec::new() }
    }

    /// The state, in which the page must show every member of the details that are asked for.
    fn showing_details(mut self) -> Self {
        let details = self.view.fields().get_attr("details").ok();
        let members = details.iter().flat_map(Value::try_iter).flatten();
        let members = members.filter_map(|detail| detail.get_attr("members").ok());
        let values = members.flat_map(|members| members.try_iter().into_iter().flatten().collect::<Vec<_>>());
        self.must_show =
            values.filter_map(|member| Some(member.get_attr("value").ok()?.to_string())).collect();
        self
    }

    /// The state, in which the page must show the message that the other device shows.
    fn showing(mut self, message: &str) -> Self {
        self.must_show.push(message.to_owned());
        self
    }
}

/// All states. Links and forms lead to addresses below `issuer`, and pictures come from there.
pub fn all(issuer: &str) -> Vec<PageState> {
    [
        sign_in::states(issuer),
        account::states(issuer),
        consent::states(issuer),
        device::states(),
        approve::states(issuer),
        sign_out::states(issuer),
        password::states(),
        error::states(issuer),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests;
