//! How fast the real window is (`make speed`). It prints figures and fails only when something cannot be measured; no test.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use mlprompt_core::{
    api::{CreateSample, ProjectId, SaveDraft},
    dataset::Split,
    prompt::{Prompt, PromptDraft},
    run::RunStatus,
    store::{NewRun, Store},
};
use thirtyfour::By;

use crate::{
    TURN,
    app::App,
    desktop::{geometry, pointer_to_screen, window, xdotool},
    responsive::{answered, watch},
    setup::{Life, engine, imported, live_through},
};

const RUNS: i64 = 200;
const EPOCHS: u32 = 100;
const MOVES: usize = 60;
/// Of a display of 60 Hz, in milliseconds.
const FRAME: f64 = 1000.0 / 60.0;
const LONG_PROMPT: usize = 20_000;
const ROWS: usize = 1_000_000;
/// A cell of the first example that shows its text.
const CELL: &str = "[data-at='0:3']:not(:empty)";
/// What is there once a screen has drawn its curves.
const SCORE: &str = "[aria-label='Score by epoch'] .chart canvas";
const CURVES: &str = "[aria-labelledby=curves-title] .chart canvas";

async fn seed(database: &Path) -> i64 {
    let engine = engine(database).await;
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    let store = Store::open(database).await.expect("the store opens");
    let dataset = store.dataset(project).await.expect("a dataset").expect("a dataset");
    let mut examples: [Vec<i64>; 3] = Default::default();
    for (place, split) in [Split::Train, Split::Validation, Split::Test].into_iter().enumerate() {
        examples[place] = store.split_ids(dataset.id, split).await.expect("ids");
    }
    for number in 0..RUNS {
        let mut config = engine.default_run_config(ProjectId { project }).await.expect("a config");
        config.name = format!("Run {number}");
        config.epochs = EPOCHS;
        let prompt = config.prompt.clone();
        let connections = Vec::new();
        // No two runs are alike: neither their curves nor what they took.
        let life = Life { epochs: EPOCHS, climb: 0.5 * (number * 37 % 100) as f64 / 100.0, accepted: 7, calls: 40 + number as u64 };
        let new = NewRun {
            project,
            dataset: dataset.id,
            dataset_name: dataset.name.clone(),
            config,
            leaks: false,
            connections,
            examples: examples.clone(),
        };
        let run = store.create_run(new, number).await.expect("a run");
        live_through(&store, run, &prompt, life).await;
        store
            .set_run_status(run, RunStatus::Cancelled, Some("Stopped by you.".into()), 100_000, Some(number), None)
            .await
            .expect("its end");
    }
    let draft = PromptDraft {
        prompt: Prompt { system_prompt: "Route the message to one queue. ".repeat(LONG_PROMPT / 32), output_prompt: "One word.".into() },
        ..PromptDraft::default()
    };
    engine.save_draft(SaveDraft { project, draft }).await.expect("a draft");
    project
}

/// Clicks an element by a script and waits until something is painted; milliseconds.
async fn switch(app: &App, screen: &str, until: &str) -> f64 {
    let script = format!(
        "const done = arguments[arguments.length - 1]; const began = performance.now();
         [...document.querySelectorAll('nav button')].find((b) => b.textContent.trim().startsWith({screen:?})).click();
         const look = () => document.querySelector({until:?})
            ? requestAnimationFrame(() => setTimeout(() => done(performance.now() - began))) : requestAnimationFrame(look);
         look()"
    );
    app.driver.execute_async(&script, vec![]).await.expect("the switch").json().as_f64().unwrap_or(f64::NAN)
}

