//! Lists of examples: what a filter leaves, in any order, any page of it at once.
//!
//! A list is worked out once, as the places of its rows (four bytes each), and kept for a while: a dataset version never changes, so the
//! list stays right. A page is a slice of it.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::try_join_all;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

use super::{
    READERS, Store,
    datasets::{Place, Reader, Shape},
    rows::{Rows, State, in_one_view},
    search_index,
};
use crate::{
    dataset::{ColumnOp, ExampleFilter, ExamplePage, ExampleSort, OnlyExamples, RepeatKind, Split, SplitFilter, repeats},
    error::{Error, Result},
};

/// A list: rows of a version by place.
#[derive(Debug)]
pub(super) struct Listing {
    rows: Arc<Rows>,
    places: Vec<u32>,
}

/// What a kept list belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    version: i64,
    filter: ExampleFilter,
    sort: Option<ExampleSort>,
}

/// The lists looked at last; a large one takes some megabytes.
#[derive(Debug, Default)]
pub(super) struct Listings(Mutex<Vec<(Key, Arc<Listing>)>>);

const KEPT_LISTINGS: usize = 3;

impl Listings {
    fn find(&self, key: &Key) -> Option<Arc<Listing>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == key).map(|(_, listing)| Arc::clone(listing))
    }

    /// The rows of a version, when a list of it is kept.
    fn rows(&self, version: i64) -> Option<Arc<Rows>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known.version == version).map(|(_, listing)| Arc::clone(&listing.rows))
    }

    fn keep(&self, key: Key, listing: &Arc<Listing>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_LISTINGS {
            kept.remove(0);
        }
        kept.push((key, Arc::clone(listing)));
    }
}

/// A text that is looked for, case aside. Case is folded character by character, as in the search index.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    folded: String,
    /// Both cases of its first byte, when it is ASCII alone.
    ascii: Option<(u8, u8)>,
}

/// Lower case, character by character: unlike a whole text's, it does not depend on what stands around.
pub(super) fn fold_into(text: &str, folded: &mut String) {
    if text.is_ascii() {
        let start = folded.len();
        folded.push_str(text);
        folded[start..].make_ascii_lowercase();
    } else {
        folded.extend(text.chars().flat_map(char::to_lowercase));
    }
}

impl Needle {
    fn new(text: &str) -> Self {
        let mut folded = String::new();
        fold_into(text, &mut folded);
        let first = folded.bytes().next().filter(|_| folded.is_ascii());
        Self { ascii: first.map(|first| (first, first.to_ascii_uppercase())), folded }
    }

    fn folded_text<'a>(&self, text: &'a str, scratch: &'a mut String) -> &'a str {
        scratch.clear();
        fold_into(text, scratch);
        scratch
    }

    fn stands_in(&self, text: &str, scratch: &mut String) -> bool {
        match self.ascii {
            Some((lower, upper)) if text.is_ascii() => {
                let (text, needle) = (text.as_bytes(), self.folded.as_bytes());
                let Some(last_start) = text.len().checked_sub(needle.len()) else { return false };
                memchr::memchr2_iter(lower, upper, &text[..=last_start]).any(|at| text[at..at + needle.len()].eq_ignore_ascii_case(needle))
            }
            _ => self.folded_text(text, scratch).contains(&self.folded),
        }
    }

    fn starts(&self, text: &str, scratch: &mut String) -> bool {
        self.folded_text(text, scratch).starts_with(&self.folded)
    }

