//! The media types that a client accepts (RFC 9110 §12.5.1).

/// Whether an `Accept` header prefers `application/problem+json` to `application/json`.
pub fn prefers_problems(accept: &str) -> bool {
    let quality = |wanted: &str| {
        let of = |entry: &str| {
            let mut parts = entry.split(';').map(str::trim);
            let is_wanted = parts.next().is_some_and(|media_type| media_type.eq_ignore_ascii_case(wanted));
            let q = parts.find_map(weight).and_then(|q| q.parse::<f32>().ok());
            is_wanted.then_some(q.unwrap_or(1.0))
        };
        accept.split(',').find_map(of)
    };
    let problem = quality("application/problem+json").unwrap_or(0.0);
    problem > 0.0 && problem >= quality("application/json").unwrap_or(0.0)
}

/// The weight that a parameter of a media type says (RFC 9110 §12.4.2). `None` if it is another parameter.
fn weight(parameter: &str) -> Option<&str> {
    let (name, value) = parameter.split_once('=')?;
    name.eq_ignore_ascii_case("q").then_some(value)
}

#[cfg(test)]
mod tests {
    use super::prefers_problems;

    #[test]
    fn a_problem_document_must_be_named_and_be_worth_as_much_as_json() {
        for (accept, prefers) in [
            ("", false),
            ("*/*", false),
            ("application/json", false),
            ("application/problem+json", true),
            ("application/json, application/problem+json", true),
            ("application/json;q=0.5, Application/Problem+JSON", true),
            ("application/json, application/problem+json;q=0.9", false),
            ("application/problem+json;q=0", false),
            ("application/problem+json;Q=0", false),
            ("application/problem+jsonx", false),
        ] {
            assert_eq!(prefers_problems(accept), prefers, "{accept}");
        }
    }
}
