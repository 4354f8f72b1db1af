//! One pass over the files of an import. The preview, the import itself and the command line share it, so their reports agree.

mod notes;

use std::{borrow::Cow, collections::HashSet, ops::ControlFlow};

use super::{
    BroughtPrompt, ColumnRoles, EmptyCells, FileInfo, ImportPreview, ImportReport, LabelCount, ReadOptions, Repeats, SetAside, Split,
    SplitPlan, SplitSizes,
    brought::in_halves,
    identity::{EXCLUDED_COLUMN, says_excluded},
    input::Input,
    refusal::unreadable,
    roles,
    row::{Brings, Entry, Row},
    source::{self, Source},
    split::{self, SplitKey, split_of_file_name, split_of_word},
    tally::Tally,
};
use crate::{Error, ErrorCode, Result, context::ContextLimit, metric::MetricSpec, tokens};
use notes::{StrangeWords, division_notes, rare_labels, rows};

/// Rows that the roles are found from.
const SAMPLED_ROWS: usize = 1_000;
/// Bytes of cells after which the sample is enough.
const SAMPLED_BYTES: usize = 4 * 1024 * 1024;
/// Rows that the preview shows.
const SHOWN_ROWS: usize = 20;
/// Rows between two reports of progress.
const PROGRESS_EVERY: u64 = 512;
/// Names that a note lists before it says how many more there are.
const NAMED: usize = 5;
/// What to do about a file without a second column.
const ONE_COLUMN: &str =
    "An example needs an input and a ground truth: add a column with the expected answers, or choose the separator that divides the cells.";

/// An example as it was read, to be stored. Its texts are those of the reader and last as long as the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExample<'a> {
    /// Line of the file where its row starts, from 1.
    pub line: u64,
    /// Which of the files, from 0.
    pub file_index: usize,
    /// The cell of the input column.
    pub user_input: &'a str,
    /// The cell of the ground truth column.
    pub ground_truth_output: &'a str,
    /// All other cells, in the order of the columns of the first file.
    pub others: Vec<&'a str>,
    /// The split that its row or its file says; under a ratio plan none until all rows are read ([`Imported::splits`]).
    pub split: Option<Split>,
}

/// What a pass over the files found, beside the examples it handed out.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The files, as understood.
    pub files: Vec<FileInfo>,
    /// Columns in the order of the first file.
    pub columns: Vec<String>,
    /// The roles that were used.
    pub roles: ColumnRoles,
    /// The division that was used.
    pub plan: SplitPlan,
    /// The split of every example, in the order they were handed out.
    pub splits: Vec<Option<Split>>,
    /// Sizes of the splits.
    pub sizes: SplitSizes,
    /// Inputs that stand in more than one split.
    pub leaks: u32,
    /// Which examples are kept out of runs, as a column of our own export says; counted from 0, in the order they were handed out.
    pub excluded: Vec<u32>,
    /// What reading found.
    pub report: ImportReport,
    /// The hashes of every example, in the order they were handed out.
    pub keys: Vec<SplitKey>,
    /// Same input, same ground truth.
    pub duplicates: Repeats,
    /// Same input, different ground truths.
    pub contradictions: Repeats,
    /// A prompt that the files bring.
    pub prompt: Option<BroughtPrompt>,
    /// Metrics that the files ask for.
    pub metrics: Vec<MetricSpec>,
}

/// How files are to be read. What is left out is found.
#[derive(Debug, Clone, Default)]
pub struct AskedImport {
    /// How their bytes are understood.
    pub options: ReadOptions,
    /// Which column is what.
    pub roles: ColumnRoles,
    /// How they are divided.
    pub plan: Option<SplitPlan>,
    /// The split of each file, whatever its name; empty: as their names say.
    pub file_splits: Vec<Split>,
    /// What the model takes; longer inputs are counted.
    pub context: ContextLimit,
}

/// Reads the files once and says what importing them would give. `progress` hears bytes done and bytes in all, and can end the reading.
pub fn preview(inputs: &[Input], asked: &AskedImport, progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>) -> Result<ImportPreview> {
    let mut pass = Pass::open(inputs, asked)?;
    let (rows, distinct) = (pass.first_rows.clone(), pass.distinct.clone());
    let found = pass.run(&mut |_| Ok(()), progress)?;
    let Imported { files, columns, roles, plan, sizes, report, prompt, metrics, .. } = found;
    Ok(ImportPreview { files, columns, distinct, rows, roles, plan, sizes, report, prompt, metrics, first_rows_only: false })
}

