//! Every screen and sheet in every theme, looked through by axe in the real window.

use std::path::Path;

use mlprompt_core::{
    api::{CreateSample, ProjectId, RunId, Settings, StartRun},
    run::{RunStatus, Selection},
};
use thirtyfour::By;

use crate::{
    TURN,
    app::{App, ROOT},
    desktop::{self, until, xdotool},
    setup::engine,
};

/// What axe finds, one line a rule with the elements that break it. Axe runs in the page, the page's rules keep it from fetching anything.
const LOOK: &str = "const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(
        (found) => done(found.violations.map((v) => v.id + ': ' + v.help + ' (' +
            v.nodes.slice(0, 4).map((n) => n.target.join(' ') + (n.any[0] ? ' ' + n.any[0].message : '')).join(' | ') + ')')),
        (error) => done(['axe failed: ' + error]))";

fn axe() -> String {
    let file = Path::new(ROOT).join("ui/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(file).expect("axe-core is installed with the page's packages")
}

async fn prepare(database: &Path, theme: &str) -> i64 {
    let engine = engine(database).await;
    engine.save_settings(Settings { theme: theme.into(), ..Settings::default() }).await.expect("settings");
    let project = engine.create_sample(CreateSample { sample: "tickets".into() }).await.expect("a sample").project.id;
    for (name, examples, select) in [("Five mixed", 5, Selection::Mixed), ("Ten worst", 10, Selection::Worst)] {
        let mut config = engine.default_run_config(ProjectId { project }).await.expect("a config");
        (config.name, config.examples, config.select) = (name.into(), examples, select);
        let run = engine.start_run(StartRun { project, config }).await.expect("a run").id;
        until("a run", 60, async || (engine.run(run).await.expect("run").status == RunStatus::Completed).then_some(())).await;
        engine.get_run(RunId { run }).await.expect("the run");
    }
    project
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_on_any_screen_in_any_theme() {
    let _turn = TURN.lock().await;
    let axe = axe();
    let mut found = Vec::new();
    for theme in ["light", "dark", "contrast"] {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("a.db");
        prepare(&database, theme).await;
        let problems = folder.path().join("problems.csv");
        std::fs::write(&problems, "message,queue,note\nfirst,a,\nfirst,b,x\n,a,x\nlast,,x\nlast,a,b,c,d\n").expect("a file");
        let app = App::start(&database, &[]).await;
        app.script(&format!("{axe}; return 1")).await;
        let look = async |place: &str| {
            // Screens and charts load when they are needed.
            tokio::time::sleep(std::time::Duration::from_millis(700)).await;
            let value = app.driver.execute_async(LOOK, vec![]).await.expect("axe runs").json().clone();
            let lines = value.as_array().cloned().unwrap_or_default();
            lines.into_iter().map(|line| format!("{theme}, {place}: {}", line.as_str().unwrap_or_default())).collect::<Vec<_>>()
        };
        app.go("Train").await;
        app.read("Better on").await;
        found.extend(look("Train").await);
        app.click("Ship…").await;
        found.extend(look("Ship").await);
        xdotool(&["key", "Escape"]);
        app.click_on("an epoch", By::XPath("//*[@data-epoch='1']")).await;
        for tab in ["Changes", "Learning map", "Failures", "Confusion", "Calls", "Cost"] {
            app.click(tab).await;
            found.extend(look(&format!("Train, {tab}")).await);
        }
        app.click("New run").await;
        found.extend(look("Train, new run").await);
        app.click("Check before training").await;
        app.read("Left to gain").await;
        app.fill("After epochs", "7").await;
        app.read("have changed since").await;
        found.extend(look("Train, preflight of other settings").await);
        app.go("Data").await;
        found.extend(look("Data").await);
        app.click_starting("More for").await;
        found.extend(look("Data, its menu").await);
        xdotool(&["key", "Down", "Return"]);
        app.see("the name's field", By::Css("input[aria-label='Name of the data']")).await;
        found.extend(look("Data, its name").await);
        xdotool(&["key", "Escape"]);
        app.click("Sort and filter message").await;
        found.extend(look("Data, a column's filter").await);
        xdotool(&["key", "Escape"]);
        app.script("document.querySelector(\"[data-at='0:3']\").click()").await;
        app.click_on("a choice", By::Css("[data-at='1:0'] input")).await;
        found.extend(look("Data, an example chosen and one inspected").await);
        app.click("Doubts").await;
        found.extend(look("Data, doubts").await);
        app.click("Export…").await;
        found.extend(look("Data, export").await);
        xdotool(&["key", "Escape"]);
        desktop::drag(&[&problems], "MLprompt").await;
        app.click("see why").await;
        found.extend(look("import").await);
        xdotool(&["key", "Escape"]);
        app.go("Prompts").await;
        for tab in ["Origins", "Optimizer instructions", "Prompts"] {
            app.click_on(tab, By::XPath(format!("//*[@role='tab'][normalize-space(.)='{tab}']"))).await;
            found.extend(look(&format!("Prompts, {tab}")).await);
        }
        app.go("Compare").await;
        found.extend(look("Compare").await);
        for sheet in ["Connections", "Settings"] {
            app.click(sheet).await;
            found.extend(look(sheet).await);
            xdotool(&["key", "Escape"]);
        }
        app.click_starting("Search or run").await;
        found.extend(look("palette").await);
        xdotool(&["key", "Escape"]);
        app.quit().await;
    }
    assert!(found.is_empty(), "axe found {}:\n{}", found.len(), found.join("\n"));
}