    /// Its different runs of three characters; none when it is shorter.
    fn trigrams(&self) -> Vec<String> {
        let characters: Vec<char> = self.folded.chars().collect();
        let mut found: Vec<String> = characters.windows(3).map(|three| three.iter().collect()).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Conditions on the texts of a row.
#[derive(Debug)]
struct TextTest {
    search: Option<Needle>,
    columns: Vec<(Place, ColumnOp, String, Needle)>,
}

impl TextTest {
    fn of(filter: &ExampleFilter, shape: &Shape) -> Result<Option<Self>> {
        let columns = filter
            .columns
            .iter()
            .map(|wanted| Ok((shape.place(&wanted.column)?, wanted.op, wanted.text.clone(), Needle::new(&wanted.text))));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let search = (!filter.search.is_empty()).then(|| Needle::new(&filter.search));
        Ok((search.is_some() || !columns.is_empty()).then_some(Self { search, columns }))
    }

    /// Runs of three characters that every row has which passes; none when nothing is known.
    fn trigrams(&self) -> Vec<String> {
        let texts = self.columns.iter().filter(|(_, op, ..)| matches!(op, ColumnOp::Contains | ColumnOp::Equals | ColumnOp::StartsWith));
        let mut all: Vec<String> = self.search.iter().chain(texts.map(|(.., needle)| needle)).flat_map(Needle::trigrams).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn passes(&self, row: &rusqlite::Row<'_>, scratch: &mut String) -> Result<bool> {
        let text = |at: usize| -> Result<&str> { row.get_ref(at)?.as_str().map_err(|e| Error::internal(e.to_string())) };
        let (user_input, ground_truth_output) = (text(1)?, text(2)?);
        let others = row.get_ref(3)?.as_str_or_null().map_err(|e| Error::internal(e.to_string()))?;
        for (place, op, exact, needle) in &self.columns {
            let cell = match place {
                Place::Input => Cow::Borrowed(user_input),
                Place::Truth => Cow::Borrowed(ground_truth_output),
                Place::Other(at) => others.and_then(|others| JsonTexts(others).nth(*at)).unwrap_or_default(),
            };
            let passes = match op {
                ColumnOp::Contains => needle.folded.is_empty() || needle.stands_in(&cell, scratch),
                ColumnOp::Equals => *cell == **exact,
                ColumnOp::StartsWith => needle.starts(&cell, scratch),
                ColumnOp::Empty => cell.is_empty(),
                ColumnOp::NotEmpty => !cell.is_empty(),
            };
            if !passes {
                return Ok(false);
            }
        }
        let Some(needle) = &self.search else { return Ok(true) };
        Ok(needle.stands_in(user_input, scratch)
            || needle.stands_in(ground_truth_output, scratch)
            || others.is_some_and(|others| JsonTexts(others).any(|cell| needle.stands_in(&cell, scratch))))
    }
}

/// A pattern for LIKE, `\` being its escape, that finds a text anywhere.
fn anywhere(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// A test that SQLite can do most of, in half the time: an expression that is 1 where a row passes, 2 where its other cells have to be
/// looked at, else 0; and its patterns.
struct InSql {
    expression: &'static str,
    patterns: Vec<String>,
}

impl TextTest {
    /// The test in SQL, when it is for one text anywhere, in ASCII alone and without control characters: those are what LIKE folds as
    /// [`Needle`] does, and what JSON writes in one way only.
    fn in_sql(&self) -> Option<InSql> {
        let plain = |needle: &Needle| needle.ascii.is_some() && needle.folded.len() < 1_000 && needle.folded.bytes().all(|b| b >= 0x20);
        let in_json = |text: &str| anywhere(&text.replace('\\', "\\\\").replace('"', "\\\""));
        match (&self.search, self.columns.as_slice()) {
            (Some(needle), []) if plain(needle) => Some(InSql {
                expression: "CASE WHEN user_input LIKE ?4 ESCAPE '\\' OR ground_truth_output LIKE ?4 ESCAPE '\\' THEN 1
                                  WHEN others LIKE ?5 ESCAPE '\\' THEN 2 ELSE 0 END",
                patterns: vec![anywhere(&needle.folded), in_json(&needle.folded)],
            }),
            (None, [(place, ColumnOp::Contains, _, needle)]) if plain(needle) => Some(match place {
                Place::Input => InSql { expression: "user_input LIKE ?4 ESCAPE '\\'", patterns: vec![anywhere(&needle.folded)] },
                Place::Truth => InSql { expression: "ground_truth_output LIKE ?4 ESCAPE '\\'", patterns: vec![anywhere(&needle.folded)] },
                Place::Other(_) => {
                    InSql { expression: "CASE WHEN others LIKE ?4 ESCAPE '\\' THEN 2 ELSE 0 END", patterns: vec![in_json(&needle.folded)] }
                }
            }),
            _ => None,
        }
    }

    /// Whether the other cells of a row pass a test that its input and ground truth alone do not.
    fn passes_beside(&self, others: &str, scratch: &mut String) -> bool {
        let searched = self.search.iter().any(|needle| JsonTexts(others).any(|cell| needle.stands_in(&cell, scratch)));
        searched
            || self.columns.iter().any(|(place, _, _, needle)| match place {
                Place::Other(at) => JsonTexts(others).nth(*at).is_some_and(|cell| needle.stands_in(&cell, scratch)),
                Place::Input | Place::Truth => false,
            })
    }
}

/// The strings of a JSON array of strings, one after another; a string without escapes is not copied.
pub(super) struct JsonTexts<'a>(pub &'a str);

impl<'a> Iterator for JsonTexts<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.0[self.0.find('"')? + 1..];
        let bytes = rest.as_bytes();
        let (mut end, mut escaped) = (0, false);
        loop {
            end += memchr::memchr2(b'"', b'\\', bytes.get(end..)?)?;
            if bytes[end] == b'"' {
                break;
            }
            escaped = true;
            end += 2;
        }
        self.0 = &rest[end + 1..];
        let text = &rest[..end];
        Some(if escaped { Cow::Owned(serde_json::from_str(&format!("\"{text}\"")).ok()?) } else { Cow::Borrowed(text) })
    }
}

fn state_passes(filter: &ExampleFilter, state: State) -> bool {
    let split = match filter.split {
        None => true,
        Some(SplitFilter::Train) => state.split() == Some(Split::Train),
        Some(SplitFilter::Validation) => state.split() == Some(Split::Validation),
        Some(SplitFilter::Test) => state.split() == Some(Split::Test),
        Some(SplitFilter::None) => state.split().is_none(),
    };
    split && filter.excluded.is_none_or(|excluded| excluded == state.excluded())
}

/// The rows between two ids that pass, one after another.
fn scan(c: &Connection, import: i64, stretches: &[(i64, i64)], test: &TextTest) -> Result<Vec<i64>> {
    if let Some(InSql { expression, patterns }) = test.in_sql() {
        let mut statement =
            c.prepare_cached(&format!("SELECT id, {expression}, others FROM example WHERE id BETWEEN ?1 AND ?2 AND dataset_id = ?3"))?;
        let (mut found, mut scratch) = (Vec::new(), String::new());
        for &(first, last) in stretches {
            let mut values: Vec<&dyn ToSql> = vec![&first, &last, &import];
            values.extend(patterns.iter().map(|pattern| pattern as &dyn ToSql));
            let mut rows = statement.query(values.as_slice())?;
            while let Some(row) = rows.next()? {
                let passes = match row.get(1)? {
                    0_i64 => false,
                    1 => true,
                    _ => {
                        let others = row.get_ref(2)?.as_str_or_null().map_err(|e| Error::internal(e.to_string()))?;
                        others.is_some_and(|others| test.passes_beside(others, &mut scratch))
                    }
                };
                if passes {
                    found.push(row.get(0)?);
                }
            }
        }
        return Ok(found);
    }
    let mut statement =
        c.prepare_cached("SELECT id, user_input, ground_truth_output, others FROM example WHERE id BETWEEN ?1 AND ?2 AND dataset_id = ?3")?;
    let (mut found, mut scratch) = (Vec::new(), String::new());
    for &(first, last) in stretches {
        let mut rows = statement.query((first, last, import))?;
        while let Some(row) = rows.next()? {
            if test.passes(row, &mut scratch)? {
                found.push(row.get(0)?);
            }
        }
    }
    Ok(found)
}

/// Those of these rows that pass.
fn look_up(c: &Connection, ids: &[i64], test: &TextTest) -> Result<Vec<i64>> {
    let mut statement = c.prepare_cached("SELECT id, user_input, ground_truth_output, others FROM example WHERE id = ?1")?;
    let (mut found, mut scratch) = (Vec::new(), String::new());
    for &id in ids {
        let mut rows = statement.query([id])?;
        if let Some(row) = rows.next()?
            && test.passes(row, &mut scratch)?
        {
            found.push(id);
        }
    }
    Ok(found)
}

/// Stretches cut into about equal shares, one for each reader.
fn shares(stretches: &[(i64, i64)], count: usize) -> Vec<Vec<(i64, i64)>> {
    let total: i64 = stretches.iter().map(|(first, last)| last - first + 1).sum();
    let size = (total / count as i64).max(4_096) + 1;
    let (mut shares, mut share, mut room) = (Vec::new(), Vec::new(), size);
    for &(mut first, last) in stretches {
        while first <= last {
            let end = last.min(first + room - 1);
            share.push((first, end));
            room -= end - first + 1;
            first = end + 1;
            if room == 0 {
                shares.push(std::mem::take(&mut share));
                room = size;
            }
        }
    }
    shares.push(share);
    shares.retain(|share| !share.is_empty());
    shares
}

/// Rows that are looked up one by one rather than passed over all of them.
const FEW: usize = 20_000;

impl Store {
    /// A page of the list.
    pub async fn examples(
        &self,
        version: i64,
        filter: ExampleFilter,
        sort: Option<ExampleSort>,
        doubts: Option<HashSet<i64>>,
        offset: u32,
        limit: u32,
    ) -> Result<ExamplePage> {
        let listing = self.listing(version, filter, sort, doubts).await?;
        self.read(move |c| {
            let mut reader = Reader::new(c);
            let page = listing.places.iter().skip(offset as usize).take(limit.min(500) as usize);
            let rows = page.map(|&place| reader.example(listing.rows.id(place), listing.rows.state(place)));
            Ok(ExamplePage { total: listing.places.len() as u32, rows: rows.collect::<Result<_>>()? })
        })
        .await
    }

