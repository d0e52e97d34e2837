//! The signed-in accounts as pages show them.

use crate::app::App;
use crate::face::view::AccountRow;
use crate::failure::Failure;
use crate::oauth::identity::claims::Person;
use crate::oauth::request::interaction::SignedIn;
use crate::store::users;

/// Returns the accounts as pages show them, in their order. It reads the people's names.
pub(super) async fn shown(app: &App, people: &[SignedIn]) -> Result<Vec<AccountRow>, Failure> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = people.iter().map(|here| here.user.clone()).collect();
    let found = app.db.read(async move |conn| {
        let mut found = Vec::with_capacity(ids.len());
        for id in &ids {
            found.push(users::find_person(conn, id).await?);
        }
        Ok(found)
    });
    let found = found.await?;
    Ok(people.iter().zip(found).map(|(here, person)| row(here, person.as_ref())).collect())
}

/// An account. A person who was deleted in between is shown by the username.
fn row(here: &SignedIn, person: Option<&Person>) -> AccountRow {
    let full_name = person.and_then(|person| person.name.clone()).filter(|name| is_visible(name));
    let email = person.and_then(|person| person.email.clone());
    let name = full_name.unwrap_or_else(|| here.username.clone());
    let address = Some(email.unwrap_or_else(|| here.username.clone())).filter(|address| *address != name);
    AccountRow { session: here.session.to_string(), initials: initials(&name), name, address }
}

/// Whether a name has a letter or a digit that can be seen. Some letters of Korean are fillers, which cannot.
fn is_visible(name: &str) -> bool {
    let is_filler = |c| matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    name.chars().any(|c| c.is_alphanumeric() && !is_filler(c))
}

/// Returns the first letters of the first and the last word, or the first letter of a single word.
pub(super) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let joint = first.filter(|letter| is_arabic(*letter)).map(|_| NOT_JOINED);
    let last = words.next_back();
    let letters = first.into_iter().chain(joint.filter(|_| last.is_some())).chain(last);
    letters.flat_map(char::to_uppercase).collect()
}

/// Keeps two letters of Arabic apart (ZERO WIDTH NON-JOINER). Joined, they would read as a word.
const NOT_JOINED: char = '\u{200C}';

fn is_arabic(letter: char) -> bool {
    matches!(letter, '\u{0600}'..='\u{06FF}' | '\u{0750}'..='\u{077F}' | '\u{0870}'..='\u{08FF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        for (name, letters) in [
            ("Alice Example", "AE"),
            ("Alice van der Example", "AE"),
            ("alice", "A"),
            ("(Bob) Q. Builder-Smith", "BB"),
            ("山田 太郎", "山太"),
            ("ليلى المنصوري", "ل\u{200C}ا"),
            ("ليلى", "ل"),
            ("ß", "SS"),
            ("…", ""),
            ("", ""),
        ] {
            assert_eq!(initials(name), letters, "{name}");
        }
    }

    #[test]
    fn a_name_that_cannot_be_seen_is_no_name() {
        for visible in ["Alice", "\u{5c71}", "7", "\u{645}"] {
            assert!(is_visible(visible), "{visible:?}");
        }
        for invisible in ["", " ", "\u{2800}", "\u{3164}\u{ffa0}", "\u{200b}"] {
            assert!(!is_visible(invisible), "{invisible:?}");
        }
    }
}
