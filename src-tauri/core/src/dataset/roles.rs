//! Which column is the input, which the ground truth, which the split: by name first, then by what the cells look like.

use super::{ColumnRoles, ID_COLUMN, split::split_of_word};

/// Names of input columns, the likelier first; compared without case, blanks, `_` and `-`.
const INPUT_NAMES: &[&str] = &[
    "userinput",
    "input",
    "question",
    "query",
    "prompt",
    "instruction",
    "text",
    "message",
    "utterance",
    "request",
    "content",
    "source",
    "inputs",
    "usermessage",
    "inputtext",
    "problem",
    "sentence",
    "review",
    "ticket",
    "email",
    "document",
    "comment",
    "post",
    "tweet",
    "body",
    "passage",
    "description",
];

/// Names of ground truth columns, the likelier first.
const TRUTH_NAMES: &[&str] = &[
    "groundtruthoutput",
    "groundtruth",
    "expected",
    "expectedoutput",
    "expectedanswer",
    "expectedlabel",
    "ideal",
    "idealoutput",
    "answer",
    "label",
    "target",
    "reference",
    "gold",
    "output",
    "response",
    "completion",
    "category",
    "class",
    "truth",
    "goldlabel",
    "goldanswer",
    "correctanswer",
    "referenceanswer",
    "labels",
    "outputs",
    "targets",
    "sentiment",
    "intent",
    "topic",
    "solution",
    "summary",
    "translation",
    "reply",
    "result",
    "queue",
    "department",
    "team",
    "route",
    "verdict",
    "rating",
    "entities",
];

/// Names of split columns.
const SPLIT_NAMES: &[&str] = &["split", "splits", "set", "subset", "fold", "group", "partition", "datasetsplit", "dataset"];
/// Those of them that mean nothing else.
const SURE_SPLIT_NAMES: &[&str] = &["split", "splits", "datasetsplit"];

/// Names of columns that name the example, the likelier first.
const ID_NAMES: &[&str] = &["id", "exampleid", "uuid", "guid", "uid", "identifier", "key", "rowid", "index", "nr", "number"];
/// Last words of other names that say the same.
const ID_ENDS: &[&str] = &["id", "uuid", "guid"];

/// Names of other columns that files often have.
const OTHER_NAMES: &[&str] = &["id", "uuid", "guid", "weight", "tags", "notes", "date", "timestamp", "createdat", "metadata"];

const ID_WORDS: &[&str] = &["id", "uuid", "guid", "index", "idx", "key", "hash", "row", "rowid", "url"];
const DATE_WORDS: &[&str] = &["date", "datetime", "timestamp", "created", "updated", "modified"];
/// Properties of an example that are hardly ever what is asked for, although they have few values.
const PROPERTY_WORDS: &[&str] = &["channel", "language", "lang", "locale", "country", "region", "device", "platform", "version"];

/// Share of cells that must look alike for a column to count as of that kind.
const MOST: f64 = 0.8;

/// Whether a cell is a name that data files give their columns.
pub(super) fn is_known_name(cell: &str) -> bool {
    let name = normal(cell);
    [INPUT_NAMES, TRUTH_NAMES, SPLIT_NAMES, OTHER_NAMES].iter().any(|names| names.contains(&name.as_str()))
}

/// The words of a name: `userInput`, `user_input` and `User input` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

fn normal(name: &str) -> String {
    words(name).concat()
}

/// What the cells of a column look like.
struct Look {
    filled: usize,
    distinct: u64,
    mean_chars: f64,
    json: bool,
    never: bool,
}

impl Look {
    fn of(name: &str, cells: &[&str], distinct: u64) -> Self {
        let filled: Vec<&str> = cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect();
        let most = |kind: fn(&str) -> bool| {
            !filled.is_empty() && filled.iter().filter(|cell| kind(cell)).count() as f64 >= filled.len() as f64 * MOST
        };
        let words = words(name);
        let last_is = |list: &[&str]| words.last().is_some_and(|word| list.contains(&word.as_str()));
        let any_is = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let all_differ = filled.len() > 1 && distinct >= filled.len() as u64;
        let never = last_is(ID_WORDS)
            || any_is(DATE_WORDS)
            || last_is(PROPERTY_WORDS)
            || most(is_date)
            || (all_differ && (counts_up(&filled) || most(is_key)))
            || filled.is_empty() && !cells.is_empty();
        Self {
            filled: filled.len(),
            distinct,
            mean_chars: filled.iter().map(|cell| cell.chars().count()).sum::<usize>() as f64 / filled.len().max(1) as f64,
            json: most(is_json),
            never,
        }
    }
    /// Few values, as labels have.
    fn few_values(&self) -> bool {
        self.distinct >= 2 && self.distinct <= 50 && self.distinct * 2 <= self.filled as u64
    }
}

