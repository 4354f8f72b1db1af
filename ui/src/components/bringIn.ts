/**
 * Scrolls a table sideways to the cell of its head that the focus came to, clear of the columns that stay where they are. The engine of the
 * window takes a head that stays in sight from above for one that is in sight from every side.
 */
export function bringIn({ target }: FocusEvent): void {
  const cell = target instanceof HTMLElement ? target.closest("th") : null;
  const box = cell?.closest<HTMLElement>(".scroll");
  if (!cell || !box || getComputedStyle(cell).left !== "auto") return;
  const cells = [...(cell.parentElement?.children ?? [])];
  const edges = box.getBoundingClientRect();
  let { left, right } = edges;
  for (const other of cells) {
    const style = getComputedStyle(other);
    const bounds = other.getBoundingClientRect();
    if (style.left !== "auto") left = Math.max(left, bounds.right);
    if (style.right !== "auto") right = Math.min(right, bounds.left);
  }
  const bounds = cell.getBoundingClientRect();
  if (bounds.left < left) box.scrollLeft -= left - bounds.left;
  else if (bounds.right > right) box.scrollLeft += bounds.right - right;
}
