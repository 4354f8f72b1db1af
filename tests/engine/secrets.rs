//! Canaries: cells of validation and test in no request to the optimizer, the key nowhere but in a request's header.

use mlprompt_core::{
    api::{ConnectionId, ExportRun, GetEpoch, NoRequest, RunView, SaveConnection, ShipPrompt, ShipSource, TestConnection},
    connection::{Connection, ConnectionKind, KeptKey, KeyReference},
    keys::{KeyStore, key_name},
    run::RunConfig,
};

use crate::{
    fake_server::{Act, FakeServer, Seen},
    fixtures::{Bench, KEY, config, eventful, model, over_http, prompt},
    scripted_model::ScriptedModel,
    world,
};

#[tokio::test]
async fn no_cell_of_validation_or_test_reaches_the_optimizer() {
    for select in [mlprompt_core::run::Selection::Worst, mlprompt_core::run::Selection::Mixed, mlprompt_core::run::Selection::Random] {
        let model = ScriptedModel::new(eventful());
        let bench = Bench::scripted(&model).await;
        // A prompt that uses a column, and more examples than there are.
        bench.run(RunConfig { select, examples: 200, prompt: prompt("skill 3/3/3 about {{note}}"), ..config(5) }).await;
        let requests = model.optimizer_requests();
        assert!(requests.len() >= 5);
        let sent = format!("{requests:?}");
        assert!(sent.contains(&world::input(3)) && sent.contains(&world::truth(3)), "training examples are shown");
        for row in (1000..1010).chain(2000..2010) {
            for cell in [world::input(row), world::truth(row), world::note(row), format!("wrong {row}")] {
                assert!(!sent.contains(&cell), "{cell:?} of the {} split was sent under {select:?}", world::split_name(row));
            }
        }
    }
}

/// Every file beside the database, as bytes.
fn files(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.clone(), std::fs::read(path).unwrap())),
        }
    }
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

async fn everything_told(bench: &Bench, view: &RunView) -> String {
    let run = view.summary.id;
    let mut told = serde_json::to_string(view).unwrap();
    for format in ["json", "csv", "md"] {
        told.push_str(&bench.engine.export_run(ExportRun { run, format: format.into() }).await.unwrap().text);
    }
    for epoch in &view.epochs {
        let detail = bench.engine.get_epoch(GetEpoch { run, epoch: epoch.epoch }).await.unwrap();
        told.push_str(&serde_json::to_string(&detail).unwrap());
    }
    let mut watch = bench.engine.watch(run, 0);
    while let Some(event) = watch.next().await.unwrap() {
        told.push_str(&serde_json::to_string(&event).unwrap());
    }
    told.push_str(&serde_json::to_string(&bench.engine.list_connections(NoRequest {}).await.unwrap()).unwrap());
    told.push_str(&serde_json::to_string(&bench.engine.app_info(NoRequest {}).await.unwrap()).unwrap());
    told
}

/// The beginning of the key is as bad as the whole.
const PART: &str = "sk-canary-4f9";

