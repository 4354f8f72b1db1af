//! What the program says of itself, and its settings.

use serde::{Deserialize, Serialize};

use super::KeychainState;

requests! {
    /// About this program.
    AppInfo {
        /// Version of the program.
        version: String,
        /// The database file.
        database: String,
        /// Where keys go.
        keychain: KeychainState,
        /// What a backup did that took the place of the database at this start.
        restored: Option<Restored>,
    }
    /// A backup that has taken the place of the database.
    Restored {
        /// The file it came from; none when that was not kept.
        from: Option<String>,
        /// Where the database before it lies; none when there was none.
        kept: Option<String>,
    }
    /// Settings of the window.
    #[serde(default)]
    Settings {
        /// `system`, `light`, `dark` or `contrast`.
        theme: String,
        /// Percent, 80 to 200.
        text_size: u32,
        /// Tell on the desktop when a run ends and the window is not in front.
        notify: bool,
        /// Daily copies of the database that are kept, 0 to 30; 0 makes none.
        backups: u32,
        /// Keys without Ctrl or Alt work everywhere in the window (WCAG 2.2, 2.1.4: they can be turned off).
        #[serde(default = "yes")]
        single_keys: bool,
    }
    /// A copy of the database beside it.
    Backup {
        /// Its path.
        path: String,
        /// When it was made, in Unix milliseconds.
        made_at: i64,
        /// Bytes of the file.
        bytes: u64,
    }
    /// What an integrity check of the database found.
    DatabaseCheck {
        /// What is wrong, in words; empty when the file is whole.
        problems: Vec<String>,
        /// Bytes of the file.
        bytes: u64,
    }
}

// Settings of before there was a choice.
fn yes() -> bool {
    true
}

impl Default for Settings {
    fn default() -> Self {
        Self { theme: "system".into(), text_size: 100, notify: true, backups: 3, single_keys: true }
    }
}
