/** A seeded stream of numbers in [0, 1): mulberry32. */
export function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One number in [0, 1) that depends on nothing but its keys. */
export function draw(...keys: number[]): number {
  let seed = 0x811c9dc5;
  for (const key of keys) seed = Math.imul(seed ^ (key + 0x9e3779b9), 0x01000193) >>> 0;
  return stream(seed)();
}
