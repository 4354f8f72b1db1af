/** What two sequences have in common: Myers' O(ND) greedy search between anchors that occur once on each side. */

/** `before[beforeFrom .. beforeFrom + length]` equals `after[afterFrom .. afterFrom + length]`. */
export interface CommonRun {
  beforeFrom: number;
  afterFrom: number;
  length: number;
}

// Beyond so many edits the two sides have too little in common for an alignment to be readable (and memory is D squared).
const MOST_EDITS = 1200;

/** Common runs in order; everything between them was removed or added. */
export function commonRuns(before: readonly string[], after: readonly string[]): CommonRun[] {
  const ids = new Map<string, number>();
  const idOf = (item: string): number => {
    let id = ids.get(item);
    if (id === undefined) {
      id = ids.size;
      ids.set(item, id);
    }
    return id;
  };
  const a = Int32Array.from(before, idOf);
  const b = Int32Array.from(after, idOf);
  const runs: CommonRun[] = [];
  align(a, 0, a.length, b, 0, b.length, runs);
  return merged(runs);
}

function align(
  a: Int32Array,
  aFrom: number,
  aTo: number,
  b: Int32Array,
  bFrom: number,
  bTo: number,
  out: CommonRun[],
): void {
  let head = 0;
  while (aFrom + head < aTo && bFrom + head < bTo && a[aFrom + head] === b[bFrom + head]) head += 1;
  if (head > 0) out.push({ beforeFrom: aFrom, afterFrom: bFrom, length: head });
  aFrom += head;
  bFrom += head;
  let tail = 0;
  while (aTo - tail > aFrom && bTo - tail > bFrom && a[aTo - tail - 1] === b[bTo - tail - 1]) tail += 1;
  aTo -= tail;
  bTo -= tail;

  if (aFrom < aTo && bFrom < bTo && !greedy(a, aFrom, aTo, b, bFrom, bTo, out)) {
    const anchors = uniqueAnchors(a, aFrom, aTo, b, bFrom, bTo);
    let aAt = aFrom;
    let bAt = bFrom;
    for (const [aAnchor, bAnchor] of anchors) {
      align(a, aAt, aAnchor, b, bAt, bAnchor, out);
      out.push({ beforeFrom: aAnchor, afterFrom: bAnchor, length: 1 });
      aAt = aAnchor + 1;
      bAt = bAnchor + 1;
    }
    if (anchors.length > 0) align(a, aAt, aTo, b, bAt, bTo, out);
  }
  if (tail > 0) out.push({ beforeFrom: aTo, afterFrom: bTo, length: tail });
}

/** Shortest edit script; false when it is longer than the limit. */
function greedy(
  a: Int32Array,
  aFrom: number,
  aTo: number,
  b: Int32Array,
  bFrom: number,
  bTo: number,
  out: CommonRun[],
): boolean {
  const n = aTo - aFrom;
  const m = bTo - bFrom;
  const most = Math.min(n + m, MOST_EDITS);
  const offset = most + 1;
  const furthest = new Int32Array(2 * most + 3);
  const trace: Int32Array[] = [];
  for (let d = 0; d <= most; d += 1) {
    trace.push(furthest.slice(offset - d, offset + d + 1));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (furthest[offset + k - 1] ?? 0) < (furthest[offset + k + 1] ?? 0));
      let x = down ? (furthest[offset + k + 1] ?? 0) : (furthest[offset + k - 1] ?? 0) + 1;
      let y = x - k;
      while (x < n && y < m && a[aFrom + x] === b[bFrom + y]) {
        x += 1;
        y += 1;
      }
      furthest[offset + k] = x;
      if (x >= n && y >= m) {
        backtrack(trace, d, n, m, aFrom, bFrom, out);
        return true;
      }
    }
  }
  return false;
}

function backtrack(
  trace: Int32Array[],
  edits: number,
  n: number,
  m: number,
  aFrom: number,
  bFrom: number,
  out: CommonRun[],
): void {
  const runs: CommonRun[] = [];
  let x = n;
  let y = m;
  for (let d = edits; d > 0; d -= 1) {
    // The row stored for d holds the diagonals -d..d as they stood after d - 1 edits.
    const row = trace[d] ?? new Int32Array(0);
    const at = (k: number): number => row[k + d] ?? 0;
    const k = x - y;
    const down = k === -d || (k !== d && at(k - 1) < at(k + 1));
    const previousK = down ? k + 1 : k - 1;
    const previousX = at(previousK);
    const previousY = previousX - previousK;
    const startX = down ? previousX : previousX + 1;
    if (x > startX) runs.push({ beforeFrom: aFrom + startX, afterFrom: bFrom + startX - k, length: x - startX });
    x = previousX;
    y = previousY;
  }
  if (x > 0) runs.push({ beforeFrom: aFrom, afterFrom: bFrom, length: x });
  out.push(...runs.reverse());
}

/** Items that occur once on each side, thinned to the longest sequence that is in order on both. */
function uniqueAnchors(
  a: Int32Array,
  aFrom: number,
  aTo: number,
  b: Int32Array,
  bFrom: number,
  bTo: number,
): [number, number][] {
  const only = (items: Int32Array, from: number, to: number): Map<number, number> => {
    const places = new Map<number, number>();
    for (let i = from; i < to; i += 1) {
      const id = items[i] ?? -1;
      places.set(id, places.has(id) ? -1 : i);
    }
    return places;
  };
  const inB = only(b, bFrom, bTo);
  const pairs: [number, number][] = [];
  for (const [id, place] of only(a, aFrom, aTo)) {
    const other = inB.get(id);
    if (place >= 0 && other !== undefined && other >= 0) pairs.push([place, other]);
  }

  // Longest increasing subsequence by patience sorting; pairs are in order of the first side already.
  const ends: number[] = [];
  const previous: number[] = [];
  pairs.forEach(([, other], i) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[ends[middle] ?? 0]?.[1] ?? 0) < other) low = middle + 1;
      else high = middle;
    }
    previous.push(low > 0 ? (ends[low - 1] ?? -1) : -1);
    ends[low] = i;
  });
  const chosen: [number, number][] = [];
  for (let i = ends.at(-1) ?? -1; i >= 0; i = previous[i] ?? -1) {
    const pair = pairs[i];
    if (pair) chosen.push(pair);
  }
  return chosen.reverse();
}

function merged(runs: CommonRun[]): CommonRun[] {
  const out: CommonRun[] = [];
  for (const run of runs) {
    const last = out.at(-1);
    if (last && last.beforeFrom + last.length === run.beforeFrom && last.afterFrom + last.length === run.afterFrom)
      last.length += run.length;
    else out.push({ ...run });
  }
  return out;
}
