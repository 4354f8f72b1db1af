//! Workbooks are ZIP files. What they unpack to is measured before any of it is used: a small file can unpack to gigabytes.

use std::io::{self, BufReader, Read};

use zip::{ZipArchive, result::ZipError};

use super::{FileFormat, broken};
use crate::{
    Result,
    dataset::{
        input::Bytes,
        refusal::{self, unreadable},
    },
};

/// Most bytes that all parts of a workbook together may unpack to.
pub(crate) const MOST_UNPACKED: u64 = 1024 * 1024 * 1024;
/// Most bytes of the one part that has to be held in memory: the texts that cells share.
const MOST_SHARED: u64 = 256 * 1024 * 1024;
/// Bytes of a list of parts that are looked at.
const MOST_MANIFEST: u64 = 1024 * 1024;
const SHARED: &str = "xl/sharedStrings.xml";

pub(super) type Archive = ZipArchive<BufReader<Bytes>>;

fn archive(bytes: &Bytes) -> Result<Result<Archive, ZipError>> {
    Ok(ZipArchive::new(BufReader::new(bytes.again()?)))
}

/// Which kind of workbook it is.
pub(super) fn format(bytes: &mut Bytes) -> Result<FileFormat> {
    let name = bytes.name();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    let kind = match extension.as_str() {
        "xlsx" | "xlsm" => Some(FileFormat::Xlsx),
        "ods" => Some(FileFormat::Ods),
        _ => None,
    };
    match archive(bytes)? {
        Ok(archive) => {
            let has = |part: &str| archive.index_for_name(part).is_some();
            if has("xl/workbook.xml") {
                Ok(FileFormat::Xlsx)
            } else if has("content.xml") && has("mimetype") {
                Ok(FileFormat::Ods)
            } else if has("encrypted-package") {
                Err(refusal::protected(&name))
            } else if has("xl/workbook.bin") {
                Err(unreadable(format!(
                    "{name} is a binary Excel workbook, which is not read: save it as XLSX or CSV, then import that file."
                )))
            } else if kind.is_some() {
                Err(broken(bytes, "workbook", &"its sheets are missing"))
            } else {
                Err(refusal::no_workbook(&name))
            }
        }
        // The list of parts stands at the end, so a file that is cut off has none.
        Err(_) if kind.is_some() => Err(broken(bytes, "workbook", &"its end is missing")),
        Err(_) => Err(refusal::no_workbook(&name)),
    }
}

/// The parts of a workbook, none of them larger than it may be.
pub(super) fn open(bytes: &Bytes) -> Result<Archive> {
    let name = bytes.name();
    let mut archive = archive(bytes)?.map_err(|error| broken(bytes, "workbook", &error))?;
    let mut unpacked = 0_u64;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => refusal::protected(&name),
            other => broken(bytes, "workbook", &other),
        })?;
        let label = part.name().map(std::borrow::Cow::into_owned).unwrap_or_default();
        let most = if label == SHARED { MOST_SHARED } else { MOST_UNPACKED };
        let left = most.min(MOST_UNPACKED.saturating_sub(unpacked));
        if part.size() > left {
            return Err(too_large(&name, &label, most));
        }
        // The size that is written in the file may be a lie; only unpacking tells, and it needs no memory.
        if label.ends_with(".xml") || label.ends_with(".rels") {
            let mut counted = (&mut part).take(left + 1);
            let length =
                io::copy(&mut counted, &mut io::sink()).map_err(|error| broken(bytes, "workbook", &format!("{label}: {error}")))?;
            if length > left {
                return Err(too_large(&name, &label, most));
            }
            unpacked += length;
        }
    }
    if is_encrypted(&mut archive) {
        return Err(refusal::protected(&name));
    }
    Ok(archive)
}

/// OpenDocument says in its manifest that the parts are encrypted.
fn is_encrypted(archive: &mut Archive) -> bool {
    let mut manifest = Vec::new();
    let read = archive.by_name("META-INF/manifest.xml").map(|part| part.take(MOST_MANIFEST).read_to_end(&mut manifest));
    const MARK: &[u8] = b"encryption-data";
    matches!(read, Ok(Ok(_))) && manifest.windows(MARK.len()).any(|window| window == MARK)
}

fn too_large(name: &str, part: &str, most: u64) -> crate::Error {
    unreadable(format!(
        "{name} unpacks to more than {} MB ({part}), far more than a workbook needs, so it was not opened. Save its sheet as CSV, then import that file.",
        most / (1024 * 1024)
    ))
}

/// The parts of a workbook that was measured before.
pub(super) fn open_again(bytes: &Bytes) -> Result<Archive> {
    archive(bytes)?.map_err(|error| broken(bytes, "workbook", &error))
}
