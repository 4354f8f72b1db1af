//! A file of our own export that comes back: its examples are known again, and what changed in it can be taken over.

use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::Engine;
use crate::{
    api::{KnownFile, MergeFile, MergedFile, ProjectId, RecogniseFile},
    dataset::{
        self, AskedImport, ColumnRoles, DatasetInfo, EXCLUDED_COLUMN, ExampleFilter, ExampleIdentity, ID_COLUMN, Input, NewExample,
        ReadOptions, Split, SplitKey, SplitPlan, is_own_column, says_excluded, split_of_word,
    },
    error::{Error, Result},
    store::{Lineage, MergedRow, StoredRow},
};

/// What the file holds, against what is there.
#[derive(Default)]
struct Difference {
    known: u64,
    /// New cells or another split, by the id of the example.
    changed: Vec<(i64, MergedRow)>,
    new: Vec<MergedRow>,
}

/// Where the file comes from.
struct Home {
    dataset: DatasetInfo,
    lineage: Lineage,
    name: String,
}

/// An example that is there: its id, its cells as a hash, its split.
#[derive(Debug, Clone, Copy)]
struct Here {
    id: i64,
    hash: u64,
    split: Option<Split>,
    excluded: bool,
}

/// The examples that are there, by number.
type There = HashMap<u32, Here>;

/// The cells of a row as a number; `counts` says of which columns.
fn hash(cells: &[String], counts: &[bool]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for cell in cells.iter().zip(counts).filter_map(|(cell, counts)| counts.then_some(cell)) {
        hasher.update(&(cell.len() as u64).to_le_bytes());
        hasher.update(cell.as_bytes());
    }
    let mut eight = [0; 8];
    eight.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(eight)
}

impl Engine {
    /// Whether a file is an export of ours, and what in it is new against what is there; none for every other file.
    pub async fn recognise_file(&self, request: RecogniseFile) -> Result<Option<KnownFile>> {
        let Some(home) = self.home_of(&request.path, &request.options).await? else { return Ok(None) };
        let difference = self.difference(&home, &request.path, &request.options).await?;
        Ok((difference.known > 0).then_some(KnownFile {
            project: home.lineage.project,
            name: home.name,
            known: difference.known,
            changed: difference.changed.len() as u64,
            new: difference.new.len() as u64,
        }))
    }

    /// Takes over what changed in a file of our own export: the rows that are known, those that are new, or both. It
    /// is one change of the dataset, which can be undone; runs keep the examples they used. Every example stays in the split it has, unless the file says another.
    pub async fn merge_file(&self, request: MergeFile) -> Result<MergedFile> {
        let home = self.home_of(&request.path, &request.options).await?;
        let home = home.ok_or_else(|| Error::invalid("This file holds no examples of a project that is here. Import it as new data."))?;
        let mut difference = self.difference(&home, &request.path, &request.options).await?;
        if !request.update {
            difference.changed.clear();
        }
        if !request.append {
            difference.new.clear();
        }
        let (updated, added) = (difference.changed.len() as u64, difference.new.len() as u64);
        if updated + added > 0 {
            let name = Path::new(&request.path).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let Difference { changed, new, .. } = difference;
            let words = format!("merged {name}");
            self.store().merge_examples(home.lineage.project, home.dataset.id, changed, new, words, self.now()).await?;
        }
        Ok(MergedFile { updated, added, view: self.open_project(ProjectId { project: home.lineage.project }).await? })
    }

    /// The project whose examples a file names, when it names any.
    async fn home_of(&self, path: &str, options: &ReadOptions) -> Result<Option<Home>> {
        let (path, options) = (PathBuf::from(path), options.clone());
        let look = move || dataset::first_rows(&[path.into()], &AskedImport { options, ..AskedImport::default() });
        let preview = tokio::task::spawn_blocking(look).await.map_err(|e| Error::internal(e.to_string()))??;
        let Some(place) = preview.columns.iter().position(|c| c == ID_COLUMN) else { return Ok(None) };
        let Some(identity) = preview.rows.iter().find_map(|row| row.get(place)?.parse::<ExampleIdentity>().ok()) else { return Ok(None) };
        let Some(lineage) = self.store().lineage_of(&identity.project).await? else { return Ok(None) };
        let Some(dataset) = self.store().dataset(lineage.project).await? else { return Ok(None) };
        if dataset.columns.iter().any(|column| !is_own_column(column) && !preview.columns.contains(column)) {
            // A column was taken out of it: its rows are no longer those of the dataset.
            return Ok(None);
        }
        let name = self.store().project(lineage.project).await?.name;
        Ok(Some(Home { dataset, lineage, name }))
    }

