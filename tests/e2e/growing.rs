//! The curve and the timeline while a run goes on.

use std::time::Duration;

use crate::{
    TURN,
    app::App,
    fake_model::FakeModel,
    setup::{offer, sample_truths, slow_project, start_training},
};

/// Cards on the timeline, and how far to the right the score chart draws the line of validation, in pixels of its canvas.
const SHOWN: &str = "const cards = document.querySelectorAll('[data-epoch]').length;
    const canvas = document.querySelector('[aria-label=\"Score by epoch\"] canvas');
    if (!canvas) return [cards, 0];
    const probe = document.createElement('canvas').getContext('2d');
    probe.fillStyle = getComputedStyle(canvas).getPropertyValue('--val').trim(); probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    const { width, height } = canvas;
    const all = canvas.getContext('2d').getImageData(0, 0, width, height).data;
    let right = 0;
    for (let y = 0; y < height; y += 1) for (let x = width - 1; x > right; x -= 1) {
        const at = 4 * (y * width + x);
        if (all[at + 3] > 200 && Math.abs(all[at] - r) + Math.abs(all[at + 1] - g) + Math.abs(all[at + 2] - b) < 30) right = x;
    }
    return [cards, right]";

#[tokio::test(flavor = "multi_thread")]
async fn curve_and_timeline_grow_with_every_epoch_of_a_run() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = FakeModel::learning(Duration::from_millis(25), sample_truths().await).await;
    let (setup, project, config) = slow_project(&database, &server.base_url).await;
    drop(offer(setup, project, mlprompt_core::run::RunConfig { epochs: 4, ..config }).await);

    let app = App::start(&database, &[]).await;
    start_training(&app).await;
    // What was to be seen while the run still went on, once for every number of cards.
    let mut grown: Vec<(u64, u64)> = Vec::new();
    for _ in 0..600 {
        let running = app.text().await.contains("Pause");
        let shown = app.script(SHOWN).await;
        let (cards, drawn) = (shown[0].as_u64().unwrap_or_default(), shown[1].as_u64().unwrap_or_default());
        if !running {
            break;
        }
        match grown.last_mut() {
            Some((known, last)) if *known == cards => *last = drawn,
            _ => {
                grown.push((cards, drawn));
                app.picture(&format!("growing-{cards}")).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let with_epochs: Vec<(u64, u64)> = grown.into_iter().filter(|(cards, _)| *cards > 0).collect();
    assert!(with_epochs.len() >= 4, "the timeline grew in steps: {with_epochs:?}");
    assert!(with_epochs.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 < w[1].1), "the curve grew with it: {with_epochs:?}");
    app.read("Better on").await;
    let sizes =
        "return [...new Set([...document.querySelectorAll('.stats b, .stats b span')].map((one) => getComputedStyle(one).fontSize))]";
    let sizes = app.script(sizes).await;
    assert_eq!(sizes.as_array().map(Vec::len), Some(1), "the figures above the chart are of one size: {sizes}");
    app.assert_quiet().await;
    app.quit().await;
}
