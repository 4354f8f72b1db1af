//! The rows of an import as one of its versions has them: four bits a row, and the way from one version to another.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};

use crate::{
    dataset::{Split, SplitKey, SplitSizes},
    error::{Error, ErrorCode, Result},
};

/// What a version knows of a row: its split in two bits, excluded, gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct State(u8);

const SPLIT: u8 = 3;
const EXCLUDED: u8 = 4;
const GONE: u8 = 8;

impl State {
    /// A row that the version does not have.
    pub const GONE: Self = Self(GONE);

    /// A row in this split.
    pub fn of(split: Option<Split>) -> Self {
        Self(match split {
            None => 0,
            Some(Split::Train) => 1,
            Some(Split::Validation) => 2,
            Some(Split::Test) => 3,
        })
    }
    pub fn split(self) -> Option<Split> {
        match self.0 & SPLIT {
            1 => Some(Split::Train),
            2 => Some(Split::Validation),
            3 => Some(Split::Test),
            _ => None,
        }
    }
    pub fn with_split(self, split: Option<Split>) -> Self {
        Self((self.0 & !SPLIT) | Self::of(split).0)
    }
    pub fn excluded(self) -> bool {
        self.0 & EXCLUDED != 0
    }
    pub fn with_excluded(self, excluded: bool) -> Self {
        Self(if excluded { self.0 | EXCLUDED } else { self.0 & !EXCLUDED })
    }
    /// A row that is gone keeps its split, so that runs that used it can say where it stood.
    pub fn taken_out(self) -> Self {
        Self(self.0 | GONE)
    }
    pub fn gone(self) -> bool {
        self.0 & GONE != 0
    }
    /// A run may use it.
    pub fn usable(self) -> bool {
        self.0 & (EXCLUDED | GONE) == 0
    }
}

/// Rows with ids and numbers that follow each other.
#[derive(Debug, Clone, Copy)]
struct Block {
    first_id: i64,
    first_number: u32,
    /// Place of its first row.
    start: u32,
    count: u32,
}

/// All rows that an import and its edits ever brought, in the order they arrived, as one version has them. A *place* is a position in
/// this list, from 0.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    /// The import.
    pub import: i64,
    blocks: Vec<Block>,
    states: Vec<State>,
}

/// Most rows of a block: what has to be written for one changed row.
pub(super) const BLOCK_ROWS: usize = 16_384;

impl Rows {
    /// The rows as a version has them.
    pub fn at(c: &Connection, version: i64) -> Result<Self> {
        in_one_view(c, || {
            let (import, head) = import_of(c, version)?;
            let mut rows = Self::stored(c, import)?;
            for (place, state) in steps(c, head, version)? {
                rows.take(place, state)?;
            }
            Ok(rows)
        })
    }

    /// The rows as the import's blocks have them now.
    pub fn stored(c: &Connection, import: i64) -> Result<Self> {
        let mut statement =
            c.prepare_cached("SELECT first_id, first_number, count, states FROM example_block WHERE dataset_id = ?1 ORDER BY first_id")?;
        let mut found = statement.query([import])?;
        let mut rows = Self { import, blocks: Vec::new(), states: Vec::new() };
        while let Some(row) = found.next()? {
            let states = row.get_ref(3)?.as_blob().map_err(|e| damaged(&e.to_string()))?;
            let block = Block { first_id: row.get(0)?, first_number: row.get(1)?, start: rows.states.len() as u32, count: row.get(2)? };
            if states.len() != block.count as usize {
                return Err(damaged("a block of examples has another length than it says"));
            }
            rows.states.extend(states.iter().map(|&bits| State(bits)));
            rows.blocks.push(block);
        }
        Ok(rows)
    }