/// What [`preview`] shows at once: columns, roles and the first rows, without reading the files to their end.
pub fn first_rows(inputs: &[Input], asked: &AskedImport) -> Result<ImportPreview> {
    let pass = Pass::open(inputs, asked)?;
    let files = pass.files();
    let plan = match (&asked.plan, &pass.roles.split) {
        (Some(plan), _) => plan.clone(),
        (None, _) if files_plan(&files) => SplitPlan::Files,
        (None, Some(column)) => SplitPlan::Column { column: column.clone() },
        (None, None) => split::default_plan(pass.sampled),
    };
    let brings = pass.brings();
    let prompt = in_halves(&brings, pass.roles.input.as_deref());
    let report =
        ImportReport { unmapped: pass.unmapped(), notes: [pass.file_notes(), pass.role_notes()].concat(), ..ImportReport::default() };
    Ok(ImportPreview {
        files,
        columns: pass.columns,
        distinct: pass.distinct,
        rows: pass.first_rows,
        roles: pass.roles,
        plan,
        sizes: SplitSizes::default(),
        report,
        prompt,
        metrics: brings.metrics,
        first_rows_only: true,
    })
}

/// Reads the files once and hands out every example in order. What is not asked for is found as in the preview; without an input and a
/// ground truth nothing is read. `progress` hears bytes done and bytes in all, and can end the reading.
pub fn read_examples(
    inputs: &[Input],
    asked: &AskedImport,
    visit: &mut dyn FnMut(NewExample<'_>) -> Result<()>,
    progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Imported> {
    let mut pass = Pass::open(inputs, asked)?;
    for (role, what) in [(&pass.roles.input, "the input"), (&pass.roles.truth, "the ground truth")] {
        if role.is_none() {
            let names = list(&pass.columns);
            if let [only] = &pass.columns[..] {
                return Err(Error::invalid(format!("{} has one column alone, `{only}`. {ONE_COLUMN}", inputs[0].name())));
            }
            return Err(Error::invalid(format!("No column of {} looks like {what}. Choose one of {names}.", inputs[0].name())));
        }
    }
    let roles = [pass.place(&pass.roles.input), pass.place(&pass.roles.truth)];
    pass.run(
        &mut |ready| {
            let others = (0..).zip(ready.order).filter(|(place, _)| !roles.contains(&Some(*place)));
            visit(NewExample {
                line: ready.row.line,
                file_index: ready.file_index,
                user_input: ready.user_input,
                ground_truth_output: ready.ground_truth_output,
                others: others.map(|(_, &column)| ready.row.cell(column)).collect(),
                split: ready.split,
            })
        },
        progress,
    )
}

/// A row that passed every check.
struct Ready<'a> {
    row: Row<'a>,
    file_index: usize,
    order: &'a [usize],
    user_input: &'a str,
    ground_truth_output: &'a str,
    split: Option<Split>,
}

/// A file with the place of every column of the first file in it.
struct Part {
    source: Source,
    order: Vec<usize>,
}

struct Pass<'a> {
    asked: &'a AskedImport,
    parts: Vec<Part>,
    columns: Vec<String>,
    roles: ColumnRoles,
    first_rows: Vec<Vec<String>>,
    /// Rows that were looked at.
    sampled: u64,
    distinct: Vec<u64>,
}

