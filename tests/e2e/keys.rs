//! A key goes to the keychain and to its host, and nowhere else.

use std::{process::Command, time::Duration};

use thirtyfour::By;

use crate::{TURN, app::App, fake_model::FakeModel};

const CANARY: &str = "sk-canary-2b7e1516";

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_kept_in_the_keychain_and_nowhere_else() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let server = FakeModel::start(Duration::ZERO).await;
    let log = folder.path().join("everything.log");
    let app = App::start_logging(&database, &[], std::fs::File::create(&log).expect("a file").into()).await;
    app.click("Connections").await;
    app.picture("connections").await;
    app.click("Add connection").await;
    for (label, text) in
        [("Name", "My server"), ("Base URL", server.base_url.as_str()), ("API key", CANARY), ("Model to offer first", "fake-model")]
    {
        let xpath = format!("//dialog//label[normalize-space(.)='{label}']/following::input[1]");
        let field = app.see(label, By::XPath(xpath)).await;
        field.clear().await.expect("the field can be emptied");
        field.send_keys(text).await.expect("the field takes text");
    }
    app.picture("connection-form").await;
    app.click("Test connection").await;
    app.read("fake-model answered").await;
    app.click("Add connection").await;
    app.read("My server").await;
    app.assert_quiet().await;
    let page = app.script("return document.documentElement.outerHTML").await;
    assert!(!page.as_str().unwrap_or_default().contains(CANARY), "the page never shows it again");
    app.quit().await;

    let found = Command::new("secret-tool")
        .args(["search", "--all", "--unlock", "service", "mlprompt"])
        .output()
        .expect("secret-tool is installed");
    assert!(String::from_utf8_lossy(&found.stdout).contains(CANARY), "the keychain holds it");
    let seen = server.seen.lock().expect("alive");
    assert_eq!(seen.first().map(|(key, _)| key.as_str()), Some(format!("Bearer {CANARY}").as_str()), "the host got it");
    let logged = std::fs::read_to_string(&log).expect("the log is text");
    assert!(logged.contains("TRACE"), "the log was on: {logged:?}");
    for entry in std::fs::read_dir(folder.path()).expect("the folder").flatten().filter(|e| e.path().is_file()) {
        let bytes = std::fs::read(entry.path()).expect("a file");
        let held = bytes.windows(CANARY.len()).any(|w| w == CANARY.as_bytes());
        assert!(!held, "{} holds the key", entry.path().display());
    }
}
