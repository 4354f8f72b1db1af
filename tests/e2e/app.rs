//! The real program in its real window, driven over WebDriver.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    time::Duration,
};

use thirtyfour::prelude::*;

use crate::desktop::{geometry, until, window};

/// One started program with the driver that holds its window.
pub struct App {
    /// The window.
    pub driver: WebDriver,
    server: Server,
}

/// The driver's process and the pattern of its program's; gone with their owner, also when a test fails.
struct Server(Child, String);

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.0.kill();
        let _already_gone = self.0.wait();
        // A window that a failed test left behind must not meet the next test.
        let _none_left = Command::new("pkill").args(["-KILL", "-f", &self.1]).status();
    }
}

/// The root of the project.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The built program, which lies beside the folder of its tests.
pub static PROGRAM: LazyLock<String> = LazyLock::new(|| {
    let tests = std::env::current_exe().expect("this test's path");
    let program = tests.ancestors().nth(2).expect("the folder of what was built").join("mlprompt");
    program.to_str().expect("a path of text").to_owned()
});

/// A folder for the pictures of failed and looked-at screens, when somebody wants them.
pub fn pictures() -> Option<PathBuf> {
    std::env::var_os("MLPROMPT_PICTURES").map(PathBuf::from)
}

impl App {
    /// Starts the program on a database.
    pub async fn start(database: &Path, arguments: &[&str]) -> Self {
        Self::start_with(database, arguments, Stdio::null(), &[]).await
    }

    /// Starts the program with everything it can log written there.
    pub async fn start_logging(database: &Path, arguments: &[&str], log: Stdio) -> Self {
        Self::start_with(database, arguments, log, &[]).await
    }

    /// Starts the program where the system's services are reached on this bus.
    pub async fn start_on(database: &Path, arguments: &[&str], system_bus: &str) -> Self {
        Self::start_with(database, arguments, Stdio::null(), &[("DBUS_SYSTEM_BUS_ADDRESS", system_bus)]).await
    }

    async fn start_with(database: &Path, arguments: &[&str], log: Stdio, environment: &[(&str, &str)]) -> Self {
        // The driver's client finds the TLS provider of the process; the engine's own use of it may come later.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let port = free_port();
        let driver = Command::new("WebKitWebDriver")
            .args([format!("--port={port}"), "--host=127.0.0.1".into()])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("WEBKIT_DISABLE_COMPOSITING_MODE", std::env::var("WEBKIT_DISABLE_COMPOSITING_MODE").unwrap_or_else(|_| "1".into()))
            .env("MLPROMPT_LOG", "trace")
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("webkit2gtk-driver is installed");
        let server = Server(driver, program_on(database));
        let mut all = vec!["--db".to_owned(), database.display().to_string()];
        all.extend(arguments.iter().map(|a| (*a).to_owned()));
        let mut capabilities = Capabilities::new();
        capabilities.set("webkitgtk:browserOptions", serde_json::json!({"binary": PROGRAM.as_str(), "args": all})).expect("plain JSON");
        let url = format!("http://127.0.0.1:{port}");
        let driver = until("the program's window", 30, async || WebDriver::new(&url, capabilities.clone()).await.ok()).await;
        let app = Self { driver, server };
        app.see("MLprompt's first screen", By::Css("main, [role=main]")).await;
        app
    }

    /// Waits for an element and gives it.
    pub async fn see(&self, what: &str, by: By) -> WebElement {
        let found = self.find(by, 15).await;
        match found {
            Some(element) => element,
            None => {
                self.picture("failed").await;
                let text = self.text().await;
                panic!("{what} is not to be seen. The window says:\n{text}");
            }
        }
    }

