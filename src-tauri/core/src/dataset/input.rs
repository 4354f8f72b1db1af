//! Where the bytes of an import come from: a file, held open from the first look to the last row, or a text such as pasted cells.

use std::{
    fs::{File, Metadata},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use super::{
    FileFormat, FileInfo,
    refusal::{self, io_error, name_of, unreadable},
};
use crate::Result;

/// What pasted cells are called where a file has its name.
pub const PASTED: &str = "pasted cells";
/// Most bytes that can be pasted: they travel through memory several times.
const MOST_PASTED: usize = 32 * 1024 * 1024;

/// Something to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file by its full path.
    File(PathBuf),
    /// A text that stands in no file.
    Text {
        /// What it is called where a file has its name.
        name: String,
        /// The text.
        text: Arc<str>,
    },
}

impl From<PathBuf> for Input {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl Input {
    /// Cells pasted from a spreadsheet.
    pub fn pasted(cells: &str) -> Self {
        Self::Text { name: PASTED.to_owned(), text: cells.into() }
    }
    /// Its name without folders.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => name_of(path),
            Self::Text { name, .. } => name.clone(),
        }
    }
}

/// What a file looked like when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    size: u64,
    modified: Option<SystemTime>,
}

impl Look {
    fn of(data: &Metadata) -> Self {
        Self { size: data.len(), modified: data.modified().ok() }
    }
}

/// The opened input. A file that is deleted or replaced meanwhile is read to its end all the same; one that is written to is refused.
pub(super) enum Bytes {
    File { path: PathBuf, file: File, look: Look },
    Text { name: String, text: Arc<str>, at: usize },
}

impl Bytes {
    /// What is told of it: of this format, with names in its first row, and nothing in it to choose.
    pub fn info(&self, format: FileFormat) -> FileInfo {
        FileInfo {
            path: self.path().map(|path| path.display().to_string()).unwrap_or_default(),
            name: self.name(),
            size: self.size(),
            format,
            encoding: String::new(),
            delimiter: String::new(),
            quote: String::new(),
            header: true,
            sheets: Vec::new(),
            sheet: None,
            split: None,
        }
    }

    /// Opens the input, whatever is no file with content refused.
    pub fn open(input: &Input) -> Result<Self> {
        match input {
            Input::File(path) => {
                refusal::check_place(path)?;
                let said = |error: io::Error| io_error(path, &error);
                let file = File::open(path).map_err(said)?;
                let look = Look::of(&file.metadata().map_err(said)?);
                Ok(Self::File { path: path.clone(), file, look })
            }
            Input::Text { text, .. } if text.len() > MOST_PASTED => Err(unreadable(format!(
                "{} MB are too much to paste; at most {} MB are taken. Save the cells as a file, then drop it on the window.",
                text.len() / (1024 * 1024),
                MOST_PASTED / (1024 * 1024)
            ))),
            Input::Text { text, .. } if text.trim().is_empty() => {
                Err(unreadable("Nothing was pasted. Copy the cells with their header row, then paste again."))
            }
            Input::Text { name, text } => Ok(Self::Text { name: name.clone(), text: Arc::clone(text), at: 0 }),
        }
    }

    /// Another reader of the same bytes, from their beginning; for a file both share one position.
    pub fn again(&self) -> Result<Self> {
        let mut bytes = match self {
            Self::File { path, file, look } => {
                Self::File { path: path.clone(), file: file.try_clone().map_err(|e| io_error(path, &e))?, look: *look }
            }
            Self::Text { name, text, .. } => Self::Text { name: name.clone(), text: Arc::clone(text), at: 0 },
        };
        bytes.seek(SeekFrom::Start(0)).map_err(|e| bytes.said(&e))?;
        Ok(bytes)
    }

    /// Bytes in all, as they were when opened.
    pub fn size(&self) -> u64 {
        match self {
            Self::File { look, .. } => look.size,
            Self::Text { text, .. } => text.len() as u64,
        }
    }

    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Text { .. } => None,
        }
    }

    pub fn name(&self) -> String {
        match self {
            Self::File { path, .. } => name_of(path),
            Self::Text { name, .. } => name.clone(),
        }
    }

    /// An error of reading, in words.
    pub fn said(&self, error: &io::Error) -> crate::Error {
        match self {
            Self::File { path, .. } => io_error(path, error),
            Self::Text { name, .. } => unreadable(format!("{name} could not be read: {error}. Try again.")),
        }
    }

    /// Refuses a file that was written to since it was opened: what was read of it fits no state of it.
    pub fn check_unchanged(&self) -> Result<()> {
        let Self::File { path, file, look } = self else { return Ok(()) };
        let now = Look::of(&file.metadata().map_err(|e| io_error(path, &e))?);
        if now == *look {
            return Ok(());
        }
        let (name, was) = (name_of(path), look.size);
        let how = match now.size.cmp(&was) {
            std::cmp::Ordering::Greater => format!("grew from {was} to {} bytes", now.size),
            std::cmp::Ordering::Less => format!("shrank from {was} to {} bytes", now.size),
            std::cmp::Ordering::Equal => "changed".to_owned(),
        };
        Err(unreadable(format!(
            "{name} {how} while it was read. Wait until the program that writes it has finished, then import it again."
        )))
    }
}

impl Read for Bytes {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File { file, .. } => file.read(out),
            Self::Text { text, at, .. } => {
                let rest = &text.as_bytes()[*at..];
                let length = rest.len().min(out.len());
                out[..length].copy_from_slice(&rest[..length]);
                *at += length;
                Ok(length)
            }
        }
    }
}

impl Seek for Bytes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File { file, .. } => file.seek(to),
            Self::Text { text, at, .. } => {
                let place = match to {
                    SeekFrom::Start(place) => i128::from(place),
                    SeekFrom::End(by) => text.len() as i128 + i128::from(by),
                    SeekFrom::Current(by) => *at as i128 + i128::from(by),
                };
                *at = usize::try_from(place.clamp(0, text.len() as i128)).unwrap_or(0);
                Ok(*at as u64)
            }
        }
    }
}
