//! Sentences about an import as a whole.

use super::{
    super::{
        Split, SplitSizes,
        row::shown,
        split,
        tally::{LABELS, Tally},
    },
    NAMED,
};

/// Cells of the split column that name no split.
#[derive(Default)]
pub(super) struct StrangeWords {
    count: u64,
    first: Vec<String>,
}

impl StrangeWords {
    pub fn add(&mut self, word: &str) {
        self.count += 1;
        let word = shown(word.as_bytes());
        if self.first.len() < NAMED && !self.first.contains(&word) {
            self.first.push(word);
        }
    }
    pub fn note(&self) -> Option<String> {
        let said = |word: &String| if word.is_empty() { "nothing".to_owned() } else { format!("`{word}`") };
        let words = self.first.iter().map(said).collect::<Vec<_>>().join(", ");
        let rows = rows(self.count);
        (self.count > 0)
            .then(|| format!("{rows} in no split, because the split column says {words} there. It understands train, validation and test."))
    }
}

pub(super) fn rows(count: u64) -> String {
    if count == 1 { "1 row is".to_owned() } else { format!("{count} rows are") }
}

/// Sentences about the division: splits that are missing, too few examples, labels that a split hardly has, inputs on both sides.
pub(super) fn division_notes(tally: &Tally, sizes: SplitSizes, rare: &[RareLabel], leaks: u32) -> Vec<String> {
    let mut notes = Vec::new();
    let rows = tally.keys.len() as u64;
    if rows == 0 {
        return vec!["No row is ready to be an example.".to_owned()];
    }
    if rows < split::FEW {
        let examples = if rows == 1 { "1 example is".to_owned() } else { format!("{rows} examples are") };
        notes.push(format!("{examples} few: a score over them is mostly chance. 30 or more are better, 100 allow a test."));
    }
    for split in [Split::Train, Split::Validation] {
        if sizes.of(split) == 0 {
            notes.push(format!("No example is in {}. A run needs some there.", split.word()));
        }
    }
    notes.extend(rare_note(rare));
    if leaks > 0 {
        let inputs = if leaks == 1 { "1 input stands".to_owned() } else { format!("{leaks} inputs stand") };
        notes.push(format!("{inputs} in more than one split, so later scores look better than they are."));
    }
    notes
}

/// A label of which some split has fewer than two examples.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RareLabel {
    pub label: String,
    places: String,
    pub count: u64,
}

pub(super) fn rare_labels(tally: &Tally, splits: &[Option<Split>], sizes: SplitSizes) -> Vec<RareLabel> {
    let truths = split::truths_by_split(&tally.keys, splits);
    // Truths that hardly ever repeat are answers, not labels.
    if truths.len() > LABELS || truths.len() * 2 > tally.keys.len() {
        return Vec::new();
    }
    let mut rare = Vec::new();
    for (hash, counts) in &truths {
        let Some(label) = tally.label(*hash) else { continue };
        let lacking: Vec<&str> = Split::ALL.into_iter().filter(|&s| sizes.of(s) > 0 && counts.of(s) < 2).map(Split::word).collect();
        if !lacking.is_empty() {
            let count = Split::ALL.into_iter().map(|split| u64::from(counts.of(split))).sum();
            let places = match &lacking[..] {
                [several @ .., last] if several.len() > 1 => format!("{} and {last}", several.join(", ")),
                few => few.join(" and "),
            };
            rare.push(RareLabel { label: label.to_owned(), places, count });
        }
    }
    rare.sort();
    rare
}

fn rare_note(rare: &[RareLabel]) -> Option<String> {
    let shown: Vec<String> = rare.iter().take(NAMED).map(|rare| format!("`{}` in {}", shown(rare.label.as_bytes()), rare.places)).collect();
    let more = if rare.len() > NAMED { format!(" and {} more", rare.len() - NAMED) } else { String::new() };
    (!rare.is_empty()).then(|| format!("Fewer than 2 examples of {}{more}.", shown.join(", ")))
}
