//! `plantcast identity`: the people who may sign, kept in the data folder. Passwords come from stdin, never from arguments.

use super::{CliError, edge};
use crate::governance::{IdentityBook, KdfCost, Role};
use std::{io::BufRead, path::PathBuf};

/// Arguments of `identity`.
#[derive(clap::Args, Debug)]
pub struct IdentityArgs {
    /// Data folder.
    #[arg(long, value_name = "DIR", global = true)]
    pub data_dir: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub action: IdentityAction,
}

/// What to do with identities.
#[derive(clap::Subcommand, Debug)]
pub enum IdentityAction {
    /// Add a person; the password is read as one line from stdin.
    Add {
        /// Sign-in name.
        name: String,
        /// Full name.
        #[arg(long)]
        person: Option<String>,
        /// Role.
        #[arg(long, value_enum)]
        role: RoleArg,
    },
    /// Revoke a person; signatures already given stay verifiable.
    Revoke {
        /// Sign-in name.
        name: String,
    },
    /// List people and roles.
    List,
}

/// Roles on the command line.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the names of the roles")]
pub enum RoleArg {
    Viewer,
    Planner,
    Operator,
    Approver,
    Supervisor,
    Admin,
}

impl From<RoleArg> for Role {
    fn from(r: RoleArg) -> Role {
        match r {
            RoleArg::Viewer => Role::Viewer,
            RoleArg::Planner => Role::Planner,
            RoleArg::Operator => Role::Operator,
            RoleArg::Approver => Role::Approver,
            RoleArg::Supervisor => Role::Supervisor,
            RoleArg::Admin => Role::Admin,
        }
    }
}

/// Runs `identity`.
///
/// # Errors
/// 15 for a damaged file, 74 for the folder, 1 for a refused name or password.
pub fn run(args: &IdentityArgs) -> Result<(), CliError> {
    let folder = edge::data_dir(args.data_dir.clone());
    std::fs::create_dir_all(&folder).map_err(|e| CliError::io(format!("{}: {e}", folder.display())))?;
    let path = folder.join("identities.ron");
    let book = if path.exists() { IdentityBook::load(&path).map_err(CliError::invalid)? } else { IdentityBook::new(KdfCost::default()) };
    match &args.action {
        IdentityAction::List => {
            for i in book.list() {
                println!("{:16} {:12} {}", i.name, format!("{:?}", i.role), i.person);
            }
            return Ok(());
        }
        IdentityAction::Add { name, person, role } => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map_err(CliError::io)?;
            let password = zeroize::Zeroizing::new(line);
            let password = password.trim_end_matches(['\r', '\n']);
            book.add(name, person.as_deref().unwrap_or(name), (*role).into(), password, &edge::SystemClock::new()).map_err(CliError::failed)?;
        }
        IdentityAction::Revoke { name } => book.revoke(name).map_err(CliError::failed)?,
    }
    book.save(&path).map_err(CliError::io)?;
    println!("{}: {} people", path.display(), book.list().len());
    Ok(())
}