    /// Ids of all examples that a filter leaves, in the order asked for.
    pub async fn listed_ids(
        &self,
        version: i64,
        filter: ExampleFilter,
        sort: Option<ExampleSort>,
        doubts: Option<HashSet<i64>>,
    ) -> Result<Vec<i64>> {
        let listing = self.listing(version, filter, sort, doubts).await?;
        Ok(listing.rows.ids(&listing.places))
    }

    async fn listing(
        &self,
        version: i64,
        filter: ExampleFilter,
        sort: Option<ExampleSort>,
        doubts: Option<HashSet<i64>>,
    ) -> Result<Arc<Listing>> {
        let key = Key { version, filter, sort };
        // Doubts come from runs and change without a new version; a single example is not worth a place.
        let lasting = key.filter.only != Some(OnlyExamples::Doubts) && key.filter.number.is_none();
        if let Some(known) = self.inner.listings.find(&key).filter(|_| lasting) {
            return Ok(known);
        }
        let rows = match self.inner.listings.rows(version) {
            Some(rows) => rows,
            None => Arc::new(self.read(move |c| Rows::at(c, version)).await?),
        };
        let mut places = rows.in_order();
        places.retain(|&place| state_passes(&key.filter, rows.state(place)));
        if let Some(number) = key.filter.number {
            places.retain(|&place| rows.number(place) == number);
        }
        match key.filter.only {
            None => {}
            Some(OnlyExamples::Doubts) => {
                let doubts = doubts.unwrap_or_default();
                places.retain(|&place| doubts.contains(&rows.id(place)));
            }
            Some(OnlyExamples::Duplicates) => self.keep_repeats(&rows, RepeatKind::Duplicates, &mut places).await?,
            Some(OnlyExamples::Contradictions) => self.keep_repeats(&rows, RepeatKind::Contradictions, &mut places).await?,
        }
        self.keep_texts(&rows, &key.filter, &mut places).await?;
        if let Some(sort) = &key.sort {
            places = self.sorted(&rows, places, sort).await?;
        }
        let listing = Arc::new(Listing { rows, places });
        if lasting {
            self.inner.listings.keep(key, &listing);
        }
        Ok(listing)
    }

