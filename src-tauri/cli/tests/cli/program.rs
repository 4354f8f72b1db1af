//! The program in a folder of its own.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use mlprompt_core::engine::{Engine, Parts};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a database, files, and the program.
pub struct Program {
    pub folder: TempDir,
}

/// What a finished program left.
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ended {
    /// The JSON lines of standard output.
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not a JSON line: {line}"))).collect()
    }
    /// The last line.
    pub fn last(&self) -> Value {
        self.lines().pop().unwrap_or_else(|| panic!("no output; stderr: {}", self.err))
    }
    /// Ended as it should.
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "stderr: {}\nstdout: {}", self.err, self.out);
        self
    }
}

impl Program {
    pub fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn database(&self) -> PathBuf {
        self.path("test.db")
    }

    /// The engine over its database, as a window has it.
    pub async fn engine(&self) -> Engine {
        Engine::open(Parts::real(&self.database()).unwrap()).await.unwrap()
    }

    /// Writes a file and gives its path as text.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        text(&path)
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlprompt-cli"));
        // Nothing of the machine's own settings, no proxy in particular.
        command.env_clear().env("HOME", self.folder.path()).env("NO_PROXY", "*");
        command.current_dir(self.folder.path()).arg("--db").arg(self.database()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    pub fn spawn(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }
}

pub fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// Examples for the demo model: labels that a prompt can name. `rows` of them.
pub fn reviews(rows: usize) -> String {
    let mut csv = String::from("review,sentiment\n");
    for row in 0..rows {
        let (word, label) = [("wonderful", "positive"), ("terrible", "negative")][row % 2];
        csv.push_str(&format!("\"Order {row}: a {word} thing, truly {word}.\",{label}\n"));
    }
    csv
}
