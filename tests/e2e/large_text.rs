//! Text of double size in the smallest window: what is cut, covered or out of reach there.

use std::time::Duration;

use mlprompt_core::{
    api::{CreateSample, DuplicateProject, ProjectId, Settings},
    run::RunConfig,
    store::Store,
};

use crate::{
    TURN,
    app::App,
    desktop::{until, window, xdotool},
    setup::{Life, engine, live_through, offer},
};

/// Texts of cards that lie over one another or reach out of their card, as far as they are shown.
const COVERED: &str = "const bad = [];
    for (const card of document.querySelectorAll('article.card')) {
        const box = card.getBoundingClientRect(), parts = [];
        const texts = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) {
            const text = texts.currentNode, range = document.createRange();
            if (text.data.trim() === '' || text.parentElement.closest('.sr')) continue;
            range.selectNodeContents(text);
            for (const line of range.getClientRects()) {
                let [left, right, top, bottom] = [line.left, line.right, line.top, line.bottom];
                for (let at = text.parentElement; at !== card; at = at.parentElement) {
                    if (getComputedStyle(at).overflow === 'visible') continue;
                    const edge = at.getBoundingClientRect();
                    [left, right] = [Math.max(left, edge.left), Math.min(right, edge.right)];
                    [top, bottom] = [Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
                }
                if (right - left > 1 && bottom - top > 1) parts.push({ text, left, right, top, bottom });
            }
        }
        const name = (part) => part.text.data.trim().slice(0, 40);
        for (const [at, a] of parts.entries()) {
            if (a.left < box.left || a.right > box.right || a.top < box.top || a.bottom > box.bottom) bad.push(`${name(a)} leaves its card`);
            for (const b of parts.slice(at + 1)) {
                const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                // The boxes of two lines touch by their leading.
                if (a.text !== b.text && across > 1 && down > (a.bottom - a.top) / 3) bad.push(`${name(a)} over ${name(b)}`);
            }
        }
        if (parts.length < 3) bad.push('a card without its words');
    }
    return bad";

/// The bottom of the last card of the screen and of its title, in pixels from the top of the window, after scrolling as far as it goes.
const AT_THE_END: &str = "const page = document.querySelector('.app'); page.scrollTop = 1e6;
    const cards = [...document.querySelectorAll('main .card')];
    return [Math.max(...cards.map((card) => card.getBoundingClientRect().bottom)),
        document.querySelector('h1').getBoundingClientRect().bottom, innerHeight, cards.length]";

#[tokio::test(flavor = "multi_thread")]
async fn large_text_in_a_small_window_covers_nothing_and_all_is_in_reach() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let mut engine = engine(&database).await;
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    let config = engine.default_run_config(ProjectId { project }).await.expect("a config");
    for name in ["a run with a name of many words ".repeat(9).trim(), "Unbroken".repeat(30).as_str()] {
        engine = offer(engine, project, RunConfig { name: name.into(), ..config.clone() }).await;
    }
    let runs = engine.open_project(ProjectId { project }).await.expect("the project").runs;
    for name in ["A project whose name has many words in it ".repeat(7).trim(), "Unbroken".repeat(37).as_str()] {
        engine.duplicate_project(DuplicateProject { project, name: name.into(), data_only: true }).await.expect("a copy");
    }
    engine.save_settings(Settings { text_size: 200, ..Settings::default() }).await.expect("settings");
    drop(engine);
    let store = Store::open(&database).await.expect("the store opens");
    for run in &runs {
        live_through(&store, run.id, &config.prompt, Life { epochs: 6, climb: 0.4, accepted: 2, calls: 100 }).await;
    }
    drop(store);

    let app = App::start(&database, &[]).await;
    xdotool(&["windowsize", "--sync", &window("MLprompt").await, "900", "600"]);
    app.read("best validation").await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    app.picture("large-text-home").await;
    assert_eq!(app.script(COVERED).await, serde_json::json!([]));

    app.click("Ticket routing").await;
    app.go("Compare").await;
    app.read("Validation score").await;
    // What comes below the charts comes after them, and then all of it can be scrolled to: the bars make room.
    let seen = until("the end of Compare", 20, async || {
        let at = app.script(AT_THE_END).await;
        let number = |index: usize| at[index].as_f64();
        (number(0)? <= number(2)? && number(1)? <= 0.0 && number(3)? >= 4.0).then_some(at)
    })
    .await;
    app.picture("large-text-compare-end").await;
    assert!(seen[0].as_f64().is_some_and(|bottom| bottom > 0.0), "{seen}");
    app.assert_quiet().await;
    app.quit().await;
}
