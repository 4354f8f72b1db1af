//! Dividing a dataset into training, validation and test: by a plan and its seed, the same on every machine.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    Split, SplitPlan, SplitSizes,
    hashes::{HashedMap, HashedSet, digest, short},
};
use crate::{Error, Result};

/// Examples from which on there is a test split.
const ENOUGH_FOR_TEST: u64 = 100;
/// Examples below which a division is only a warning away from useless.
pub(super) const FEW: u64 = 30;
/// Most different truths a division is stratified by.
const MOST_STRATA: usize = 50;

/// What the division needs to know of an example: 64-bit hashes of its texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitKey {
    /// Of the input.
    pub input_hash: u64,
    /// Of the ground truth.
    pub truth_hash: u64,
}

impl SplitKey {
    /// The key of an example: BLAKE3, cut to 64 bits.
    pub fn of(user_input: &str, ground_truth_output: &str) -> Self {
        Self { input_hash: short(digest(user_input.as_bytes())), truth_hash: short(digest(ground_truth_output.as_bytes())) }
    }
}

/// What input and ground truth are known by together: BLAKE3 of both digests, cut to 64 bits.
pub fn pair_hash(user_input: &str, ground_truth_output: &str) -> [u8; 8] {
    let pair = [digest(user_input.as_bytes()), digest(ground_truth_output.as_bytes())].concat();
    short(digest(&pair)).to_le_bytes()
}

impl SplitSizes {
    /// Counts the examples of each split; those in none count nowhere.
    pub fn count(splits: impl IntoIterator<Item = Option<Split>>) -> Self {
        let mut sizes = Self::default();
        for split in splits.into_iter().flatten() {
            *sizes.of_mut(split) += 1;
        }
        sizes
    }
    /// Examples of one split.
    pub fn of(&self, split: Split) -> u32 {
        match split {
            Split::Train => self.train,
            Split::Validation => self.validation,
            Split::Test => self.test,
        }
    }
    fn of_mut(&mut self, split: Split) -> &mut u32 {
        match split {
            Split::Train => &mut self.train,
            Split::Validation => &mut self.validation,
            Split::Test => &mut self.test,
        }
    }
}