impl<'a> Pass<'a> {
    fn open(inputs: &[Input], asked: &'a AskedImport) -> Result<Self> {
        let mut parts: Vec<Part> = Vec::with_capacity(inputs.len());
        for input in inputs {
            let source = source::open(input, &asked.options)?;
            let order = match parts.first() {
                Some(first) => same_columns(&first.source, &source)?,
                None => (0..source.columns().len()).collect(),
            };
            parts.push(Part { source, order });
        }
        let Some(first) = parts.first_mut() else {
            return Err(unreadable("No file was given. Choose a file with examples."));
        };
        let columns = first.source.columns().to_vec();
        let sample = sample(&mut first.source)?;
        let mut distinct = Vec::with_capacity(columns.len());
        for column in 0..columns.len() {
            distinct.push(sample.iter().filter_map(|row| row.get(column)).collect::<HashSet<_>>().len() as u64);
        }
        check_roles(&asked.roles, &columns, &first.source.info().name)?;
        let roles = roles::detect_rest(&columns, &sample, &distinct, &brought(&first.source.brings().roles, &asked.roles));
        let sampled = sample.len() as u64;
        let first_rows = sample.into_iter().take(SHOWN_ROWS).collect();
        Ok(Self { asked, parts, columns, roles, first_rows, sampled, distinct })
    }

    fn place(&self, name: &Option<String>) -> Option<usize> {
        name.as_ref().and_then(|name| self.columns.iter().position(|column| column == name))
    }