#[tokio::test]
async fn the_key_is_in_requests_and_nowhere_else() {
    // A careless server that repeats the key in its errors: for single examples, for good, and where a quotation is cut.
    let careless = |seen: &Seen| {
        let key = seen.header("authorization").unwrap_or_default().trim_start_matches("Bearer ").to_owned();
        match seen.number {
            n if n % 5 == 0 => Act::status(400, format!("{{\"error\": {{\"message\": \"key {key} may not ask this\"}}}}")),
            n if n % 7 == 0 => Act::status(500, format!("<b>{key}</b>")),
            n if n % 11 == 0 => Act::status(418, format!("{}{key}", "x".repeat(400 - 15))),
            n if n % 13 == 0 => Act::status(200, format!("{{\"error\": \"{key}\"}}")),
            _ => Act::Answer,
        }
    };
    let server = FakeServer::start(eventful(), careless).await;
    let (bench, settings) = over_http(&server, [10, 60, 10], 3).await;
    let view = bench.run(settings.clone()).await;
    assert!(server.seen().iter().all(|s| s.header("authorization") == Some(&format!("Bearer {KEY}"))), "the canary was in use");
    assert!(server.seen().iter().all(|s| !s.path.contains(KEY) && !s.text().contains(KEY)));
    let told = everything_told(&bench, &view).await;
    assert!(!told.contains(PART), "the key was told");

    // The same for a run that ends by the server's refusal.
    let refusing = FakeServer::start(eventful(), |seen: &Seen| {
        Act::status(
            401,
            format!("{{\"error\": {{\"message\": \"Incorrect API key: {}\"}}}}", seen.header("authorization").unwrap_or_default()),
        )
    })
    .await;
    let connection = refusing.connection(ConnectionKind::Openai, KeyReference::Keychain);
    let test = TestConnection { connection: connection.clone(), secret: Some(KEY.into()) };
    let tested = bench.engine.test_connection(test).await.unwrap();
    assert!(!tested.ok && tested.message.contains("Incorrect API key") && !tested.message.contains(PART), "{}", tested.message);
    let saved = bench.engine.save_connection(SaveConnection { connection, secret: Some(KEY.into()) }).await.unwrap();
    let mut config = settings;
    config.primary.connection = saved.id;
    let failed = bench.run(config).await;
    assert!(failed.summary.stop_reason.as_deref().is_some_and(|r| r.contains("(key)")), "{:?}", failed.summary.stop_reason);
    assert!(!everything_told(&bench, &failed).await.contains(PART));
    let listed = bench.engine.list_models(mlprompt_core::api::ConnectionId { connection: saved.id }).await.unwrap_err();
    assert!(!listed.message.contains(PART), "{}", listed.message);

    let files = files(bench.folder.path());
    assert!(files.iter().any(|(path, _)| path.to_string_lossy().ends_with("-wal")), "the log of the database is looked at as well");
    for (path, bytes) in files {
        assert!(!holds(&bytes, PART), "{} holds the key", path.display());
    }
}

#[tokio::test]
async fn a_kept_key_goes_to_no_other_host_than_the_one_it_was_entered_for() {
    let server = FakeServer::start(eventful(), |_| Act::Answer).await;
    let other = FakeServer::start(eventful(), |_| Act::Answer).await;
    let (bench, _) = over_http(&server, [3, 3, 0], 1).await;
    let connection = Connection { default_model: "primary".into(), ..server.connection(ConnectionKind::Openai, KeyReference::Keychain) };
    let saved = bench.engine.save_connection(SaveConnection { connection, secret: Some(KEY.into()) }).await.unwrap();
    let test = async |connection: &Connection, secret: Option<&str>| {
        let request = TestConnection { connection: connection.clone(), secret: secret.map(str::to_owned) };
        bench.engine.test_connection(request).await.unwrap()
    };
    assert!(test(&saved, None).await.ok, "to its own host it goes");
    let asked = server.count();

    let moved = Connection { base_url: format!("http://{}/v1", other.address), ..saved.clone() };
    let refused = test(&moved, None).await;
    assert!(!refused.ok && refused.key_missing, "{refused:?}");
    assert!(refused.message.contains(&server.address.to_string()) && refused.message.contains(&other.address.to_string()), "{refused:?}");
    let unsaved = bench.engine.save_connection(SaveConnection { connection: moved.clone(), secret: None }).await.unwrap_err();
    assert!(unsaved.message.ends_with("Enter the key for that host."), "{}", unsaved.message);
    assert_eq!(other.count(), 0, "nothing was sent there");

    // Another path of the same host is the same host.
    let path = Connection { base_url: format!("http://{}/other/v1", server.address), ..saved.clone() };
    bench.engine.save_connection(SaveConnection { connection: path, secret: None }).await.unwrap();
    // With a key of its own the new host is asked; an older run, which froze the old one, gets that key no more.
    bench.engine.save_connection(SaveConnection { connection: moved.clone(), secret: Some("sk-other".into()) }).await.unwrap();
    assert!(test(&moved, None).await.ok);
    let old = test(&saved, None).await;
    assert!(!old.ok && old.key_missing && server.count() == asked, "{old:?}");
    // Who takes the change back, or makes it again, finds at each host the key that was entered for it.
    for (there, key) in [(&saved, KEY), (&moved, "sk-other"), (&saved, KEY)] {
        bench.engine.save_connection(SaveConnection { connection: there.clone(), secret: None }).await.unwrap();
        assert!(test(there, None).await.ok, "{}", there.base_url);
        let at = if there.base_url == saved.base_url { &server } else { &other };
        assert!(at.seen().last().unwrap().headers.get("authorization").is_some_and(|sent| *sent == format!("Bearer {key}")));
    }
}

