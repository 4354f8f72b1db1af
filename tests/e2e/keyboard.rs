//! docs/keyboard.md, walked: a run is set up, started, read and compared with keys alone, the focus looked at after every one.

use mlprompt_core::api::{CreateSample, Settings};

use crate::{
    TURN,
    app::App,
    desktop::{until, window, xdotool},
    setup::engine,
};

/// What has the focus: its name, and whether an eye can tell. Editors and radio buttons show it around themselves.
const FOCUS: &str = "const e = document.activeElement;
    const name = (e) => (e.getAttribute('aria-label') || e.closest('label')?.innerText || (e.id && document.querySelector(`label[for=\"${e.id}\"]`)?.innerText)
        || e.textContent || e.tagName).trim().replace(/\\s+/g, ' ').slice(0, 90);
    if (!e || e === document.body) return ['nothing', false];
    let seen = false;
    for (let at = e, up = 0; at && up < 6 && !seen; at = at.parentElement, up += 1) {
        const s = getComputedStyle(at);
        seen = (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || (up < 5 && s.boxShadow !== 'none');
    }
    const label = e.nextElementSibling && getComputedStyle(e.nextElementSibling);
    return [name(e), seen || Boolean(label && label.outlineStyle !== 'none')]";

struct Keys<'a> {
    app: &'a App,
    window: String,
}

