//! The search of the error reference.

use std::cmp::Reverse;
use std::sync::LazyLock;

use percent_encoding::percent_decode_str;

use super::contents::reasons_of;
use crate::oauth::error_code::ErrorCode;
use crate::oauth::reason::Reason;

/// The largest number of characters of a search. The rest is ignored. The address of an error, with everything that an
/// application receives in it, is shorter.
pub(super) const MAX_LENGTH: usize = 600;
/// The largest number of words that are looked for.
const MAX_WORDS: usize = 12;
/// The largest number of reasons on a page of results.
const MAX_FOUND: usize = 20;
/// How many reasons are offered when no word is found, for how many words, and how similar they have to be.
const MAX_NEAREST: usize = 5;
const MAX_MISTYPED: usize = 4;
const MIN_SIMILARITY: f64 = 0.8;

/// A page that a search leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Code(ErrorCode),
    Reason(Reason),
}

/// How the results fit the search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// The search has their machine words.
    Exact,
    /// They contain all words of the search.
    All,
    /// They contain the most words of the search, and none contains all.
    Most,
    /// They contain no word of the search, but similar ones.
    Nearest,
}

/// The results of a search, the best first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Results {
    pub(super) found: Vec<Found>,
    pub(super) fit: Fit,
    /// How many more there are than the page shows.
    pub(super) more: usize,
}

/// What is known about a reason, in lower case.
struct Entry {
    reason: Reason,
    /// Its machine word and its title.
    names: String,
    /// Its other texts, and its error code.
    texts: String,
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let entry = |reason: &Reason| Entry {
        reason: *reason,
        names: [reason.word(), reason.title()].join(" ").to_lowercase(),
        texts: [reason.code().as_str(), reason.what(), reason.fix()].join(" ").to_lowercase(),
    };
    Reason::ALL.iter().map(entry).collect()
});

/// Returns the pages that the query names by their machine words; or else the reasons with the most words of it, those
/// with the words in their names first; or else the reasons with similar names.
pub(super) fn search(query: &str) -> Results {
    let query = query.to_lowercase();
    let named = named(&query);
    if !named.is_empty() {
        return Results { found: named, fit: Fit::Exact, more: 0 };
    }
    let words: Vec<&str> = query.split(|c| !is_in_word(c)).filter(|word| !word.is_empty()).collect();
    let words = &words[..words.len().min(MAX_WORDS)];
    let mut ranked: Vec<(usize, usize, Reason)> = ENTRIES
        .iter()
        .map(|entry| {
            let weights = words.iter().map(|word| entry.weight(word));
            let (hits, sum) = weights
                .filter(|weight| *weight > 0)
                .fold((0, 0), |(hits, sum), weight| (hits + 1, sum + weight));
            (hits, sum, entry.reason)
        })
        .collect();
    ranked.sort_by_key(|(hits, sum, _)| Reverse((*hits, *sum)));
    let most = ranked.first().map_or(0, |(hits, ..)| *hits);
    if most == 0 {
        return Results { found: nearest(words), fit: Fit::Nearest, more: 0 };
    }
    let all: Vec<Found> = ranked
        .iter()
        .filter(|(hits, ..)| *hits == most)
        .map(|(_, _, reason)| Found::Reason(*reason))
        .collect();
    Results {
        more: all.len().saturating_sub(MAX_FOUND),
        found: all.into_iter().take(MAX_FOUND).collect(),
        fit: if most == words.len() { Fit::All } else { Fit::Most },
    }
}

/// The pages whose machine words are in the query: reasons, then error codes. If only error codes are, the reasons of the
/// codes follow them. A query may be a whole answer or a whole address, with everything percent-encoded.
fn named(query: &str) -> Vec<Found> {
    let decoded = percent_decode_str(query).decode_utf8_lossy();
    let is_in_machine_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
    let (mut reasons, mut codes) = (Vec::new(), Vec::new());
    for word in decoded.split(|c| !is_in_machine_word(c)) {
        let word = word.trim_matches('.');
        if let Some(reason) = Reason::find(word).map(Found::Reason)
            && !reasons.contains(&reason)
        {
            reasons.push(reason);
        }
        if let Some(code) = ErrorCode::ALL.iter().copied().find(|code| code.as_str() == word)
            && !codes.contains(&code)
        {
            codes.push(code);
        }
    }
    let only_codes = reasons.is_empty();
    reasons.extend(codes.iter().copied().map(Found::Code));
    if only_codes {
        reasons.extend(codes.into_iter().flat_map(reasons_of).map(Found::Reason));
    }
    reasons
}

/// The reasons with a word in their names that begins with the same letter as one of the words and is similar to it.
fn nearest(words: &[&str]) -> Vec<Found> {
    let words: Vec<&str> = words.iter().take(MAX_MISTYPED).map(|word| short(word)).collect();
    let similarity = |name: &str| {
        let alike = words.iter().filter(|word| word.chars().next() == name.chars().next());
        alike.map(|word| strsim::jaro_winkler(word, name)).fold(0.0, f64::max)
    };
    let mut ranked: Vec<(f64, Reason)> = ENTRIES
        .iter()
        .map(|entry| {
            let names = entry.names.split(|c: char| !c.is_alphanumeric());
            (names.filter(|name| name.len() > 2).map(similarity).fold(0.0, f64::max), entry.reason)
        })
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY)
        .collect();
    ranked.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    ranked.into_iter().take(MAX_NEAREST).map(|(_, reason)| Found::Reason(reason)).collect()
}

