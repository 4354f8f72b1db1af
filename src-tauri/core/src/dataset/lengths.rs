//! How long texts are, counted as they pass.

use std::collections::BTreeMap;

use super::{LengthBucket, LengthHistogram};

/// Lengths below this have a counter of their own in a plain list.
const SHORT: usize = 2_048;
/// Ranges of a histogram at most.
const MOST_BUCKETS: u32 = 24;

/// Counts lengths; memory grows with the number of different long ones alone.
#[derive(Debug, Clone, Default)]
pub struct Lengths {
    short: Vec<u32>,
    long: BTreeMap<u32, u32>,
}

impl Lengths {
    /// One more text of this length.
    pub fn add(&mut self, length: usize) {
        if length >= SHORT {
            *self.long.entry(u32::try_from(length).unwrap_or(u32::MAX)).or_default() += 1;
            return;
        }
        if self.short.is_empty() {
            self.short = vec![0; SHORT];
        }
        self.short[length] += 1;
    }

    fn counted(&self) -> impl Iterator<Item = (u32, u32)> {
        let short = (0..).zip(&self.short).filter(|(_, count)| **count > 0).map(|(length, count)| (length, *count));
        short.chain(self.long.iter().map(|(length, count)| (*length, *count)))
    }

    /// The histogram. Ranges are equally wide up to the length that 99 of 100 texts do not exceed; the last one holds the rest.
    pub fn histogram(&self) -> LengthHistogram {
        let total: u64 = self.counted().map(|(_, count)| u64::from(count)).sum();
        let (Some((shortest, _)), Some((longest, _))) = (self.counted().next(), self.counted().last()) else {
            return LengthHistogram::default();
        };
        let sum: f64 = self.counted().map(|(length, count)| f64::from(length) * f64::from(count)).sum();
        let at = |share: f64| {
            let rank = ((total as f64 * share).ceil() as u64).max(1);
            let mut passed = 0;
            let mut reached = self.counted().skip_while(move |(_, count)| {
                passed += u64::from(*count);
                passed < rank
            });
            reached.next().map_or(longest, |(length, _)| length)
        };
        let usual = at(0.99);
        let width = (usual - shortest) / MOST_BUCKETS + 1;
        let ranges = (usual - shortest) / width + 1;
        let mut buckets: Vec<LengthBucket> = (0..ranges)
            .map(|index| {
                let from = shortest + index * width;
                LengthBucket { from, to: if index + 1 == ranges { longest.max(from) } else { from + width - 1 }, count: 0 }
            })
            .collect();
        for (length, count) in self.counted() {
            buckets[((length - shortest) / width).min(ranges - 1) as usize].count += count;
        }
        LengthHistogram { buckets, shortest, median: at(0.5), p95: at(0.95), longest, mean: sum / total as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_holds_every_text_once() {
        let mut lengths = Lengths::default();
        for length in (1..=1_000).chain([50_000, 3_000_000]) {
            lengths.add(length);
        }
        let found = lengths.histogram();
        assert_eq!((found.shortest, found.median, found.longest), (1, 501, 3_000_000));
        assert!(found.buckets.len() <= 24, "{found:?}");
        assert_eq!(found.buckets.iter().map(|b| b.count).sum::<u32>(), 1_002);
        assert!(found.buckets.windows(2).all(|pair| pair[0].to + 1 == pair[1].from));
        assert_eq!(found.buckets.last().map(|b| b.to), Some(3_000_000), "a few endless texts stretch the last range only");
        assert!(found.buckets[0].count > 30);
    }

    #[test]
    fn no_text_and_equal_texts_have_a_histogram_too() {
        assert_eq!(Lengths::default().histogram(), LengthHistogram::default());
        let mut lengths = Lengths::default();
        (0..5).for_each(|_| lengths.add(0));
        let found = lengths.histogram();
        assert_eq!((found.buckets.len(), found.buckets[0].count, found.longest, found.mean), (1, 5, 0, 0.0));
    }
}
