//! What a file of our own export changed, taken over as one change of the dataset that can be undone like any other.

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    Store,
    cells::Shape,
    edits::{Draft, counted},
    json,
    rows::{self, Rows, State},
};
use crate::{
    dataset::{DatasetInfo, Split, SplitKey, is_own_column},
    error::{Error, Result},
};

/// Which project an identity names, and which import its current dataset comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// The project.
    pub project: i64,
    /// Its identity.
    pub identity: String,
    /// The import, by its version in the project, from 1.
    pub import: u32,
}

/// The identity of the rows of a dataset version.
pub(super) fn lineage(c: &Connection, project: i64, version: i64) -> Result<Lineage> {
    let sql = "SELECT p.identity, i.version FROM project p, dataset d JOIN dataset i ON i.id = d.import_id
               WHERE p.id = ?1 AND d.id = ?2 AND p.deleted_at IS NULL";
    let found: Option<(String, u32)> = c.query_row(sql, [project, version], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    let (identity, import) = found.ok_or_else(super::projects::gone)?;
    Ok(Lineage { project, identity, import })
}

/// A row that a file brings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedRow {
    /// All cells in column order.
    pub cells: Vec<String>,
    /// Its split.
    pub split: Option<Split>,
    /// Kept out of runs.
    pub excluded: bool,
}

/// Most rows of a block.
const BLOCK: usize = rows::BLOCK_ROWS;

/// A row as it is written.
struct Texts {
    number: u32,
    input: String,
    truth: String,
    others: Option<String>,
    key: SplitKey,
}

fn texts(shape: &Shape, number: u32, cells: &[String]) -> Result<Texts> {
    let (input, truth) =
        shape.roles().ok_or_else(|| Error::invalid("This dataset has no input and ground truth. Import the file as new data."))?;
    let others: Vec<&String> = cells.iter().enumerate().filter(|(at, _)| *at != input && *at != truth).map(|(_, cell)| cell).collect();
    let (input, truth) = (cells[input].clone(), cells[truth].clone());
    Ok(Texts {
        number,
        key: SplitKey::of(&input, &truth),
        others: if others.is_empty() { None } else { Some(json(&others)?) },
        input,
        truth,
    })
}

fn write(c: &Connection, import: i64, row: &Texts) -> Result<i64> {
    c.prepare_cached("INSERT INTO example (dataset_id, number, user_input, ground_truth_output, others) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![import, row.number, row.input, row.truth, row.others])?;
    Ok(c.last_insert_rowid())
}

impl Store {
    /// The project with this identity, when it is here and has data.
    pub async fn lineage_of(&self, identity: &str) -> Result<Option<Lineage>> {
        let identity = identity.to_owned();
        self.read(move |c| {
            let sql = "SELECT id, dataset_id FROM project WHERE identity = ?1 AND dataset_id IS NOT NULL AND deleted_at IS NULL";
            let found: Option<(i64, i64)> = c.query_row(sql, [&identity], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            found.map(|(project, version)| lineage(c, project, version)).transpose()
        })
        .await
    }

    /// Takes rows over: new texts or another split for known examples, by id, and new examples behind the last one.
    pub async fn merge_examples(
        &self,
        project: i64,
        version: i64,
        changed: Vec<(i64, MergedRow)>,
        added: Vec<MergedRow>,
        words: String,
        now: i64,
    ) -> Result<DatasetInfo> {
        self.write(move |c| {
            let mut draft = Draft::open(c, project, Some(version))?;
            let import = draft.rows.import;
            let shape = Shape::of(c, import)?;
            // Rows are written first and marked afterwards: a version knows of a row by its place, and places come with the rows.
            let mut marks: Vec<(i64, State)> = Vec::new();
            for (example, row) in &changed {
                let place = draft.place(*example)?;
                let state = draft.rows.state(place).with_split(row.split).with_excluded(row.excluded);
                let old = super::cells::Reader::new(c).stored(*example)?;
                let mut cells = row.cells.clone();
                for at in (0..cells.len()).filter(|&at| shape.columns.get(at).is_some_and(|column| is_own_column(column))) {
                    // What an earlier export wrote there stands as it was imported.
                    cells[at].clone_from(&old.cells[at]);
                }
                if old.cells == cells {
                    marks.push((*example, state));
                    continue;
                }
                let new = texts(&shape, old.number, &cells)?;
                let id = write(c, import, &new)?;
                // Who saw the example in a test has seen it, whatever is corrected in it.
                c.prepare_cached(
                    "INSERT INTO test_opening (example_id, run_id, opened_at, pair_hash)
                     SELECT ?2, run_id, opened_at, pair_hash FROM test_opening WHERE example_id = ?1",
                )?
                .execute((example, id))?;
                rows::add_block(c, import, id, new.number, 1)?;
                rows::fill_block(c, id, std::iter::once(State::GONE), &[new.key])?;
                marks.extend([(*example, state.taken_out()), (id, state)]);
            }
            let last: u32 = c.query_row("SELECT coalesce(max(number), 0) FROM example WHERE dataset_id = ?1", [import], |r| r.get(0))?;
            let mut number = last + 1;
            for portion in added.chunks(BLOCK) {
                let (first_number, mut keys, mut first_id) = (number, Vec::with_capacity(portion.len()), 0);
                for row in portion {
                    let new = texts(&shape, number, &row.cells)?;
                    let id = write(c, import, &new)?;
                    if first_id == 0 {
                        first_id = id;
                    }
                    keys.push(new.key);
                    marks.push((id, State::of(row.split).with_excluded(row.excluded)));
                    number += 1;
                }
                rows::add_block(c, import, first_id, first_number, portion.len())?;
                rows::fill_block(c, first_id, portion.iter().map(|_| State::GONE), &keys)?;
            }
            draft.rows = Rows::at(c, version)?;
            for (id, state) in marks {
                let place = draft.rows.place(id).ok_or_else(|| rows::damaged("a row that was just written is not there"))?;
                draft.set(place, state);
            }
            draft.leaks = true;
            draft.keep(project, &format!("{words}: {} updated, {} added", counted(changed.len()), counted(added.len())), now)
        })
        .await
    }
}
