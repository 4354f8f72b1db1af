//! The training engine on the command line: servers, CI, scripts. The same engine and database as the window.

mod convert;
mod data;
mod import;
mod list;
mod measure;
mod options;
mod out;
mod share;
mod show;
mod train;
mod written;

use std::process::ExitCode;

use clap::Parser;
use mlprompt_core::{
    Error,
    engine::{Engine, Parts, default_database},
    run::RunPoint,
};

use options::{Cli, Command};

/// How a command ended.
pub enum End {
    /// It did what was asked.
    Done,
    /// The user interrupted it; it can be resumed.
    Interrupted,
    /// It ran, and failed; the sentence goes to stderr.
    Failed(String),
}

fn main() -> ExitCode {
    mlprompt_core::heap::share();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("The program could not start its threads: {error}.")),
    };
    let end = runtime.block_on(run(cli));
    // An interrupted call may still be waiting for its server; nobody waits for it.
    runtime.shutdown_background();
    match end {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Interrupted) => ExitCode::from(130),
        Ok(End::Failed(message)) => failed(&message),
        Err(error) => failed(&error.message),
    }
}

fn failed(message: &str) -> ExitCode {
    eprintln!("{}", show::plain(message));
    ExitCode::from(1)
}

async fn run(cli: Cli) -> Result<End, Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let database = cli
        .db
        .or_else(|| default_database(&environment))
        .ok_or_else(|| Error::invalid("Neither HOME nor a data folder is set. Name the database with --db FILE."))?;
    let engine = Engine::open(Parts::real(&database)?).await?;
    match cli.command {
        Command::Train(options) => train::train(&engine, *options, cli.json).await,
        Command::Preflight(options) => measure::preflight(&engine, *options, cli.json).await,
        Command::Eval(options) => measure::eval(&engine, *options, cli.json).await,
        Command::Resume { run, predictions } => train::resume(&engine, run, predictions.as_deref(), cli.json).await,
        Command::Retry { run, predictions } => train::retry(&engine, run, predictions.as_deref(), cli.json).await,
        Command::Runs { project } => list::runs(&engine, project.as_deref(), cli.json).await,
        Command::Show { run } => list::show(&engine, run, cli.json).await,
        Command::Export { run, format, output } => written::export(&engine, run, &format, output.as_deref()).await,
        Command::Compare { first, second, test, format, output } => {
            written::compare(&engine, [first, second], test, &format, output.as_deref()).await
        }
        Command::Ship { run, epoch, format, output } => written::ship(&engine, RunPoint { run, epoch }, format, output.as_deref()).await,
        Command::Data { project, action } => data::data(&engine, &project, action, cli.json).await,
        Command::Check => list::check(&engine, cli.json).await,
        Command::Copy { file } => list::copy(&engine, &file).await,
        Command::Projects => list::projects(&engine, cli.json).await,
        Command::ExportData(options) => share::export_data(&engine, *options, cli.json).await,
        Command::ExportProject { project, file, replace } => share::export_project(&engine, &project, &file, replace, cli.json).await,
        Command::Merge { file, project, no_update, no_append } => {
            share::merge(&engine, &file, project.as_deref(), !no_update, !no_append, cli.json).await
        }
        Command::ImportProject { file } => share::import_project(&engine, &file, cli.json).await,
        Command::Project { command } => share::project(&engine, command, cli.json).await,
        Command::Import(options) => import::import(&engine, *options, cli.json).await,
    }
}
