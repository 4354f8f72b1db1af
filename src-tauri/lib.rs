//! The shell: one window around the engine. It translates; it decides nothing.

mod awake;
mod closing;
mod commands;
mod copies;
mod dialogs;
mod folder;
mod instance;
mod logging;
mod menu;
mod notice;
mod window;

use std::{path::PathBuf, process::ExitCode};

use mlprompt_core::{
    Error,
    api::{CreateSample, NoRequest},
    engine::{Engine, Parts, default_database},
};
use tauri::Manager;

/// Starts the program and runs until its window is gone.
pub fn run() -> ExitCode {
    window::spare_memory();
    logging::start();
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    if let Err(reason) = window::display() {
        return no_window(&reason);
    }
    let (engine, database) = match tauri::async_runtime::block_on(open(&arguments)) {
        Ok(opened) => opened,
        Err(error) => {
            eprintln!("{}", error.message);
            // A window that says why is better than none; without a display the sentence above is all there is.
            return window::show_start_error(&error);
        }
    };
    let mut builder = tauri::Builder::default();
    // First, so that a second start with this file only brings this window forward.
    if let Some(plugin) = instance::plugin(&database) {
        builder = builder.plugin(plugin);
    }
    let built = builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_window_state::Builder::default().build())
        .manage(engine)
        .manage(commands::Watches::default())
        .manage(commands::ChosenCopy::default())
        .manage(closing::Closing::default())
        .manage(dialogs::Dialogs::default())
        .manage(menu::Shown::default())
        .manage(folder::Written::default())
        .on_menu_event(menu::on_event)
        .invoke_handler(commands::handler())
        .on_window_event(closing::on_window_event)
        .setup(|app| {
            menu::begin(app.handle())?;
            window::open(app.handle())?;
            tauri::async_runtime::spawn(notice::follow(app.handle().clone()));
            tauri::async_runtime::spawn(copies::keep(app.state::<Engine>().inner().clone()));
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            app.run(|app, event| {
                if let tauri::RunEvent::ExitRequested { api, code: None, .. } = &event
                    && app.state::<closing::Closing>().is_waiting()
                {
                    // The window is gone, but a run is still coming to its end.
                    api.prevent_exit();
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => no_window(&error.to_string()),
    }
}

fn no_window(reason: &str) -> ExitCode {
    eprintln!("The window could not be opened: {reason}. Is there a display? Without one, use mlprompt-cli.");
    ExitCode::FAILURE
}

/// What the program can be started with.
struct Arguments {
    database: Option<PathBuf>,
    sample: Option<String>,
}

impl Arguments {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut read = Self { database: None, sample: None };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value."));
            match argument.as_str() {
                "--db" => read.database = Some(PathBuf::from(value()?)),
                "--sample" => read.sample = Some(value()?),
                _ => return Err(format!("{argument} is not known. Usage: mlprompt [--db FILE] [--sample tickets|sentiment|extraction]")),
            }
        }
        Ok(read)
    }
}

async fn open(arguments: &Arguments) -> Result<(Engine, PathBuf), Error> {
    let environment = |name: &str| std::env::var(name).ok();
    let database = arguments.database.clone().or_else(|| default_database(&environment)).ok_or_else(|| {
        Error::invalid("Neither HOME nor a data folder is set, so there is no place for the database. Name one with --db FILE.")
    })?;
    let engine = Engine::open(Parts::real(&database)?).await?;
    if let Some(sample) = &arguments.sample
        && engine.list_projects(NoRequest {}).await?.is_empty()
    {
        engine.create_sample(CreateSample { sample: sample.clone() }).await?;
    }
    Ok((engine, database))
}
