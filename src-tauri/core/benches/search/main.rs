//! `make bench-search`: what the search and each of its parts are worth, on the simulated tasks and on the samples.
//!
//! `cargo bench --bench search -- [ablation|parts|samples|rounds] [NAME…]`, all but the last without a word; `SEEDS` says how many,
//! `FIRST` the first of them.

// A bench may fail loudly: there is nobody to hand an error to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ablation;
mod figures;
mod measure;
mod parts;
mod rounds;
mod samples;
// The tests use more of it.
#[allow(dead_code)]
#[path = "../../../../tests/engine/search/tasks.rs"]
mod tasks;

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|s| s.parse().ok())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut words = std::env::args().skip(1).filter(|a| !a.starts_with('-'));
    let what = words.next().unwrap_or_default();
    let names: Vec<String> = words.collect();
    let (first, seeds) = (number("FIRST"), number("SEEDS"));
    let all = what.is_empty();
    if all || what == "ablation" {
        ablation::print(first.unwrap_or(1), seeds.unwrap_or(5), &names).await;
    }
    if all || what == "parts" {
        parts::print(first.unwrap_or(1001), seeds.unwrap_or(20), &names).await;
    }
    if all || what == "samples" {
        samples::print(first.unwrap_or(0), seeds.unwrap_or(10), &names).await;
    }
    if what == "rounds" {
        rounds::print(&names).await;
    }
    if !["", "ablation", "parts", "samples", "rounds"].contains(&what.as_str()) {
        eprintln!("There is no table \"{what}\". Say ablation, parts, samples or rounds.");
        std::process::exit(2);
    }
}
