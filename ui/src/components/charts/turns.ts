/** Pieces of drawing that wait, by what they draw. */
const waiting = new Map<object, () => void>();
let asked = false;

/**
 * Draws soon, in a task of its own: between two drawings, and before the first, the window answers. Only the newest of an owner is drawn.
 */
export function inTurn(owner: object, draw: () => void): void {
  waiting.set(owner, draw);
  ask();
}

/** Nothing of this owner is drawn any more. */
export function giveUpTurn(owner: object): void {
  waiting.delete(owner);
}

function ask(): void {
  if (asked || waiting.size === 0) return;
  asked = true;
  setTimeout(next);
}

function next(): void {
  asked = false;
  const [first] = waiting;
  if (!first) return;
  const [owner, draw] = first;
  waiting.delete(owner);
  try {
    draw();
  } finally {
    ask();
  }
}
