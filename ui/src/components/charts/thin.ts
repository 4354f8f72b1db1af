/**
 * Of things along an axis those that can be told apart: where several fall on the same `apart` pixels, the one that weighs most, of
 * equals the first. Where nothing falls together the list itself.
 */
export function thinned<T>(
  items: readonly T[],
  at: (item: T) => number,
  apart: number,
  weight: (item: T) => number,
): readonly T[] {
  const kept: T[] = [];
  let bin = Number.NaN;
  let most = 0;
  for (const item of items) {
    const own = Math.floor(at(item) / apart);
    const weighs = weight(item);
    if (own !== bin) {
      kept.push(item);
      [bin, most] = [own, weighs];
    } else if (weighs > most) {
      kept[kept.length - 1] = item;
      most = weighs;
    }
  }
  return kept.length === items.length ? items : kept;
}

/**
 * Of a curve with more points than room what is seen of it: on every `apart` pixels its lowest and its highest point, in their order. Where
 * no three fall together the list itself.
 */
export function outline<T>(
  items: readonly T[],
  at: (item: T) => number,
  apart: number,
  height: (item: T) => number,
): readonly T[] {
  const kept: T[] = [];
  let bin = Number.NaN;
  let [low, high] = [0, 0];
  const close = () => {
    if (Number.isNaN(bin)) return;
    kept.push(items[Math.min(low, high)]!);
    if (low !== high) kept.push(items[Math.max(low, high)]!);
  };
  items.forEach((item, index) => {
    const own = Math.floor(at(item) / apart);
    if (own !== bin) {
      close();
      bin = own;
      low = high = index;
    } else if (height(item) < height(items[low]!)) low = index;
    else if (height(item) >= height(items[high]!)) high = index;
  });
  close();
  return kept.length === items.length ? items : kept;
}