    /// Reads every file to its end.
    fn run(
        &mut self,
        visit: &mut dyn FnMut(&Ready<'_>) -> Result<()>,
        progress: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Imported> {
        let (plan, context) = (self.asked.plan.as_ref(), &self.asked.context);
        let files = self.files();
        let by_file = files_plan(&files);
        let column = match plan {
            Some(SplitPlan::Column { column }) => Some(column.clone()),
            Some(_) => None,
            None if by_file => None,
            None => self.roles.split.clone(),
        };
        if let Some(name) = column.as_ref().filter(|name| !self.columns.contains(name)) {
            return Err(no_column(name, &self.columns, &files[0].name));
        }
        if let Some(plan) = plan {
            plan.check()?;
        }
        let (input, truth, split_column) = (self.place(&self.roles.input), self.place(&self.roles.truth), self.place(&column));
        let excluded_column = self.columns.iter().position(|column| column == EXCLUDED_COLUMN);
        let total = files.iter().map(|file| file.size).sum();
        let mut tally = Tally::default();
        let (mut given, mut excluded) = (Vec::new(), Vec::new());
        let mut strange = StrangeWords::default();
        let mut empty = vec![0_u64; self.columns.len()];
        let mut too_long = 0;
        let mut done = 0;
        let mut seen = 0_u64;
        for (file_index, (part, file)) in self.parts.iter_mut().zip(&files).enumerate() {
            let Part { source, order } = part;
            let of_file = if matches!(plan, Some(SplitPlan::Files)) || (plan.is_none() && by_file) { file.split } else { None };
            source.rows(&mut |entry, bytes| {
                seen += 1;
                if seen.is_multiple_of(PROGRESS_EVERY) && progress((done + bytes).min(total), total).is_break() {
                    return Err(Error::new(ErrorCode::Cancelled, "Reading the files was stopped."));
                }
                let row = match entry {
                    Entry::SetAside(row) => {
                        tally.set_aside(|| row);
                        return Ok(ControlFlow::Continue(()));
                    }
                    Entry::Row(row) => row,
                };
                let (Some(input), Some(truth)) = (input, truth) else {
                    tally.unjudged();
                    return Ok(ControlFlow::Continue(()));
                };
                let (user_input, ground_truth_output) = (row.cell(order[input]), row.cell(order[truth]));
                let aside = |what: &str, column: usize| SetAside {
                    file: file.name.clone(),
                    line: row.line,
                    reason: emptiness(what, &self.columns[column], row.missing > 0),
                    text: row.shown(),
                };
                if user_input.is_empty() {
                    tally.empty_input(|| aside("input", input));
                } else if ground_truth_output.is_empty() {
                    tally.empty_truth(|| aside("ground truth", truth));
                } else {
                    let word = split_column.map(|column| row.cell(order[column]));
                    let split = of_file.or_else(|| word.and_then(split_of_word));
                    if let (Some(word), None) = (word, split) {
                        strange.add(word);
                    }
                    tally.ready(user_input, ground_truth_output);
                    for (empty, &column) in empty.iter_mut().zip(order.iter()) {
                        *empty += u64::from(row.cell(column).is_empty());
                    }
                    // No token is shorter than a byte.
                    too_long += u64::from(user_input.len() as u64 > context.tokens && tokens::rough(user_input) > context.tokens);
                    if excluded_column.is_some_and(|column| says_excluded(row.cell(order[column]))) {
                        excluded.push(given.len() as u32);
                    }
                    given.push(split);
                    visit(&Ready { row, file_index, order, user_input, ground_truth_output, split })?;
                }
                Ok(ControlFlow::Continue(()))
            })?;
            done += file.size;
        }
        if progress(total, total).is_break() {
            return Err(Error::new(ErrorCode::Cancelled, "Reading the files was stopped."));
        }
        let (duplicates, contradictions) = tally.close();
        let plan = match (plan, column) {
            (Some(plan), _) => plan.clone(),
            (None, _) if by_file => SplitPlan::Files,
            (None, Some(column)) => SplitPlan::Column { column },
            (None, None) => split::default_plan(tally.keys.len() as u64),
        };
        let splits = if matches!(plan, SplitPlan::Ratio { .. }) { split::assign(&plan, &tally.keys) } else { given };
        let in_use = used(&splits, &excluded);
        let sizes = SplitSizes::count(in_use.iter().copied());
        // A division by ratio keeps equal inputs together.
        let leaks = if matches!(plan, SplitPlan::Ratio { .. }) { 0 } else { split::leaks(&tally.keys, &in_use) };
        let mut notes = self.file_notes();
        notes.extend(self.role_notes());
        notes.extend(strange.note());
        let mut rare = Vec::new();
        if input.is_some() && truth.is_some() {
            rare = rare_labels(&tally, &splits, sizes);
            notes.extend(division_notes(&tally, sizes, &rare, leaks));
        }
        if !excluded.is_empty() {
            notes.push(format!("{} kept out of runs, because the column `{EXCLUDED_COLUMN}` says so.", rows(excluded.len() as u64)));
        }
        if too_long > 0 {
            let (inputs, them) = if too_long == 1 { ("1 input is".to_owned(), "it") } else { (format!("{too_long} inputs are"), "them") };
            notes.push(format!("{inputs} longer than {}. Shorten {them}, or choose a model that takes more.", context.words()));
        }
        let mut report = tally.report(notes);
        let columns = self.columns.iter().zip(empty).filter(|(_, count)| *count > 0);
        report.empty_cells = columns.map(|(column, count)| EmptyCells { column: column.clone(), count }).collect();
        report.rare_labels = rare.into_iter().map(|rare| LabelCount { label: rare.label, count: rare.count }).collect();
        report.too_long = too_long;
        report.context = context.clone();
        report.unmapped = self.unmapped();
        let brings = self.brings();
        let prompt = in_halves(&brings, self.roles.input.as_deref());
        Ok(Imported {
            files,
            columns: self.columns.clone(),
            roles: self.roles.clone(),
            plan,
            splits,
            sizes,
            leaks,
            excluded,
            report,
            keys: tally.keys,
            duplicates,
            contradictions,
            prompt,
            metrics: brings.metrics,
        })
    }

    /// What the first file says beside its rows.
    fn brings(&self) -> Brings {
        self.parts.first().map(|part| part.source.brings().clone()).unwrap_or_default()
    }

    fn unmapped(&self) -> Vec<String> {
        let several = self.parts.len() > 1;
        let named = |part: &Part| {
            let name = part.source.info().name.clone();
            let sentences = part.source.brings().unmapped.clone();
            sentences.into_iter().map(move |sentence| if several { format!("{name}: {sentence}") } else { sentence })
        };
        self.parts.iter().flat_map(named).collect()
    }

    fn files(&self) -> Vec<FileInfo> {
        let mut files: Vec<FileInfo> = self.parts.iter().map(|part| part.source.info().clone()).collect();
        if files.len() > 1 {
            for (index, file) in files.iter_mut().enumerate() {
                file.split = self.asked.file_splits.get(index).copied().or_else(|| split_of_file_name(&file.name));
            }
        }
        files
    }

    fn file_notes(&self) -> Vec<String> {
        let several = self.parts.len() > 1;
        let named = |part: &Part| {
            let name = part.source.info().name.clone();
            part.source.notes().into_iter().map(move |note| if several && !note.contains(&name) { format!("{name}: {note}") } else { note })
        };
        self.parts.iter().flat_map(named).collect()
    }

    fn role_notes(&self) -> Vec<String> {
        if self.columns.len() == 1 {
            return vec![format!("The file has one column alone. {ONE_COLUMN}")];
        }
        let open = [(&self.roles.input, "the input"), (&self.roles.truth, "the ground truth")];
        open.into_iter().filter(|(role, _)| role.is_none()).map(|(_, what)| format!("No column looks like {what}: choose it.")).collect()
    }
}

/// Splits without the examples that are kept out of runs.
pub(crate) fn used<'s>(splits: &'s [Option<Split>], excluded: &[u32]) -> Cow<'s, [Option<Split>]> {
    let mut used = Cow::Borrowed(splits);
    for &at in excluded {
        if let Some(split) = used.to_mut().get_mut(at as usize) {
            *split = None;
        }
    }
    used
}

