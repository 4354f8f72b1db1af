//! A run under fire as its user sees it: a provider that asks for patience, a budget that ends it, answers that are withheld and asked
//! for again; then what care the answers and the database get.

use std::{path::Path, sync::atomic::Ordering, time::Duration};

use mlprompt_core::run::RunConfig;
use thirtyfour::By;

use crate::{
    TURN,
    app::App,
    desktop::{save_in_dialog, until},
    fake_model::{FakeModel, Trouble},
    screenshots::{Look, looks},
    setup::{offer, sample_truths, slow_project},
};

/// The window with what surrounds it.
struct Fire<'a> {
    app: &'a App,
    server: &'a FakeModel,
    trouble: &'a Trouble,
    /// Ends the names of pictures.
    look: &'a str,
}

impl Fire<'_> {
    async fn shot(&self, name: &str) {
        self.app.picture(&format!("fire-{name}-{}", self.look)).await;
    }

    /// How many requests the server has answered.
    fn answered(&self) -> usize {
        self.server.answered.load(Ordering::Relaxed)
    }

    /// Something is to be seen after the page has been scrolled to it.
    async fn bring(&self, text: &str) {
        let find = format!(
            "const walker = document.createTreeWalker(document.querySelector('dialog[open]') ?? document.querySelector('main'), NodeFilter.SHOW_TEXT);
             while (walker.nextNode()) if (walker.currentNode.textContent.includes({text:?})) {{
                 walker.currentNode.parentElement.scrollIntoView({{ block: 'center' }}); return true;
             }}
             return false"
        );
        until(text, 15, async || (self.app.script(&find).await == true).then_some(())).await;
    }

    /// Opens the settings that are folded away, where a visit before has not left them open.
    async fn advanced(&self) {
        let closed = By::XPath("//details[not(@open)]/summary[starts-with(normalize-space(.), 'Advanced')]");
        self.app.see("the form", By::XPath("//summary[starts-with(normalize-space(.), 'Advanced')]")).await;
        if let Ok(summary) = self.app.driver.find(closed).await {
            // With large text the foot of the form is over what is scrolled to the edge alone.
            let middle = "document.querySelector('main details:not([open]) > summary').scrollIntoView({ block: 'center' })";
            self.app.script(middle).await;
            summary.click().await.expect("it unfolds");
        }
    }

    /// The provider refuses in the middle of a run; the window says how long it waits, and the run goes on by itself.
    async fn limit(&self) {
        let before = self.answered();
        until("the first answers", 20, async || (self.answered() > before + 8).then_some(())).await;
        self.trouble.limited.store(true, Ordering::Relaxed);
        self.app.read("the provider's limit").await;
        self.shot("limit").await;
        self.trouble.limited.store(false, Ordering::Relaxed);
        let held = self.answered();
        until("the run goes on", 30, async || (self.answered() > held + 8).then_some(())).await;
    }

    /// Forty calls less than it takes: the run ends in order, names its budget and what of it is left, and offers more.
    async fn budget(&self) {
        let app = self.app;
        app.go("Train").await;
        app.click("New run").await;
        app.fill("Budget, most calls", "80").await;
        self.shot("budget-form").await;
        app.click_starting("Start training").await;
        self.limit().await;
        app.read("Add budget").await;
        self.bring("Add budget").await;
        self.shot("budget-ended").await;
        app.click("Add budget").await;
        app.read("Goes on from").await;
        self.shot("budget-more").await;
        app.click_starting("Start training").await;
        app.read("Completed").await;
    }

    /// One example is refused and stays missing; once the server has thought better of it, one click asks for that one alone.
    async fn missing(&self) {
        let app = self.app;
        self.trouble.refusing.store(true, Ordering::Relaxed);
        app.click("New run").await;
        app.fill("Budget, most calls", "").await;
        app.fill("After epochs", "1").await;
        self.advanced().await;
        app.fill("Run name", "with a refusal").await;
        // Answers of the runs before would hide it.
        app.click_on("the choice to use answers on disk", By::XPath("//label[contains(., 'Use answers that other runs')]/input")).await;
        app.click_starting("Start training").await;
        app.read("Retry the missing").await;
        self.bring("Retry the missing").await;
        self.shot("missing").await;
        app.click_on("Calls", By::XPath("//*[@role='tab'][normalize-space(.)='Calls']")).await;
        app.click_on("the whole run", By::XPath("//*[self::label or @role='radio'][normalize-space(.)='the whole run']")).await;
        app.click_on("failed", By::XPath("//select[@aria-label='How it ended']/option[.='failed']")).await;
        self.bring("not to my liking").await;
        self.shot("missing-why").await;
        self.trouble.refusing.store(false, Ordering::Relaxed);
        let before = self.answered();
        app.click("Retry the missing").await;
        let gone = async || (!app.text().await.contains("Retry the missing")).then_some(());
        until("nothing is missing any more", 30, gone).await;
        app.read("Completed").await;
        self.shot("missing-retried").await;
        let asked = self.answered() - before;
        assert!((1..=3).contains(&asked), "only what was missing is asked for, under each prompt: {asked} calls");
    }

    /// Three divisions of the dataset, side by side.
    async fn repeats(&self) {
        let app = self.app;
        app.click("New run").await;
        self.advanced().await;
        app.fill("Run name", "on three divisions").await;
        app.fill("Repeats", "3").await;
        self.bring("each on another division").await;
        self.shot("repeats-form").await;
        app.click_starting("Start training").await;
        app.go("Compare").await;
        app.read("Repeats").await;
        self.bring("on three divisions").await;
        let over = async || (!app.text().await.contains("Running") && !app.text().await.contains("Queued")).then_some(());
        until("the repeats are over", 60, over).await;
        self.shot("repeats").await;
    }

    /// The database is looked over and copied, a price is written, the kept answers are forgotten.
    async fn care(&self, folder: &Path) {
        let app = self.app;
        app.click("Settings").await;
        app.click("Data and backups").await;
        app.click("Check integrity").await;
        app.read("The database is sound").await;
        app.click("Save a copy").await;
        let copy = folder.join("copy.db");
        save_in_dialog("Save a copy of the database", &copy).await;
        app.read("It holds no keys").await;
        self.shot("care").await;
        assert!(copy.is_file(), "the copy is where the dialog said");
        app.click("Prices").await;
        app.click("Add a price").await;
        self.shot("prices").await;
        app.click("Done").await;
        app.click_on("the project switcher", By::XPath("(//button[contains(., 'Ticket routing')])[1]")).await;
        app.click("All projects").await;
        app.click("More for Ticket routing").await;
        app.click("Clear kept answers…").await;
        self.shot("clear").await;
        app.click("Clear").await;
        app.read("will not be used again").await;
        self.shot("cleared").await;
    }

    /// What only some networks need, and what is wrong with it, in words.
    async fn network(&self) {
        let app = self.app;
        app.click("Connections").await;
        app.click("Edit slow server").await;
        app.click_on("the folded part", By::XPath("//dialog//summary")).await;
        app.fill("Extra headers", "X-Team red").await;
        self.bring("Extra headers").await;
        self.shot("network-wrong").await;
        app.fill("Extra headers", "X-Team: red").await;
        app.fill("Root certificate", "/nowhere/root.pem").await;
        app.click("Test connection").await;
        app.read("/nowhere/root.pem").await;
        self.shot("network-certificate").await;
    }
}

/// A window on a project whose server gives trouble, walked through.
async fn walk(look: Option<Look>) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("a.db");
    let (server, trouble) = FakeModel::troubled(Duration::from_millis(60), sample_truths().await).await;
    let (setup, project, config) = slow_project(&database, &server.base_url).await;
    let config = RunConfig { train_rows: 24, validation_rows: 16, test_rows: 16, use_cache: false, ..config };
    drop(offer(setup, project, config).await);
    if let Some(look) = look {
        look.settle(&database).await;
    }
    let app = App::start(&database, &[]).await;
    if let Some(look) = look {
        look.resize().await;
    }
    let fire = Fire { app: &app, server: &server, trouble: &trouble, look: look.map_or("light", |look| look.name) };
    fire.budget().await;
    fire.missing().await;
    fire.repeats().await;
    fire.care(folder.path()).await;
    fire.network().await;
    app.assert_quiet().await;
    app.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_budgets_missing_answers_and_the_care_of_the_file_are_seen_and_acted_on() {
    let _turn = TURN.lock().await;
    walk(None).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "makes pictures for eyes: make screenshots"]
async fn a_run_under_fire_in_every_look() {
    let _turn = TURN.lock().await;
    for look in looks() {
        walk(Some(look)).await;
    }
}
