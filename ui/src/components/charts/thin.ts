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