/// The roles asked for, and those the format gives where their columns are not asked for otherwise.
fn brought(brings: &ColumnRoles, asked: &ColumnRoles) -> ColumnRoles {
    let taken = [&asked.input, &asked.truth, &asked.split, &asked.id];
    let free = |role: &Option<String>| role.clone().filter(|name| !taken.contains(&&Some(name.clone())));
    ColumnRoles {
        input: asked.input.clone().or_else(|| free(&brings.input)),
        truth: asked.truth.clone().or_else(|| free(&brings.truth)),
        split: asked.split.clone().or_else(|| free(&brings.split)),
        id: asked.id.clone().or_else(|| free(&brings.id)),
    }
}

/// Where the columns of the first file stand in another one.
fn same_columns(first: &Source, other: &Source) -> Result<Vec<usize>> {
    let (name, first_name) = (&other.info().name, &first.info().name);
    if let Some(extra) = other.columns().iter().find(|column| !first.columns().contains(column)) {
        return Err(unreadable(format!(
            "{name} has a column `{extra}`, which {first_name} does not have. Give both files the same columns, or import one of them alone."
        )));
    }
    let place = |column: &String| {
        other.columns().iter().position(|c| c == column).ok_or_else(|| {
            unreadable(format!(
                "{name} has no column `{column}`, which {first_name} has. Give both files the same columns, or import one of them alone."
            ))
        })
    };
    first.columns().iter().map(place).collect()
}

fn sample(source: &mut Source) -> Result<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    let mut bytes = 0;
    source.rows(&mut |entry, _| {
        if let Entry::Row(row) = entry {
            let cells: Vec<String> = row.cells().map(str::to_owned).collect();
            bytes += cells.iter().map(String::len).sum::<usize>();
            rows.push(cells);
        }
        let enough = rows.len() >= SAMPLED_ROWS || (bytes > SAMPLED_BYTES && rows.len() >= SHOWN_ROWS);
        Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(rows)
}

fn check_roles(asked: &ColumnRoles, columns: &[String], file: &str) -> Result<()> {
    let roles = [("input", &asked.input), ("ground truth", &asked.truth), ("split", &asked.split)];
    for (index, (what, role)) in roles.iter().enumerate() {
        let Some(name) = role else { continue };
        if !columns.contains(name) {
            return Err(no_column(name, columns, file));
        }
        if let Some((other, _)) = roles[..index].iter().find(|(_, earlier)| *earlier == *role) {
            return Err(Error::invalid(format!("`{name}` cannot be both the {other} and the {what}. Choose two columns.")));
        }
    }
    Ok(())
}

fn no_column(name: &str, columns: &[String], file: &str) -> Error {
    Error::invalid(format!("{file} has no column `{name}`. Choose one of {}.", list(columns)))
}

fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(NAMED);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// Whether the names of the files divide the data: each names a split, and both that a run needs are there.
fn files_plan(files: &[FileInfo]) -> bool {
    let has = |split: Split| files.iter().any(|file| file.split == Some(split));
    files.len() > 1 && files.iter().all(|file| file.split.is_some()) && has(Split::Train) && has(Split::Validation)
}

fn emptiness(what: &str, column: &str, short: bool) -> String {
    let why = if short { "; the row has fewer cells than there are columns" } else { "" };
    format!("The {what} (`{column}`) is empty{why}.")
}

#[cfg(test)]
mod tests;
