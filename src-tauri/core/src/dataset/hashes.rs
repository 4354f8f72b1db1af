//! 64-bit hashes in place of texts, and tables keyed by them.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
};

/// BLAKE3, cut to 128 bits.
pub(super) fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    short
}

/// The first half of a digest: of a million different texts, two share it with a chance of one in forty million.
pub(super) fn short(digest: [u8; 16]) -> u64 {
    let mut half = [0; 8];
    half.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(half)
}

/// A table keyed by hashes.
pub(super) type HashedMap<V> = HashMap<u64, V, BuildHasherDefault<AlreadyHashed>>;
/// A set of hashes.
pub(super) type HashedSet = HashSet<u64, BuildHasherDefault<AlreadyHashed>>;

/// A hash needs no hashing: it places itself in its table.
#[derive(Default)]
pub(super) struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