impl Split {
    /// The three, in order.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// The split a word names: train, training; validation, valid, val, dev; test, testing, eval, evaluation. Case and outer blanks aside.
pub fn split_of_word(word: &str) -> Option<Split> {
    match word.trim().to_lowercase().as_str() {
        "train" | "training" => Some(Split::Train),
        "validation" | "valid" | "val" | "dev" => Some(Split::Validation),
        "test" | "testing" | "eval" | "evaluation" => Some(Split::Test),
        _ => None,
    }
}

/// The split a file name says with one of its words, as in `tickets-train.csv` or `val_2.csv`; none when it names two.
pub fn split_of_file_name(name: &str) -> Option<Split> {
    let stem = Path::new(name).file_stem()?.to_str()?;
    let named: HashSet<Split> = stem.split(|c: char| !c.is_alphabetic()).filter_map(split_of_word).collect();
    let mut named = named.into_iter();
    named.next().filter(|_| named.next().is_none())
}

/// The division for so many examples when nobody asked for another: 60/20/20 from 100 on, else halves and no test.
pub fn default_plan(rows: u64) -> SplitPlan {
    if rows >= ENOUGH_FOR_TEST {
        SplitPlan::Ratio { train: 60, validation: 20, test: 20, seed: 0 }
    } else {
        SplitPlan::Ratio { train: 50, validation: 50, test: 0, seed: 0 }
    }
}

impl SplitPlan {
    /// Refuses percentages that do not make a whole or leave training or validation without examples.
    pub fn check(&self) -> Result<()> {
        let Self::Ratio { train, validation, test, .. } = *self else { return Ok(()) };
        if u64::from(train) + u64::from(validation) + u64::from(test) != 100 {
            return Err(Error::invalid(format!(
                "A division of {train}/{validation}/{test} does not add up to 100. Change the percentages."
            )));
        }
        if train == 0 || validation == 0 {
            return Err(Error::invalid("A division needs training and validation examples. Give each more than 0 percent."));
        }
        Ok(())
    }
}

/// Sizes of a division in percent by the largest remainder: whole numbers first, what is left goes where most was cut off.
pub fn sizes(total: usize, percents: [u32; 3]) -> [usize; 3] {
    let sum: u128 = percents.iter().map(|&p| u128::from(p)).sum();
    if sum == 0 {
        return [0; 3];
    }
    let exact = percents.map(|p| total as u128 * u128::from(p));
    let mut sizes = exact.map(|e| (e / sum) as usize);
    let mut order = [0, 1, 2];
    order.sort_by_key(|&i| (std::cmp::Reverse(exact[i] % sum), i));
    let left = total - sizes.iter().sum::<usize>();
    for &i in order.iter().take(left) {
        sizes[i] += 1;
    }
    sizes
}

/// The split of every example under a ratio plan; under the other plans the examples bring their own and this gives none.
///
/// Examples with the same input form a group that stays together. With at most 50 different truths, each of them at least twice,
/// every truth is divided on its own, the rarest first, so that validation and test see it too. The sizes are those of [`sizes`],
/// unless groups too large for that force others.
pub fn assign(plan: &SplitPlan, keys: &[SplitKey]) -> Vec<Option<Split>> {
    let SplitPlan::Ratio { train, validation, test, seed } = *plan else { return vec![None; keys.len()] };
    let percents = [train, validation, test];
    if percents == [0; 3] {
        return vec![None; keys.len()];
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (group_of, groups, strata) = group(keys);
    let totals: Vec<usize> = strata.iter().map(|ids| ids.iter().map(|&id| groups[id]).sum()).collect();
    let quotas = quotas(&totals, keys.len(), percents);
    // Groups too large for the quota of their stratum: the strata after it make up for them.
    let mut over = [0_i64; 3];
    let mut chosen = vec![0; groups.len()];
    for (mut ids, quota) in strata.into_iter().zip(quotas) {
        let mut need: [i64; 3] = std::array::from_fn(|s| quota[s] as i64 - over[s]);
        shuffle(&mut ids, &mut random);
        ids.sort_by_key(|&id| std::cmp::Reverse(groups[id]));
        for id in ids {
            let size = groups[id] as i64;
            chosen[id] = draw(need, size, &mut random);
            need[chosen[id]] -= size;
        }
        over = need.map(|left| -left);
    }
    group_of.into_iter().map(|id| Some(Split::ALL[chosen[id as usize]])).collect()
}

/// The group of every example, the size of every group, and the groups of every stratum; all in an order that depends on the data
/// only. Strata without large groups come last: they can make up for the others.
fn group(keys: &[SplitKey]) -> (Vec<u32>, Vec<usize>, Vec<Vec<usize>>) {
    let mut count: HashedMap<usize> = HashedMap::default();
    for key in keys {
        *count.entry(key.truth_hash).or_default() += 1;
        if count.len() > MOST_STRATA {
            break;
        }
    }
    let stratified = count.len() <= MOST_STRATA && count.values().all(|&n| n >= 2);
    let mut id_of: HashedMap<u32> = HashedMap::default();
    let mut stratum_of: HashedMap<usize> = HashedMap::default();
    let mut groups = Vec::new();
    let mut strata: Vec<Vec<usize>> = Vec::new();
    let mut group_of = Vec::with_capacity(keys.len());
    for key in keys {
        let id = *id_of.entry(key.input_hash).or_insert_with(|| {
            let truth = if stratified { key.truth_hash } else { 0 };
            let stratum = *stratum_of.entry(truth).or_insert_with(|| {
                strata.push(Vec::new());
                strata.len() - 1
            });
            groups.push(0);
            strata[stratum].push(groups.len() - 1);
            (groups.len() - 1) as u32
        });
        groups[id as usize] += 1;
        group_of.push(id);
    }
    strata.sort_by_key(|ids| ids.iter().filter(|&&id| groups[id] == 1).count());
    (group_of, groups, strata)
}

/// How many examples of each stratum go to each split: whole shares first; what is left goes where the stratum is still absent, then
/// where most was cut off, as long as the split has room.
fn quotas(totals: &[usize], total: usize, percents: [u32; 3]) -> Vec<[usize; 3]> {
    let sum: usize = percents.iter().map(|&p| p as usize).sum();
    let mut room = sizes(total, percents);
    let mut quotas: Vec<[usize; 3]> = totals.iter().map(|n| percents.map(|p| n * p as usize / sum)).collect();
    for quota in &quotas {
        for (room, taken) in room.iter_mut().zip(quota) {
            *room -= taken;
        }
    }
    let mut rarest_first: Vec<usize> = (0..totals.len()).collect();
    rarest_first.sort_by_key(|&stratum| totals[stratum]);
    for stratum in rarest_first {
        let quota = &mut quotas[stratum];
        while quota.iter().sum::<usize>() < totals[stratum] {
            let lacking = |s: usize| (totals[stratum] * percents[s] as usize) as i64 - (quota[s] * sum) as i64;
            let open = (0..3).filter(|&s| room[s] > 0);
            let Some(chosen) = open.max_by_key(|&s| (quota[s] == 0, lacking(s), std::cmp::Reverse(s))) else { break };
            quota[chosen] += 1;
            room[chosen] -= 1;
        }
    }
    quotas
}

/// A split that has room for the group, drawn in proportion to its need; without one, the neediest.
fn draw(need: [i64; 3], size: i64, random: &mut ChaCha8Rng) -> usize {
    let weights = need.map(|n| if n >= size { n as u64 } else { 0 });
    let sum: u64 = weights.iter().sum();
    if sum == 0 {
        return (0..3).max_by_key(|&s| (need[s], std::cmp::Reverse(s))).unwrap_or(0);
    }
    let mut place = below(sum, random);
    for (split, &weight) in weights.iter().enumerate() {
        if place < weight {
            return split;
        }
        place -= weight;
    }
    0
}

/// Fisher–Yates, from the end.
fn shuffle<T>(items: &mut [T], random: &mut ChaCha8Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(last as u64 + 1, random) as usize);
    }
}

