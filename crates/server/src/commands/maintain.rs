//! Looking after a store: schema, counts, backups, keys.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use usher_app::{App, entropy};

use super::Error;
use crate::engine::{self, Purpose};
use crate::settings::Settings;

/// `usher migrate`
pub async fn migrate(settings: &Settings) -> Result<ExitCode, Error> {
    engine::open(settings, Purpose::Migrate).await?;
    println!("usher: the schema is up to date");
    Ok(ExitCode::SUCCESS)
}

/// `usher check`: fails when anything differs.
pub async fn check(settings: &Settings) -> Result<ExitCode, Error> {
    let store = engine::open(settings, Purpose::Command).await?;
    let differences = store.check().await?;
    for d in &differences {
        let (recorded, counted) = (d.recorded, d.counted);
        println!(
            "{} {}: recorded {recorded}, counted {counted}",
            d.of, d.what
        );
    }
    if differences.is_empty() {
        println!("usher: every count is what its rows say");
        return Ok(ExitCode::SUCCESS);
    }
    println!("usher: {} counts differ", differences.len());
    Ok(ExitCode::FAILURE)
}

/// `usher backup FILE`
pub fn backup(settings: &Settings, file: &Path) -> Result<ExitCode, Error> {
    engine::backup(engine::folder(settings)?, file)?;
    println!("usher: the store is in {}", file.display());
    Ok(ExitCode::SUCCESS)
}

/// `usher restore FILE`
pub fn restore(settings: &Settings, file: &Path) -> Result<ExitCode, Error> {
    let folder = engine::folder(settings)?;
    engine::restore(file, folder)?;
    println!(
        "usher: {} is restored to {}",
        file.display(),
        folder.display()
    );
    Ok(ExitCode::SUCCESS)
}

/// `usher keys rotate`
pub async fn rotate_keys(settings: &Settings) -> Result<ExitCode, Error> {
    let store = engine::open(settings, Purpose::Command).await?;
    let app = App::new(store, settings.app.clone(), Arc::new(entropy::System));
    app.rotate_keys().await?;
    println!("usher: a new key signs from now on");
    Ok(ExitCode::SUCCESS)
}
