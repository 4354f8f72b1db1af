//! Chance that is no chance: every roll is a function of what was asked and of the seed.

/// A source of rolls, each named by a tag; the same tag always rolls the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice for this content.
    pub(crate) fn new<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Self(u64::from_le_bytes(first))
    }

    /// 64 well mixed bits: FNV-1a over the tag, then the finaliser of SplitMix64 (Steele et al. 2014).
    fn bits(self, tag: &str) -> u64 {
        let mut x = self.0 ^ 0xcbf2_9ce4_8422_2325;
        for b in tag.bytes() {
            x = (x ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// A number in [0, 1).
    pub(crate) fn roll(self, tag: &str) -> f64 {
        (self.bits(tag) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with this probability.
    pub(crate) fn chance(self, tag: &str, probability: f64) -> bool {
        self.roll(tag) < probability
    }

    /// An index below `n`; 0 when there is nothing to choose from.
    pub(crate) fn pick(self, tag: &str, n: usize) -> usize {
        if n == 0 { 0 } else { (self.bits(tag) % n as u64) as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolls_repeat_and_spread() {
        let dice = Dice::new([&b"a"[..], &b"b"[..]]);
        assert_eq!(dice.roll("x"), dice.roll("x"));
        assert_ne!(dice.roll("x"), Dice::new([&b"ab"[..]]).roll("x"));
        let hits = (0..4000).filter(|i| dice.chance(&format!("t{i}"), 0.25)).count();
        assert!((900..1100).contains(&hits), "{hits}");
    }
}