fn is_json(cell: &str) -> bool {
    cell.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(cell).is_ok()
}

/// `2024-05-01`, `2024-05-01T10:00:00Z`, `1.5.2024`, `5/1/24`.
fn is_date(cell: &str) -> bool {
    let day = cell.split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    parts.len() == 3 && parts.iter().all(|part| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
}

/// A generated key: one long word of letters and digits, both.
fn is_key(cell: &str) -> bool {
    cell.len() >= 12
        && cell.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        && cell.bytes().any(|b| b.is_ascii_digit())
        && cell.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Row numbers: each one more than the one before.
fn counts_up(cells: &[&str]) -> bool {
    let numbers: Option<Vec<i64>> = cells.iter().map(|cell| cell.parse().ok()).collect();
    numbers.is_some_and(|numbers| numbers.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])))
}

/// Finds the roles of columns from their names, then from a sample of rows and the number of different values of each column in it.
///
/// By content the input is the column with the longest varied text, the truth one of JSON, of few values, or the shortest that
/// varies; columns of ids and dates never are. What cannot be told stays open.
pub fn detect(columns: &[String], sample: &[Vec<String>], distinct: &[u64]) -> ColumnRoles {
    detect_rest(columns, sample, distinct, &ColumnRoles::default())
}

/// As [`detect`], around the roles that are already given.
pub fn detect_rest(columns: &[String], sample: &[Vec<String>], distinct: &[u64], given: &ColumnRoles) -> ColumnRoles {
    let cells = |index: usize| sample.iter().filter_map(|row| row.get(index)).map(String::as_str).collect::<Vec<_>>();
    let looks: Vec<Look> =
        columns.iter().enumerate().map(|(index, name)| Look::of(name, &cells(index), distinct.get(index).copied().unwrap_or(0))).collect();
    let position = |name: &Option<String>| name.as_ref().and_then(|name| columns.iter().position(|column| column == name));
    let split = position(&given.split).or_else(|| (0..columns.len()).find(|&index| names_a_split(&normal(&columns[index]), &cells(index))));
    let mut taken: Vec<usize> = [split, position(&given.input), position(&given.truth)].into_iter().flatten().collect();
    let by_name = |names: &[&str], taken: &[usize]| {
        let free = |index: &usize| !taken.contains(index) && (sample.is_empty() || looks[*index].filled * 2 > sample.len());
        let exact = names.iter().find_map(|alias| (0..columns.len()).filter(free).find(|&index| normal(&columns[index]) == *alias));
        exact.or_else(|| {
            let ends_with = |index: usize, alias: &str| words(&columns[index]).last().is_some_and(|word| word == alias);
            names.iter().find_map(|alias| (0..columns.len()).filter(free).find(|&i| !looks[i].never && ends_with(i, alias)))
        })
    };
    let mut input = position(&given.input).or_else(|| by_name(INPUT_NAMES, &taken));
    taken.extend(input);
    let mut truth = position(&given.truth).or_else(|| by_name(TRUTH_NAMES, &taken));
    taken.extend(truth);
    let free = |taken: &[usize]| (0..columns.len()).filter(|i| !taken.contains(i) && !looks[*i].never).collect::<Vec<_>>();
    if input.is_none() {
        let varied = |i: &usize| looks[*i].distinct * 2 >= looks[*i].filled as u64;
        let candidates = free(&taken);
        let longest = |list: Vec<usize>| list.into_iter().rev().max_by(|&a, &b| looks[a].mean_chars.total_cmp(&looks[b].mean_chars));
        let text = |i: &usize| varied(i) && !looks[*i].json;
        input = [candidates.iter().copied().filter(text).collect(), candidates].into_iter().find_map(longest);
        taken.extend(input);
    }
    if truth.is_none() {
        let candidates = free(&taken);
        let json = candidates.iter().copied().find(|&i| looks[i].json);
        let few = || candidates.iter().copied().filter(|&i| looks[i].few_values()).min_by_key(|&i| looks[i].distinct);
        let varied = || candidates.iter().copied().filter(|&i| looks[i].distinct > 1 || sample.len() < 2);
        let shortest = || varied().min_by(|&a, &b| looks[a].mean_chars.total_cmp(&looks[b].mean_chars));
        truth = json.or_else(few).or_else(shortest);
    }
    taken.extend(truth);
    // It has to tell the rows apart, every one of them.
    let tells_apart =
        |index: usize| sample.len() > 1 && looks[index].filled == sample.len() && looks[index].distinct == sample.len() as u64;
    let ids: Vec<usize> = (0..columns.len()).filter(|index| !taken.contains(index) && tells_apart(*index)).collect();
    let named = |name: &str| ids.iter().copied().find(|&index| normal(&columns[index]) == name);
    let ends = |index: &usize| words(&columns[*index]).last().is_some_and(|word| ID_ENDS.contains(&word.as_str()));
    let own = ids.iter().copied().find(|&index| columns[index] == ID_COLUMN);
    let id =
        position(&given.id).or(own).or_else(|| ID_NAMES.iter().find_map(|name| named(name))).or_else(|| ids.iter().copied().find(ends));
    let name = |index: Option<usize>| index.map(|index| columns[index].clone());
    ColumnRoles { input: name(input), truth: name(truth), split: name(split), id: name(id) }
}

