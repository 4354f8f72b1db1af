//! Parquet files of plain columns, a row at a time.

use std::{
    fs::File,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use parquet::{
    basic::{LogicalType, TimeUnit},
    errors::ParquetError,
    file::{reader::FileReader, serialized_reader::SerializedFileReader},
    record::Field,
};

use super::{
    FileFormat, SetAside, columns,
    input::Bytes,
    number,
    refusal::{self, unreadable},
    row::{self, Brings, Cells, Entry, Opened, Rows, Visitor, shown},
};
use crate::{Error, Result, clock::day};

const WHAT: &str = "Parquet file";
const DAY: i64 = 86_400;

/// How the numbers of a column are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Plain,
    /// Ticks since 1970, so many a second; with a zone it is UTC.
    Moment {
        per_second: i64,
        utc: bool,
    },
    /// Ticks since midnight.
    Clock {
        per_second: i64,
    },
}

struct Table {
    bytes: Bytes,
    reader: SerializedFileReader<File>,
    columns: Vec<String>,
    meanings: Vec<Meaning>,
    rows: u64,
}

/// The library stops at contradictions in damaged files; here that is an error like any other.
fn guarded<T>(bytes: &Bytes, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged(bytes, &"it contradicts itself")))
}

fn damaged(bytes: &Bytes, why: &dyn std::fmt::Display) -> Error {
    refusal::damaged(&bytes.name(), WHAT, &why.to_string())
}

/// Opens a file; one with nested columns is refused.
pub(super) fn open(bytes: Bytes) -> Result<Opened> {
    let name = bytes.name();
    let Bytes::File { file, .. } = bytes.again()? else {
        return Err(unreadable(format!("{name} cannot be pasted. Drop the Parquet file on the window.")));
    };
    let reader = guarded(&bytes, || SerializedFileReader::new(file).map_err(|error| damaged(&bytes, &error)))?;
    let data = reader.metadata().file_metadata();
    let fields = data.schema().get_fields();
    let nested: Vec<String> = fields
        .iter()
        .filter(|field| !field.is_primitive() || field.get_basic_info().repetition() == parquet::basic::Repetition::REPEATED)
        .map(|field| format!("`{}`", field.name()))
        .collect();
    if let [first, rest @ ..] = &nested[..] {
        let which = if rest.is_empty() {
            format!("The column {first} of {name} is")
        } else {
            format!("The columns {} of {name} are", nested.join(", "))
        };
        return Err(unreadable(format!(
            "{which} nested, with lists or fields inside, which a cell cannot hold. Write such a column as text, for instance as JSON, or leave it out; then import the file again."
        )));
    }
    row::check_width(&name, fields.len())?;
    let names: Vec<String> = fields.iter().map(|field| field.name().to_owned()).collect();
    let meanings = fields.iter().map(|field| meaning(field.get_basic_info().logical_type_ref())).collect();
    let rows = u64::try_from(data.num_rows()).unwrap_or(0);
    if rows == 0 || names.is_empty() {
        return Err(unreadable(format!("{name} has no rows. Choose a file with at least one row of data.")));
    }
    let (columns, notes) = columns::from_header(&names);
    let info = bytes.info(FileFormat::Parquet);
    let table = Table { bytes, reader, columns: columns.clone(), meanings, rows };
    Ok(Opened { info, columns, notes, rows: Box::new(table), brings: Brings::default() })
}

fn meaning(kind: Option<&LogicalType>) -> Meaning {
    let per_second = |unit: &TimeUnit| match unit {
        TimeUnit::MILLIS => 1_000,
        TimeUnit::MICROS => 1_000_000,
        TimeUnit::NANOS => 1_000_000_000,
    };
    match kind {
        Some(LogicalType::Timestamp(time)) => Meaning::Moment { per_second: per_second(&time.unit), utc: time.is_adjusted_to_u_t_c },
        Some(LogicalType::Time(time)) => Meaning::Clock { per_second: per_second(&time.unit) },
        _ => Meaning::Plain,
    }
}

impl Rows for Table {
    fn visit(&mut self, visit: &mut Visitor<'_>) -> Result<()> {
        let (bytes, size) = (&self.bytes, self.bytes.size());
        let said = |number: u64, error: &ParquetError| damaged(bytes, &format!("row {number}: {error}"));
        let file = bytes.name();
        let mut rows = guarded(bytes, || self.reader.get_row_iter(None).map_err(|error| said(1, &error)))?;
        let mut cells = Cells::default();
        let mut number = 0;
        loop {
            number += 1;
            let next = guarded(bytes, || rows.next().transpose().map_err(|error| said(number, &error)))?;
            let Some(found) = next else { return Ok(()) };
            cells.clear();
            let mut problem = None;
            for (index, (_, field)) in found.get_column_iter().enumerate() {
                let (Some(column), Some(meaning)) = (self.columns.get(index), self.meanings.get(index)) else { continue };
                let text = text(field, *meaning).unwrap_or_else(|| {
                    problem.get_or_insert_with(|| {
                        format!("The cell of `{column}` holds binary data. Write it as text, or leave the column out.")
                    });
                    String::new()
                });
                problem = problem.or_else(|| row::unfit(column, &text));
                cells.push(&text);
            }
            let entry = match problem {
                None => Entry::Row(cells.row(number)),
                Some(reason) => Entry::SetAside(SetAside {
                    file: file.clone(),
                    line: number,
                    reason,
                    text: shown(cells.row(number).shown().as_bytes()),
                }),
            };
            let read = (u128::from(size) * u128::from(number.min(self.rows)) / u128::from(self.rows.max(1))) as u64;
            if visit(entry, read)? == ControlFlow::Break(()) {
                return Ok(());
            }
        }
    }

