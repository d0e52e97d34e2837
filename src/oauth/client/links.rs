//! The links and the logo of an application, which the consent page shows.

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::oauth::localized_text::{LocalizedText, TextMembers};

/// The links and the logo on the consent page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// `client_uri`.
    pub site: Option<LocalizedText>,
    /// `policy_uri`.
    pub policy: Option<LocalizedText>,
    /// `tos_uri`.
    pub terms: Option<LocalizedText>,
    /// `logo_digest`: the digest of the stored logo, which is part of its URL.
    pub logo: Option<String>,
}

impl Links {
    /// Returns the links with the names of their members (RFC 7591 §2).
    pub fn texts(&self) -> [(&'static str, Option<&LocalizedText>); 3] {
        [
            ("client_uri", self.site.as_ref()),
            ("policy_uri", self.policy.as_ref()),
            ("tos_uri", self.terms.as_ref()),
        ]
    }
}

impl Serialize for Links {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        for (name, link) in self.texts() {
            match link {
                None => members.serialize_entry(name, &None::<&str>)?,
                Some(link) => {
                    for (member, text) in link.members(name) {
                        members.serialize_entry(&member, text)?;
                    }
                }
            }
        }
        members.serialize_entry("logo_digest", &self.logo)?;
        members.end()
    }
}

impl<'de> Deserialize<'de> for Links {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = ["client_uri", "policy_uri", "tos_uri", "logo_digest"];
        let [site, policy, terms, logo] = deserializer.deserialize_map(TextMembers(names))?;
        Ok(Self { site: site.text(), policy: policy.text(), terms: terms.text(), logo: logo.default })
    }
}
