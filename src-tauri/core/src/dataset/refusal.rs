//! Files that are no delimited text: told apart early, with the sentence that says what to do instead.

use std::{fs, io, path::Path};

use crate::{Error, ErrorCode, Result};

/// The last part of a path, for sentences.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// What the operating system says of links in a circle (`ELOOP`).
const LINK_LOOP: Option<i32> = if cfg!(target_os = "linux") {
    Some(40)
} else if cfg!(target_os = "macos") {
    Some(62)
} else {
    None
};

/// A file that cannot be read as a dataset.
pub(super) fn unreadable(sentence: impl Into<String>) -> Error {
    Error::new(ErrorCode::FileUnreadable, sentence)
}

/// What the operating system said about a file, in words.
pub(crate) fn io_error(path: &Path, error: &io::Error) -> Error {
    let shown = path.display();
    unreadable(match error.kind() {
        io::ErrorKind::NotFound if path.to_string_lossy().contains(char::REPLACEMENT_CHARACTER) => {
            format!("{shown} cannot be found by this name, which holds bytes that are no text. Rename the file, then choose it again.")
        }
        io::ErrorKind::NotFound => format!("{shown} does not exist (any more). Check the name and the folder, or choose the file again."),
        _ if error.raw_os_error() == LINK_LOOP => {
            format!("{shown} is a link that leads to itself. Choose the file it should lead to.")
        }
        io::ErrorKind::PermissionDenied => format!("{shown} may not be read. Allow reading it, or copy it to a folder of yours."),
        _ => format!("{shown} could not be read ({error}). Check the disk, or copy the file to another folder and choose it there."),
    })
}

/// Refuses what is not a plain file on this machine; returns its size in bytes.
pub(crate) fn check_place(path: &Path) -> Result<u64> {
    let text = path.to_string_lossy();
    if let Some((scheme, _)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        return Err(unreadable(if scheme.eq_ignore_ascii_case("file") {
            format!("{text} is a file address, not a path. Give the path of the file itself, such as /home/me/data.csv.")
        } else {
            format!("{text} is a web address. Download the file, then choose it from your disk.")
        }));
    }
    if text.to_ascii_lowercase().starts_with("file:") || !path.is_absolute() {
        return Err(unreadable(format!("{text} is not a full path. Choose the file again, or give its path from the root folder on.")));
    }
    let data = fs::metadata(path).map_err(|error| io_error(path, &error))?;
    let shown = path.display();
    if data.is_dir() {
        return Err(unreadable(format!("{shown} is a folder. Choose the file in it.")));
    }
    if !data.is_file() {
        return Err(unreadable(format!("{shown} is a pipe or a device, not a file. Save its content to a file, then choose that.")));
    }
    if data.len() == 0 {
        return Err(unreadable(format!("{shown} is empty. Choose a file with a header row and at least one row of data.")));
    }
    Ok(data.len())
}

