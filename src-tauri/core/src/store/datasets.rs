//! Dataset versions and their examples.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{Connection, OptionalExtension, params};

use super::{
    Portion, Store, StoredExample,
    cells::{Reader, example_by_id},
    from_json, json,
    rows::{self, Rows, State, in_one_view},
};
use crate::{
    dataset::{
        self, ColumnRoles, DataProfile, DatasetInfo, Example, ImportReport, RepeatKind, Split, SplitKey, SplitPlan, SplitSizes, repeats,
        split,
    },
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
    /// The split of every row, in the order they were added.
    pub splits: Vec<Option<Split>>,
    /// The hashes of every row, in the same order.
    pub keys: Vec<SplitKey>,
    /// Inputs that stand in more than one split.
    pub leaks: u32,
    /// Which rows are kept out of runs, from 0 in the same order.
    pub excluded: Vec<u32>,
    /// What reading found.
    pub report: ImportReport,
    /// What the data says; none: worked out once somebody asks.
    pub profile: Option<DataProfile>,
    /// The metric to propose.
    pub suggestion: MetricSuggestion,
}

pub(super) fn split_number(split: Split) -> i64 {
    match split {
        Split::Train => 0,
        Split::Validation => 1,
        Split::Test => 2,
    }
}

/// Inputs that stand in more than one split, excluded examples aside.
pub(super) fn leaks(rows: &Rows, keys: &[SplitKey]) -> u32 {
    split::leaks(keys, &used_splits(rows))
}

/// The split of every row by place; none where it is excluded.
pub(super) fn used_splits(rows: &Rows) -> Vec<Option<Split>> {
    (0..rows.len() as u32).map(|place| rows.state(place)).map(|s| s.split().filter(|_| s.usable())).collect()
}

/// Where a plan by ratio puts the rows that are not gone, by place.
pub(super) fn assigned(rows: &Rows, keys: &[SplitKey], plan: &SplitPlan) -> Vec<(u32, Option<Split>)> {
    let places = rows.in_order();
    let keys: Vec<SplitKey> = places.iter().map(|&place| keys[place as usize]).collect();
    let splits = split::assign(plan, &keys);
    places.into_iter().zip(splits).collect()
}

/// A dataset version as the Data screen shows it.
pub(super) fn info(c: &Connection, id: i64) -> Result<DatasetInfo> {
    let mut statement = c.prepare_cached(
        // Columns and report are those of the import; a change does not copy them. CROSS JOIN: openings are few, rows may be a million.
        "SELECT v.version, v.name, v.source, v.created_at, i.columns, v.roles, v.row_count, v.plan, v.sizes, i.report, v.leaks, v.suggestion,
                (SELECT count(DISTINCT o.run_id) FROM test_opening o CROSS JOIN example e ON e.id = o.example_id WHERE e.dataset_id = v.import_id),
                v.excluded, CASE WHEN v.undo_id IS NOT NULL THEN v.change END, (SELECT n.change FROM dataset n WHERE n.id = v.redo_id)
         FROM dataset v JOIN dataset i ON i.id = v.import_id WHERE v.id = ?1 AND v.complete = 1",
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
        excluded: row.get(13)?,
        can_undo: row.get(14)?,
        can_redo: row.get(15)?,
    })
}

/// The id of a project's current dataset version.
pub(super) fn current(c: &Connection, project: i64) -> Result<Option<i64>> {
    let id: Option<Option<i64>> = c
        .prepare_cached("SELECT dataset_id FROM project WHERE id = ?1 AND deleted_at IS NULL")?
        .query_row([project], |r| r.get(0))
        .optional()?;
    id.ok_or_else(super::projects::gone)
}

pub(super) fn next_version(c: &Connection, project: i64) -> Result<u32> {
    Ok(c.query_row("SELECT coalesce(max(version), 0) + 1 FROM dataset WHERE project_id = ?1", [project], |r| r.get(0))?)
}

impl Store {
    /// Opens a dataset that nobody sees until [`Store::finish_dataset`]; rows are added in portions meanwhile. `makes_project` tells
    /// that the project was made for it: should the import be interrupted, it goes too.
    pub async fn begin_dataset(&self, project: i64, makes_project: bool, now: i64) -> Result<i64> {
        self.write(move |c| {
            c.execute(
                "INSERT INTO dataset (project_id, version, name, source, created_at, columns, roles, plan, sizes, report, suggestion, change)
                 VALUES (?1, ?2, '', '', ?3, '[]', '{}', '{}', '{}', '{}', '{}', ?4)",
                (project, next_version(c, project)?, now, if makes_project { MAKES_PROJECT } else { "" }),
            )?;
            let id = c.last_insert_rowid();
            c.execute("UPDATE dataset SET import_id = ?1, head_id = ?1 WHERE id = ?1", [id])?;
            Ok(id)
        })
        .await
    }

