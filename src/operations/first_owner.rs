//! The first owner of a server that no one can manage yet.

use super::fault::Faults;
use super::password_links::{self, PasswordLink};
use super::users::NewUser;
use super::{Context, Done};
use crate::failure::Denied;
use crate::oauth::identity::claims::Claims;
use crate::oauth::identity::role::Role;
use crate::store::db::Conn;
use crate::store::users::UserRecord;
use crate::store::{api_keys, password_links as stored_links, users};

/// The name of the account that is made for the first owner, who can change it.
pub const USERNAME: &str = "owner";

/// Whether someone can manage the server.
#[derive(Clone, Debug)]
pub enum Management {
    /// A live API key with `grantor.write`, or an owner who can sign in, exists.
    Possible,
    /// An owner was invited and has not set a password; a link exists and still works.
    Invited,
    /// No one. `invited` is the owner whose link has ended, if there is one.
    Impossible { invited: Option<Box<UserRecord>> },
}

/// Says whether someone can manage the server.
///
/// # Errors
/// Only failures.
pub async fn state(context: &Context<'_>) -> Result<Management, Denied<Faults>> {
    let now = context.now;
    let look = async move |conn: &mut Conn| {
        if api_keys::has_manager(conn, now).await? {
            return Ok(Management::Possible);
        }
        let invited = users::find_record(conn, USERNAME).await?;
        let invited = invited.filter(|user| user.role == Some(Role::Owner) && user.disabled_at.is_none());
        Ok(match invited {
            Some(user) if stored_links::is_live(conn, &user.person.id, now).await? => Management::Invited,
            invited => Management::Impossible { invited: invited.map(Box::new) },
        })
    };
    context.read(look).await
}

/// Makes a link by which a person becomes the first owner. `invited` is the account that was made for them before.
///
/// # Errors
/// If another user has the name of the account.
pub async fn invite(
    context: &Context<'_>,
    invited: Option<Box<UserRecord>>,
) -> Result<PasswordLink, Denied<Faults>> {
    let Done { outcome, .. } = match invited {
        Some(user) => password_links::create(context, user.person.id.as_str()).await?,
        None => {
            let user = NewUser {
                username: USERNAME.to_owned(),
                claims: Claims::new(),
                role: Some(Role::Owner),
                user_code: None,
            };
            password_links::invite(context, user).await?
        }
    };
    Ok(outcome)
}
