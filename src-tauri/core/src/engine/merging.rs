//! A file that comes back, by the identity that our exports carry or by the dataset's id column: its examples are known again, and what
//! changed in it can be taken over.

use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{Engine, door};
use crate::{
    api::{KnownFile, MergeFile, MergedFile, ProjectId, RecogniseFile},
    dataset::{
        self, AskedImport, ColumnRoles, DatasetInfo, EXCLUDED_COLUMN, ExampleFilter, ExampleIdentity, ID_COLUMN, ImportPreview, Input,
        NewExample, ReadOptions, Split, SplitKey, SplitPlan, is_own_column, says_excluded, split_of_file_name, split_of_word,
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

/// What the rows of a file are known by.
#[derive(Debug, Clone)]
enum KnownBy {
    /// The identity that our exports carry.
    Identity(Lineage),
    /// The dataset's id column.
    Column(String),
}

impl KnownBy {
    /// The column of the file that says it.
    fn column(&self) -> &str {
        match self {
            Self::Identity(_) => ID_COLUMN,
            Self::Column(name) => name,
        }
    }

    /// What a cell of that column names.
    fn key(&self, cell: &str) -> Option<u64> {
        match self {
            Self::Identity(lineage) => {
                let identity: ExampleIdentity = cell.parse().ok()?;
                (identity.project == lineage.identity && identity.import == lineage.import).then(|| identity.number.into())
            }
            Self::Column(_) => (!cell.is_empty()).then(|| hash([cell])),
        }
    }
}

/// Where the file comes from.
struct Home {
    project: i64,
    dataset: DatasetInfo,
    name: String,
    by: KnownBy,
}

/// An example that is there: its id, its cells as a hash, its split.
#[derive(Debug, Clone, Copy)]
struct Here {
    id: i64,
    hash: u64,
    split: Option<Split>,
    excluded: bool,
}

/// The examples that are there, by [`KnownBy::key`].
#[derive(Default)]
struct There {
    examples: HashMap<u64, Here>,
    /// An id that stands twice says nothing of which example is meant.
    ambiguous: bool,
}

/// The cells of those columns that count.
fn counting<'a>(cells: &'a [String], counts: &'a [bool]) -> impl Iterator<Item = &'a str> {
    cells.iter().zip(counts).filter_map(|(cell, counts)| counts.then_some(cell.as_str()))
}

/// Cells as a number.
fn hash<'a>(cells: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for cell in cells {
        hasher.update(&(cell.len() as u64).to_le_bytes());
        hasher.update(cell.as_bytes());
    }
    let mut eight = [0; 8];
    eight.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(eight)
}

impl Engine {
    /// Whether the rows of a file are known, and what in it is new against what is there; none for every other file.
    #[door]
    pub async fn recognise_file(&self, request: RecogniseFile) -> Result<Option<KnownFile>> {
        let Some(home) = self.home_of(&request.path, &request.options, request.project).await? else { return Ok(None) };
        let difference = self.difference(&home, &request.path, &request.options).await?;
        Ok((difference.known > 0).then_some(KnownFile {
            project: home.project,
            id_column: if let KnownBy::Column(name) = home.by { Some(name) } else { None },
            name: home.name,
            known: difference.known,
            changed: difference.changed.len() as u64,
            new: difference.new.len() as u64,
        }))
    }