    /// All rows, those that are gone as well.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    pub fn state(&self, place: u32) -> State {
        self.states[place as usize]
    }

    pub fn set(&mut self, place: u32, state: State) {
        self.states[place as usize] = state;
    }

    /// The same for a place that was read from the database.
    fn take(&mut self, place: u32, state: State) -> Result<()> {
        let known = self.states.get_mut(place as usize);
        *known.ok_or_else(|| damaged("a dataset version changed a row that is not there"))? = state;
        Ok(())
    }

    fn block_of(&self, place: u32) -> &Block {
        &self.blocks[self.blocks.partition_point(|b| b.start <= place) - 1]
    }

    /// The id of the row at a place.
    pub fn id(&self, place: u32) -> i64 {
        let block = self.block_of(place);
        block.first_id + i64::from(place - block.start)
    }

    /// Ids of the rows at these places.
    pub fn ids(&self, places: &[u32]) -> Vec<i64> {
        places.iter().map(|&place| self.id(place)).collect()
    }

    /// The number of the row at a place.
    pub fn number(&self, place: u32) -> u32 {
        let block = self.block_of(place);
        block.first_number + (place - block.start)
    }

    /// The place of a row; none when it belongs to another import.
    pub fn place(&self, id: i64) -> Option<u32> {
        let after = self.blocks.partition_point(|b| b.first_id <= id);
        let block = self.blocks.get(after.checked_sub(1)?)?;
        let offset = u32::try_from(id - block.first_id).ok()?;
        (offset < block.count).then_some(block.start + offset)
    }

    /// Places of the rows that are not gone, by number.
    pub fn in_order(&self) -> Vec<u32> {
        let mut places: Vec<u32> = (0..self.len() as u32).filter(|&place| !self.state(place).gone()).collect();
        // Edited rows have blocks of their own, with numbers from the midst of others.
        let sorted = self.blocks.windows(2).all(|pair| pair[0].first_number + pair[0].count <= pair[1].first_number);
        if !sorted {
            places.sort_by_key(|&place| self.number(place));
        }
        places
    }

    /// First and last id of stretches without a gap, beginning at a place.
    pub fn stretches(&self, from: u32) -> Vec<(i64, i64)> {
        let mut stretches: Vec<(i64, i64)> = Vec::new();
        for block in &self.blocks {
            let skipped = from.saturating_sub(block.start).min(block.count);
            let (first, last) = (block.first_id + i64::from(skipped), block.first_id + i64::from(block.count) - 1);
            if skipped == block.count {
                continue;
            }
            match stretches.last_mut() {
                Some(stretch) if stretch.1 + 1 == first => stretch.1 = last,
                _ => stretches.push((first, last)),
            }
        }
        stretches
    }

    /// Sizes of the splits, without what is excluded.
    pub fn sizes(&self) -> SplitSizes {
        SplitSizes::count(self.states.iter().filter(|s| s.usable()).map(|s| s.split()))
    }

    /// Rows, and excluded ones among them.
    pub fn counts(&self) -> (u32, u32) {
        let there = self.states.iter().filter(|s| !s.gone());
        there.fold((0, 0), |(rows, excluded), s| (rows + 1, excluded + u32::from(s.excluded())))
    }

    /// The hashes of all rows, by place.
    pub fn keys(&self, c: &Connection) -> Result<Vec<SplitKey>> {
        let mut statement = c.prepare_cached("SELECT hashes FROM example_hashes WHERE first_id = ?1")?;
        let mut keys = Vec::with_capacity(self.len());
        for block in &self.blocks {
            statement.query_row([block.first_id], |row| {
                let hashes = row.get_ref(0)?.as_blob()?;
                keys.extend(hashes.chunks_exact(16).map(key_of));
                Ok(())
            })?;
        }
        if keys.len() != self.len() {
            return Err(damaged("the hashes of some examples are missing"));
        }
        Ok(keys)
    }

    /// Writes the states of these places into their blocks.
    pub fn write(&self, c: &Connection, places: &[u32]) -> Result<()> {
        let mut starts: Vec<u32> = places.iter().map(|&place| self.block_of(place).start).collect();
        starts.sort_unstable();
        starts.dedup();
        let mut update = c.prepare_cached("UPDATE example_block SET states = ?2 WHERE first_id = ?1")?;
        for start in starts {
            let block = self.block_of(start);
            let range = block.start as usize..(block.start + block.count) as usize;
            let bits: Vec<u8> = self.states[range].iter().map(|s| s.0).collect();
            update.execute((block.first_id, bits))?;
        }
        Ok(())
    }
}

