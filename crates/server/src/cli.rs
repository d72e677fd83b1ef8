//! The command line. Every setting is an option, an environment variable and a key of the
//! settings file; the first of these that is given counts.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::settings::Given;

/// Usher: a seat server for communications platforms.
///
/// Decides who may sit where, what a seat unlocks, and who pays for it. With no
/// --database-url, everything is kept in one data folder by an embedded store.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    /// A settings file (TOML); its keys are the long options with underscores.
    #[arg(long, global = true, env = "USHER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub given: Given,
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API.
    Serve,
    /// Serve a small believable world in a sandbox, to look around.
    Demo,
    /// Manage those who run the server.
    Operator {
        #[command(subcommand)]
        command: Operator,
    },
    /// Bring the store's schema up to this version.
    Migrate,
    /// Recompute every count from its rows and say what differs.
    Check,
    /// Copy the embedded store to a new file, also while a server uses it.
    Backup {
        /// The file to write; it must not be there yet.
        file: PathBuf,
    },
    /// Put a backup into an empty data folder.
    Restore {
        /// The file to read.
        file: PathBuf,
    },
    /// Manage the keys that sign entitlement tokens.
    Keys {
        #[command(subcommand)]
        command: Keys,
    },
    /// Print the OpenAPI document.
    Openapi,
}

/// What to do about operators.
#[derive(Debug, Subcommand)]
pub enum Operator {
    /// Make an operator's account; the password is printed once, unless given.
    Create {
        /// The address to sign in with.
        #[arg(long)]
        email: String,
        /// A file whose first line is the password, instead of one that is made up.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

/// What to do about keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Sign with a new key from now on; tokens signed before stay good until they expire.
    Rotate,
}