fn is_scheme(text: &str) -> bool {
    text.len() > 1 && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

const WORKBOOK: &str = "save it as XLSX or CSV (in the spreadsheet program: Save As), then import that file";
const DAMAGED: &str = "open it with the program that made it, save it again, then import that file";
const TABLE: &str = "save it as CSV, JSON Lines or Parquet, then import that file";
const PACKED: &str = "unpack it, then import the file inside";

/// Kinds by the end of the name: extension, what it is, what to do.
const EXTENSIONS: &[(&[&str], &str, &str)] = &[
    (&["xlsb", "xls"], "an old or binary Excel workbook", WORKBOOK),
    (&["numbers"], "a Numbers spreadsheet", WORKBOOK),
    (&["arrow", "feather"], "an Arrow file", TABLE),
    (&["xml"], "an XML file", TABLE),
    (&["pkl", "pickle", "npy", "npz", "h5"], "a file of Python objects", TABLE),
    (&["doc", "docx", "odt", "rtf"], "a text document", TABLE),
    (&["pdf"], "a PDF document", TABLE),
    (&["htm", "html"], "a web page", TABLE),
    (&["db", "sqlite", "sqlite3", "duckdb"], "a database", TABLE),
    (&["zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "tar"], "a packed file", PACKED),
    (&["png", "jpg", "jpeg", "gif", "webp", "bmp", "tif", "tiff"], "a picture", TABLE),
];

/// Kinds by their first bytes.
const MAGIC: &[(&[u8], &str, &str)] = &[
    (OLD_OFFICE, "an old Excel workbook, or one with a password", WORKBOOK),
    (b"ARROW1", "an Arrow file", TABLE),
    (b"SQLite format 3\0", "a database", TABLE),
    (b"%PDF-", "a PDF document", TABLE),
    (b"\x89PNG\r\n\x1A\n", "a picture", TABLE),
    (b"\xFF\xD8\xFF", "a picture", TABLE),
    (b"GIF8", "a picture", TABLE),
    (b"\x1F\x8B", "a packed file", PACKED),
    (b"BZh", "a packed file", PACKED),
    (b"\x28\xB5\x2F\xFD", "a packed file", PACKED),
    (b"\xFD7zXZ\0", "a packed file", PACKED),
    (b"7z\xBC\xAF\x27\x1C", "a packed file", PACKED),
    (b"Rar!\x1A\x07", "a packed file", PACKED),
    (b"{\\rtf", "a text document", TABLE),
];

/// Refuses what the name says is no delimited text.
pub(super) fn check_name(path: &Path) -> Result<()> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    match EXTENSIONS.iter().find(|(extensions, ..)| extensions.contains(&extension.as_str())) {
        Some((_, kind, advice)) => Err(unreadable(format!("{} is {kind}, which is not read: {advice}.", name_of(path)))),
        None => Ok(()),
    }
}

/// A ZIP file that is no workbook.
pub(super) fn no_workbook(name: &str) -> Error {
    unreadable(format!("{name} is a packed file (ZIP) and no workbook: {PACKED}."))
}

/// A file that its own format cannot make sense of.
pub(super) fn damaged(name: &str, what: &str, why: &str) -> Error {
    unreadable(format!("{name} is no whole {what} ({why}). It may be cut off or damaged: {DAMAGED}."))
}

/// How an old workbook and a new one with a password begin.
const OLD_OFFICE: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// A workbook that only its password opens.
pub(super) fn protected(name: &str) -> Error {
    unreadable(format!("{name} is protected by a password. Save it without one, then import it again."))
}

/// Refuses what the first bytes say is no text, whatever it is called.
pub(super) fn check_magic(path: &Path, bytes: &[u8]) -> Result<()> {
    let name = name_of(path);
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let packed = matches!(extension.as_str(), "xlsx" | "xlsm" | "ods" | "parquet");
    if packed && bytes.starts_with(OLD_OFFICE) {
        return Err(unreadable(format!(
            "{name} is protected by a password, or is an old Excel workbook under a new name. Save it as XLSX without a password, then import that file."
        )));
    }
    if let Some((_, kind, advice)) = MAGIC.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Err(unreadable(format!("{name} looks like {kind}, whatever its name says: {advice}.")));
    }
    if !packed {
        return Ok(());
    }
    let format = format!("{} file", extension.to_uppercase());
    match text_extension(bytes) {
        Some(end) => {
            let renamed = path.with_extension(end);
            Err(unreadable(format!("{name} holds plain text and is no {format}: rename it to {}, then import that.", name_of(&renamed))))
        }
        None => Err(damaged(&name, &format, "it does not begin like one")),
    }
}

/// What the beginning of a text would be called; none when it is no text.
fn text_extension(bytes: &[u8]) -> Option<&'static str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // The beginning may end inside a character.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
        Err(_) => return None,
    };
    let is_text = !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_ascii_whitespace());
    is_text.then_some(match text.trim_start_matches('\u{feff}').trim_start().chars().next() {
        Some('{') => "jsonl",
        Some('[') => "json",
        _ => "csv",
    })
}

/// Refuses decoded text that holds no rows: binary data, a web page, XML.
pub(super) fn check_text(name: &str, text: &[u8]) -> Result<()> {
    let control = text.iter().filter(|&&b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0B | 0x0C | 0x1B)).count();
    if (control >= 8 && control * 100 > text.len()) || control * 10 > text.len() * 3 {
        return Err(unreadable(format!("{name} holds binary data, not text: {TABLE}.")));
    }
    let start = text.trim_ascii_start();
    if start.is_empty() {
        return Err(unreadable(format!("{name} holds only empty lines. Choose a file with a header row and at least one row of data.")));
    }
    let head = String::from_utf8_lossy(&start[..start.len().min(64)]).to_ascii_lowercase();
    if ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| head.starts_with(tag)) {
        return Err(unreadable(format!(
            "{name} is a web page saved under this name, perhaps a sign-in page in place of the file. Download the data itself, then import it."
        )));
    }
    if head.starts_with("<?xml") {
        return Err(unreadable(format!("{name} is an XML file, whatever its name says: {TABLE}.")));
    }
    Ok(())
}
