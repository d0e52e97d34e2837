//! The media types that a client accepts (RFC 9110 §12.5.1).

use actix_web::http::header::{self, HeaderMap};

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
    let ranges = || lines.iter().flat_map(|line| line.split(',')).map(MediaRange::read);
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
    fn read(entry: &'a str) -> Self {
        let mut parts = entry.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        Self { range, weight: parts.find_map(weight).unwrap_or(1000) }
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

/// The weight that a parameter of a range says, in thousandths (RFC 9110 §12.4.2). `None` if it is another parameter.
fn weight(parameter: &str) -> Option<u16> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("q") {
        return None;
    }
    let weight = value.trim().parse::<f32>().unwrap_or(1.0).clamp(0.0, 1.0);
    // A number from 0 to 1000. NaN becomes 0.
    Some((weight * 1000.0).round() as u16)
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
            ("application/problem+json;q=7", true),
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
}
