//! What the program keeps by itself or under a name: copies of the database, presets, what a model costs.

use mlprompt_core::{
    api::{CreateProject, NoRequest, PresetName, PricedModel, ProjectId, RunId, RunPreset, SavePrices, Settings},
    connection::Connection,
    price::ModelPrice,
    prompt::{Half, LockedSpan},
    run::RunConfig,
    store::Store,
};

use crate::{
    fixtures::{Bench, config, eventful, settled},
    scripted_model::{Act, ScriptedModel},
};

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

impl Bench {
    /// A day passes on which something is changed.
    async fn busy_day(&self) {
        use mlprompt_core::clock::Clock;
        self.clock.sleep(DAY).await;
        // The copy of the day before is older than the change, also where files know whole seconds only.
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        let other = self.engine.get_settings(NoRequest {}).await.unwrap().text_size % 200 + 80;
        self.engine.save_settings(Settings { backups: 2, text_size: other, ..Settings::default() }).await.unwrap();
    }
}

#[tokio::test]
async fn the_database_is_copied_once_a_day_and_the_newest_copies_are_kept() {
    let bench = Bench::eventful().await.0;
    bench.busy_day().await;
    let first = bench.engine.back_up().await.unwrap().expect("a first copy");
    assert_eq!(bench.engine.back_up().await.unwrap(), None, "once a day");
    let copy = rusqlite::Connection::open(&first).unwrap();
    let projects: i64 = copy.query_row("SELECT COUNT(*) FROM project", [], |row| row.get(0)).unwrap();
    assert_eq!(projects, 1, "the copy is a whole database");
    std::fs::write(first.with_file_name("mine.db"), "kept").unwrap();
    for _ in 0..2 {
        bench.busy_day().await;
        bench.engine.back_up().await.unwrap().expect("a copy of another day");
    }
    let kept = bench.engine.list_backups(NoRequest {}).await.unwrap();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert!(kept[0].made_at >= kept[1].made_at && kept[0].bytes > 0);
    assert!(!first.exists(), "the oldest copy went");
    assert!(first.with_file_name("mine.db").exists(), "no other file is touched");
}

#[tokio::test]
async fn a_backup_takes_the_place_of_the_database_which_is_kept() {
    let bench = Bench::eventful().await.0;
    bench.busy_day().await;
    let backup = bench.engine.back_up().await.unwrap().unwrap().display().to_string();
    let later = bench.engine.create_project(CreateProject { name: "made later".into() }).await.unwrap();
    let database = bench.database();
    let elsewhere = bench.folder.path().join("mine.db").display().to_string();
    assert!(bench.engine.prepare_restore(&elsewhere).await.unwrap_err().message.contains("no backup of this database"));
    bench.engine.prepare_restore(&backup).await.unwrap();
    // As long as it is open, nothing is changed, and nobody opens it past the backup.
    assert!(bench.engine.open_project(ProjectId { project: later.project.id }).await.is_ok());
    let used = Store::open(&database).await.map(drop).unwrap_err();
    assert!(used.message.contains("another program has open"), "{}", used.message);
    let again = bench.started_again().await;
    let told = again.engine.app_info(NoRequest {}).await.unwrap().restored.expect("the start says what it did");
    assert_eq!(told.from.as_deref(), Some(backup.as_str()));
    assert!(told.kept.is_some_and(|kept| kept.ends_with("replaced-1.db")));
    let names: Vec<String> = again.engine.list_projects(NoRequest {}).await.unwrap().into_iter().map(|p| p.name).collect();
    assert!(!names.contains(&"made later".to_owned()) && names.len() == 1, "{names:?}");
    let kept = again.engine.list_backups(NoRequest {}).await.unwrap();
    let kept = kept.iter().find(|backup| backup.path.contains("replaced-1.db")).expect("the replaced database");
    let before = rusqlite::Connection::open(&kept.path).unwrap();
    let projects: i64 = before.query_row("SELECT COUNT(*) FROM project", [], |row| row.get(0)).unwrap();
    assert_eq!(projects, 2, "what was replaced is whole");
    // And back again.
    let path = kept.path.clone();
    again.engine.prepare_restore(&path).await.unwrap();
    let last = again.started_again().await;
    assert!(last.engine.app_info(NoRequest {}).await.unwrap().restored.is_some());
    assert_eq!(last.engine.list_projects(NoRequest {}).await.unwrap().len(), 2);
    // A backup that was used stays one, and every database that gave way is kept, the latest first.
    let kept = last.engine.list_backups(NoRequest {}).await.unwrap();
    assert!(kept.is_sorted_by_key(|backup| std::cmp::Reverse(backup.made_at)), "{kept:?}");
    let kept: Vec<String> = kept.into_iter().map(|backup| backup.path).collect();
    assert!(kept.len() == 3 && kept.contains(&backup) && kept.contains(&path), "{kept:?}");
    let both = |of: &str| rusqlite::Connection::open(kept.iter().find(|path| path.ends_with(of)).expect(of)).unwrap();
    let [first, second] = ["replaced-1.db", "replaced-2.db"].map(|of| both(of).query_row("SELECT COUNT(*) FROM project", [], |r| r.get(0)));
    assert_eq!((first.unwrap(), second.unwrap()), (2_i64, 1_i64));
}