    /// Adds rows; `first_number` is the position of the first of them.
    pub async fn add_examples(&self, dataset: i64, first_number: u32, portion: Portion) -> Result<()> {
        if portion.is_empty() {
            return Ok(());
        }
        self.write(move |c| {
            let mut statement = c.prepare_cached(
                "INSERT INTO example (dataset_id, number, user_input, ground_truth_output, others) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            for (number, (user_input, ground_truth_output, others)) in (first_number..).zip(portion.rows()) {
                statement.execute((dataset, number, user_input, ground_truth_output, others))?;
            }
            let count = portion.len() as i64;
            let first_id = c.last_insert_rowid() - count + 1;
            rows::add_block(c, dataset, first_id, first_number, portion.len())
        })
        .await
    }

    /// Gives the rows their splits and makes the dataset the project's current one, in one transaction.
    pub async fn finish_dataset(&self, project: i64, dataset: i64, new: NewDataset, now: i64) -> Result<()> {
        self.write(move |c| {
            let mut blocks = c.prepare("SELECT first_id, count FROM example_block WHERE dataset_id = ?1 ORDER BY first_id")?;
            let blocks =
                blocks.query_map([dataset], |r| Ok((r.get(0)?, r.get::<_, usize>(1)?)))?.collect::<Result<Vec<(i64, usize)>, _>>()?;
            let (mut splits, mut keys) = (new.splits.as_slice(), new.keys.as_slice());
            let (mut row, mut excluded) = (0_u32, new.excluded.as_slice());
            for (first_id, count) in blocks {
                if splits.len() < count || keys.len() < count {
                    return Err(Error::internal("An import ended with fewer splits than rows."));
                }
                let (own_splits, own_keys);
                (own_splits, splits) = splits.split_at(count);
                (own_keys, keys) = keys.split_at(count);
                let (own_excluded, later) = excluded.split_at(excluded.partition_point(|&at| at < row + count as u32));
                let mut states: Vec<State> = own_splits.iter().map(|split| State::of(*split)).collect();
                for &at in own_excluded {
                    states[(at - row) as usize] = State::of(own_splits[(at - row) as usize]).with_excluded(true);
                }
                (row, excluded) = (row + count as u32, later);
                rows::fill_block(c, first_id, states.into_iter(), own_keys)?;
            }
            c.execute(
                "UPDATE dataset SET name = ?2, source = ?3, columns = ?4, roles = ?5, report = ?6, suggestion = ?7, complete = 1, plan = ?8,
                        sizes = ?9, leaks = ?10, row_count = ?11, profile = ?12, change = ?13, undo_id = ?14, excluded = ?15 WHERE id = ?1",
                params![
                    dataset,
                    new.name,
                    new.source,
                    json(&new.columns)?,
                    json(&new.roles)?,
                    json(&new.report)?,
                    json(&new.suggestion)?,
                    json(&new.plan)?,
                    json(&SplitSizes::count(dataset::used(&new.splits, &new.excluded).iter().copied()))?,
                    new.leaks,
                    new.keys.len() as i64,
                    new.profile.as_ref().map(json).transpose()?,
                    format!("imported {}", new.name),
                    current(c, project).map_err(|_| gone_meanwhile())?,
                    new.excluded.len() as i64,
                ],
            )?;
            match c.execute(
                "UPDATE project SET dataset_id = ?2, updated_at = ?3 WHERE id = ?1 AND deleted_at IS NULL",
                (project, dataset, now),
            )? {
                0 => Err(gone_meanwhile()),
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

    /// Imports that never came to their end, each with the project that was made for it and has nothing else.
    pub async fn incomplete_datasets(&self) -> Result<Vec<(i64, Option<i64>)>> {
        self.read(|c| {
            let mut statement = c.prepare(
                "SELECT id, CASE WHEN change = ?1 AND NOT EXISTS (SELECT 1 FROM dataset o WHERE o.project_id = dataset.project_id AND o.complete = 1)
                             THEN project_id END
                 FROM dataset WHERE complete = 0",
            )?;
            let found = statement.query_map([MAKES_PROJECT], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<Vec<_>, _>>()?;
            Ok(found)
        })
        .await
    }

    /// The project's current dataset.
    pub async fn dataset(&self, project: i64) -> Result<Option<DatasetInfo>> {
        self.read(move |c| in_one_view(c, || current(c, project)?.map(|id| info(c, id)).transpose())).await
    }

    /// A dataset version by id.
    pub async fn dataset_by_id(&self, id: i64) -> Result<DatasetInfo> {
        self.read(move |c| info(c, id)).await
    }

    /// Ids by split as a plan by ratio would divide the dataset, in its order, without excluded examples. The dataset keeps the division
    /// it has.
    pub async fn divide(&self, dataset: i64, plan: SplitPlan) -> Result<[Vec<i64>; 3]> {
        self.read(move |c| {
            let rows = Rows::at(c, dataset)?;
            let mut divided: [Vec<i64>; 3] = Default::default();
            for (place, split) in assigned(&rows, &rows.keys(c)?, &plan) {
                if let Some(split) = split.filter(|_| rows.state(place).usable()) {
                    divided[split_number(split) as usize].push(rows.id(place));
                }
            }
            Ok(divided)
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

    /// Examples with their split, in the order of the ids.
    pub async fn examples_with_split(&self, ids: Vec<i64>) -> Result<Vec<Example>> {
        self.read(move |c| {
            let mut reader = Reader::new(c);
            ids.into_iter().map(|id| reader.example(id, rows::state_now(c, id)?)).collect()
        })
        .await
    }

    /// Ids of the examples of a split that a run may use, in dataset order.
    pub async fn split_ids(&self, dataset: i64, split: Split) -> Result<Vec<i64>> {
        self.usable_ids(dataset, move |state| state.split() == Some(split)).await
    }

    /// Ids of all examples of a dataset that a run may use, in its order.
    pub async fn all_example_ids(&self, dataset: i64) -> Result<Vec<i64>> {
        self.usable_ids(dataset, |_| true).await
    }

    async fn usable_ids(&self, dataset: i64, wanted: impl Fn(State) -> bool + Send + 'static) -> Result<Vec<i64>> {
        self.read(move |c| {
            let rows = Rows::at(c, dataset)?;
            let chosen = rows.in_order().into_iter().filter(|&place| rows.state(place).usable() && wanted(rows.state(place)));
            Ok(chosen.map(|place| rows.id(place)).collect())
        })
        .await
    }

    /// Different ground truths of a dataset, the most frequent first, at most `limit`. Excluded examples count too: what is a label does
    /// not change by leaving an example out.
    pub async fn truths(&self, dataset: i64, limit: u32) -> Result<Vec<String>> {
        self.read(move |c| {
            let rows = Rows::at(c, dataset)?;
            let keys = rows.keys(c)?;
            // Frequency and the first row of each.
            let mut found: HashMap<u64, (usize, u32)> = HashMap::new();
            for place in rows.in_order() {
                found.entry(keys[place as usize].truth_hash).or_insert((0, place)).0 += 1;
            }
            let mut found: Vec<(usize, u32)> = found.into_values().collect();
            found.sort_unstable_by_key(|&(count, place)| (std::cmp::Reverse(count), rows.number(place)));
            found.truncate(limit as usize);
            let mut text = c.prepare_cached("SELECT ground_truth_output FROM example WHERE id = ?1")?;
            found.into_iter().map(|(_, place)| Ok(text.query_row([rows.id(place)], |r| r.get(0))?)).collect()
        })
        .await
    }

    /// Examples in the order of the ids.
    pub async fn examples_by_id(&self, ids: Arc<[i64]>) -> Result<Vec<StoredExample>> {
        self.read(move |c| {
            let mut reader = Reader::new(c);
            ids.iter().map(|&id| reader.stored(id)).collect()
        })
        .await
    }

    /// Examples with the same input and different expected answers.
    pub async fn contradictions(&self, dataset: i64) -> Result<Vec<SuspectLabel>> {
        self.read(move |c| {
            let rows = Rows::at(c, dataset)?;
            let mut groups = repeats::groups(&rows.keys(c)?, |place| rows.state(place).usable(), RepeatKind::Contradictions);
            for group in &mut groups {
                group.sort_unstable_by_key(|&place| rows.number(place));
                group.truncate(MOST_OF_A_CONTRADICTION);
            }
            groups.sort_unstable_by_key(|group| group.first().map(|&place| rows.number(place)));
            groups.truncate(MOST_CONTRADICTIONS);
            let mut text = c.prepare_cached("SELECT ground_truth_output FROM example WHERE id = ?1")?;
            let mut found = Vec::new();
            for group in groups {
                let mut truths: Vec<String> = Vec::new();
                for &place in &group {
                    let truth: String = text.query_row([rows.id(place)], |r| r.get(0))?;
                    if !truths.contains(&truth) {
                        truths.push(truth);
                    }
                }
                found.push(SuspectLabel { numbers: group.into_iter().map(|place| rows.number(place)).collect(), truths });
            }
            Ok(found)
        })
        .await
    }
}

/// What stands for the words of a change while an import goes on that made its project.
const MAKES_PROJECT: &str = "makes its project";

/// Contradictions told at most.
const MOST_CONTRADICTIONS: usize = 20;
/// Examples of one of them told at most.
const MOST_OF_A_CONTRADICTION: usize = 50;

fn gone_meanwhile() -> Error {
    Error::not_found("The project was deleted while the file was read. Import it again.")
}
