//! The members of a user in a body.

use serde_json::{Map, Value};

use super::Members;
use crate::oauth::identity::claims::{self, Claims};
use crate::oauth::identity::password::PasswordPolicy;
use crate::oauth::identity::role::Role;
use crate::oauth::identity::user::{check_email, check_username};
use crate::oauth::identity::user_code;
use crate::operations::users::{ClaimManner, UserChanges};
use crate::representation::settings::USER;
use crate::secret::Secret;

/// Claims that have a member of their own.
const OWN: [&str; 4] = ["name", "email", "email_verified", "groups"];

/// A user to create.
pub struct NewUserMembers {
    pub username: String,
    /// With the name, the e-mail address and the groups.
    pub claims: Claims,
    /// `None`: the person gets a link.
    pub password: Option<Secret>,
    pub role: Option<Role>,
    pub user_code: Option<Secret>,
}

/// A change of a user, with the new code, which must be hashed before it is one of the changes. `Some(None)`: the user has no
/// code any more.
pub struct ChangedUserMembers {
    pub changes: UserChanges,
    pub user_code: Option<Option<Secret>>,
}

/// Reads a user to create. What is wrong is noted with the members.
pub fn read_new(members: &mut Members, policy: PasswordPolicy) -> NewUserMembers {
    refuse_read_only(members);
    let username = read_username(members);
    let claims = ClaimMembers::read(members, ClaimManner::Set).set;
    if members.flag("disabled") == Some(true) {
        members.wrong("disabled", "a new user is enabled; disable the user afterwards");
    }
    let role = read_role(members).flatten();
    let password = members.text("password");
    if let Some(password) = &password {
        let names = names(&username, &claims);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if let Err(fault) = policy.check(password, &names) {
            members.wrong("password", fault.sentence());
        }
    }
    let user_code = read_user_code(members).flatten();
    NewUserMembers { username, claims, password: password.map(Secret::new), role, user_code }
}

/// Reads what replaces the user with this id. What is wrong is noted with the members.
pub fn read_replacement(members: &mut Members, id: &str) -> ChangedUserMembers {
    members.named("id", id);
    members.drop_read_only();
    refuse_password(members);
    let username = read_username(members);
    let claims = ClaimMembers::read(members, ClaimManner::Replace);
    let changes = UserChanges {
        username: Some(username),
        removed: claims.removed,
        claims: claims.set,
        manner: ClaimManner::Replace,
        disabled: Some(members.flag("disabled").unwrap_or_default()),
        role: Some(read_role(members).flatten()),
        ..UserChanges::default()
    };
    ChangedUserMembers { changes, user_code: read_user_code(members) }
}

/// Reads a merge patch of a user (RFC 7396). What is wrong is noted with the members.
pub fn read_patch(members: &mut Members) -> ChangedUserMembers {
    refuse_read_only(members);
    refuse_password(members);
    let username = members.changed_text("username");
    match &username {
        Some(None) => members.wrong("username", "it cannot be removed"),
        Some(Some(username)) => check(members, "username", check_username(username)),
        None => {}
    }
    let claims = ClaimMembers::read(members, ClaimManner::Merge);
    let changes = UserChanges {
        username: username.flatten(),
        removed: claims.removed,
        claims: claims.set,
        manner: ClaimManner::Merge,
        disabled: members.flag("disabled"),
        role: read_role(members),
        ..UserChanges::default()
    };
    ChangedUserMembers { changes, user_code: read_user_code(members) }
}

/// Takes the user code, which may be missing. `Some(None)` for `null`: no code.
fn read_user_code(members: &mut Members) -> Option<Option<Secret>> {
    let code = members.changed_text("user_code")?;
    if let Some(code) = &code {
        check(members, "user_code", user_code::check(code));
    }
    Some(code.map(Secret::new))
}

/// Takes the role, which may be missing. `Some(None)` for `null`: no role.
fn read_role(members: &mut Members) -> Option<Option<Role>> {
    let Some(word) = members.changed_text("role")? else { return Some(None) };
    let role = Role::parse(&word);
    if role.is_none() {
        members.wrong("role", "it must be owner, operator, auditor or null");
    }
    Some(role)
}

