//! `usher demo`: a small believable world in a sandbox, with something going on in it.

mod agents;
mod client;
mod desk;
mod live;
mod world;

use std::process::ExitCode;

use tokio::task::JoinSet;

use super::Error;
use super::serve::Server;
use crate::settings::{QUIET_INFO, Settings};
use crate::telemetry;

/// Serves the demo's world; it is made the first time, and kept in its folder.
pub async fn run(mut settings: Settings) -> Result<ExitCode, Error> {
    if settings.database_url.is_some() {
        let why = "the demo runs on the embedded store; leave --database-url out";
        return Err(Error::Settings(why.to_owned()));
    }
    if settings.tls.is_some() {
        let why = "the demo speaks plain HTTP; leave --tls-cert and --tls-key out";
        return Err(Error::Settings(why.to_owned()));
    }
    settings.sandbox = Some(true);
    if settings.data == std::path::Path::new("usher-data") {
        settings.data = "usher-demo".into();
    }
    if settings.log_level == QUIET_INFO {
        settings.log_level = "warn".to_owned();
    }
    telemetry::start(&settings)?;
    let folder = settings.data.clone();
    let server = Server::wire(settings).await?;
    let world = world::find_or_make(&server.app).await?;
    println!("usher: listening on {}", server.url());
    println!("{}", world.guide(&server.address.to_string(), &folder));
    let agents = agents::live(server.url(), world.domain, world.pools.clone());
    // Whatever goes on ends with the server.
    let mut living = JoinSet::new();
    living.spawn(agents);
    living.spawn(live::go_on(server.app.clone(), world));
    server.serve().await?;
    Ok(ExitCode::SUCCESS)
}