/// Moves the pointer over a chart and prints how long moves took to change the screen: the first change (cursor and figures), and the last
/// of all that follows it.
async fn hover(app: &App, what: &str, chart: &str) {
    let place = format!(
        "const box = document.querySelector({chart:?}).getBoundingClientRect(); return [box.left, box.top, box.width, box.height, innerHeight]"
    );
    let place = app.script(&place).await;
    let [left, top, width, height, page] = std::array::from_fn(|at| place[at].as_f64().unwrap_or(f64::NAN));
    let (x, y, _, content) = geometry(&window("MLprompt").await);
    // Above the page lies the menu bar.
    let (left, top) = (f64::from(x) + left, f64::from(y) + f64::from(content) - page + top);
    let moves = pointer_to_screen(
        (left + 60.0, top + height * 0.2),
        // What lies below the window is not painted.
        (left + width - 60.0, (top + height * 0.8).min(f64::from(y) + f64::from(content) - 10.0)),
        MOVES,
    );
    if moves.is_empty() {
        println!("hover over {what}: nothing changed on the screen");
        return;
    }
    let [first, last] = [|m: &(f64, f64)| m.0, |m: &(f64, f64)| m.1].map(|part| {
        let mut times: Vec<f64> = moves.iter().map(part).collect();
        times.sort_by(f64::total_cmp);
        times
    });
    println!(
        "hover over {what}, from the pointer's move to changed pixels: usually {:.1} ms, longest {:.1} ms, {} of {} over a frame; to the last change that follows: usually {:.1} ms, longest {:.1} ms",
        first[first.len() / 2],
        first[first.len() - 1],
        first.iter().filter(|&&ms| ms > FRAME).count(),
        first.len(),
        last[last.len() / 2],
        last[last.len() - 1],
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures for docs/benchmarks.md: make speed"]
async fn the_window_is_fast() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    seed(&database).await;

    let began = Instant::now();
    let app = App::start(&database, &[]).await;
    app.read("Ticket routing").await;
    println!("start to usable, with the driver's own start: {:.0} ms", began.elapsed().as_secs_f64() * 1000.0);
    let own = "return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd";
    println!("page loaded and run: {:.0} ms", app.script(own).await.as_f64().unwrap_or(f64::NAN));

    for round in ["first", "second", "third"] {
        app.go("Data").await;
        app.see("Data", By::Css("[role=grid]")).await;
        println!(
            "{round} Train of a project with {RUNS} runs of {EPOCHS} epochs, curve drawn: {:.0} ms",
            switch(&app, "Train", SCORE).await
        );
        app.go("Data").await;
        app.see("Data", By::Css("[role=grid]")).await;
        println!("{round} Compare of it, curves drawn: {:.0} ms", switch(&app, "Compare", CURVES).await);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    hover(&app, "four curves", "[aria-labelledby=curves-title] .chart").await;
    hover(&app, &format!("{RUNS} runs by cost"), "[aria-labelledby=scatter-title] .chart").await;
    app.picture("speed-compare").await;
    app.go("Train").await;
    app.see("the chart", By::Css(SCORE)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    hover(&app, &format!("{EPOCHS} epochs"), "[aria-label='Score by epoch'] .chart").await;

    app.go("Prompts").await;
    app.see("the editor", By::Css("[aria-label='System prompt'] .cm-content")).await;
    // The text is longer than the window is high, so its middle, where a click goes, is not on the display.
    app.script("document.querySelector(\"[aria-label='System prompt'] .cm-content\").focus()").await;
    let id = window("MLprompt").await;
    xdotool(&["windowfocus", "--sync", &id]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    watch(&app).await;
    // Real keys, faster than anybody types.
    xdotool(&["type", "--delay", "40", &"abcdefgh".repeat(10)]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let seen = answered(&app).await;
    println!(
        "typing in a prompt of {LONG_PROMPT} characters: longest gap between 4 ms ticks {:.0} ms, {} of 50 ms and more, between frames {:.0} ms",
        seen.gap, seen.late, seen.frame
    );
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures for docs/benchmarks.md: make speed"]
async fn the_grid_opens_on_a_million_rows() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let rows = (0..ROWS).map(|n| format!("Message {n} about an order that never came and what is to be done of it,queue {}\n", n % 40));
    imported(&database, "million.csv", &format!("message,queue\n{}", rows.collect::<String>())).await;
    let app = App::start(&database, &[]).await;
    for round in ["first", "second", "third"] {
        app.go("Prompts").await;
        app.see("the editor", By::Css("[aria-label='System prompt'] .cm-content")).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        println!("{round} Data of a million rows, cells drawn: {:.0} ms", switch(&app, "Data", CELL).await);
    }
    app.picture("speed-million").await;
    app.quit().await;
}
