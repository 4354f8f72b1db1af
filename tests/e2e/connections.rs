//! Servers that cannot be trained on: each is named with what to do, and the window stays usable.

use std::time::Duration;

use crate::{
    TURN,
    app::App,
    desktop::until,
    fake_model::{FakeModel, broken_server},
    setup::{offer, slow_project},
};

/// An address where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    format!("http://{}/v1", listener.local_addr().expect("the port is known"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_answer_is_named_with_its_host_and_what_to_do() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::start(&folder.path().join("a.db"), &[]).await;
    app.click("Connections").await;
    app.click("Add connection").await;
    app.fill("Name", "A server").await;
    app.fill("API key", "sk-any").await;
    app.fill("Model to offer first", "some-model").await;
    let page = "<!DOCTYPE html><html><body>Welcome</body></html>";
    let wrong_key = r#"{"error": {"message": "Incorrect API key provided"}}"#;
    let no_model = r#"{"error": {"message": "The model some-model does not exist"}}"#;
    let cases = [
        ("web page", broken_server(200, "text/html", page).await, "web page"),
        ("nothing", broken_server(200, "application/json", "").await, "empty"),
        ("wrong key", broken_server(401, "application/json", wrong_key).await, "Incorrect API key provided"),
        ("model error", broken_server(404, "application/json", no_model).await, "some-model does not exist"),
        ("nobody", nobody(), "no connection"),
    ];
    for (name, base_url, words) in cases {
        app.fill("Base URL", &base_url).await;
        app.click("Test connection").await;
        let host = base_url.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
        let told = until(&format!("an answer about {name}"), 20, async || {
            let text = app.text().await;
            text.lines().find(|l| l.contains(&host) && l.contains(words)).map(str::to_owned)
        })
        .await;
        assert!(!told.contains('<'), "a page is not quoted: {told}");
        app.picture(&format!("server-{}", name.replace(' ', "-"))).await;
    }
    // The same form goes on with a server that works.
    let works = FakeModel::start(Duration::ZERO).await;
    app.fill("Base URL", &works.base_url).await;
    app.click("Test connection").await;
    app.read("some-model answered").await;
    app.assert_quiet().await;
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_on_a_server_that_refuses_the_key_fails_in_words_and_the_project_stays() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let refusing = broken_server(401, "application/json", r#"{"error": {"message": "Incorrect API key provided"}}"#).await;
    let (setup, project, config) = slow_project(&database, &refusing).await;
    drop(offer(setup, project, config).await);
    let app = App::start(&database, &[]).await;
    app.go("Train").await;
    app.click("New run").await;
    app.click_starting("Start training").await;
    app.read("Incorrect API key provided").await;
    app.read("Failed").await;
    app.picture("run-failed").await;
    app.go("Data").await;
    app.read("tickets.csv").await;
    app.assert_quiet().await;
    app.quit().await;
}
