//! Randomness from a run's seed and a name for what it is used for, so that one draw never moves another.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A generator that depends on the seed, the purpose and the indices alone.
pub fn generator(seed: u64, purpose: &str, indices: &[u64]) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.update(purpose.as_bytes());
    for index in indices {
        hasher.update(&index.to_le_bytes());
    }
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}