#[tokio::test]
async fn a_key_that_is_no_header_is_refused_without_being_quoted() {
    let server = FakeServer::start(eventful(), |_| Act::Answer).await;
    let (bench, _) = over_http(&server, [3, 3, 0], 1).await;
    let connection = server.connection(ConnectionKind::Openai, KeyReference::Keychain);
    let keyless = bench.engine.test_connection(TestConnection { connection: connection.clone(), secret: None }).await.unwrap();
    assert!(!keyless.ok && keyless.key_missing, "{keyless:?}");
    assert_eq!(keyless.message, "No key is stored for it. Enter it above and test again.", "who tests is in Connections already");
    let tested = bench.engine.test_connection(TestConnection { connection, secret: Some("sk-canary\u{7}bell".into()) }).await.unwrap();
    assert!(!tested.key_missing);
    assert!(!tested.ok && !tested.message.contains("sk-canary"), "{}", tested.message);
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_key_typed_where_a_variables_name_belongs_is_refused_without_being_quoted() {
    let server = FakeServer::start(eventful(), |_| Act::Answer).await;
    let (bench, _) = over_http(&server, [3, 3, 0], 1).await;
    let connection = server.connection(ConnectionKind::Openai, KeyReference::Environment { variable: KEY.into() });
    let refused = bench.engine.save_connection(SaveConnection { connection, secret: None }).await.unwrap_err();
    assert!(!refused.message.contains(PART), "{}", refused.message);
}

#[tokio::test]
async fn a_key_in_an_address_is_refused_and_one_of_an_older_database_is_shown_nowhere() {
    let (bench, _) = over_http(&FakeServer::start(eventful(), |_: &Seen| Act::Answer).await, [4, 4, 4], 1).await;
    for after in [format!("?key={KEY}"), format!("#{KEY}"), format!("/?a=1&key={KEY}")] {
        let connection = Connection { name: "Gate".into(), base_url: format!("http://127.0.0.1:9/v1{after}"), ..Connection::blank() };
        let refused = bench.engine.save_connection(SaveConnection { connection: connection.clone(), secret: None }).await.unwrap_err();
        assert!(refused.message.contains("Gate") && refused.message.contains("API key"), "{}", refused.message);
        let tested = bench.engine.test_connection(TestConnection { connection: connection.clone(), secret: None }).await.unwrap();
        assert!(!tested.ok && tested.message == refused.message, "{}", tested.message);
        assert!(!refused.message.contains(PART));

        // As it was taken once.
        let old = bench.store().await.save_connection(connection).await.unwrap();
        let listed = bench.engine.list_connections(NoRequest {}).await.unwrap().into_iter().find(|c| c.id == old.id).unwrap();
        assert!(!listed.base_url.contains(PART) && listed.base_url.starts_with("http://127.0.0.1:9/v1"), "{}", listed.base_url);
        let asked = bench.engine.list_models(ConnectionId { connection: old.id }).await.unwrap_err();
        assert_eq!(asked.message, refused.message, "it says what to mend");
        let source = ShipSource::Prompt { project: bench.project, prompt: prompt("Answer.") };
        let model = Some(model("m", old.id));
        let shipped = bench.engine.ship_prompt(ShipPrompt { source, model }).await;
        let told = shipped.map_or_else(|error| error.message, |shipped| serde_json::to_string(&shipped).unwrap());
        assert!(!told.contains(PART), "{told}");

        // Mended, it is whole, and the old address is gone from the file.
        let mended = Connection { base_url: "http://127.0.0.1:9/v1".into(), ..listed };
        bench.engine.save_connection(SaveConnection { connection: mended.clone(), secret: None }).await.unwrap();
        assert_eq!(bench.store().await.connection(old.id).await.unwrap(), mended);
    }
}

#[tokio::test]
async fn a_key_that_is_not_in_the_keychain_is_not_said_to_be_kept() {
    let (bench, settings) = over_http(&FakeServer::start(eventful(), |_: &Seen| Act::Answer).await, [4, 4, 4], 1).await;
    let connection = settings.primary.connection;
    let kept = || async { bench.engine.kept_keys(NoRequest {}).await.unwrap() };
    assert_eq!(kept().await, [KeptKey { connection, kept: Some(true) }]);
    // The data folder was moved to a machine with another keychain.
    bench.keys.delete(&key_name(&bench.store().await.database_id().await.unwrap(), connection)).unwrap();
    assert_eq!(kept().await, [KeptKey { connection, kept: Some(false) }]);
}
