//! `grantor migrate`.

use super::{Common, Desk, Trouble, block_on, say};

pub(super) fn run(common: &Common) -> Result<(), Trouble> {
    block_on(async {
        Desk::open(common).await?;
        say("the database has this version's schema")
    })
}
