//! Dataset versions and their examples.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, from_json, json};
use crate::{
    dataset::{ColumnRoles, DatasetInfo, Example, ExamplePage, ImportReport, NewExample, Split, SplitPlan, SplitSizes, split::SplitKey},
    error::{Error, Result},
    metric::MetricSuggestion,
    run::SuspectLabel,
};

/// What is known of a dataset once all its rows have been read.
#[derive(Debug, Clone)]
pub struct NewDataset {
    /// Name of its file.
    pub name: String,
    /// How it was read, in words.
    pub source: String,
    /// All columns in file order.
    pub columns: Vec<String>,
    /// Which column is what.
    pub roles: ColumnRoles,
    /// How it is divided.
    pub plan: SplitPlan,
    /// What reading found.
    pub report: ImportReport,
    /// The metric to propose.
    pub suggestion: MetricSuggestion,
}

/// An example as a run needs it.
#[derive(Debug, Clone)]
pub struct StoredExample {
    /// Database id.
    pub id: i64,
    /// Position in the dataset, from 1.
    pub number: u32,
    /// What goes to the model.
    pub user_input: String,
    /// The expected answer.
    pub ground_truth_output: String,
    /// Every cell in column order.
    pub cells: Vec<String>,
}

pub(super) fn split_number(split: Split) -> i64 {
    match split {
        Split::Train => 0,
        Split::Validation => 1,
        Split::Test => 2,
    }
}

fn split_of(number: Option<i64>) -> Option<Split> {
    match number {
        Some(0) => Some(Split::Train),
        Some(1) => Some(Split::Validation),
        Some(2) => Some(Split::Test),
        _ => None,
    }
}

/// Removes what an import left behind that never came to its end.
pub(super) fn sweep_incomplete(c: &Connection) -> Result<()> {
    // A running import of another process holds its dataset for minutes at most; a day is safely dead.
    c.execute("DELETE FROM dataset WHERE complete = 0 AND created_at < (unixepoch() - 86400) * 1000", [])?;
    Ok(())
}

const EXAMPLE_COLUMNS: &str = "id, number, split, user_input, ground_truth_output, cells";

fn example(row: &Row<'_>) -> Result<Example> {
    Ok(Example {
        id: row.get(0)?,
        number: row.get(1)?,
        split: split_of(row.get(2)?),
        excluded: false,
        user_input: row.get(3)?,
        ground_truth_output: row.get(4)?,
        variables: from_json(&row.get::<_, String>(5)?)?,
    })
}

/// One example by id.
pub(super) fn example_by_id(c: &Connection, id: i64) -> Result<Example> {
    let mut statement = c.prepare_cached(&format!("SELECT {EXAMPLE_COLUMNS} FROM example WHERE id = ?1"))?;
    let mut rows = statement.query([id])?;
    match rows.next()? {
        Some(row) => example(row),
        None => Err(Error::not_found(format!("Example {id} does not exist any more."))),
    }
}

fn sizes(c: &Connection, dataset: i64) -> Result<SplitSizes> {
    let mut sizes = SplitSizes::default();
    let mut statement =
        c.prepare_cached("SELECT split, count(*) FROM example WHERE dataset_id = ?1 AND split IS NOT NULL GROUP BY split")?;
    let mut rows = statement.query([dataset])?;
    while let Some(row) = rows.next()? {
        let count: u32 = row.get(1)?;
        match split_of(row.get(0)?) {
            Some(Split::Train) => sizes.train = count,
            Some(Split::Validation) => sizes.validation = count,
            Some(Split::Test) => sizes.test = count,
            None => {}
        }
    }
    Ok(sizes)
}

fn leaks(c: &Connection, dataset: i64) -> Result<u32> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM example WHERE dataset_id = ?1 AND split IS NOT NULL
               GROUP BY input_hash HAVING count(DISTINCT split) > 1)";
    Ok(c.query_row(sql, [dataset], |r| r.get(0))?)
}

fn refresh_split_figures(c: &Connection, dataset: i64) -> Result<()> {
    let (sizes, leaks) = (json(&sizes(c, dataset)?)?, leaks(c, dataset)?);
    c.execute("UPDATE dataset SET sizes = ?2, leaks = ?3 WHERE id = ?1", (dataset, sizes, leaks))?;
    Ok(())
}

