//! `cargo xtask …`: everything one does with this repository, one file per command.
//!
//! Is: glue around cargo, the `usher` binary and programs that others wrote.
//! Is not: part of the product. Nothing depends on it, and it links no crate of the workspace:
//! what it tests, it tests from outside.

mod bench;
mod check;
mod dist;
mod examples;
mod fuzz;
mod licences;
mod metrics;
mod nextest;
mod openapi;
mod postgres;
mod sandbox;
mod serve;
mod setup;
mod shell;
mod stages;
mod test;

mod tidy;
mod torture;

use clap::{Parser, Subcommand};

/// Everything one does with this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the server and run `usher demo`: a small world to look at
    Demo {
        #[command(flatten)]
        rest: Rest,
    },
    /// Build the server and run `usher serve`
    Run {
        #[command(flatten)]
        rest: Rest,
    },
    /// Format, lints, the house's rules and the quick tests: before every commit
    Check,
    /// Everything, on both engines: what CI runs
    Test {
        /// Only these stages, as the closing table names them: stories, fuzz, …
        stages: Vec<String>,
    },
    /// In full what `test` does in small: crash rounds, failing syncs, a long fuzz; prints figures
    Torture {
        /// Crash rounds for each engine, and rounds of failing syncs
        #[arg(long, default_value_t = 50)]
        rounds: u32,
        /// The seed of the fuzz
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Measure release builds and write target/bench.json
    Bench {
        #[command(flatten)]
        rest: Rest,
    },
    /// Build the server as it is handed out, into target/dist
    Dist,
    /// Write docs/openapi.json from the server
    Openapi,
    /// Install what the tests use: programs of the system, of Python and of Node
    Setup,
    /// Start a throwaway PostgreSQL cluster, print its URL and keep it until this is stopped
    Postgres,
}

/// Words that go on to the program that this command runs.
#[derive(clap::Args)]
struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

fn main() -> std::process::ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo { rest } => serve::run("demo", &rest.arguments),
        Command::Run { rest } => serve::run("serve", &rest.arguments),
        Command::Check => check::run(),
        Command::Test { stages } => test::run(&stages),
        Command::Torture { rounds, seed } => torture::run(rounds, seed),
        Command::Bench { rest } => bench::run(&rest.arguments),
        Command::Dist => dist::run(),
        Command::Openapi => openapi::write(),
        Command::Setup => setup::run(),
        Command::Postgres => postgres::hold(),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
