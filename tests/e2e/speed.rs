//! How fast the real window is (`make speed`). It prints figures and fails only when something cannot be measured; no test.

use std::{path::Path, time::Instant};

use mlprompt_core::{
    api::{CreateSample, ProjectId, SaveDraft},
    dataset::Split,
    prompt::{Prompt, PromptDraft},
    run::{BestPrompt, Decision, EpochSummary, RunStatus, SplitScores, Usage},
    stats::Score,
    store::{NewRun, SearchRound, Store, StoredEpoch},
};
use thirtyfour::{By, Key};

use crate::{TURN, app::App, setup::engine};

const RUNS: i64 = 200;
const EPOCHS: u32 = 100;
const LONG_PROMPT: usize = 20_000;

/// Gaps between ticks of 4 ms, and between painted frames, from now on.
const WATCH: &str = "window.__gaps = []; window.__frames = []; let tick = performance.now(), frame = tick;
    window.__timer = setInterval(() => { const now = performance.now(); window.__gaps.push(now - tick); tick = now; }, 4);
    const paint = (now) => { window.__frames.push(now - frame); frame = now; window.__raf = requestAnimationFrame(paint); };
    window.__raf = requestAnimationFrame(paint); return 1";
const SEEN: &str = "clearInterval(window.__timer); cancelAnimationFrame(window.__raf);
    const worst = (list) => list.length ? Math.max(...list.slice(1)) : 0;
    return [worst(window.__gaps), worst(window.__frames), window.__gaps.length]";

/// Hovers along the score chart and gives the longest time from a move to the frame after it.
const HOVER: &str = "const done = arguments[arguments.length - 1];
    const chart = document.querySelector('[aria-label=\"Score by epoch\"] .chart');
    const box = chart.getBoundingClientRect(); let worst = 0, at = 0;
    const step = () => {
        if (at >= 60) return done(worst);
        const x = box.left + 60 + (box.width - 120) * at / 60; at += 1;
        const began = performance.now();
        chart.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: x, clientY: box.top + 40 }));
        // What the move costs before the frame can be painted.
        requestAnimationFrame(() => { setTimeout(() => { worst = Math.max(worst, performance.now() - began); step(); }, 0); });
    };
    step()";

async fn seed(database: &Path) -> i64 {
    let engine = engine(database).await;
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    let store = Store::open(database).await.expect("the store opens");
    let dataset = store.dataset(project).await.expect("a dataset").expect("a dataset");
    let mut examples: [Vec<i64>; 3] = Default::default();
    for (place, split) in [Split::Train, Split::Validation, Split::Test].into_iter().enumerate() {
        examples[place] = store.split_ids(dataset.id, split).await.expect("ids");
    }
    let score = |value: f64| Some(Score { score: value, n: 100, missing: 0, low: value - 0.05, high: value + 0.05 });
    for number in 0..RUNS {
        let mut config = engine.default_run_config(ProjectId { project }).await.expect("a config");
        config.name = format!("Run {number}");
        config.epochs = EPOCHS;
        let prompt = config.prompt.clone();
        let connections = Vec::new();
        let new =
            NewRun { project, dataset: dataset.id, dataset_name: dataset.name.clone(), config, connections, examples: examples.clone() };
        let run = store.create_run(new, number).await.expect("a run");
        let version = store.run_row(run).await.expect("the run").baseline_version;
        for epoch in 0..=EPOCHS {
            let value = 0.4 + 0.5 * f64::from(epoch) / f64::from(EPOCHS);
            let summary = EpochSummary {
                epoch,
                decision: if epoch == 0 { Decision::Baseline } else { Decision::Rejected },
                reason: "No gain over the best.".into(),
                train: score(value),
                validation: score(value),
                bound: None,
                delta: Some(0.01),
                p: Some(0.5),
                fixed: 3,
                broken: 2,
                usage: Usage { calls: u64::from(epoch) * 100, cost: Some(0.0), ..Usage::default() },
                decided_at: i64::from(epoch),
                active_ms: u64::from(epoch) * 1_000,
            };
            let best = BestPrompt { system_prompt: prompt.system_prompt.clone(), validation: score(0.4), ..BestPrompt::default() };
            let baseline = SplitScores { validation: score(0.4), ..SplitScores::default() };
            let epoch = StoredEpoch { version: Some(version), before: version, summary };
            store.save_epoch(run, epoch, baseline, best, SearchRound::default()).await.expect("an epoch");
        }
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

/// Clicks an element by a script and waits until a text is painted; milliseconds.
async fn switch(app: &App, click: &str, until: &str) -> f64 {
    let script = format!(
        "const done = arguments[arguments.length - 1]; const began = performance.now(); {click};
         const look = () => document.body.innerText.includes({until:?})
            ? requestAnimationFrame(() => done(performance.now() - began)) : requestAnimationFrame(look);
         look()"
    );
    app.driver.execute_async(&script, vec![]).await.expect("the switch").json().as_f64().unwrap_or(f64::NAN)
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

    let nav =
        |name: &str| format!("[...document.querySelectorAll('nav button')].find((b) => b.textContent.trim().startsWith({name:?})).click()");
    app.go("Data").await;
    println!("Train of a project with {RUNS} runs of {EPOCHS} epochs: {:.0} ms", switch(&app, &nav("Train"), "Score").await);
    println!("Compare of it: {:.0} ms", switch(&app, &nav("Compare"), "Side by side").await);
    app.go("Train").await;
    app.see("the chart", By::Css("[aria-label='Score by epoch'] .chart svg")).await;
    let hover = app.driver.execute_async(HOVER, vec![]).await.expect("hovering").json().as_f64().unwrap_or(f64::NAN);
    println!("hover over {EPOCHS} epochs, longest move to the frame after it: {hover:.1} ms");

    app.go("Prompts").await;
    let editor = app.see("the editor", By::Css("[aria-label='System prompt'] .cm-content")).await;
    // The text is longer than the window is high, so its middle, where a click goes, is not on the display.
    app.script("document.querySelector(\"[aria-label='System prompt'] .cm-content\").focus()").await;
    app.script(WATCH).await;
    for _ in 0..40 {
        editor.send_keys("a").await.expect("typing");
    }
    editor.send_keys(Key::End).await.expect("typing");
    let seen = app.script(SEEN).await;
    println!(
        "typing in a prompt of {LONG_PROMPT} characters: longest gap between 4 ms ticks {:.0} ms, between frames {:.0} ms",
        seen[0].as_f64().unwrap_or(f64::NAN),
        seen[1].as_f64().unwrap_or(f64::NAN)
    );
    app.quit().await;
}
