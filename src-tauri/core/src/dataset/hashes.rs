//! 128-bit hashes in place of texts, and tables keyed by them.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
};

/// BLAKE3, cut to 128 bits: two different texts of any dataset never share it.
pub(super) fn hash(bytes: &[u8]) -> u128 {
    let mut short = [0; 16];
    short.copy_from_slice(&blake3::hash(bytes).as_bytes()[..16]);
    u128::from_le_bytes(short)
}

/// A table keyed by hashes.
pub(super) type HashedMap<V> = HashMap<u128, V, BuildHasherDefault<AlreadyHashed>>;
/// A set of hashes.
pub(super) type HashedSet = HashSet<u128, BuildHasherDefault<AlreadyHashed>>;

/// A hash needs no hashing: one half of it places it in its table.
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
    fn write_u128(&mut self, value: u128) {
        self.0 = value as u64;
    }
}