    async fn find(&self, by: By, seconds: u64) -> Option<WebElement> {
        for _ in 0..seconds * 10 {
            if let Ok(element) = self.driver.find(by.clone()).await
                && element.is_displayed().await.unwrap_or(false)
            {
                return Some(element);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        None
    }

    /// Waits until the window shows a text.
    pub async fn read(&self, text: &str) {
        for _ in 0..200 {
            if self.text().await.contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        self.picture("failed").await;
        panic!("The window does not say \"{text}\". It says:\n{}", self.text().await);
    }

    /// Everything the window says.
    pub async fn text(&self) -> String {
        let Ok(value) = self.driver.execute("return document.body.innerText", vec![]).await else { return String::new() };
        value.json().as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the button or link with this name.
    pub async fn click(&self, name: &str) {
        let xpath = format!(
            "(//*[self::button or self::a or @role='button' or @role='tab' or @role='option' or @role='menuitem']\
             [normalize-space(.)={0} or @aria-label={0}])[not(@disabled)][last()]",
            quoted(name)
        );
        self.click_on(&format!("the button \"{name}\""), By::XPath(xpath)).await;
    }

    /// Goes to a screen by the sidebar, which comes first in the page.
    pub async fn go(&self, screen: &str) {
        let xpath = format!("(//button[starts-with(normalize-space(.), {})])[not(@disabled)][1]", quoted(screen));
        self.click_on(&format!("the sidebar's {screen}"), By::XPath(xpath)).await;
    }

    /// Clicks the button whose name begins like this.
    pub async fn click_starting(&self, name: &str) {
        let xpath = format!(
            "(//*[self::button or self::a or @role='tab']\
             [starts-with(normalize-space(.), {0}) or starts-with(@aria-label, {0})])[not(@disabled)][last()]",
            quoted(name)
        );
        self.click_on(&format!("the button \"{name}…\""), By::XPath(xpath)).await;
    }

    /// Clicks an element.
    pub async fn click_on(&self, what: &str, by: By) {
        let mut element = self.see(what, by.clone()).await;
        for _ in 0..30 {
            self.at_rest(&element).await;
            if element.click().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            // The page may have drawn it anew meanwhile.
            if let Ok(again) = self.driver.find(by.clone()).await {
                element = again;
            }
            // As a hand would: the driver does not scroll what lies inside of the page.
            let _out_of_sight = element.scroll_into_view().await;
        }
        self.picture("failed").await;
        panic!("{what} cannot be clicked");
    }

    /// Waits until an element stays where it is from one frame to the next: the driver presses the place where it was.
    async fn at_rest(&self, element: &WebElement) {
        let still = "
            const [element, done] = arguments;
            const place = () => { const { x, y } = element.getBoundingClientRect(); return `${x} ${y}`; };
            if (document.hidden) return done(true);
            const before = place();
            requestAnimationFrame(() => requestAnimationFrame(() => done(place() === before)));";
        for _ in 0..30 {
            let Ok(element) = element.to_json() else { return };
            match self.driver.execute_async(still, vec![element]).await {
                // Gone meanwhile: the click says so.
                Err(_) => return,
                Ok(value) if value.json() == true => return,
                Ok(_) => {}
            }
        }
    }

    /// Writes into the field with this label, in place of what stands there.
    pub async fn fill(&self, label: &str, text: &str) {
        let xpath = format!("(//label[normalize-space(.)={}]/following::*[self::input or self::textarea][1])[last()]", quoted(label));
        let field = self.see(label, By::XPath(xpath)).await;
        field.scroll_into_view().await.expect("the field can be reached");
        field.clear().await.expect("the field can be emptied");
        if !text.is_empty() {
            field.send_keys(text).await.expect("the field takes text");
        }
        // What is written counts when the field is left, as by a hand that goes on.
        self.script("document.activeElement?.blur()").await;
    }

    /// Where the middle of an element is in the window, whose menu bar is above the page.
    pub async fn place_of(&self, css: &str) -> (i32, i32) {
        let middle = format!(
            "const box = document.querySelector({css:?})?.getBoundingClientRect();
             return box ? [box.left + box.width / 2, box.top + box.height / 2, window.innerHeight] : null"
        );
        let found = until(css, 15, async || Some(self.script(&middle).await).filter(|place| !place.is_null())).await;
        let at = |index: usize| found[index].as_f64().expect("a place").round() as i32;
        let (_, _, _, height) = geometry(&window("MLprompt").await);
        (at(0), at(1) + height - at(2))
    }

    /// Runs a script and gives its value.
    pub async fn script(&self, script: &str) -> serde_json::Value {
        self.driver.execute(script, vec![]).await.expect("the script runs").json().clone()
    }

    /// Keeps a picture of the window, when somebody wants them. Taken from the display, as an eye sees it.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = pictures() else { return };
        std::fs::create_dir_all(&folder).expect("the folder for pictures can be made");
        let id = window("MLprompt").await;
        let file = folder.join(format!("{name}.png"));
        Command::new("import").args(["-window", &id]).arg(&file).status().expect("imagemagick is installed");
    }

    /// What went wrong in the page so far: console errors, errors, rejections, policy violations.
    pub async fn recorded(&self) -> Vec<String> {
        let value = self.script("return window.__recorded").await;
        let list = value.as_array().expect("the recorder was there from the start").clone();
        list.into_iter().map(|v| v.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Nothing went wrong in the page.
    pub async fn assert_quiet(&self) {
        let recorded = self.recorded().await;
        assert!(recorded.is_empty(), "the page complained: {recorded:#?}");
    }

    /// Ends the program as the window's cross does when nothing goes on.
    pub async fn quit(self) {
        let _gone_with_its_window = self.driver.clone().quit().await;
        drop(self.server);
    }

    /// Kills the program without a word (SIGKILL), as a crash would.
    pub async fn kill(self) {
        Command::new("pkill").args(["-KILL", "-f", &self.server.1]).status().expect("pkill is installed");
        // The session ended with its program; the driver is not asked any more.
        drop(self.server);
    }
}

/// What finds the processes of this build's program on a database, and no other on the machine: tests may go on beside these.
pub fn program_on(database: &Path) -> String {
    format!("^{} --db {}( |$)", *PROGRAM, database.display())
}

/// A string for XPath.
pub fn quoted(text: &str) -> String {
    if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("the port is known").port()
}
