/** Line ends as a text field has them. */
function fieldText(text: string): string {
  return text.replace(/\r\n?/g, "\n");
}

/**
 * The cell that an edit in a text field means. A field turns every line end into one line feed; what was not touched
 * keeps its own line ends, and new lines take the kind the cell has most.
 */
export function editedCell(original: string, edited: string): string {
  const before = fieldText(original);
  if (edited === before) return original;
  const most = Math.min(before.length, edited.length);
  let head = 0;
  while (head < most && before[head] === edited[head]) head += 1;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === edited[edited.length - 1 - tail]) tail += 1;
  const end = lineEnd(original);
  const middle = edited.slice(head, edited.length - tail).replace(/\n/g, end);
  return original.slice(0, place(original, head)) + middle + original.slice(place(original, before.length - tail));
}

/** Where the field's character `at` stands in the cell itself. */
function place(original: string, at: number): number {
  let here = 0;
  for (let seen = 0; seen < at; seen += 1) here += original.startsWith("\r\n", here) ? 2 : 1;
  return here;
}

function lineEnd(text: string): string {
  const pairs = text.match(/\r\n/g)?.length ?? 0;
  const feeds = (text.match(/\n/g)?.length ?? 0) - pairs;
  const returns = (text.match(/\r/g)?.length ?? 0) - pairs;
  if (pairs > 0 && pairs >= feeds && pairs >= returns) return "\r\n";
  return returns > feeds ? "\r" : "\n";
}
