//! Pictures of data for eyes, with the other screens' (`make screenshots`): from the drop to the doubts and out again. No test.

use mlprompt_core::api::{ExportDataset, ExportState, NoRequest};
use mlprompt_core::{dataset::ExampleFilter, export::ExportFormat};
use thirtyfour::By;

use crate::{
    TURN,
    app::pictures,
    desktop::{self, until, xdotool},
    screenshots::{Shown, looks, prepare},
    setup::engine,
};

/// A file with something of everything that the import sheet tells.
fn problem_file() -> String {
    let mut text = String::from("\u{feff}nr;message;queue;<b>note</b>\n");
    for n in 0..140 {
        let queue = if n == 7 { "rare" } else { ["billing", "cards"][n % 2] };
        text.push_str(&format!(
            "{n:03};Message {} about an order that never came;{queue};{}\n",
            n % 125,
            if n % 5 == 0 { "" } else { "x" }
        ));
    }
    text.push_str("900;;billing;a\n901;no truth;;a\n902;too;many;cells;in;this;row\n903;<img src=x onerror=alert(1)>;cards;a\n");
    text
}

/// More columns than are shown.
fn wide_file() -> String {
    let names: Vec<String> = (0..198).map(|n| format!("field {n}")).collect();
    let mut text = format!("input,label,{}\n", names.join(","));
    for row in 0..100 {
        let cells: Vec<String> = (0..198).map(|n| format!("{row} of {n}")).collect();
        text.push_str(&format!("question {row},{},{}\n", row % 3, cells.join(",")));
    }
    text
}

/// Our own export of the project, as it lies on the disk when somebody has worked on it.
async fn exported(shown: &Shown) -> std::path::PathBuf {
    let engine = engine(&shown.folder.path().join("a.db")).await;
    let project = engine.list_projects(NoRequest {}).await.expect("projects")[0].id;
    let target = shown.folder.path().join("tickets that came back.csv");
    let filter = ExampleFilter::default();
    let request = ExportDataset { project, filter, format: ExportFormat::Csv, runs: Vec::new(), safe_for_spreadsheets: false };
    let job = engine.start_export(request, &target).await.expect("an export");
    until("the export", 20, async || {
        let progress = engine.export_progress(job.clone()).await.expect("progress");
        matches!(progress.state, ExportState::Done { .. }).then_some(())
    })
    .await;
    let text = std::fs::read_to_string(&target).expect("the export").replacen("account", "Account", 12);
    std::fs::write(&target, format!("{text}\"A new one\",\"billing\"\n")).expect("a file");
    target
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures for eyes: make screenshots"]
async fn data_in_every_look() {
    assert!(pictures().is_some(), "name a folder in MLPROMPT_PICTURES");
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().expect("a folder");
    let prepared = prepare(folder.path()).await;
    for look in looks() {
        let shown = Shown::start(look, &prepared).await;
        let (app, shot) = (&shown.app, async |screen: &str| shown.shot(screen).await);
        let file = |name: &str, text: String| {
            let path = shown.folder.path().join(name);
            std::fs::write(&path, text).expect("a file");
            path
        };
        let (problems, wide) = (file("tickets of May.csv", problem_file()), file("wide.csv", wide_file()));
        let broken = file("a letter that is no table.csv", "<!doctype html><p>Dear reader".into());
        let back = exported(&shown).await;
        let key = |keys: &str| xdotool(&["key", keys]);
        app.go("Data").await;
        shot("data").await;
        app.script("document.querySelector('[aria-label=Lengths], [aria-label=Checks]')?.scrollIntoView({ block: 'end' })").await;
        shot("data-side").await;
        app.click_starting("More for").await;
        shot("data-menu").await;
        key("Escape");
        app.click_on("the versions", By::Css(".versions")).await;
        shot("data-versions").await;
        key("Escape");
        app.click("Sort and filter queue").await;
        shot("data-filter").await;
        key("Escape");
        app.script("document.querySelector(\"[data-at='0:3']\").focus()").await;
        for keys in ["space", "shift+Down", "shift+Down"] {
            key(keys);
        }
        shot("data-chosen").await;
        key("Escape");
        key("F2");
        shot("data-cell").await;
        key("Escape");
        app.script("document.querySelector(\"[data-at='0:3']\").click()").await;
        shot("data-inspector").await;
        app.click("Close the row inspector").await;
        app.click("Doubts").await;
        shot("data-doubts").await;
        app.click("Export…").await;
        shot("data-export").await;
        key("Escape");
        desktop::drag(&[&problems], "MLprompt").await;
        app.click("see why").await;
        shot("import-problems").await;
        app.click("see where").await;
        app.script("document.querySelector('dialog .content').scrollTo(0, 100000)").await;
        shot("import-findings").await;
        app.click("Cancel").await;
        for (path, words, name) in
            [(&wide, "more columns", "import-wide"), (&broken, "web page", "import-refused"), (&back, "changed", "import-known")]
        {
            desktop::drag(&[path], "MLprompt").await;
            app.read(words).await;
            shot(name).await;
            app.click("Cancel").await;
        }
        shown.app.quit().await;
    }
}
