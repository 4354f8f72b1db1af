//! Lists of examples: what a filter leaves, in any order, any page of it at once.
//!
//! A list is worked out once, as the places of its rows (four bytes each), and kept for a while: a dataset version never changes, so the
//! list stays right. A page is a slice of it.

mod conditions;
mod needle;
pub(super) mod order;
pub(super) mod packed;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::{try_join, try_join_all};
use rusqlite::Connection;

use super::{
    READERS, Store,
    cells::{Reader, Shape},
    datasets::used_splits,
    rows::Rows,
};
use crate::{
    dataset::{ExampleFilter, ExamplePage, ExampleSort, OnlyExamples, RepeatKind, repeats, split},
    error::Result,
};

use conditions::{TextTest, state_passes};

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

/// The rows in stretches of ids that pass, one after another.
fn scan(c: &Connection, import: i64, stretches: &[(i64, i64)], test: &TextTest) -> Result<Vec<i64>> {
    let mut statement =
        c.prepare_cached("SELECT id, user_input, ground_truth_output, others FROM example WHERE id BETWEEN ?1 AND ?2 AND dataset_id = ?3")?;
    let (mut found, mut scratch) = (Vec::new(), Vec::new());
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
    let (mut found, mut scratch) = (Vec::new(), Vec::new());
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
const FEW: usize = 5_000;

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
            Some(OnlyExamples::Leaks) => {
                let of = Arc::clone(&rows);
                let leaks = self.read(move |c| Ok(split::leaks_at(&of.keys(c)?, &used_splits(&of)))).await?;
                places.retain(|&place| leaks[place as usize]);
            }
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
        let (import, asked) = (rows.import, filter.clone());
        let (test, pieces) = self
            .read(move |c| {
                let test = TextTest::of(&asked, &Shape::of(c, import)?)?;
                let pieces = if test.is_some() { packed::pieces(c, import)? } else { Vec::new() };
                Ok((test.map(Arc::new), pieces))
            })
            .await?;
        let Some(test) = test else { return Ok(()) };
        let mut passes = vec![false; rows.len()];
        if places.len() <= FEW {
            let (ids, test) = (rows.ids(places), Arc::clone(&test));
            let found = self.read(move |c| look_up(c, &ids, &test)).await?;
            found.into_iter().filter_map(|id| rows.place(id)).for_each(|place| passes[place as usize] = true);
        } else {
            let packed_rows = pieces.last().map_or(0, |last| last.1);
            let packed = pieces.chunks(pieces.len().div_ceil(READERS).max(1)).map(|share| {
                let (test, share) = (Arc::clone(&test), (share[0].0, share[share.len() - 1].1));
                self.read(move |c| packed::search(c, import, share, &test))
            });
            let others = shares(&rows.stretches(packed_rows), READERS).into_iter().map(|share| {
                let test = Arc::clone(&test);
                self.read(move |c| scan(c, import, &share, &test))
            });
            let (packed, others) = try_join(try_join_all(packed), try_join_all(others)).await?;
            let others = others.into_iter().flatten().filter_map(|id| rows.place(id));
            for place in packed.into_iter().flatten().chain(others) {
                if let Some(passes) = passes.get_mut(place as usize) {
                    *passes = true;
                }
            }
        }
        places.retain(|&place| passes[place as usize]);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
