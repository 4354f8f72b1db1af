//! Changes of a dataset: each is one transaction that makes a version, and each can be undone and done again.

use rusqlite::{Connection, params};

use super::{
    Store,
    cells::{Place, Reader, Shape},
    datasets::{assigned, current, info, leaks, next_version},
    from_json, json,
    rows::{self, Change, Rows, State, in_one_view},
};
use crate::{
    dataset::{DatasetInfo, DatasetVersion, RepeatKind, RepeatResolution, Split, SplitKey, SplitPlan, repeats},
    error::{Error, Result},
};

/// A change on its way: the rows as they are to become, and which of them differ.
pub(super) struct Draft<'c> {
    c: &'c Connection,
    /// The version it starts from.
    base: i64,
    pub rows: Rows,
    changes: Vec<Change>,
    /// Where examples are divided or leave, inputs may stand in several splits.
    pub leaks: bool,
    plan: Option<SplitPlan>,
}

impl<'c> Draft<'c> {
    pub fn open(c: &'c Connection, project: i64, expected: Option<i64>) -> Result<Self> {
        let base = needed(c, project)?;
        if expected.is_some_and(|expected| expected != base) {
            return Err(Error::invalid("The data was changed in another window or command meanwhile. Look at it again, then repeat this."));
        }
        rows::move_to(c, base)?;
        Ok(Self { c, base, rows: Rows::at(c, base)?, changes: Vec::new(), leaks: false, plan: None })
    }

    pub fn set(&mut self, place: u32, after: State) {
        let before = self.rows.state(place);
        if before != after {
            self.rows.set(place, after);
            self.changes.push(Change { place, before, after });
        }
    }

    /// The place of an example that the version has.
    pub fn place(&self, id: i64) -> Result<u32> {
        let place = self.rows.place(id).filter(|&place| !self.rows.state(place).gone());
        place.ok_or_else(|| {
            Error::not_found(format!("Example {id} is not in the current version of the data. Look at the list again, then repeat this."))
        })
    }

    fn set_all(&mut self, ids: &[i64], after: impl Fn(State) -> State) -> Result<usize> {
        for &id in ids {
            let place = self.place(id)?;
            self.set(place, after(self.rows.state(place)));
        }
        Ok(self.changes.len())
    }

    /// Writes the version, makes it current, and tells what it is. Without a change nothing is written.
    pub fn keep(mut self, project: i64, words: &str, now: i64) -> Result<DatasetInfo> {
        let c = self.c;
        let old = info(c, self.base)?;
        if self.changes.is_empty() && self.plan.as_ref().is_none_or(|plan| *plan == old.plan) {
            return Ok(old);
        }
        let places: Vec<u32> = self.changes.iter().map(|change| change.place).collect();
        self.rows.write(c, &places)?;
        let leaks = if self.leaks { leaks(&self.rows, &self.rows.keys(c)?) } else { old.leaks };
        let (count, excluded) = self.rows.counts();
        c.execute(
            "INSERT INTO dataset (project_id, version, name, source, created_at, complete, columns, roles, plan, sizes, report, suggestion,
                                  row_count, leaks, import_id, base_id, changes, change, undo_id, excluded)
             SELECT project_id, ?2, name, source, ?3, 1, '[]', roles, ?4, ?5, '{}', suggestion, ?6, ?7, import_id, id, ?8, ?9, id, ?10
             FROM dataset WHERE id = ?1",
            params![
                self.base,
                next_version(c, project)?,
                now,
                json(self.plan.as_ref().unwrap_or(&old.plan))?,
                json(&self.rows.sizes())?,
                count,
                leaks,
                rows::encode(&mut self.changes),
                words,
                excluded
            ],
        )?;
        let version = c.last_insert_rowid();
        c.execute("UPDATE dataset SET head_id = ?2 WHERE id = ?1", (self.rows.import, version))?;
        make_current(c, project, version, now)?;
        info(c, version)
    }
}

fn needed(c: &Connection, project: i64) -> Result<i64> {
    current(c, project)?.ok_or_else(|| Error::invalid("This project has no data yet. Drop a file on the window first."))
}