/// Where a plan by ratio puts each example, in dataset order.
fn assigned(c: &Connection, dataset: i64, plan: &SplitPlan) -> Result<Vec<(i64, Option<Split>)>> {
    let mut statement = c.prepare("SELECT id, input_hash, pair_hash, truth_hash FROM example WHERE dataset_id = ?1 ORDER BY number")?;
    let mut ids = Vec::new();
    let mut keys = Vec::new();
    let mut rows = statement.query([dataset])?;
    while let Some(row) = rows.next()? {
        ids.push(row.get::<_, i64>(0)?);
        let number = |i| -> rusqlite::Result<u64> { Ok(u64::from_le_bytes(row.get::<_, [u8; 8]>(i)?)) };
        keys.push(SplitKey { input_hash: number(1)?, pair_hash: number(2)?, truth_hash: number(3)? });
    }
    Ok(ids.into_iter().zip(crate::dataset::split::assign(plan, &keys)).collect())
}

fn apply_plan(c: &Connection, dataset: i64, plan: &SplitPlan) -> Result<()> {
    if let SplitPlan::Ratio { .. } = plan {
        let mut update = c.prepare("UPDATE example SET split = ?2 WHERE id = ?1")?;
        for (id, split) in assigned(c, dataset, plan)? {
            update.execute((id, split.map(split_number)))?;
        }
    }
    c.execute("UPDATE dataset SET plan = ?2 WHERE id = ?1", (dataset, json(plan)?))?;
    refresh_split_figures(c, dataset)
}

fn info(c: &Connection, id: i64) -> Result<DatasetInfo> {
    let mut statement = c.prepare_cached(
        "SELECT version, name, source, created_at, columns, roles, row_count, plan, sizes, report, leaks, suggestion,
                (SELECT count(DISTINCT o.run_id) FROM test_opening o JOIN example e ON e.id = o.example_id WHERE e.dataset_id = dataset.id)
         FROM dataset WHERE id = ?1 AND complete = 1",
    )?;
    let mut rows = statement.query([id])?;
    let row = rows.next()?.ok_or_else(|| Error::not_found("That dataset does not exist any more. Import the file again."))?;
    let text = |i: usize| row.get::<_, String>(i);
    Ok(DatasetInfo {
        id,
        version: row.get(0)?,
        name: row.get(1)?,
        source: row.get(2)?,
        created_at: row.get(3)?,
        columns: from_json(&text(4)?)?,
        roles: from_json(&text(5)?)?,
        rows: row.get(6)?,
        plan: from_json(&text(7)?)?,
        sizes: from_json(&text(8)?)?,
        report: from_json(&text(9)?)?,
        leaks: row.get(10)?,
        suggested_metric: from_json(&text(11)?)?,
        test_openings: row.get(12)?,
        excluded: 0,
        can_undo: None,
        can_redo: None,
    })
}

/// Escapes a search text for LIKE with `\`.
fn like(search: &str) -> String {
    let escaped: String = search.chars().flat_map(|c| if matches!(c, '%' | '_' | '\\') { vec!['\\', c] } else { vec![c] }).collect();
    format!("%{escaped}%")
}

impl Store {
    /// Opens a dataset that nobody sees until [`Store::finish_dataset`]; rows are added in portions meanwhile.
    pub async fn begin_dataset(&self, project: i64, now: i64) -> Result<i64> {
        self.write(move |c| {
            let version: u32 =
                c.query_row("SELECT coalesce(max(version), 0) + 1 FROM dataset WHERE project_id = ?1", [project], |r| r.get(0))?;
            c.execute(
                "INSERT INTO dataset (project_id, version, name, source, created_at, columns, roles, plan, sizes, report, suggestion)
                 VALUES (?1, ?2, '', '', ?3, '[]', '{}', '{}', '{}', '{}', '{}')",
                (project, version, now),
            )?;
            Ok(c.last_insert_rowid())
        })
        .await
    }