fn key_of(hashes: &[u8]) -> SplitKey {
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0_u64, |sum, &byte| (sum << 8) | u64::from(byte));
    SplitKey { input_hash: number(&hashes[..8]), truth_hash: number(&hashes[8..16]) }
}

/// Adds the block of rows that were just written, in no split.
pub(super) fn add_block(c: &Connection, import: i64, first_id: i64, first_number: u32, count: usize) -> Result<()> {
    let sql = "INSERT INTO example_block (first_id, dataset_id, first_number, count, states) VALUES (?1, ?2, ?3, ?4, zeroblob(?4))";
    c.prepare_cached(sql)?.execute((first_id, import, first_number, count as i64))?;
    Ok(())
}

/// Gives the rows of a new block what is known once all rows are there.
pub(super) fn fill_block(c: &Connection, first_id: i64, states: impl Iterator<Item = State>, keys: &[SplitKey]) -> Result<()> {
    let bits: Vec<u8> = states.map(|s| s.0).collect();
    c.prepare_cached("UPDATE example_block SET states = ?2 WHERE first_id = ?1")?.execute((first_id, bits))?;
    let mut hashes = Vec::with_capacity(keys.len() * 16);
    for key in keys {
        hashes.extend_from_slice(&key.input_hash.to_le_bytes());
        hashes.extend_from_slice(&key.truth_hash.to_le_bytes());
    }
    c.prepare_cached("INSERT INTO example_hashes (first_id, hashes) VALUES (?1, ?2)")?.execute((first_id, hashes))?;
    Ok(())
}

/// The state of one row in the version that its import's blocks are at.
pub(super) fn state_now(c: &Connection, id: i64) -> Result<State> {
    let mut statement = c.prepare_cached(
        "SELECT substr(states, ?1 - first_id + 1, 1) FROM example_block WHERE first_id <= ?1 ORDER BY first_id DESC LIMIT 1",
    )?;
    let bits: Option<Vec<u8>> = statement.query_row([id], |r| r.get(0)).optional()?;
    Ok(bits.and_then(|b| b.first().copied()).map_or(State::GONE, State))
}

/// The import of a version, and the version that the import's blocks are at.
pub(super) fn import_of(c: &Connection, version: i64) -> Result<(i64, i64)> {
    let sql = "SELECT i.id, i.head_id FROM dataset v JOIN dataset i ON i.id = v.import_id WHERE v.id = ?1";
    let found = c.prepare_cached(sql)?.query_row([version], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    found.ok_or_else(|| Error::not_found("That dataset does not exist any more. Import the file again."))
}

/// Brings the blocks of a version's import to that version.
pub(super) fn move_to(c: &Connection, version: i64) -> Result<()> {
    let (import, head) = import_of(c, version)?;
    if head == version {
        return Ok(());
    }
    let mut rows = Rows::stored(c, import)?;
    let mut changed = Vec::new();
    for (place, state) in steps(c, head, version)? {
        rows.take(place, state)?;
        changed.push(place);
    }
    rows.write(c, &changed)?;
    c.execute("UPDATE dataset SET head_id = ?2 WHERE id = ?1", (import, version))?;
    Ok(())
}

/// A row whose state a version changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub place: u32,
    pub before: State,
    pub after: State,
}

/// Changes as a version keeps them: for each, by place, the distance to the place before it (seven bits a byte, the lowest first,
/// the high bit set where another follows) and a byte with the state before in the high half and the one after in the low one.
pub(super) fn encode(changes: &mut [Change]) -> Vec<u8> {
    changes.sort_unstable_by_key(|change| change.place);
    let mut bytes = Vec::with_capacity(changes.len() * 2);
    let mut last = 0;
    for change in changes {
        let mut distance = change.place - last;
        last = change.place;
        while distance > 127 {
            bytes.push((distance & 127) as u8 | 128);
            distance >>= 7;
        }
        bytes.extend([distance as u8, (change.before.0 << 4) | change.after.0]);
    }
    bytes
}