    async fn keep_repeats(&self, rows: &Arc<Rows>, kind: RepeatKind, places: &mut Vec<u32>) -> Result<()> {
        let of = Arc::clone(rows);
        let groups = self.read(move |c| Ok(repeats::groups(&of.keys(c)?, |place| of.state(place).usable(), kind))).await?;
        let mut repeated = vec![false; rows.len()];
        for place in groups.into_iter().flatten() {
            repeated[place as usize] = true;
        }
        places.retain(|&place| repeated[place as usize]);
        Ok(())
    }

    async fn keep_texts(&self, rows: &Arc<Rows>, filter: &ExampleFilter, places: &mut Vec<u32>) -> Result<()> {
        let import = rows.import;
        let shape = self.read(move |c| Shape::of(c, import)).await?;
        let Some(test) = TextTest::of(filter, &shape)? else { return Ok(()) };
        let test = Arc::new(test);
        let found: Vec<i64> = if places.len() <= FEW / 4 {
            let (ids, test) = (rows.ids(places), Arc::clone(&test));
            self.read(move |c| look_up(c, &ids, &test)).await?
        } else {
            let of = Arc::clone(rows);
            let trigrams = test.trigrams();
            let candidates = self.read(move |c| in_one_view(c, || search_index::candidates(c, of.import, &trigrams, FEW))).await?;
            match candidates {
                Some((ids, indexed)) => {
                    let (indexed_test, rest) = (Arc::clone(&test), rows.stretches(indexed));
                    let mut found = self.read(move |c| look_up(c, &ids, &indexed_test)).await?;
                    found.extend(self.read(move |c| scan(c, import, &rest, &test)).await?);
                    found
                }
                None => {
                    let parts = shares(&rows.stretches(0), READERS).into_iter().map(|share| {
                        let test = Arc::clone(&test);
                        self.read(move |c| scan(c, import, &share, &test))
                    });
                    try_join_all(parts).await?.concat()
                }
            }
        };
        let mut passes = vec![false; rows.len()];
        for place in found.into_iter().filter_map(|id| rows.place(id)) {
            passes[place as usize] = true;
        }
        places.retain(|&place| passes[place as usize]);
        Ok(())
    }

