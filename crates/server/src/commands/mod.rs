//! What an operator does: one file per command.

mod demo;
mod maintain;
mod operator;
mod serve;

use std::process::ExitCode;

use crate::cli::{Cli, Command, Keys, Operator};
use crate::settings::Settings;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was set can't be.
    #[error("{0}")]
    Settings(String),
    /// The store said no.
    #[error(transparent)]
    Store(#[from] usher_store::Error),
    /// A use case failed.
    #[error(transparent)]
    App(#[from] usher_app::Failure),
    /// The machine said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Does what the command line says.
pub async fn run(cli: Cli) -> Result<ExitCode, Error> {
    let settings = Settings::read(cli.given, cli.config.as_deref())?;
    match cli.command {
        Command::Serve => serve::run(settings).await,
        Command::Demo => demo::run(settings).await,
        Command::Operator {
            command:
                Operator::Create {
                    email,
                    password_file,
                },
        } => operator::create(&settings, email, password_file.as_deref()).await,
        Command::Migrate => maintain::migrate(&settings).await,
        Command::Check => maintain::check(&settings).await,
        Command::Backup { file } => maintain::backup(&settings, &file),
        Command::Restore { file } => maintain::restore(&settings, &file),
        Command::Keys {
            command: Keys::Rotate,
        } => maintain::rotate_keys(&settings).await,
        Command::Openapi => {
            println!("{}", usher_http::openapi_json());
            Ok(ExitCode::SUCCESS)
        }
    }
}