/// Gives way to `change` and is listed as the backup of a day.
fn altered(backup: &str, day: &str, change: impl FnOnce(&std::path::Path)) -> String {
    let other = std::path::Path::new(backup).with_file_name(format!("{day}.db"));
    std::fs::copy(backup, &other).unwrap();
    change(&other);
    other.display().to_string()
}

#[tokio::test]
async fn a_backup_that_cannot_take_the_place_is_refused_and_the_database_stays() {
    let bench = Bench::eventful().await.0;
    bench.busy_day().await;
    let backup = bench.engine.back_up().await.unwrap().unwrap().display().to_string();
    let refused = [
        altered(&backup, "2001-01-01", |file| std::fs::write(file, "no database ".repeat(400)).unwrap()),
        altered(&backup, "2001-01-02", |file| {
            let mut bytes = std::fs::read(file).unwrap();
            // The header and the schema stay; what comes after them is lost.
            bytes[16_384..].fill(0x5A);
            std::fs::write(file, bytes).unwrap();
        }),
        altered(&backup, "2001-01-03", |file| {
            let newer = rusqlite::Connection::open(file).unwrap();
            newer.pragma_update(None, "user_version", 999).unwrap();
        }),
        // Every page can be read; what stands there no longer belongs together.
        altered(&backup, "2001-01-04", |file| {
            let torn = rusqlite::Connection::open(file).unwrap();
            torn.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM project;").unwrap();
        }),
    ];
    assert_eq!(bench.engine.list_backups(NoRequest {}).await.unwrap().len(), 5);
    let words = ["no copy of an MLprompt database", "damaged", "written by a newer MLprompt", "damaged (a row of"];
    for (path, words) in refused.iter().zip(words) {
        let said = bench.engine.prepare_restore(path).await.unwrap_err().message;
        assert!(said.contains(path.as_str()) && said.contains(words), "{said}");
    }
    bench.engine.create_project(CreateProject { name: "made later".into() }).await.unwrap();
    let again = bench.started_again().await;
    assert_eq!(again.engine.list_projects(NoRequest {}).await.unwrap().len(), 2, "nothing took its place");
}

#[tokio::test]
async fn no_backup_is_laid_ready_while_a_run_goes_on() {
    let model = ScriptedModel::with_rule(eventful(), |_, _| Act::After(std::time::Duration::from_millis(20)));
    let bench = Bench::scripted(&model).await;
    bench.busy_day().await;
    let backup = bench.engine.back_up().await.unwrap().unwrap().display().to_string();
    let run = bench.start(RunConfig { concurrency: 1, ..config(5) }).await;
    let refused = bench.engine.prepare_restore(&backup).await.unwrap_err();
    assert!(refused.message.starts_with("A run is active. Pause or stop it first"), "{}", refused.message);
    bench.engine.stop_run(RunId { run }).await.unwrap();
    settled(&bench.engine, run).await;
    let again = bench.started_again().await;
    assert_eq!(again.engine.all_runs().await.unwrap().len(), 1, "what was refused does not come about later");
}

#[tokio::test]
async fn a_damaged_database_gives_way_to_a_backup_and_is_kept() {
    let bench = Bench::eventful().await.0;
    bench.busy_day().await;
    let backup = bench.engine.back_up().await.unwrap().unwrap().display().to_string();
    bench.engine.prepare_restore(&backup).await.unwrap();
    let nonsense = "no database any more ".repeat(300);
    let again = bench.started_again_after(|database| std::fs::write(database, &nonsense).unwrap()).await;
    assert_eq!(again.engine.list_projects(NoRequest {}).await.unwrap().len(), 1);
    let kept = std::path::Path::new(&backup).with_file_name("replaced-1.db");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), nonsense, "it may still be mended by others");
}

