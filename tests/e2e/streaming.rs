//! An answer that is read while it comes and stopped, and servers of this machine that become connections.

use std::time::Duration;

use thirtyfour::By;

use crate::{
    TURN,
    app::App,
    desktop::{until, xdotool},
    fake_model::{FakeModel, writing_server},
    setup::{offer, slow_project},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_read_as_it_comes_and_can_be_stopped() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = writing_server(60, Duration::from_millis(120)).await;
    let (setup, project, config) = slow_project(&database, &server).await;
    drop(offer(setup, project, config).await);
    let app = App::start(&database, &[]).await;
    app.go("Prompts").await;
    app.click_starting("Run").await;
    app.read("answer, as it comes; first words after").await;
    app.read("word-5").await;
    app.picture("try-streaming").await;
    assert!(!app.text().await.contains("word-59"), "it is read before it is whole");
    app.click("Stop").await;
    app.read("stopped; this had come, and is not kept").await;
    app.picture("try-stopped").await;
    app.click_starting("Run").await;
    app.read("word-59").await;
    app.read("first words after").await;
    app.picture("try-whole").await;
    app.assert_quiet().await;
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_this_machine_is_found_and_used() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let app = App::start(&folder.path().join("a.db"), &[]).await;
    app.click("Connections").await;
    let Some(server) = FakeModel::at_usual_port().await else {
        eprintln!("every usual port is taken on this machine");
        return app.quit().await;
    };
    app.click("Find local servers").await;
    app.read("fake-model").await;
    app.picture("local-servers").await;
    let address = server.base_url.clone();
    app.click_on("the button Use", By::XPath(format!("//button[contains(@aria-label, '{address}')]"))).await;
    app.read("in the list").await;
    app.picture("local-servers-used").await;
    let listed = until("the connection", 5, async || {
        let found =
            app.driver.find_all(By::XPath(format!("//li[.//*[contains(., '{address}')]]//button[starts-with(@aria-label, 'Edit')]"))).await;
        found.ok().filter(|all| !all.is_empty())
    })
    .await;
    assert_eq!(listed.len(), 1);
    xdotool(&["key", "Escape"]);
    app.assert_quiet().await;
    app.quit().await;
}