    async fn difference(&self, home: &Home, path: &str, options: &ReadOptions) -> Result<Difference> {
        let there: Arc<Mutex<There>> = Arc::default();
        let (filling, counts) = (Arc::clone(&there), data_columns(&home.dataset));
        let visit = move |row: StoredRow| {
            let example = row.example;
            let here = Here { id: example.id, hash: hash(&example.variables, &counts), split: example.split, excluded: example.excluded };
            filling.lock().unwrap_or_else(PoisonError::into_inner).insert(example.number, here);
            Ok(())
        };
        let ids = self.filtered_examples(home.lineage.project, ExampleFilter::default()).await?;
        self.store().stream_examples(home.lineage.project, home.dataset.id, ids, Vec::new(), visit).await?;
        let there = std::mem::take(&mut *there.lock().unwrap_or_else(PoisonError::into_inner));
        let (dataset, lineage) = (home.dataset.clone(), home.lineage.clone());
        let (path, options) = (PathBuf::from(path), options.clone());
        tokio::task::spawn_blocking(move || compare(&path, &options, &dataset, &lineage, &there))
            .await
            .map_err(|e| Error::internal(e.to_string()))?
    }
}

/// Which columns of a dataset are data: an earlier export of ours may have brought others.
fn data_columns(dataset: &DatasetInfo) -> Vec<bool> {
    dataset.columns.iter().map(|column| !is_own_column(column)).collect()
}

/// Reads the file and sorts its rows.
fn compare(path: &Path, options: &ReadOptions, dataset: &DatasetInfo, lineage: &Lineage, there: &There) -> Result<Difference> {
    let file = [Input::File(path.to_owned())];
    let mut asked = AskedImport { options: options.clone(), ..AskedImport::default() };
    let preview = dataset::first_rows(&file, &asked)?;
    let place = |name: &str| preview.columns.iter().position(|c| c == name);
    let role = |role: &Option<String>| role.as_deref().and_then(place);
    let (Some(id), Some(input), Some(truth)) = (place(ID_COLUMN), role(&dataset.roles.input), role(&dataset.roles.truth)) else {
        return Ok(Difference::default());
    };
    // The dataset's own split column is data; ours stands beside it under another name.
    let own = dataset.columns.iter().any(|c| c == "split");
    let split = place("mlprompt_split").or_else(|| if own { None } else { place("split") });
    let excluded = place(EXCLUDED_COLUMN);
    let counts = data_columns(dataset);
    let order: Vec<Option<usize>> = dataset.columns.iter().map(|c| place(c).filter(|_| !is_own_column(c))).collect();
    asked.roles = ColumnRoles { input: dataset.roles.input.clone(), truth: dataset.roles.truth.clone(), ..ColumnRoles::default() };
    asked.plan = Some(SplitPlan::Files);
    let (mut difference, mut seen) = (Difference::default(), HashSet::new());
    let mut visit = |example: NewExample<'_>| {
        let mut others = example.others.iter().copied();
        let read: Vec<&str> = (0..preview.columns.len())
            .map(|at| match at {
                at if at == input => example.user_input,
                at if at == truth => example.ground_truth_output,
                _ => others.next().unwrap_or_default(),
            })
            .collect();
        let cell = |at: usize| read.get(at).copied().unwrap_or_default();
        let identity: Option<ExampleIdentity> = cell(id).parse().ok();
        let here = identity
            .filter(|i| i.project == lineage.identity && i.import == lineage.import)
            // A row that was copied in the file is known once; its copies are new.
            .and_then(|i| there.get(&i.number).filter(|_| seen.insert(i.number)));
        let cells: Vec<String> = order.iter().map(|at| at.map_or_else(String::new, |at| cell(at).to_owned())).collect();
        let said = split.map(|at| split_of_word(cell(at)));
        let said_excluded = excluded.map(|at| says_excluded(cell(at)));
        match here {
            Some(here) => {
                difference.known += 1;
                let row = MergedRow { split: said.unwrap_or(here.split), excluded: said_excluded.unwrap_or(here.excluded), cells };
                if hash(&row.cells, &counts) != here.hash || (row.split, row.excluded) != (here.split, here.excluded) {
                    difference.changed.push((here.id, row));
                }
            }
            None => difference.new.push(MergedRow { split: said.flatten(), excluded: said_excluded.unwrap_or_default(), cells }),
        }
        Ok(())
    };
    dataset::read_examples(&file, &asked, &mut visit, &mut |_, _| ControlFlow::Continue(()))?;
    divide_new(&mut difference.new, &dataset.plan, &dataset.roles, &dataset.columns);
    Ok(difference)
}

/// New rows that name no split are drawn into one by the dataset's ratio.
fn divide_new(new: &mut [MergedRow], plan: &SplitPlan, roles: &ColumnRoles, columns: &[String]) {
    let place = |role: &Option<String>| columns.iter().position(|c| Some(c) == role.as_ref()).unwrap_or(0);
    let (input, truth) = (place(&roles.input), place(&roles.truth));
    if let SplitPlan::Ratio { .. } = plan {
        let undecided: Vec<usize> = (0..new.len()).filter(|&i| new[i].split.is_none()).collect();
        let keys: Vec<SplitKey> = undecided.iter().map(|&i| SplitKey::of(&new[i].cells[input], &new[i].cells[truth])).collect();
        for (place, split) in undecided.into_iter().zip(dataset::assign(plan, &keys)) {
            new[place].split = split;
        }
    }
}