    /// Adds rows; `first_number` is the position of the first of them.
    pub async fn add_examples(&self, dataset: i64, first_number: u32, rows: Vec<NewExample>) -> Result<()> {
        self.write(move |c| {
            let mut statement = c.prepare_cached(
                "INSERT INTO example (dataset_id, number, split, user_input, ground_truth_output, cells, input_hash, pair_hash, truth_hash)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?;
            for (number, row) in (first_number..).zip(&rows) {
                let key = SplitKey::of(&row.user_input, &row.ground_truth_output);
                statement.execute(params![
                    dataset,
                    number,
                    row.split.map(split_number),
                    row.user_input,
                    row.ground_truth_output,
                    json(&row.cells)?,
                    key.input_hash.to_le_bytes(),
                    key.pair_hash.to_le_bytes(),
                    key.truth_hash.to_le_bytes(),
                ])?;
            }
            Ok(())
        })
        .await
    }

    /// Divides the dataset and makes it the project's current one, in one transaction.
    pub async fn finish_dataset(&self, project: i64, dataset: i64, new: NewDataset, now: i64) -> Result<()> {
        self.write(move |c| {
            c.execute(
                "UPDATE dataset SET name = ?2, source = ?3, columns = ?4, roles = ?5, report = ?6, suggestion = ?7, complete = 1,
                        row_count = (SELECT count(*) FROM example WHERE dataset_id = ?1) WHERE id = ?1",
                params![dataset, new.name, new.source, json(&new.columns)?, json(&new.roles)?, json(&new.report)?, json(&new.suggestion)?],
            )?;
            apply_plan(c, dataset, &new.plan)?;
            match c.execute("UPDATE project SET dataset_id = ?2, updated_at = ?3 WHERE id = ?1", (project, dataset, now))? {
                0 => Err(Error::not_found("The project was deleted while the file was read. Import it again.")),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Removes a dataset that no run uses: an import that was cancelled or failed.
    pub async fn discard_dataset(&self, dataset: i64) -> Result<()> {
        self.write(move |c| {
            c.execute("DELETE FROM dataset WHERE id = ?1 AND complete = 0", [dataset])?;
            Ok(())
        })
        .await
    }

    /// The project's current dataset.
    pub async fn dataset(&self, project: i64) -> Result<Option<DatasetInfo>> {
        self.read(move |c| {
            let id: Option<Option<i64>> =
                c.query_row("SELECT dataset_id FROM project WHERE id = ?1", [project], |r| r.get(0)).optional()?;
            let id = id.ok_or_else(|| Error::not_found("That project was deleted. Go back to Home."))?;
            id.map(|id| info(c, id)).transpose()
        })
        .await
    }

    /// A dataset version by id.
    pub async fn dataset_by_id(&self, id: i64) -> Result<DatasetInfo> {
        self.read(move |c| info(c, id)).await
    }

    /// Divides a dataset anew.
    pub async fn split_dataset(&self, dataset: i64, plan: SplitPlan) -> Result<()> {
        self.write(move |c| apply_plan(c, dataset, &plan)).await
    }

    /// Ids by split as a plan by ratio would divide the dataset, in its order. The dataset keeps the division it has.
    pub async fn divide(&self, dataset: i64, plan: SplitPlan) -> Result<[Vec<i64>; 3]> {
        self.read(move |c| {
            let mut divided: [Vec<i64>; 3] = Default::default();
            for (id, split) in assigned(c, dataset, &plan)? {
                match split {
                    Some(Split::Train) => divided[0].push(id),
                    Some(Split::Validation) => divided[1].push(id),
                    Some(Split::Test) => divided[2].push(id),
                    None => {}
                }
            }
            Ok(divided)
        })
        .await
    }

    /// A page of the grid.
    pub async fn examples(&self, dataset: i64, split: Option<Split>, search: &str, offset: u32, limit: u32) -> Result<ExamplePage> {
        let search = (!search.is_empty()).then(|| like(search));
        self.read(move |c| {
            let filter = "dataset_id = ?1 AND (?2 IS NULL OR split = ?2)
                AND (?3 IS NULL OR user_input LIKE ?3 ESCAPE '\\' OR ground_truth_output LIKE ?3 ESCAPE '\\')";
            let split = split.map(split_number);
            let total = c
                .prepare_cached(&format!("SELECT count(*) FROM example WHERE {filter}"))?
                .query_row(params![dataset, split, search], |r| r.get(0))?;
            let mut statement =
                c.prepare_cached(&format!("SELECT {EXAMPLE_COLUMNS} FROM example WHERE {filter} ORDER BY number LIMIT ?4 OFFSET ?5"))?;
            let mut rows = statement.query(params![dataset, split, search, limit.min(500), offset])?;
            let mut page = Vec::new();
            while let Some(row) = rows.next()? {
                page.push(example(row)?);
            }
            Ok(ExamplePage { total, rows: page })
        })
        .await
    }

    /// One example of a project, whatever dataset version it stands in.
    pub async fn example_of_project(&self, project: i64, id: i64) -> Result<Example> {
        self.read(move |c| {
            let sql = "SELECT count(*) FROM example e JOIN dataset d ON d.id = e.dataset_id WHERE e.id = ?1 AND d.project_id = ?2";
            match c.query_row(sql, (id, project), |r| r.get::<_, u32>(0))? {
                0 => Err(Error::not_found(format!("Example {id} does not belong to this project. Choose another row."))),
                _ => example_by_id(c, id),
            }
        })
        .await
    }

    /// One example.
    pub async fn example(&self, id: i64) -> Result<Example> {
        self.read(move |c| example_by_id(c, id)).await
    }

    /// Examples with their split, in the order of the ids.
    pub async fn examples_with_split(&self, ids: Vec<i64>) -> Result<Vec<Example>> {
        self.read(move |c| ids.into_iter().map(|id| example_by_id(c, id)).collect()).await
    }

    /// Ids of the examples of a split, in dataset order.
    pub async fn split_ids(&self, dataset: i64, split: Split) -> Result<Vec<i64>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached("SELECT id FROM example WHERE dataset_id = ?1 AND split = ?2 ORDER BY number")?;
            let ids = statement.query_map((dataset, split_number(split)), |r| r.get(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok(ids)
        })
        .await
    }

    /// Ids of all examples of a dataset, in its order.
    pub async fn all_example_ids(&self, dataset: i64) -> Result<Vec<i64>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached("SELECT id FROM example WHERE dataset_id = ?1 ORDER BY number")?;
            let ids = statement.query_map([dataset], |r| r.get(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok(ids)
        })
        .await
    }

    /// Different ground truths of a dataset, the most frequent first, at most `limit`.
    pub async fn truths(&self, dataset: i64, limit: u32) -> Result<Vec<String>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT ground_truth_output FROM example WHERE dataset_id = ?1 GROUP BY truth_hash ORDER BY count(*) DESC, min(number) LIMIT ?2",
            )?;
            let truths = statement.query_map((dataset, limit), |r| r.get(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok(truths)
        })
        .await
    }

    /// Examples in the order of the ids.
    pub async fn examples_by_id(&self, ids: Arc<[i64]>) -> Result<Vec<StoredExample>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached("SELECT number, user_input, ground_truth_output, cells FROM example WHERE id = ?1")?;
            let mut examples = Vec::with_capacity(ids.len());
            for &id in ids.iter() {
                let mut rows = statement.query([id])?;
                let row = rows.next()?.ok_or_else(|| Error::not_found(format!("Example {id} does not exist any more.")))?;
                examples.push(StoredExample {
                    id,
                    number: row.get(0)?,
                    user_input: row.get(1)?,
                    ground_truth_output: row.get(2)?,
                    cells: from_json(&row.get::<_, String>(3)?)?,
                });
            }
            Ok(examples)
        })
        .await
    }
}