fn make_current(c: &Connection, project: i64, version: i64, now: i64) -> Result<()> {
    rows::move_to(c, version)?;
    c.execute("UPDATE project SET dataset_id = ?2, updated_at = ?3 WHERE id = ?1", (project, version, now))?;
    Ok(())
}

/// `1 example`, `12 examples`.
pub(super) fn counted(count: usize) -> String {
    if count == 1 { "1 example".to_owned() } else { format!("{count} examples") }
}

impl Store {
    /// Another text in one cell: a row of its own takes the place of the old one.
    pub async fn set_cell(&self, project: i64, example: i64, column: String, text: String, now: i64) -> Result<DatasetInfo> {
        if text.contains('\0') {
            return Err(Error::invalid("A cell cannot hold the character NUL. Remove it from the text."));
        }
        self.write(move |c| {
            let mut draft = Draft::open(c, project, None)?;
            let place = draft.place(example)?;
            let shape = Shape::of(c, draft.rows.import)?;
            let old = Reader::new(c).stored(example)?;
            let cell = shape.place(&column)?;
            let role = match cell {
                Place::Input => Some("input"),
                Place::Truth => Some("ground truth"),
                Place::Other(_) => None,
            };
            if let Some(role) = role.filter(|_| text.is_empty()) {
                return Err(Error::invalid(format!(
                    "`{column}` is the {role}, which cannot be empty. Delete or exclude the example instead."
                )));
            }
            let (mut input, mut truth) = (old.user_input.clone(), old.ground_truth_output.clone());
            let mut others: Vec<String> = c
                .query_row("SELECT others FROM example WHERE id = ?1", [example], |r| r.get::<_, Option<String>>(0))?
                .map(|others| from_json(&others))
                .transpose()?
                .unwrap_or_default();
            let target = match cell {
                Place::Input => &mut input,
                Place::Truth => &mut truth,
                Place::Other(at) => others.get_mut(at).ok_or_else(|| rows::damaged("an example has fewer cells than columns"))?,
            };
            if *target == text {
                return info(c, draft.base);
            }
            target.clone_from(&text);
            c.execute(
                "INSERT INTO example (dataset_id, number, user_input, ground_truth_output, others) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![draft.rows.import, old.number, input, truth, if others.is_empty() { None } else { Some(json(&others)?) }],
            )?;
            let id = c.last_insert_rowid();
            // Who saw the example in a test has seen it, whatever is corrected in it.
            c.execute(
                "INSERT INTO test_opening (example_id, run_id, opened_at, pair_hash)
                 SELECT ?2, run_id, opened_at, pair_hash FROM test_opening WHERE example_id = ?1",
                (example, id),
            )?;
            let state = draft.rows.state(place);
            let key = SplitKey::of(&input, &truth);
            rows::add_block(c, draft.rows.import, id, old.number, 1)?;
            rows::fill_block(c, id, std::iter::once(State::GONE), &[key])?;
            draft.rows = Rows::at(c, draft.base)?;
            draft.set(place, draft.rows.state(place).taken_out());
            let new_place = draft.rows.place(id).ok_or_else(|| rows::damaged("a row that was just written is not there"))?;
            draft.set(new_place, state);
            draft.leaks = cell == Place::Input;
            draft.keep(project, &format!("edited {column} of example {}", old.number), now)
        })
        .await
    }

    /// Examples into another split, or into none.
    pub async fn move_to_split(&self, project: i64, version: i64, ids: Vec<i64>, split: Option<Split>, now: i64) -> Result<DatasetInfo> {
        self.write(move |c| {
            let mut draft = Draft::open(c, project, Some(version))?;
            let moved = draft.set_all(&ids, |state| state.with_split(split))?;
            draft.leaks = true;
            draft.keep(project, &format!("moved {} to {}", counted(moved), split.map_or("no split", Split::word)), now)
        })
        .await
    }

    /// Examples out of runs, or back.
    pub async fn exclude(&self, project: i64, version: i64, ids: Vec<i64>, excluded: bool, now: i64) -> Result<DatasetInfo> {
        self.write(move |c| {
            let mut draft = Draft::open(c, project, Some(version))?;
            let changed = draft.set_all(&ids, |state| state.with_excluded(excluded))?;
            draft.leaks = true;
            let words = if excluded { format!("excluded {}", counted(changed)) } else { format!("took {} back in", counted(changed)) };
            draft.keep(project, &words, now)
        })
        .await
    }

