//! `grantor user create`.

use clap::Args;
use serde_json::json;

use super::super::password::read_password;
use super::super::{Common, Desk, Trouble, block_on, say};
use super::claims::Told;
use super::taken;
use crate::oauth::id::UserId;
use crate::oauth::identity::claims::{Claims, Person};
use crate::oauth::identity::user::check_username;
use crate::secret::random_id;
use crate::store::db::DbError;
use crate::store::users;

#[derive(Args)]
pub(in crate::cli) struct Options {
    /// What the person types to sign in
    #[arg(long, value_name = "U")]
    username: String,
    #[command(flatten)]
    told: Told,
    /// Read the password from standard input; one line end at its end is dropped
    #[arg(long, required = true)]
    password_stdin: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    check_username(&options.username)?;
    let nobody = Person {
        id: UserId::new(random_id()),
        username: options.username.clone(),
        name: None,
        email: None,
        claims: Claims::new(),
        updated_at: 0,
    };
    let person = nobody.changed(&[], options.told.claims()?)?;
    let password = read_password()?;
    block_on(async {
        let desk = Desk::open(&options.common).await?;
        let hash = desk.passwords()?.hash(password).await?;
        let (id, now) = (person.id.clone(), desk.now);
        let save = async move |tx: &mut _| users::save(tx, &person, Some(&hash), now).await;
        desk.db.write::<_, DbError, _>(save).await?.map_err(|name| taken(&name))?;
        if options.json {
            return say(json!({ "id": id.as_str(), "username": options.username }));
        }
        say(format!("created the user {} with the id {id}", options.username))
    })
}
