//! `grantor grant revoke`.

use clap::Args;
use serde_json::json;

use super::super::question::Question;
use super::super::user::counted;
use super::super::{Desk, Manner, Trouble, block_on};
use crate::oauth::grant::Ended;
use crate::oauth::id::{ClientId, GrantId};
use crate::operations::users;
use crate::store::db::{Conn, DbError, Tx};
use crate::store::{grant_records, grants};

#[derive(Args)]
#[command(
    override_usage = "grantor grant revoke [OPTIONS] <GRANT_ID>\n       grantor grant revoke [OPTIONS] --user <USER> --client <ID>"
)]
pub(in crate::cli) struct Options {
    /// The grant's id, as `grant list` shows it; the person's consent stays
    #[arg(required_unless_present = "user", conflicts_with_all = ["user", "client"])]
    grant_id: Option<String>,
    /// Everything of this user, the consent too: a username, an e-mail address or an id
    #[arg(long, requires = "client")]
    user: Option<String>,
    /// To this application, by its client_id
    #[arg(long, value_name = "ID", requires = "user")]
    client: Option<String>,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    manner: Manner,
}

pub(super) fn run(options: &Options) -> Result<(), Trouble> {
    block_on(async {
        let desk = Desk::open(&options.manner.common).await?;
        match (&options.grant_id, &options.user, &options.client) {
            (_, Some(user), Some(client)) => all_of(&desk, options, user, client).await,
            (grant, ..) => one(&desk, options, grant.as_deref().unwrap_or_default()).await,
        }
    })
}

async fn one(desk: &Desk, options: &Options, id: &str) -> Result<(), Trouble> {
    let (grant, now) = (GrantId::new(id), desk.now);
    let key = grant.clone();
    let find = async move |conn: &mut Conn| grant_records::find(conn, &key).await;
    let unknown = || Trouble::from(format!("there is no grant with the id {id}"));
    let found = desk.db.read::<_, DbError, _>(find).await?.ok_or_else(unknown)?;
    let client = ClientId::new(found.client_id);
    options.question.ask(&format!("Take the grant {id} back from the client {client}?"))?;
    let revoke =
        async move |tx: &mut Tx| grants::revoke_of(tx, &grant, &client, Ended::GrantRevoked, now).await;
    desk.db.write::<_, DbError, _>(revoke).await?;
    options.manner.say(json!({ "id": id }), format!("revoked the grant {id}"))
}

async fn all_of(desk: &Desk, options: &Options, user: &str, client: &str) -> Result<(), Trouble> {
    let user = users::find(&desk.operations(), user).await?.person;
    let username = &user.username;
    options
        .question
        .ask(&format!("Take back all that {username} gave the client {client}, the consent too?"))?;
    let (id, to, now) = (user.id.clone(), ClientId::new(client), desk.now);
    let revoke = async move |tx: &mut Tx| grant_records::take_back(tx, &id, &to, now).await;
    let revoked = desk.db.write::<_, DbError, _>(revoke).await?;
    options.manner.say(
        json!({ "user_id": user.id.as_str(), "client_id": client, "grants_revoked": revoked }),
        format!("took back what {username} gave the client {client}: revoked {}", counted(revoked, "grant")),
    )
}