    /// Examples out of the dataset. Runs that used them keep them.
    pub async fn delete_examples(&self, project: i64, version: i64, ids: Vec<i64>, now: i64) -> Result<DatasetInfo> {
        self.write(move |c| {
            let mut draft = Draft::open(c, project, Some(version))?;
            let deleted = draft.set_all(&ids, State::taken_out)?;
            if draft.rows.counts().0 == 0 {
                return Err(Error::invalid("That would delete every example. Keep some, or delete the project."));
            }
            draft.leaks = true;
            draft.keep(project, &format!("deleted {}", counted(deleted)), now)
        })
        .await
    }

    /// Divides the dataset anew. Excluded examples are divided too, so that they can come back.
    pub async fn split_dataset(&self, project: i64, plan: SplitPlan, now: i64) -> Result<DatasetInfo> {
        self.write(move |c| {
            let mut draft = Draft::open(c, project, None)?;
            for (place, split) in assigned(&draft.rows, &draft.rows.keys(c)?, &plan) {
                draft.set(place, draft.rows.state(place).with_split(split));
            }
            draft.leaks = true;
            let words = match plan {
                SplitPlan::Ratio { train, validation, test, seed } => format!("divided {train}/{validation}/{test}, seed {seed}"),
                _ => "divided anew".to_owned(),
            };
            draft.plan = Some(plan);
            draft.keep(project, &words, now)
        })
        .await
    }

    /// Does away with repeats.
    pub async fn resolve_repeats(&self, project: i64, kind: RepeatKind, how: RepeatResolution, now: i64) -> Result<DatasetInfo> {
        let fits = match how {
            RepeatResolution::ExcludeLater | RepeatResolution::DeleteLater => kind == RepeatKind::Duplicates,
            RepeatResolution::ExcludeAll | RepeatResolution::KeepMajority => kind == RepeatKind::Contradictions,
        };
        if !fits {
            return Err(Error::invalid(match kind {
                RepeatKind::Duplicates => "Of duplicates the first one stays: exclude or delete the later ones.",
                RepeatKind::Contradictions => "Of contradictions exclude all, or keep those with the ground truth of the majority.",
            }));
        }
        self.write(move |c| {
            let mut draft = Draft::open(c, project, None)?;
            let keys = draft.rows.keys(c)?;
            let groups = repeats::groups(&keys, |place| draft.rows.state(place).usable(), kind);
            for mut group in groups {
                group.sort_unstable_by_key(|&place| draft.rows.number(place));
                let stays = |place: u32| match how {
                    RepeatResolution::ExcludeLater | RepeatResolution::DeleteLater => place == group[0],
                    RepeatResolution::ExcludeAll => false,
                    RepeatResolution::KeepMajority => {
                        let truth = keys[place as usize].truth_hash;
                        group.iter().filter(|&&other| keys[other as usize].truth_hash == truth).count() * 2 > group.len()
                    }
                };
                for &place in &group {
                    if !stays(place) {
                        let state = draft.rows.state(place);
                        draft.set(place, if how == RepeatResolution::DeleteLater { state.taken_out() } else { state.with_excluded(true) });
                    }
                }
            }
            draft.leaks = true;
            let what = match kind {
                RepeatKind::Duplicates => "duplicates",
                RepeatKind::Contradictions => "contradictions",
            };
            let done = if how == RepeatResolution::DeleteLater { "deleted" } else { "excluded" };
            let words = format!("{done} {} ({what})", counted(draft.changes.len()));
            draft.keep(project, &words, now)
        })
        .await
    }

    /// Back to the version that the current one was made from.
    pub async fn undo_edit(&self, project: i64, now: i64) -> Result<DatasetInfo> {
        self.write(move |c| {
            let here = needed(c, project)?;
            let back: Option<i64> = c.query_row("SELECT undo_id FROM dataset WHERE id = ?1", [here], |r| r.get(0))?;
            let back = back.ok_or_else(|| Error::invalid("There is nothing to undo."))?;
            c.execute("UPDATE dataset SET redo_id = ?2 WHERE id = ?1", (back, here))?;
            make_current(c, project, back, now)?;
            info(c, back)
        })
        .await
    }