/// The beginning of a word. No name is longer.
fn short(word: &str) -> &str {
    word.char_indices().nth(32).map_or(word, |(end, _)| &word[..end])
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Entry {
    /// How well a word fits: in a name better than in a text, whole better than as a beginning; 0 if it is nowhere.
    fn weight(&self, word: &str) -> usize {
        match (place(&self.names, word), place(&self.texts, word)) {
            (Some(Place::Whole), _) => 8,
            (Some(Place::Beginning), _) => 4,
            (None, Some(Place::Whole)) => 2,
            (None, Some(Place::Beginning)) => 1,
            (None, None) => 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Whole,
    Beginning,
}

/// Whether the text has this word, or one that begins with it.
fn place(text: &str, word: &str) -> Option<Place> {
    let mut begins = None;
    for (at, _) in text.match_indices(word) {
        if text[..at].ends_with(char::is_alphanumeric) {
            continue;
        }
        if !text[at + word.len()..].starts_with(char::is_alphanumeric) {
            return Some(Place::Whole);
        }
        begins = Some(Place::Beginning);
    }
    begins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(query: &str) -> (Vec<Reason>, Fit) {
        let results = search(query);
        let reasons = results.found.iter().filter_map(|found| match found {
            Found::Reason(reason) => Some(*reason),
            Found::Code(_) => None,
        });
        (reasons.collect(), results.fit)
    }

    #[test]
    fn a_pasted_machine_word_leads_to_its_page_alone() {
        for query in [
            "code.expired",
            " Code.Expired. ",
            "\"code.expired\"",
            "reason: code.expired",
            "reason=code.expired,",
            "https://id.example.com:8443/auth/errors/code.expired?x=1",
            "<https://id.example.com/errors/code.expired>",
            "https%3A%2F%2Fid.example.com%2Ferrors%2Fcode.expired",
        ] {
            assert_eq!(reasons(query), (vec![Reason::CodeExpired], Fit::Exact), "{query}");
        }
    }

    #[test]
    fn a_pasted_answer_leads_to_its_reason_and_then_to_its_code() {
        for query in [
            "{\"error\": \"invalid_grant\", \"reason\": \"code.expired\", \"request_id\": \"x\"}",
            "https://app.example.com/cb?error=invalid_grant&error_uri=https%3A%2F%2Fid.example.com%2Ferrors%2Fcode.expired",
        ] {
            let found = vec![Found::Reason(Reason::CodeExpired), Found::Code(ErrorCode::InvalidGrant)];
            assert_eq!(search(query).found, found, "{query}");
        }
    }

    #[test]
    fn an_error_code_leads_to_its_page_and_to_its_reasons() {
        for query in ["invalid_grant", "error=invalid_grant", "'INVALID_GRANT'"] {
            let found = search(query).found;
            assert_eq!(found.first(), Some(&Found::Code(ErrorCode::InvalidGrant)), "{query}");
            assert!(found.contains(&Found::Reason(Reason::RefreshTokenReused)), "{query}");
            assert!(!found.contains(&Found::Reason(Reason::ScopeUnknown)), "{query}");
        }
    }

    #[test]
    fn all_words_are_better_than_most_and_names_are_better_than_texts() {
        assert_eq!(reasons("trailing SLASH"), (vec![Reason::RedirectUriPath], Fit::All));
        let (found, fit) = reasons("localhost unheard-of");
        assert!(found.contains(&Reason::RedirectUriHost) && fit == Fit::Most, "{found:?}");
        let (found, fit) = reasons("authorization code expired");
        assert_eq!((found.first(), fit), (Some(&Reason::CodeExpired), Fit::All));
        // Texts of many others have these words.
        let (found, _) = reasons("client secret");
        assert_eq!(found.first(), Some(&Reason::ClientSecretWrong), "{found:?}");
        let (found, _) = reasons("redirect_uri path");
        assert_eq!(found.first(), Some(&Reason::RedirectUriPath), "{found:?}");
    }

    #[test]
    fn the_beginning_of_a_word_finds_it_after_whole_words_and_the_middle_does_not() {
        let (found, _) = reasons("redir pat");
        assert_eq!(found.first(), Some(&Reason::RedirectUriPath), "{found:?}");
        assert_eq!(place("a redirect_uri", "redirect"), Some(Place::Whole));
        assert_eq!(place("a redirect_uri", "redi"), Some(Place::Beginning));
        assert_eq!(place("a redirect_uri", "direct"), None);
        assert_eq!(place("codes of a code", "code"), Some(Place::Whole));
    }

    #[test]
    fn a_mistyped_word_offers_the_nearest_and_nonsense_offers_nothing() {
        let (found, fit) = reasons("expird");
        assert_eq!(fit, Fit::Nearest);
        assert!(found.contains(&Reason::CodeExpired) || found.contains(&Reason::BearerExpired), "{found:?}");
        assert!(found.len() <= MAX_NEAREST);
        assert_eq!(reasons("xqzzkv"), (Vec::new(), Fit::Nearest));
        assert_eq!(reasons("?!"), (Vec::new(), Fit::Nearest));
        assert_eq!(reasons("\u{1f600}"), (Vec::new(), Fit::Nearest));
    }

    #[test]
    fn a_page_of_results_has_a_bound() {
        let results = search("the");
        assert_eq!(results.found.len(), MAX_FOUND);
        assert!(results.more > 50, "{}", results.more);
        // Words after the last one that counts change nothing.
        let (many, one_more) = ("request ".repeat(MAX_WORDS), "request ".repeat(MAX_WORDS) + "unheard-of");
        assert_eq!(search(&many), search(&one_more));
        assert_eq!(search(&(many + "a")).fit, Fit::All);
        let fewer = "request ".repeat(MAX_WORDS - 1) + "zzzz";
        assert_eq!(search(&fewer).fit, Fit::Most);
    }
}
