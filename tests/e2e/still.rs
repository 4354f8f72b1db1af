//! What stays where it is while figures arrive: a button that moves from under the pointer is not pressed.

use std::time::Duration;

use crate::{
    TURN,
    app::App,
    fake_model::FakeModel,
    setup::{offer, slow_project},
};

/// Notes every place the button that starts a run is painted at, and lets its estimate wait.
const WATCH: &str = "const ask = window.fetch;
    window.fetch = async (address, ...rest) => {
        const answer = await ask(address, ...rest);
        if (String(address).endsWith('/estimate_run')) await new Promise((resolve) => setTimeout(resolve, 700));
        return answer;
    };
    const places = window.__places = [];
    const look = () => {
        const button = [...document.querySelectorAll('button')].find((b) => b.textContent.trim().startsWith('Start training'));
        if (button) {
            const { x, y, width, height } = button.getBoundingClientRect();
            const place = [x, y, width, height].map(Math.round).join(' ');
            if (places.at(-1) !== place) places.push(place);
        }
        requestAnimationFrame(look);
    };
    look();";

#[tokio::test(flavor = "multi_thread")]
async fn the_button_that_starts_a_run_stays_where_it_is_when_its_estimate_comes() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = FakeModel::start(Duration::from_millis(50)).await;
    let (setup, project, config) = slow_project(&database, &server.base_url).await;
    drop(offer(setup, project, config).await);

    let app = App::start(&database, &[]).await;
    app.go("Train").await;
    app.script(WATCH).await;
    app.click("New run").await;
    app.read("Estimating.").await;
    app.read("calls; every request counts.").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let places = app.script("return window.__places").await;
    assert_eq!(places.as_array().map(Vec::len), Some(1), "it was at {places}");
    app.assert_quiet().await;
    app.quit().await;
}