    /// On to the version that was undone last.
    pub async fn redo_edit(&self, project: i64, now: i64) -> Result<DatasetInfo> {
        self.write(move |c| {
            let here = needed(c, project)?;
            let forth: Option<i64> = c.query_row("SELECT redo_id FROM dataset WHERE id = ?1", [here], |r| r.get(0))?;
            let forth = forth.ok_or_else(|| Error::invalid("There is nothing to redo."))?;
            make_current(c, project, forth, now)?;
            info(c, forth)
        })
        .await
    }

    /// A new version that is as an earlier one was, so that this can be undone as well.
    pub async fn restore_dataset_version(&self, project: i64, version: i64, now: i64) -> Result<DatasetInfo> {
        self.write(move |c| {
            let here = needed(c, project)?;
            let sql = "SELECT version FROM dataset WHERE id = ?1 AND project_id = ?2 AND complete = 1";
            let number: Option<u32> = rusqlite::OptionalExtension::optional(c.query_row(sql, (version, project), |r| r.get(0)))?;
            let number = number.ok_or_else(|| Error::not_found("This project has no such dataset version. Look at the list again."))?;
            if version == here {
                return info(c, here);
            }
            c.execute(
                "INSERT INTO dataset (project_id, version, name, source, created_at, complete, columns, roles, plan, sizes, report, suggestion,
                                      row_count, leaks, import_id, base_id, change, undo_id, excluded, profile)
                 SELECT project_id, ?2, name, source, ?3, 1, '[]', roles, plan, sizes, '{}', suggestion,
                        row_count, leaks, import_id, id, ?4, ?5, excluded, profile FROM dataset WHERE id = ?1",
                params![version, next_version(c, project)?, now, format!("went back to version {number}"), here],
            )?;
            let restored = c.last_insert_rowid();
            make_current(c, project, restored, now)?;
            info(c, restored)
        })
        .await
    }

    /// The versions of a project's dataset, newest first.
    pub async fn dataset_versions(&self, project: i64) -> Result<Vec<DatasetVersion>> {
        self.read(move |c| {
            in_one_view(c, || {
                let now = current(c, project)?;
                let mut statement = c.prepare_cached(
                    "SELECT id, version, created_at, change, row_count, excluded, sizes, (SELECT count(*) FROM run WHERE run.dataset_id = dataset.id AND run.deleted_at IS NULL)
                     FROM dataset WHERE project_id = ?1 AND complete = 1 ORDER BY id DESC",
                )?;
                let mut found = statement.query([project])?;
                let mut versions = Vec::new();
                while let Some(row) = found.next()? {
                    let id: i64 = row.get(0)?;
                    versions.push(DatasetVersion {
                        id,
                        version: row.get(1)?,
                        created_at: row.get(2)?,
                        change: row.get(3)?,
                        rows: row.get(4)?,
                        excluded: row.get(5)?,
                        sizes: from_json(&row.get::<_, String>(6)?)?,
                        runs: row.get(7)?,
                        current: now == Some(id),
                    });
                }
                Ok(versions)
            })
        })
        .await
    }

    /// Remembers that somebody found a ground truth right.
    pub async fn confirm_truth(&self, example: i64, now: i64) -> Result<()> {
        self.write(move |c| {
            c.execute("INSERT OR REPLACE INTO confirmed_truth (example_id, confirmed_at) VALUES (?1, ?2)", (example, now))?;
            Ok(())
        })
        .await
    }

    /// Nobody has found the ground truth of this example right.
    pub async fn reopen_truth(&self, example: i64) -> Result<()> {
        self.write(move |c| {
            c.execute("DELETE FROM confirmed_truth WHERE example_id = ?1", [example])?;
            Ok(())
        })
        .await
    }

    /// Those of these examples whose ground truth somebody found right.
    pub async fn confirmed_truths(&self, ids: Vec<i64>) -> Result<std::collections::HashSet<i64>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached("SELECT count(*) FROM confirmed_truth WHERE example_id = ?1")?;
            let mut confirmed = std::collections::HashSet::new();
            for id in ids {
                if statement.query_row([id], |r| r.get::<_, i64>(0))? > 0 {
                    confirmed.insert(id);
                }
            }
            Ok(confirmed)
        })
        .await
    }
}