fn decode(bytes: &[u8]) -> Result<Vec<Change>> {
    let cut = || damaged("the changes of a dataset version are cut off");
    let mut changes = Vec::new();
    let (mut last, mut at) = (0_u32, 0);
    while at < bytes.len() {
        let (mut distance, mut shift) = (0_u32, 0);
        loop {
            let byte = *bytes.get(at).filter(|_| shift < 32).ok_or_else(cut)?;
            at += 1;
            distance |= u32::from(byte & 127) << shift;
            shift += 7;
            if byte < 128 {
                break;
            }
        }
        last = last.checked_add(distance).ok_or_else(cut)?;
        let states = *bytes.get(at).ok_or_else(cut)?;
        at += 1;
        changes.push(Change { place: last, before: State(states >> 4), after: State(states & 15) });
    }
    Ok(changes)
}

/// The changes of a version, none for an import, and the version they start from.
fn step(c: &Connection, version: i64) -> Result<(Option<i64>, Vec<Change>)> {
    let mut statement = c.prepare_cached("SELECT base_id, changes FROM dataset WHERE id = ?1")?;
    let (base, bytes): (Option<i64>, Option<Vec<u8>>) = statement.query_row([version], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok((base, decode(&bytes.unwrap_or_default())?))
}

/// The versions that a version was made from, itself first.
fn ancestors(c: &Connection, version: i64) -> Result<Vec<i64>> {
    let mut statement = c.prepare_cached(
        "WITH RECURSIVE line(id, at) AS (SELECT ?1, 0 UNION ALL SELECT d.base_id, at + 1 FROM line JOIN dataset d ON d.id = line.id WHERE d.base_id IS NOT NULL)
         SELECT id FROM line ORDER BY at",
    )?;
    let line = statement.query_map([version], |r| r.get(0))?.collect::<Result<Vec<_>, _>>()?;
    Ok(line)
}

/// What has to be set, in this order, to come from one version to another of the same import.
fn steps(c: &Connection, from: i64, to: i64) -> Result<Vec<(u32, State)>> {
    if from == to {
        return Ok(Vec::new());
    }
    let (back, forth) = (ancestors(c, from)?, ancestors(c, to)?);
    let place: HashMap<i64, usize> = forth.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let (common, meeting) = back
        .iter()
        .enumerate()
        .find_map(|(at, id)| place.get(id).map(|there| (at, *there)))
        .ok_or_else(|| damaged("two versions of a dataset have nothing in common"))?;
    let mut set = Vec::new();
    for &version in &back[..common] {
        set.extend(step(c, version)?.1.into_iter().map(|change| (change.place, change.before)));
    }
    for &version in forth[..meeting].iter().rev() {
        set.extend(step(c, version)?.1.into_iter().map(|change| (change.place, change.after)));
    }
    Ok(set)
}

/// Several queries that see the same state of the database; inside a transaction they do anyway.
pub(super) fn in_one_view<T>(c: &Connection, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let view = if c.is_autocommit() { Some(c.unchecked_transaction()?) } else { None };
    let done = work();
    if let Some(view) = view {
        view.finish()?;
    }
    done
}

pub(super) fn damaged(what: &str) -> Error {
    Error::new(ErrorCode::Database, format!("The database is damaged: {what}. Check it in Settings, or restore a copy."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_come_back_as_they_were_kept() {
        let change = |place, before, after| Change { place, before: State(before), after: State(after) };
        let mut changes = vec![change(70_000, 1, 9), change(3, 0, 3), change(4, 8, 2), change(u32::MAX, 15, 0)];
        let bytes = encode(&mut changes);
        assert_eq!(changes[0].place, 3, "kept by place");
        assert_eq!(decode(&bytes).expect("what was encoded"), changes);
        assert!(decode(&bytes[..bytes.len() - 1]).is_err(), "a cut blob is no shorter change");
        assert!(decode(&[255; 12]).is_err());
    }

    #[test]
    fn a_state_keeps_split_exclusion_and_absence_apart() {
        for split in [None, Some(Split::Train), Some(Split::Validation), Some(Split::Test)] {
            let state = State::of(split).with_excluded(true);
            assert_eq!((state.split(), state.excluded(), state.gone(), state.usable()), (split, true, false, false));
            assert_eq!(state.with_excluded(false), State::of(split));
            assert_eq!(state.with_split(Some(Split::Test)).split(), Some(Split::Test));
        }
        assert!(State::GONE.gone() && !State::GONE.usable());
    }
}