impl Keys<'_> {
    async fn press(&self, keys: &str) {
        xdotool(&["windowfocus", "--sync", &self.window]);
        xdotool(&["key", keys]);
        tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    }

    async fn write(&self, text: &str) {
        xdotool(&["type", "--delay", "12", text]);
        tokio::time::sleep(std::time::Duration::from_millis(120)).await;
    }

    async fn focus(&self) -> (String, bool) {
        let value = self.app.script(FOCUS).await;
        (value[0].as_str().unwrap_or_default().to_owned(), value[1].as_bool().unwrap_or_default())
    }

    /// Goes on with Tab until something has the focus; it is seen wherever it stops on the way.
    async fn tab_to(&self, wanted: &str) {
        let mut way = Vec::new();
        for _ in 0..90 {
            self.press("Tab").await;
            let (name, seen) = self.focus().await;
            assert!(seen || name == "nothing", "the focus on \"{name}\" cannot be seen");
            if name.starts_with(wanted) {
                return;
            }
            way.push(name);
        }
        self.app.picture("keyboard-failed").await;
        panic!("Tab does not come to \"{wanted}\"; it went to {way:?}");
    }

    async fn has_focus(&self, wanted: &str) {
        until(&format!("the focus on \"{wanted}\""), 5, async || self.focus().await.0.starts_with(wanted).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_is_trained_and_read_with_keys_alone() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    engine(&database).await.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample");
    let app = App::start(&database, &[]).await;
    let keys = Keys { app: &app, window: window("MLprompt").await };

    // Prompts: written in the editor, which Tab leaves.
    app.read("Start training").await;
    keys.press("2").await;
    app.read("Versions").await;
    keys.tab_to("System prompt").await;
    keys.press("ctrl+End").await;
    keys.write(" Say where it belongs.").await;
    keys.press("Tab").await;
    until("the focus to leave the editor", 5, async || (keys.focus().await.0 != "System prompt").then_some(())).await;
    app.read("saved").await;

    // Train: a field is filled in, the run started.
    keys.press("Escape").await;
    keys.press("ctrl+k").await;
    keys.write("new run").await;
    keys.press("Return").await;
    app.read("What this run will use").await;
    keys.tab_to("After epochs").await;
    keys.press("ctrl+a").await;
    keys.write("3").await;
    keys.press("ctrl+Return").await;
    until("the end of the run", 90, async || {
        let text = app.text().await;
        (text.contains("Better on") || text.contains("Nothing beat")).then_some(())
    })
    .await;

    // The timeline, its tabs, and what is behind them.
    keys.tab_to("Epoch").await;
    keys.press("Home").await;
    app.read("Baseline").await;
    keys.press("Right").await;
    keys.has_focus("Epoch 1").await;
    keys.tab_to("Changes").await;
    for _ in 0..12 {
        if keys.focus().await.0.starts_with("Learning map") {
            break;
        }
        keys.press("Right").await;
    }
    keys.has_focus("Learning map").await;
    keys.tab_to("Save or copy the chart").await;
    keys.press("Tab").await;
    let grid = app.script("return document.activeElement.closest('[role=grid]')?.getAttribute('aria-label')").await;
    assert!(grid.as_str().is_some_and(|name| name.starts_with("Learning map")), "{grid}");
    keys.press("Return").await;
    app.read("Ground truth").await;
    let first = app.text().await;
    keys.press("Down").await;
    until("the next example", 5, async || (app.text().await != first).then_some(())).await;
    keys.press("Escape").await;
    until("the inspector to close", 5, async || {
        (app.script("return document.querySelector('aside[aria-label=\"Row inspector\"]') === null").await == true).then_some(())
    })
    .await;

    // Compare: the chart's cursor tells what stands under it, a run is taken out of the set.
    keys.press("4").await;
    app.read("Validation score").await;
    keys.tab_to("Compare Run 1").await;
    keys.tab_to("Validation curves").await;
    keys.press("Left").await;
    let under = app.script("return document.activeElement.getAttribute('aria-valuetext')").await;
    assert!(under.as_str().is_some_and(|text| text.contains('%')), "{under}");

    // A border between panes.
    keys.press("2").await;
    app.read("Versions").await;
    keys.tab_to("Width of the left column").await;
    let width = "return document.querySelector('[aria-label=\"System prompt\"]').getBoundingClientRect().width";
    let before = app.script(width).await.as_f64().expect("a width");
    keys.press("Right").await;
    until("a wider column", 5, async || (app.script(width).await.as_f64()? > before).then_some(())).await;
    keys.press("Return").await;

    // The list of keys, and out of it.
    keys.press("question").await;
    app.read("Shortcuts").await;
    keys.press("Escape").await;
    app.assert_quiet().await;
    app.quit().await;
}

/// The name of what has the focus when nothing of it can be seen: bars or messages lie over it, or it is scrolled out of sight.
const HIDDEN: &str = "const e = document.activeElement;
    if (!e || e === document.body) return null;
    const shown = e.matches('input[type=radio], input[type=checkbox]') ? e.closest('label') ?? e : e;
    const r = shown.getBoundingClientRect();
    const parts = [0.02, 0.25, 0.5, 0.75, 0.98];
    const seen = parts.some((x) => parts.some((y) => {
        const at = document.elementFromPoint(r.left + r.width * x, r.top + r.height * y);
        return at && shown.contains(at);
    }));
    return seen ? null : (e.getAttribute('aria-label') || e.closest('label')?.innerText || e.id && document.querySelector(`label[for=\"${e.id}\"]`)?.innerText
        || e.textContent || e.tagName).trim().slice(0, 60) + JSON.stringify(r)";

#[tokio::test(flavor = "multi_thread")]
async fn large_text_in_a_small_window_hides_no_focus() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let engine = engine(&database).await;
    engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample");
    engine.save_settings(Settings { text_size: 200, ..Settings::default() }).await.expect("settings");
    drop(engine);
    let app = App::start(&database, &[]).await;
    let window = window("MLprompt").await;
    xdotool(&["windowsize", "--sync", &window, "900", "600"]);
    let keys = Keys { app: &app, window };
    let mut hidden = Vec::new();
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    app.picture("large-text").await;
    for (screen, most) in [("Train", 45), ("Prompts", 45), ("Data", 30), ("Compare", 20)] {
        app.go(screen).await;
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        app.picture(&format!("large-text-{screen}")).await;
        for back in [false, true] {
            if screen == "Prompts" {
                // With a message in the window there is still less room.
                keys.press("ctrl+s").await;
            }
            for _ in 0..most {
                keys.press(if back { "shift+Tab" } else { "Tab" }).await;
                if let Some(name) = app.script(HIDDEN).await.as_str() {
                    hidden.push(format!("{screen}: {name}"));
                    app.picture(&format!("large-text-{screen}-hidden")).await;
                }
            }
        }
    }
    assert!(hidden.is_empty(), "{hidden:#?}");
    app.quit().await;
}