/// Contradictions told at most.
const MOST_CONTRADICTIONS: i64 = 20;

impl Store {
    /// Examples with the same input and different expected answers.
    pub async fn contradictions(&self, dataset: i64) -> Result<Vec<SuspectLabel>> {
        self.read(move |c| {
            let mut groups = c.prepare_cached(
                "SELECT input_hash FROM example WHERE dataset_id = ?1 GROUP BY input_hash HAVING count(DISTINCT truth_hash) > 1
                 ORDER BY min(number) LIMIT ?2",
            )?;
            let hashes: Vec<Vec<u8>> = groups.query_map((dataset, MOST_CONTRADICTIONS), |r| r.get(0))?.collect::<Result<_, _>>()?;
            let mut rows = c.prepare_cached(
                "SELECT number, ground_truth_output FROM example WHERE dataset_id = ?1 AND input_hash = ?2 ORDER BY number LIMIT 50",
            )?;
            let mut found = Vec::new();
            for hash in hashes {
                let group: Vec<(u32, String)> =
                    rows.query_map((dataset, hash), |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?;
                let mut truths: Vec<String> = Vec::new();
                for (_, truth) in &group {
                    if !truths.contains(truth) {
                        truths.push(truth.clone());
                    }
                }
                found.push(SuspectLabel { numbers: group.into_iter().map(|(n, _)| n).collect(), truths });
            }
            Ok(found)
        })
        .await
    }
}