    async fn sorted(&self, rows: &Arc<Rows>, mut places: Vec<u32>, sort: &ExampleSort) -> Result<Vec<u32>> {
        if !sort.column.is_empty() {
            let (import, column) = (rows.import, sort.column.clone());
            let stored = self.read(move |c| search_index::stored_order(c, import, &column)).await?;
            places = match stored {
                Some(order) => {
                    let mut wanted = vec![false; rows.len()];
                    for &place in &places {
                        wanted[place as usize] = true;
                    }
                    let fresh: Vec<i64> =
                        places.iter().filter(|&&place| place as usize >= order.len()).map(|&place| rows.id(place)).collect();
                    let mut ordered: Vec<u32> = order.into_iter().filter(|&place| wanted[place as usize]).collect();
                    if !fresh.is_empty() {
                        ordered = self.merged(rows, ordered, fresh, &sort.column).await?;
                    }
                    ordered
                }
                None => {
                    let (of, column) = (Arc::clone(rows), sort.column.clone());
                    let mut wanted = vec![false; rows.len()];
                    for &place in &places {
                        wanted[place as usize] = true;
                    }
                    let all = self.read(move |c| search_index::order(c, &of, &column)).await?;
                    all.into_iter().filter(|&place| wanted[place as usize]).collect()
                }
            };
        }
        if sort.descending {
            places.reverse();
        }
        Ok(places)
    }

    /// Puts rows that were edited since the order was kept into their places.
    async fn merged(&self, rows: &Arc<Rows>, ordered: Vec<u32>, fresh: Vec<i64>, column: &str) -> Result<Vec<u32>> {
        let (of, column) = (Arc::clone(rows), column.to_owned());
        self.read(move |c| {
            let shape = Shape::of(c, of.import)?;
            let expression = search_index::cell_expression(shape.place(&column)?);
            let mut key = c.prepare(&format!("SELECT {expression} FROM example WHERE id = ?1"))?;
            let mut cell = |id: i64| -> Result<search_index::SortKey> {
                let text: Option<String> = key.query_row(params![id], |r| r.get(0)).optional()?.flatten();
                Ok(search_index::SortKey::of(text.unwrap_or_default(), id))
            };
            let mut ordered = ordered;
            for id in fresh {
                let own = cell(id)?;
                let (mut low, mut high) = (0, ordered.len());
                while low < high {
                    let middle = (low + high) / 2;
                    if cell(of.id(ordered[middle]))? < own { low = middle + 1 } else { high = middle }
                }
                if let Some(place) = of.place(id) {
                    ordered.insert(low, place);
                }
            }
            Ok(ordered)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_needle_is_found_case_aside_in_any_script() {
        let mut scratch = String::new();
        let mut found = |needle: &str, text: &str| Needle::new(needle).stands_in(text, &mut scratch);
        assert!(found("CARD", "my card was lost") && found("lost", "LOST") && !found("cards", "card"));
        assert!(found("ärger", "ÄRGER mit der Karte") && found("карта", "Моя КАРТА") && found("100%_\\", "at 100%_\\ of"));
        assert!(found("x", "é x") && !found("y", "é x") && !found("longer", "long"));
        assert_eq!(Needle::new("Äb").trigrams(), Vec::<String>::new());
        assert_eq!(Needle::new("ABAbab").trigrams(), ["aba", "bab"]);
    }

    #[test]
    fn cells_beside_input_and_truth_come_one_by_one() {
        let array = serde_json::json!(["plain", "a \"quoted\" \\ one", "", "zwei\nZeilen, \u{1}", "ü"]).to_string();
        let cells: Vec<String> = JsonTexts(&array).map(Cow::into_owned).collect();
        assert_eq!(cells, ["plain", "a \"quoted\" \\ one", "", "zwei\nZeilen, \u{1}", "ü"]);
        assert_eq!(JsonTexts("[]").next(), None);
        assert_eq!(JsonTexts("[\"cut\\").count(), 0, "what is cut off ends the list");
    }

    #[test]
    fn shares_hold_every_id_once() {
        let stretches = [(1, 10_000), (20_001, 20_002), (30_000, 39_999)];
        let shares = shares(&stretches, 3);
        assert_eq!(shares.len(), 3);
        let mut ids: Vec<i64> = shares.into_iter().flatten().flat_map(|(first, last)| first..=last).collect();
        ids.sort_unstable();
        let all: Vec<i64> = stretches.iter().flat_map(|&(first, last)| first..=last).collect();
        assert_eq!(ids, all);
    }
}
