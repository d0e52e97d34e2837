//! The account of the operating system that runs a command.

use crate::operations::actor::{Actor, ActorKind};

/// The one who runs this command: the number of the account, and its name if the system's list has it.
pub(super) fn actor() -> Actor {
    let number = rustix::process::getuid().as_raw().to_string();
    let name = std::fs::read_to_string("/etc/passwd").ok().and_then(|list| name_of(&list, &number));
    Actor { id: Some(number), name, ..Actor::of(ActorKind::Command) }
}

/// The name of the account with this number in a list like `/etc/passwd` (passwd(5)).
fn name_of(list: &str, number: &str) -> Option<String> {
    let account =
        list.lines().map(|line| line.split(':')).find(|fields| fields.clone().nth(2) == Some(number));
    account?.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_account_is_found_by_its_number() {
        let list = "root:x:0:0:root:/root:/bin/sh\nbroken\nann:x:1000:1000::/home/ann:\n";
        for (number, name) in [("0", Some("root")), ("1000", Some("ann")), ("7", None)] {
            assert_eq!(name_of(list, number).as_deref(), name);
        }
    }
}