    /// Takes over what changed in a file whose rows are known: the rows that are known, those that are new, or both. It
    /// is one change of the dataset, which can be undone; runs keep the examples they used. Every example stays in the split it has, unless the file says another.
    #[door]
    pub async fn merge_file(&self, request: MergeFile) -> Result<MergedFile> {
        let stranger = || Error::invalid("This file holds no examples of a project that is here. Import it as new data.");
        let home = self.home_of(&request.path, &request.options, request.project).await?.ok_or_else(stranger)?;
        let mut difference = self.difference(&home, &request.path, &request.options).await?;
        if difference.known == 0 {
            return Err(stranger());
        }
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
            self.store().merge_examples(home.project, home.dataset.id, changed, new, words, self.now()).await?;
        }
        Ok(MergedFile { updated, added, view: self.open_project(ProjectId { project: home.project }).await? })
    }

    /// The project whose examples a file names, when it names any.
    async fn home_of(&self, path: &str, options: &ReadOptions, project: Option<i64>) -> Result<Option<Home>> {
        let (path, options) = (PathBuf::from(path), options.clone());
        let look = move || dataset::first_rows(&[path.into()], &AskedImport { options, ..AskedImport::default() });
        let preview = tokio::task::spawn_blocking(look).await.map_err(|e| Error::internal(e.to_string()))??;
        let mut found = self.named_by(&preview).await?;
        if let (None, Some(project)) = (&found, project) {
            let dataset = self.store().dataset(project).await?;
            let id = dataset.as_ref().and_then(|dataset| dataset.roles.id.clone());
            found = dataset.zip(id).map(|(dataset, id)| (project, dataset, KnownBy::Column(id)));
        }
        let Some((project, dataset, by)) = found else { return Ok(None) };
        let data = dataset.columns.iter().filter(|column| !is_own_column(column)).map(String::as_str);
        if data.chain([by.column()]).any(|column| !preview.columns.iter().any(|there| there == column)) {
            // A column was taken out of it: its rows are no longer those of the dataset.
            return Ok(None);
        }
        let name = self.store().project(project).await?.name;
        Ok(Some(Home { project, dataset, name, by }))
    }

    /// The project that an export of ours names in its rows.
    async fn named_by(&self, preview: &ImportPreview) -> Result<Option<(i64, DatasetInfo, KnownBy)>> {
        let Some(place) = preview.columns.iter().position(|c| c == ID_COLUMN) else { return Ok(None) };
        let Some(identity) = preview.rows.iter().find_map(|row| row.get(place)?.parse::<ExampleIdentity>().ok()) else { return Ok(None) };
        let Some(lineage) = self.store().lineage_of(&identity.project).await? else { return Ok(None) };
        let dataset = self.store().dataset(lineage.project).await?;
        Ok(dataset.map(|dataset| (lineage.project, dataset, KnownBy::Identity(lineage))))
    }

    async fn difference(&self, home: &Home, path: &str, options: &ReadOptions) -> Result<Difference> {
        let there: Arc<Mutex<There>> = Arc::default();
        let (filling, counts, by) = (Arc::clone(&there), data_columns(&home.dataset), home.by.clone());
        let id = home.dataset.columns.iter().position(|column| column == by.column());
        let visit = move |row: StoredRow| {
            let example = row.example;
            let hash = hash(counting(&example.variables, &counts));
            let here = Here { id: example.id, hash, split: example.split, excluded: example.excluded };
            let key = match &by {
                KnownBy::Identity(_) => Some(example.number.into()),
                KnownBy::Column(_) => id.and_then(|at| by.key(example.variables.get(at)?)),
            };
            let mut there = filling.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(key) = key {
                there.ambiguous |= there.examples.insert(key, here).is_some();
            }
            Ok(())
        };
        let ids = self.filtered_examples(home.project, ExampleFilter::default()).await?;
        self.store().stream_examples(home.project, home.dataset.id, ids, Vec::new(), visit).await?;
        let there = std::mem::take(&mut *there.lock().unwrap_or_else(PoisonError::into_inner));
        if there.ambiguous {
            return Ok(Difference::default());
        }
        let (dataset, by) = (home.dataset.clone(), home.by.clone());
        let (path, options) = (PathBuf::from(path), options.clone());
        tokio::task::spawn_blocking(move || compare(&path, &options, &dataset, &by, &there.examples))
            .await
            .map_err(|e| Error::internal(e.to_string()))?
    }
}

/// Which columns of a dataset are data: an earlier export of ours may have brought others.
fn data_columns(dataset: &DatasetInfo) -> Vec<bool> {
    dataset.columns.iter().map(|column| !is_own_column(column)).collect()
}

/// Reads the file and sorts its rows.
fn compare(path: &Path, options: &ReadOptions, dataset: &DatasetInfo, by: &KnownBy, there: &HashMap<u64, Here>) -> Result<Difference> {
    let file = [Input::File(path.to_owned())];
    let mut asked = AskedImport { options: options.clone(), ..AskedImport::default() };
    let preview = dataset::first_rows(&file, &asked)?;
    let place = |name: &str| preview.columns.iter().position(|c| c == name);
    let role = |role: &Option<String>| role.as_deref().and_then(place);
    let (Some(id), Some(input), Some(truth)) = (place(by.column()), role(&dataset.roles.input), role(&dataset.roles.truth)) else {
        return Ok(Difference::default());
    };
    // The dataset's own split column is data; ours stands beside it under another name.
    let own = dataset.columns.iter().any(|c| c == "split");
    let split = place("mlprompt_split").or_else(|| if own { None } else { place("split") });
    // Where the dataset is divided by a column or by files, so are new rows.
    let by_column = if let SplitPlan::Column { column } = &dataset.plan { place(column) } else { None };
    let file_name = path.file_name().filter(|_| dataset.plan == SplitPlan::Files);
    let by_file = file_name.and_then(|name| split_of_file_name(&name.to_string_lossy()));
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
        // A row that was copied in the file is known once; its copies are new.
        let here = by.key(cell(id)).and_then(|key| there.get(&key).filter(|_| seen.insert(key)));
        let cells: Vec<String> = order.iter().map(|at| at.map_or_else(String::new, |at| cell(at).to_owned())).collect();
        let said = split.map(|at| split_of_word(cell(at)));
        let said_excluded = excluded.map(|at| says_excluded(cell(at)));
        match here {
            Some(here) => {
                difference.known += 1;
                let row = MergedRow { split: said.unwrap_or(here.split), excluded: said_excluded.unwrap_or(here.excluded), cells };
                if hash(counting(&row.cells, &counts)) != here.hash || (row.split, row.excluded) != (here.split, here.excluded) {
                    difference.changed.push((here.id, row));
                }
            }
            None => {
                let split = said.flatten().or(by_file).or_else(|| split_of_word(cell(by_column?)));
                difference.new.push(MergedRow { split, excluded: said_excluded.unwrap_or_default(), cells });
            }
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