    fn check_unchanged(&self) -> Result<()> {
        self.bytes.check_unchanged()
    }
}

/// A value as text; none for binary data.
fn text(field: &Field, meaning: Meaning) -> Option<String> {
    Some(match field {
        Field::Null => String::new(),
        Field::Bool(value) => value.to_string(),
        Field::Byte(value) => ticks(i64::from(*value), meaning),
        Field::Short(value) => ticks(i64::from(*value), meaning),
        Field::Int(value) => ticks(i64::from(*value), meaning),
        Field::Long(value) => ticks(*value, meaning),
        Field::UByte(value) => value.to_string(),
        Field::UShort(value) => value.to_string(),
        Field::UInt(value) => value.to_string(),
        Field::ULong(value) => value.to_string(),
        Field::Float16(value) => single(value.to_f32()),
        Field::Float(value) => single(*value),
        Field::Double(value) => number::shortest(*value),
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => std::str::from_utf8(bytes.data()).ok()?.to_owned(),
        Field::Date(days) => day(i64::from(*days)),
        Field::TimeMillis(value) => ticks(i64::from(*value), or(meaning, Meaning::Clock { per_second: 1_000 })),
        Field::TimeMicros(value) => ticks(*value, or(meaning, Meaning::Clock { per_second: 1_000_000 })),
        // The old form of a timestamp, of which the library gives milliseconds.
        Field::TimestampMillis(value) => ticks(*value, or(meaning, Meaning::Moment { per_second: 1_000, utc: false })),
        Field::TimestampMicros(value) => ticks(*value, or(meaning, Meaning::Moment { per_second: 1_000_000, utc: true })),
        other => other.to_string(),
    })
}

fn or(meaning: Meaning, other: Meaning) -> Meaning {
    if meaning == Meaning::Plain { other } else { meaning }
}

/// A number of single precision: its shortest text is shorter than that of the same number in double precision.
fn single(value: f32) -> String {
    value.to_string().parse().map_or_else(|_| value.to_string(), number::shortest)
}

fn ticks(value: i64, meaning: Meaning) -> String {
    match meaning {
        Meaning::Plain => value.to_string(),
        Meaning::Clock { per_second } => clock(value, per_second),
        Meaning::Moment { per_second, utc } => {
            let (seconds, fraction) = (value.div_euclid(per_second), value.rem_euclid(per_second));
            let (days, in_day) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
            let time = clock(in_day * per_second + fraction, per_second);
            match utc {
                true => format!("{}T{time}Z", day(days)),
                false if time == "00:00:00" => day(days),
                false => format!("{}T{time}", day(days)),
            }
        }
    }
}

fn clock(ticks: i64, per_second: i64) -> String {
    let (seconds, fraction) = (ticks / per_second, ticks % per_second);
    let whole = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 {
        return whole;
    }
    let width = per_second.ilog10() as usize;
    let digits = format!("{fraction:0width$}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_iso() {
        assert_eq!([0, 19_844, -1, 11_016].map(day), ["1970-01-01", "2024-05-01", "1969-12-31", "2000-02-29"]);
        let micros = |value, utc| ticks(value, Meaning::Moment { per_second: 1_000_000, utc });
        assert_eq!(micros(1_714_557_600_250_000, true), "2024-05-01T10:00:00.25Z");
        assert_eq!(micros(1_714_521_600_000_000, false), "2024-05-01");
        assert_eq!(micros(-1, false), "1969-12-31T23:59:59.999999");
        assert_eq!(ticks(37_800_000, Meaning::Clock { per_second: 1_000 }), "10:30:00");
    }

    #[test]
    fn numbers_are_the_shortest_that_read_back() {
        assert_eq!(text(&Field::Float(0.1), Meaning::Plain).unwrap(), "0.1");
        assert_eq!(text(&Field::Double(0.1 + 0.2), Meaning::Plain).unwrap(), "0.30000000000000004");
        assert_eq!(text(&Field::Double(1e300), Meaning::Plain).unwrap(), "1e300");
        assert_eq!(text(&Field::Double(-0.0), Meaning::Plain).unwrap(), "0");
        assert_eq!(text(&Field::ULong(u64::MAX), Meaning::Plain).unwrap(), u64::MAX.to_string());
    }
}
