//! The desktop program.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    mlprompt_core::heap::share();
    mlprompt_app::run()
}
