//! The media types and the languages that a client accepts (RFC 9110 §12.5).

use std::cmp::Reverse;

use actix_web::http::header::{self, HeaderMap};

use crate::oauth::language_tag::{LanguageTag, MAX_WANTED};

/// Whether a request prefers a media type to the one that it gets by default. All its `Accept` lines count.
///
/// The type must be worth more than the default, or as much if the request names it. The weight of a type is that of the most
/// specific range that has it, so `*/*` gives a weight to types that are not named.
pub fn prefers(headers: &HeaderMap, wanted: &str, default: &str) -> bool {
    let lines: Vec<&str> = headers.get_all(header::ACCEPT).filter_map(|line| line.to_str().ok()).collect();
    lines_prefer(&lines, wanted, default)
}

/// The same for the values of the `Accept` lines.
pub fn lines_prefer(lines: &[&str], wanted: &str, default: &str) -> bool {
    let ranges = || lines.iter().flat_map(|line| line.split(',')).filter_map(MediaRange::read);
    let best = |media_type: &str| {
        let fitting = ranges().filter_map(|range| Some((range.closeness_to(media_type)?, range.weight)));
        fitting.max().unwrap_or((Closeness::Any, 0))
    };
    let ((closeness, of_wanted), (_, of_default)) = (best(wanted), best(default));
    of_wanted > of_default || (of_wanted == of_default && of_wanted > 0 && closeness == Closeness::Named)
}

/// How closely a range describes a media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    Any,
    OfKind,
    Named,
}

/// A range with its weight in thousandths.
struct MediaRange<'a> {
    range: &'a str,
    weight: u16,
}

impl<'a> MediaRange<'a> {
    /// `None` if the weight is not one.
    fn read(entry: &'a str) -> Option<Self> {
        let mut parts = entry.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let weight = parts.find_map(weight_in).map_or(Some(1000), thousandths)?;
        Some(Self { range, weight })
    }

    /// `None` if the range does not have the media type.
    fn closeness_to(&self, media_type: &str) -> Option<Closeness> {
        if self.range.eq_ignore_ascii_case(media_type) {
            return Some(Closeness::Named);
        }
        match self.range.split_once('/')? {
            ("*", "*") => Some(Closeness::Any),
            (kind, "*") => {
                let (of_type, _) = media_type.split_once('/')?;
                of_type.eq_ignore_ascii_case(kind).then_some(Closeness::OfKind)
            }
            _ => None,
        }
    }
}

/// Reads the header `Accept-Language` (RFC 9110 §12.5.4). The tags are in the order of preference; those with q=0, `*` and
/// what is not valid are left out.
pub fn accept_language(value: &str) -> Vec<LanguageTag> {
    let mut weighted: Vec<(u16, LanguageTag)> = value
        .split(',')
        .take(MAX_WANTED)
        .filter_map(weighted_tag)
        .filter(|(weight, _)| *weight > 0)
        .collect();
    // Stable: of equal weights, the first one stays first.
    weighted.sort_by_key(|(weight, _)| Reverse(*weight));
    weighted.into_iter().map(|(_, tag)| tag).collect()
}

/// Reads an element of `Accept-Language`, with its weight in thousandths.
fn weighted_tag(element: &str) -> Option<(u16, LanguageTag)> {
    let (tag, weight) = match element.split_once(';') {
        Some((tag, parameter)) => (tag, thousandths(weight_in(parameter)?)?),
        None => (element, 1000),
    };
    Some((weight, LanguageTag::parse(tag.trim())?))
}

/// Returns the text of the weight in a parameter. `None` if it is another parameter.
fn weight_in(parameter: &str) -> Option<&str> {
    let (name, value) = parameter.trim().split_once('=')?;
    name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
}

/// Parses a weight (RFC 9110 §12.4.2). `None` if it is not between 0 and 1, or has more than three decimals.
fn thousandths(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let are_digits = decimals.bytes().all(|byte| byte.is_ascii_digit());
    if !matches!(whole, "0" | "1") || decimals.len() > 3 || !are_digits {
        return None;
    }
    let weight = format!("{whole}{decimals:0<3}").parse().ok()?;
    (weight <= 1000).then_some(weight)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn preferred(lines: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT, HeaderValue::from_str(line).unwrap());
        }
        prefers(&headers, "application/problem+json", "application/json")
    }

    #[test]
    fn a_type_must_be_worth_more_than_the_default_or_be_named_and_worth_as_much() {
        for (accept, expected) in [
            ("", false),
            ("*/*", false),
            ("application/*", false),
            ("application/json", false),
            ("application/problem+json", true),
            ("application/json, application/problem+json", true),
            ("application/problem+json, */*", true),
            ("application/json;q=0.5, Application/Problem+JSON", true),
            ("application/json;q=0.5, */*", true),
            ("application/json;q=0, application/*;q=0.001", true),
            ("application/problem+json ; charset=utf-8 ; q=0.9, */*;q=0.8", true),
            ("application/json, application/problem+json;q=0.9", false),
            ("application/problem+json;q=0.1, */*", false),
            ("application/*, application/problem+json;q=0.9", false),
            ("application/problem+json;q=0, application/json;q=0", false),
            ("application/problem+json;q=0", false),
            ("application/problem+json;Q=0", false),
            ("application/problem+json;q=0.000, text/html", false),
            ("application/problem+json;q=NaN", false),
            ("application/problem+json;q=7", false),
            ("application/json;q=x, application/problem+json;q=0.1", true),
            ("application/problem+json;q=-1", false),
            ("application/problem+jsonx", false),
            ("application", false),
        ] {
            assert_eq!(preferred(&[accept]), expected, "{accept}");
        }
    }

    #[test]
    fn several_lines_are_one_list() {
        assert!(preferred(&["application/json;q=0.5", "application/problem+json"]));
        assert!(!preferred(&["application/problem+json;q=0.5", "application/json"]));
        assert!(!preferred(&[]));
    }

    #[test]
    fn accept_language_is_sorted_by_its_weights() {
        for (value, expected) in [
            ("da, en-gb;q=0.8, en;q=0.7", vec!["da", "en-GB", "en"]),
            ("en;q=0.5,de;q=0.9 , fr", vec!["fr", "de", "en"]),
            ("en;q=0.5,de;q=0.5", vec!["en", "de"]),
            ("en;Q=1.000, de ; q=0.999", vec!["en", "de"]),
            ("de;q=0, en;q=0.0, fr;q=0.001", vec!["fr"]),
            ("*", vec![]),
            ("*;q=0.5, it", vec!["it"]),
            ("de;q=1.1, fr;q=0.1234, es;q=-1, it;q=, ja;q=.5, ar;q=0.5x, pt;q, en;q=1.", vec!["en"]),
            ("de;level=1, fr;q=0.2", vec!["fr"]),
            (",, ,de,", vec!["de"]),
            ("", vec![]),
        ] {
            assert_eq!(texts(value), expected, "{value}");
        }
        let many = vec!["de"; MAX_WANTED].join(",");
        assert_eq!(accept_language(&format!("{many},fr")).len(), MAX_WANTED);
    }

    fn texts(value: &str) -> Vec<String> {
        accept_language(value).iter().map(LanguageTag::to_string).collect()
    }
}