/// Whether a column divides the rows. What is called a split is one although some rows say `holdout` or `unsupervised`: drawn anew,
/// they would be mixed into the others. A set or group has to say nothing else.
fn names_a_split(name: &str, cells: &[&str]) -> bool {
    let filled: Vec<&str> = cells.iter().copied().filter(|cell| !cell.trim().is_empty()).collect();
    let words = filled.iter().filter(|cell| split_of_word(cell).is_some()).count();
    let enough = if SURE_SPLIT_NAMES.contains(&name) { words * 2 > filled.len() } else { words == filled.len() };
    SPLIT_NAMES.contains(&name) && words > 0 && enough
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn found(table: &[&[&str]]) -> (Option<String>, Option<String>, Option<String>) {
        let rows: Vec<Vec<String>> = table.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect();
        let (columns, sample) = rows.split_first().unwrap();
        let count = |index: usize| sample.iter().map(|row| &row[index]).collect::<HashSet<_>>().len() as u64;
        let distinct: Vec<u64> = (0..columns.len()).map(count).collect();
        let roles = detect(columns, sample, &distinct);
        (roles.input, roles.truth, roles.split)
    }
    fn some(name: &str) -> Option<String> {
        Some(name.to_owned())
    }

    #[test]
    fn names_are_known_however_they_are_written() {
        for (input, truth) in [
            ("user_input", "ground_truth_output"),
            ("User Input", "Expected-Output"),
            ("userInput", "expectedAnswer"),
            ("question", "__expected"),
            ("QUERY", "Label"),
            ("customer_message", "gold class"),
        ] {
            let table: &[&[&str]] = &[&["id", truth, "notes", input], &["1", "a", "x", "text one"], &["2", "b", "y", "text two"]];
            assert_eq!(found(table), (some(input), some(truth), None), "{input} {truth}");
        }
    }

    #[test]
    fn a_likelier_name_wins_whatever_the_order_of_columns() {
        let table: &[&[&str]] = &[&["text", "label", "user_input", "expected"], &["a", "b", "c", "d"]];
        assert_eq!(found(table), (some("user_input"), some("expected"), None));
    }

    #[test]
    fn a_mostly_empty_column_is_not_the_input() {
        let table: &[&[&str]] = &[&["instruction", "input", "output"], &["Do a", "", "A"], &["Do b", "", "B"], &["Do c", "x", "C"]];
        assert_eq!(found(table), (some("instruction"), some("output"), None));
    }

    #[test]
    fn a_property_of_the_message_is_not_taken_for_its_answer() {
        let columns = ["message", "queue", "channel", "received"].map(str::to_owned);
        let sample: Vec<Vec<String>> = (0..40)
            .map(|i| {
                vec![
                    format!("where is parcel number {i} of mine"),
                    format!("queue {}", i % 6),
                    ["mail", "chat"][i % 2].into(),
                    "2026-03-01".into(),
                ]
            })
            .collect();
        assert_eq!(detect(&columns, &sample, &[40, 6, 2, 1]).truth.as_deref(), Some("queue"));
    }

    #[test]
    fn content_decides_where_names_say_nothing() {
        let table: &[&[&str]] = &[
            &["nr", "day", "c", "d", "e"],
            &["1", "2024-01-05", "My parcel never came, where is it?", "ship", "de"],
            &["2", "2024-01-05", "I was charged twice this month.", "bill", "de"],
            &["3", "2024-01-06", "Please close my account now.", "bill", "de"],
            &["4", "2024-01-06", "The parcel came without the lid.", "ship", "de"],
        ];
        assert_eq!(found(table), (some("c"), some("d"), None));
    }

    #[test]
    fn row_numbers_and_keys_are_no_answers() {
        let table: &[&[&str]] = &[
            &["nr", "case", "a", "b"],
            &["1", "f3a9c2d1e7b40011", "What is the capital of France?", "Paris, of course"],
            &["2", "f3a9c2d1e7b40012", "And which one has Italy?", "It is the city of Rome"],
        ];
        assert_eq!(found(table), (some("a"), some("b"), None));
    }

    #[test]
    fn json_is_a_truth_although_it_is_long_and_ids_never_are() {
        let table: &[&[&str]] = &[
            &["a", "b", "ticket key"],
            &["Anna is 30", "{\"name\": \"Anna\", \"age\": 30}", "k1"],
            &["Ben is 4", "{\"name\": \"Ben\", \"age\": 4}", "k2"],
        ];
        // The JSON is longer than the text: by length alone it would have become the input.
        let (input, truth, _) = found(table);
        assert_eq!((input, truth), (some("a"), some("b")));
    }

    #[test]
    fn a_split_column_needs_the_name_and_the_words() {
        let table: &[&[&str]] = &[&["text", "label", "group"], &["a", "x", "train"], &["b", "y", "dev"], &["c", "x", "Test"]];
        assert_eq!(found(table).2, some("group"));
        let table: &[&[&str]] = &[&["text", "label", "group"], &["a", "x", "7"], &["b", "y", "train"]];
        assert_eq!(found(table).2, None);
        let words = ["train", "test", "unsupervised"];
        for (name, taken) in [("split", some("split")), ("group", None)] {
            let table = [vec!["text", "label", name], vec!["a", "x", words[0]], vec!["b", "y", words[1]], vec!["c", "x", words[2]]];
            let table: Vec<&[&str]> = table.iter().map(Vec::as_slice).collect();
            assert_eq!(found(&table).2, taken, "one row of another word");
        }
        let table: &[&[&str]] = &[&["text", "label", "split"], &["a", "x", "yes"], &["b", "y", "train"], &["c", "y", "no"]];
        assert_eq!(found(table).2, None, "most rows say something else");
        let table: &[&[&str]] = &[&["text", "label", "vehicle"], &["a", "x", "train"], &["b", "y", "train"]];
        assert_eq!(found(table).2, None);
    }

    #[test]
    fn given_roles_are_kept_and_the_rest_is_found_around_them() {
        let columns = ["text", "label", "answer"].map(str::to_owned);
        let given = ColumnRoles { truth: Some("text".into()), ..Default::default() };
        let roles = detect_rest(&columns, &[], &[], &given);
        assert_eq!(roles.truth.as_deref(), Some("text"));
        assert_ne!(roles.input.as_deref(), Some("text"));
    }

    #[test]
    fn an_id_needs_the_name_and_another_value_in_every_row() {
        let id = |table: &[&[&str]]| {
            let rows: Vec<Vec<String>> = table.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect();
            let (columns, sample) = rows.split_first().unwrap();
            let count = |index: usize| sample.iter().map(|row| &row[index]).collect::<HashSet<_>>().len() as u64;
            detect(columns, sample, &(0..columns.len()).map(count).collect::<Vec<_>>()).id
        };
        assert_eq!(id(&[&["ID", "text", "label"], &["7", "a b", "x"], &["9", "c d", "x"]]), some("ID"));
        assert_eq!(id(&[&["text", "label", "Ticket-Id"], &["a b", "x", "t1"], &["c d", "x", "t2"]]), some("Ticket-Id"));
        assert_eq!(id(&[&["id", "text", "label"], &["7", "a b", "x"], &["7", "c d", "x"]]), None, "it does not tell them apart");
        assert_eq!(id(&[&["id", "text", "label"], &["7", "a b", "x"], &["", "c d", "x"]]), None, "one row has none");
        assert_eq!(id(&[&["code", "text", "label"], &["7", "a b", "x"], &["8", "c d", "x"]]), None, "no name that says so");
        let own: &[&[&str]] = &[&["id", "text", "label", ID_COLUMN], &["7", "a b", "x", "p-1-1"], &["8", "c d", "x", "p-1-2"]];
        assert_eq!(id(own), some(ID_COLUMN), "our own goes before any other");
    }

    #[test]
    fn a_file_of_one_column_has_no_truth() {
        assert_eq!(found(&[&["text"], &["a"], &["b"]]), (some("text"), None, None));
    }
}
