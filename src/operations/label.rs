//! The names that operators give objects to recognize them, and ids that they choose.

use super::fault::Fault;
use crate::oauth::display_text;
use crate::oauth::id::check_in_address;

/// The largest length of a name in characters.
const MAX_NAME_LENGTH: usize = 100;

/// Returns what is wrong with the `name` of an object. `None` if it is suitable.
pub(super) fn name_fault(name: &str) -> Option<Fault> {
    let length = name.chars().count();
    if !(1..=MAX_NAME_LENGTH).contains(&length) {
        return Some(Fault::invalid("name", format!("a name has 1 to {MAX_NAME_LENGTH} characters")));
    }
    let is_line = display_text::is_line(name) && display_text::trimmed(name) == name;
    (!is_line).then(|| {
        Fault::invalid("name", "a name is one line of visible characters, without spaces at its ends")
    })
}

/// Returns what is wrong with an id that the address of an object has. `member` has the id.
pub(super) fn id_fault(member: &'static str, id: &str) -> Option<Fault> {
    check_in_address(id).err().map(|why| Fault::invalid(member, why))
}
