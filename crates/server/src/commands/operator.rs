//! `usher operator create`

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use usher_app::entropy::{self, Entropy};
use usher_app::{App, secrets};

use super::Error;
use crate::engine::{self, Purpose};
use crate::settings::Settings;

/// Makes an operator's account.
pub async fn create(
    settings: &Settings,
    email: String,
    password_file: Option<&Path>,
) -> Result<ExitCode, Error> {
    let store = engine::open(settings, Purpose::Command).await?;
    let app = App::new(store, settings.app.clone(), Arc::new(entropy::System));
    let (password, made_up) = match password_file {
        Some(file) => {
            let text = std::fs::read_to_string(file)?;
            (text.lines().next().unwrap_or("").to_owned(), false)
        }
        None => (made_up_password(&entropy::System), true),
    };
    app.new_operator(email.clone(), password.clone()).await?;
    println!("email: {email}");
    if made_up {
        println!("password: {password}");
    }
    Ok(ExitCode::SUCCESS)
}

/// A password that nobody has to remember.
pub fn made_up_password(entropy: &dyn Entropy) -> String {
    secrets::Secret::new(entropy, "op").text
}