#[tokio::test]
async fn a_copy_that_was_saved_anywhere_is_restored_and_nothing_else_is() {
    let bench = Bench::eventful().await.0;
    assert!(bench.engine.app_info(NoRequest {}).await.unwrap().restored.is_none());
    let copy = bench.folder.path().join("on a stick.db");
    bench.engine.save_copy(&copy).await.unwrap();
    bench.engine.create_project(CreateProject { name: "made later".into() }).await.unwrap();
    let about = bench.engine.describe_copy(&copy).await.unwrap();
    assert!(about.bytes > 0 && about.path.ends_with("on a stick.db"), "{about:?}");
    let foreign = bench.folder.path().join("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE song (name TEXT)").unwrap();
    let text = bench.folder.path().join("text.db");
    std::fs::write(&text, "no database at all, and a little longer than its header would be").unwrap();
    for file in [&foreign, &text, &bench.folder.path().join("gone.db")] {
        let refused = bench.engine.describe_copy(file).await.unwrap_err();
        assert!(refused.message.contains("is no copy of an MLprompt database"), "{}", refused.message);
        assert!(bench.engine.prepare_restore_of(file).await.is_err());
    }
    let exported = bench.folder.path().join("one.mlprompt");
    bench.engine.export_project(ProjectId { project: bench.project }, &exported).await.unwrap();
    for refused in [bench.engine.describe_copy(&exported).await.map(drop), bench.engine.prepare_restore_of(&exported).await.map(drop)] {
        let refused = refused.unwrap_err().message;
        assert!(refused.contains("one.mlprompt is one project that was exported"), "{refused}");
    }
    let itself = bench.engine.describe_copy(&bench.database()).await.unwrap_err();
    assert!(itself.message.contains("That is the database itself"), "{}", itself.message);
    bench.engine.prepare_restore_of(&copy).await.unwrap();
    let again = bench.started_again().await;
    let names: Vec<String> = again.engine.list_projects(NoRequest {}).await.unwrap().into_iter().map(|p| p.name).collect();
    assert_eq!(names.len(), 1, "{names:?}");
    let told = again.engine.app_info(NoRequest {}).await.unwrap().restored.unwrap();
    assert!(told.from.unwrap().ends_with("on a stick.db"));
    let later = again.started_again().await;
    assert!(later.engine.app_info(NoRequest {}).await.unwrap().restored.is_none(), "it is said of the start that did it");
}

#[tokio::test]
async fn a_backup_made_by_hand_is_kept_beside_those_of_days() {
    let bench = Bench::eventful().await.0;
    bench.busy_day().await;
    let of_day = bench.engine.back_up().await.unwrap().unwrap();
    let first = bench.engine.back_up_now(NoRequest {}).await.unwrap();
    let second = bench.engine.back_up_now(NoRequest {}).await.unwrap();
    assert!(first.path != second.path && first.path.contains("by-hand-"), "{} {}", first.path, second.path);
    for _ in 0..3 {
        bench.busy_day().await;
        bench.engine.back_up().await.unwrap().unwrap();
    }
    let listed = bench.engine.list_backups(NoRequest {}).await.unwrap();
    assert!(!of_day.exists(), "the oldest of the days went");
    for copy in [&first, &second] {
        assert!(listed.iter().any(|known| known.path == copy.path), "{listed:?}");
    }
    bench.engine.prepare_restore(&first.path).await.unwrap();
}

#[tokio::test]
async fn no_copy_is_made_of_what_did_not_change_or_is_not_wanted() {
    let bench = Bench::eventful().await.0;
    bench.busy_day().await;
    bench.engine.back_up().await.unwrap().expect("a first copy");
    {
        use mlprompt_core::clock::Clock;
        bench.clock.sleep(DAY).await;
    }
    assert_eq!(bench.engine.back_up().await.unwrap(), None, "nothing changed since the copy");
    bench.busy_day().await;
    bench.engine.save_settings(Settings { backups: 0, ..Settings::default() }).await.unwrap();
    assert_eq!(bench.engine.back_up().await.unwrap(), None, "switched off");
}

#[tokio::test]
async fn presets_are_settings_alone_and_one_name_is_one_preset() {
    let bench = Bench::eventful().await.0;
    let told = RunConfig { epochs: 7, locked: vec![LockedSpan { half: Half::System, text: "skill".into() }], ..config(3) };
    assert!(!told.prompt.system_prompt.is_empty());
    bench.engine.save_preset(RunPreset { name: " Careful ".into(), config: told.clone() }).await.unwrap();
    let kept = bench.engine.save_preset(RunPreset { name: "careful".into(), config: RunConfig { epochs: 9, ..told } }).await.unwrap();
    assert_eq!(kept.len(), 1);
    let preset = &bench.another_engine().await.list_presets(NoRequest {}).await.unwrap()[0];
    assert_eq!((preset.name.as_str(), preset.config.epochs), ("careful", 9));
    assert!(preset.config.prompt.system_prompt.is_empty() && preset.config.locked.is_empty(), "a prompt belongs to its project");
    assert!(bench.engine.save_preset(RunPreset { name: " ".into(), config: config(1) }).await.is_err());
    assert!(bench.engine.delete_preset(PresetName { name: "Careful".into() }).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_model_costs_what_the_user_says_and_the_demo_model_nothing() {
    let bench = Bench::eventful().await.0;
    let ask = async |connection, model: &str| bench.engine.model_price(PricedModel { connection, model: model.into() }).await.unwrap();
    assert_eq!(ask(Connection::DEMO, "demo").await.map(|price| price.input), Some(0.0));
    let connection = bench.engine.save_connection(mlprompt_core::api::SaveConnection {
        connection: Connection { name: "Own".into(), base_url: "http://localhost:9/v1".into(), ..Connection::blank() },
        secret: None,
    });
    let connection = connection.await.unwrap().id;
    assert_eq!(ask(connection, "llama").await, None, "unknown, never nothing");
    let price = ModelPrice { model: "llama".into(), input: 2.0, output: 3.0, cached_input: None };
    bench.engine.save_prices(SavePrices { prices: vec![price.clone()] }).await.unwrap();
    assert_eq!(ask(connection, "llama").await, Some(price));
}