/// A number below `bound`, every one equally likely: the multiply-shift of Lemire (2019) with rejection. Written out here because a
/// division must never change with a library's version.
fn below(bound: u64, random: &mut ChaCha8Rng) -> u64 {
    let least = bound.wrapping_neg() % bound.max(1);
    loop {
        let wide = u128::from(random.next_u64()) * u128::from(bound);
        if wide as u64 >= least {
            return (wide >> 64) as u64;
        }
    }
}

/// Different inputs that stand in more than one split.
pub fn leaks(keys: &[SplitKey], splits: &[Option<Split>]) -> u32 {
    leaking(keys, splits).len() as u32
}

/// By place, whether the input stands in another split too; `splits` has none for what does not count.
pub fn leaks_at(keys: &[SplitKey], splits: &[Option<Split>]) -> Vec<bool> {
    let leaking = leaking(keys, splits);
    keys.iter().zip(splits).map(|(key, split)| split.is_some() && leaking.contains(&key.input_hash)).collect()
}

fn leaking(keys: &[SplitKey], splits: &[Option<Split>]) -> HashedSet {
    let mut first: HashedMap<Split> = HashedMap::default();
    let mut leaking = HashedSet::default();
    for (key, split) in keys.iter().zip(splits) {
        let Some(split) = *split else { continue };
        if *first.entry(key.input_hash).or_insert(split) != split {
            leaking.insert(key.input_hash);
        }
    }
    leaking
}

/// How many examples of each ground truth stand in each split, in an order that depends on the data only.
pub(super) fn truths_by_split(keys: &[SplitKey], splits: &[Option<Split>]) -> BTreeMap<u64, SplitSizes> {
    let mut counts: BTreeMap<u64, SplitSizes> = BTreeMap::new();
    for (key, split) in keys.iter().zip(splits) {
        let sizes = counts.entry(key.truth_hash).or_default();
        if let Some(split) = *split {
            *sizes.of_mut(split) += 1;
        }
    }
    counts
}

/// At most `limit` of `items` (0: all), drawn by `seed`, in their order. A larger limit keeps what a smaller one drew.
pub fn sample_rows<T: Copy>(items: &[T], limit: usize, seed: u64) -> Vec<T> {
    if limit == 0 || limit >= items.len() {
        return items.to_vec();
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut places: Vec<usize> = (0..items.len()).collect();
    for drawn in 0..limit {
        let other = drawn + below((places.len() - drawn) as u64, &mut random) as usize;
        places.swap(drawn, other);
    }
    places.truncate(limit);
    places.sort_unstable();
    places.into_iter().map(|place| items[place]).collect()
}

#[cfg(test)]
mod tests;
