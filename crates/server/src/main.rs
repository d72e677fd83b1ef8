//! The `usher` binary: command line, settings, wiring, telemetry.
//!
//! Alone in naming a store by its engine ([`engine`]). What it wires together is
//! `usher-http` on `usher-app` on a store; what it adds is what an operator does:
//! [`commands`].

mod cli;
mod commands;
mod engine;
mod mail;
mod settings;
mod telemetry;
mod tls;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(cli)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("usher: {error}");
            ExitCode::FAILURE
        }
    }
}
