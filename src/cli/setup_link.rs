//! The link by which a person becomes the first owner, in a file beside the data.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::CliError;
use super::atomic_file::{ExistingFile, move_into_place, private_directory, private_file};
use crate::app::App;
use crate::config::Config;
use crate::operations::Context;
use crate::operations::actor::Actor;
use crate::operations::first_owner::{self, Management, USERNAME};
use crate::operations::password_links::{self, PasswordLink};

/// The name of the file.
const FILE: &str = "grantor-setup-link";

/// Writes the link into a file, if no one can manage the server, and says so in the log. Removes a file that is no longer
/// needed. Never keeps the server from starting.
pub(super) async fn offer(app: &App) {
    if !app.config.admin.enabled || !app.config.admin.setup_link {
        return;
    }
    if let Err(error) = offer_at(app, &path(&app.config)).await {
        tracing::warn!(
            "no one can manage this server yet, and no link for its first owner could be made ({error}); \
             `grantor api-key create` and `grantor user create --role owner` are other ways"
        );
    }
}

async fn offer_at(app: &App, path: &Path) -> Result<(), CliError> {
    let context = app.operations(app.now(), Actor::server());
    match first_owner::state(&context).await? {
        Management::Possible => remove(path),
        Management::Invited if works(&context, path).await? => {
            tracing::warn!("no one can manage this server yet: open the link in {}", path.display());
        }
        Management::Invited => tracing::warn!(
            "no one can manage this server yet: a link for the user {USERNAME} was made, but its file {} is not here; \
             `grantor user reset-link {USERNAME}` makes another",
            path.display()
        ),
        Management::Impossible { invited } => {
            // First the place, so that no account is made for a link that no one can read.
            if path.is_dir() {
                return Err(format!("{} is a folder", path.display()).into());
            }
            let folder = private_directory(path, ".grantor-setup-")?;
            let link = first_owner::invite(&context, invited).await?;
            write(&app.issuer, &link, folder.path(), path)?;
            tracing::warn!(
                "no one can manage this server yet: open the link in {}, which makes you its owner, with the user name {}; \
                 it works once, until {}",
                path.display(),
                link.user.person.username,
                link.expires_at.iso()
            );
        }
    }
    Ok(())
}

/// Whether the link in the file still works. A restart of another node, or a command, may have replaced it.
async fn works(context: &Context<'_>, path: &Path) -> Result<bool, CliError> {
    let link = std::fs::read_to_string(path).unwrap_or_default();
    let token = link.trim().rsplit_once("token=").map(|(_, token)| token.to_owned());
    match token {
        Some(token) => Ok(password_links::find(context, &token).await?.is_some()),
        None => Ok(false),
    }
}

fn write(issuer: &str, link: &PasswordLink, folder: &Path, path: &Path) -> Result<(), CliError> {
    let failed = |error: std::io::Error| CliError::from(format!("cannot write {}: {error}", path.display()));
    let unfinished = folder.join(FILE);
    let mut file = private_file(&unfinished).map_err(failed)?;
    writeln!(file, "{}", link.address(issuer)).map_err(failed)?;
    move_into_place(&unfinished, path, ExistingFile::IsReplaced)
}

fn remove(path: &Path) {
    match std::fs::remove_file(path) {
        Ok(()) => tracing::info!("removed {}: the server has an owner", path.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!("cannot remove {}: {error}", path.display()),
    }
}

/// Beside the SQLite database; in the working directory with PostgreSQL.
fn path(config: &Config) -> PathBuf {
    let folder = config.database_options().sqlite_path().and_then(|path| path.parent().map(Path::to_owned));
    folder.unwrap_or_default().join(FILE)
}
