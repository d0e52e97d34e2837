//! Entity tags in conditions (RFC 9110 §8.8.3, §13.1): `*`, or a list of tags.

use super::error::ApiError;
use super::query::invalid;
use crate::http::call::Request;
use crate::operations::terms::Version;

pub(super) const IF_MATCH: &str = "If-Match";
pub(super) const IF_NONE_MATCH: &str = "If-None-Match";

/// The value of `If-Match` or `If-None-Match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TagCondition {
    Any,
    OneOf(Vec<EntityTag>),
}

/// A tag, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntityTag {
    is_weak: bool,
    opaque: String,
}

impl EntityTag {
    /// The version of the settings, without the hash of what else was shown.
    fn version(self) -> Version {
        Version::new(self.opaque.split('.').next().unwrap_or_default())
    }
}

impl TagCondition {
    /// Reads a condition of a request. `None` if it did not come.
    ///
    /// # Errors
    /// If it is neither `*` nor a list of tags.
    pub(super) fn of(request: &Request, name: &'static str) -> Result<Option<Self>, ApiError> {
        let values = request.headers().get_all(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let values: Vec<_> = values.collect();
        if values.is_empty() {
            return Ok(None);
        }
        let malformed = || {
            invalid(format!(
                "{name} is *, or ETags as the server sent them, in their quotes and separated by commas"
            ))
        };
        Self::parse(&values.join(",")).map(Some).ok_or_else(malformed)
    }

    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        let (mut tags, mut rest) = (Vec::new(), text);
        loop {
            // A list may have empty places (RFC 9110 §5.6.1.2).
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                break;
            }
            let (is_weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
            let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
            if opaque.chars().any(|c| c.is_whitespace() || c.is_control()) {
                return None;
            }
            tags.push(EntityTag { is_weak, opaque: opaque.to_owned() });
            rest = after.trim_start_matches([' ', '\t']);
            if !rest.is_empty() && !rest.starts_with(',') {
                return None;
            }
        }
        (!tags.is_empty()).then_some(Self::OneOf(tags))
    }

    /// Whether the tag is one of these by the weak comparison (RFC 9110 §8.8.3.2).
    pub(super) fn has(&self, etag: &str) -> bool {
        let opaque = etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"');
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.iter().any(|tag| tag.opaque == opaque),
        }
    }

    /// The versions that the condition permits by the strong comparison, in which no weak tag is equal to another. `None`: any.
    pub(super) fn versions(self) -> Option<Vec<Version>> {
        match self {
            Self::Any => None,
            Self::OneOf(tags) => {
                Some(tags.into_iter().filter(|tag| !tag.is_weak).map(EntityTag::version).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_tags_is_read_and_everything_else_is_malformed() {
        for (text, expected) in [
            ("*", Some("*")),
            (" * ", Some("*")),
            (r#""a""#, Some("a")),
            (r#""""#, Some("")),
            (r#"W/"a""#, Some("~a")),
            (r#""a","b""#, Some("a b")),
            (r#", "a" , W/"b,c",, "d" "#, Some("a ~b,c d")),
            ("", None),
            (" , ", None),
            ("a", None),
            (r#""a"#, None),
            (r#"w/"a""#, None),
            (r#"W/a"#, None),
            (r#""a" "b""#, None),
            (r#""a"b"#, None),
            (r#""a b""#, None),
            (r#"*, "a""#, None),
        ] {
            let shown = TagCondition::parse(text).map(|condition| match condition {
                TagCondition::Any => "*".to_owned(),
                TagCondition::OneOf(tags) => {
                    let shown =
                        |tag: &EntityTag| format!("{}{}", if tag.is_weak { "~" } else { "" }, tag.opaque);
                    tags.iter().map(shown).collect::<Vec<_>>().join(" ")
                }
            });
            assert_eq!(shown.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_weak_tag_is_equal_only_where_that_is_enough() {
        let condition = TagCondition::parse(r#"W/"a", "b""#).unwrap();
        for (etag, is_known) in [(r#""a""#, true), (r#"W/"a""#, true), (r#"W/"b""#, true), (r#""c""#, false)]
        {
            assert_eq!(condition.has(etag), is_known, "{etag}");
        }
        assert_eq!(condition.versions(), Some(vec![Version::new("b")]));
        assert_eq!(TagCondition::Any.versions(), None);
        assert!(TagCondition::Any.has(r#""a""#));
    }
}