/// The texts that are no good password of a user.
pub fn names(username: &str, claims: &Claims) -> Vec<String> {
    let claim = |name: &str| claims.get(name).and_then(Value::as_str);
    [Some(username), claim("email"), claim("name")].into_iter().flatten().map(str::to_owned).collect()
}

/// The members that only the server sets.
fn read_only() -> impl Iterator<Item = &'static str> {
    USER.members.iter().filter(|member| member.is_by_server()).map(|member| member.name)
}

fn refuse_read_only(members: &mut Members) {
    for name in read_only() {
        if members.take(name).is_some() {
            members.wrong(name, "only the server sets it");
        }
    }
}

fn refuse_password(members: &mut Members) {
    if members.take("password").is_some() {
        members.wrong("password", "it is set by PUT at the address of the user with /password at its end");
    }
}

fn read_username(members: &mut Members) -> String {
    let username = members.required_text("username");
    // The operation refuses an empty one.
    if !username.is_empty() {
        check(members, "username", check_username(&username));
    }
    username
}

fn check(members: &mut Members, place: &str, checked: Result<(), String>) {
    if let Err(sentence) = checked {
        members.wrong(place, sentence);
    }
}

/// What a body says about the claims of a user.
#[derive(Default)]
struct ClaimMembers {
    set: Claims,
    removed: Vec<String>,
}

impl ClaimMembers {
    fn read(members: &mut Members, manner: ClaimManner) -> Self {
        let mut read = Self::default();
        for name in ["name", "email"] {
            if let Some(text) = members.changed_text(name) {
                read.take(members, name, name, text.map(Value::from).unwrap_or_default());
            }
        }
        match members.take("email_verified") {
            None => {}
            Some(Value::Bool(true)) => drop(read.set.insert("email_verified".to_owned(), true.into())),
            // An address that is not known to be verified is not verified.
            Some(Value::Bool(false) | Value::Null) => read.removed.push("email_verified".to_owned()),
            Some(_) => members.wrong("email_verified", "it must be true or false"),
        }
        if let Some(groups) = members.texts("groups") {
            for (n, group) in groups.iter().enumerate() {
                let (place, one) = (format!("groups/{n}"), Value::from(vec![group.clone()]));
                if !members.is_wrong(&place) {
                    let checked = claims::check("groups", &one);
                    check(members, &place, checked.map_err(|_| LINE.to_owned()));
                }
            }
            match groups.is_empty() {
                true => read.removed.push("groups".to_owned()),
                false => drop(read.set.insert("groups".to_owned(), groups.into())),
            }
        }
        read.read_others(members, manner);
        read
    }

    /// Reads the member `claims`.
    fn read_others(&mut self, members: &mut Members, manner: ClaimManner) {
        let others = match members.take("claims") {
            None => return,
            Some(Value::Object(others)) => others,
            Some(Value::Null) if manner != ClaimManner::Merge => Map::new(),
            Some(Value::Null) => {
                return members
                    .wrong("claims", "name each claim that is to be removed, with null as its value");
            }
            Some(_) => return members.wrong("claims", "it must be an object"),
        };
        for (name, value) in others {
            let place = format!("claims/{}", name.replace('~', "~0").replace('/', "~1"));
            if OWN.contains(&name.as_str()) {
                members.wrong(&place, format!("`{name}` is a member of the user itself"));
            } else if manner == ClaimManner::Merge && value.is_object() {
                // The operation checks what it becomes together with what the user has.
                check(members, &place, claims::check_name(&name));
                self.set.insert(name, value);
            } else {
                self.take(members, &place, &name, value);
            }
        }
    }

    /// Notes a claim; `null` removes it.
    fn take(&mut self, members: &mut Members, place: &str, name: &str, value: Value) {
        if value.is_null() {
            self.removed.push(name.to_owned());
            return;
        }
        let checked = claims::check_name(name).and_then(|()| claims::check(name, &value));
        let checked = checked.and_then(|()| match (name, &value) {
            ("email", Value::String(address)) => check_email(address),
            _ => Ok(()),
        });
        check(members, place, checked);
        self.set.insert(name.to_owned(), value);
    }
}

const LINE: &str = "a group is text on one line, of 1 to 2048 bytes, without invisible characters and controls of the writing direction";
