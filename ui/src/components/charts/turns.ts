import { afterFrame } from "./afterFrame";

/** Pieces of drawing that wait, by what they draw; null keeps the place of one that is not known yet. */
const waiting = new Map<object, (() => void) | null>();
let asked = false;

/**
 * Draws soon, in a task of its own: before the first drawing the window answers, and each is on the display before the next begins. Only
 * the newest of an owner is drawn.
 */
export function inTurn(owner: object, draw: () => void): void {
  waiting.set(owner, draw);
  ask((next) => setTimeout(next));
}

/** Keeps the place of a drawing that is still being read for: what asks later is drawn after it. */
export function keepTurn(owner: object): void {
  if (!waiting.has(owner)) waiting.set(owner, null);
}

/** Does something once what is on the screen now is drawn; gives what calls it off. */
export function onceDrawn(work: () => void): () => void {
  const owner = {};
  const callOff = afterFrame(() => inTurn(owner, work));
  return () => {
    callOff();
    giveUpTurn(owner);
  };
}

/** Nothing of this owner is drawn any more. */
export function giveUpTurn(owner: object): void {
  waiting.delete(owner);
  ask((next) => setTimeout(next));
}

/** Forgets what waits; for tests, which share this module. */
export function forgetTurns(): void {
  waiting.clear();
  asked = false;
}

function ask(soon: (next: () => void) => void): void {
  if (asked || waiting.size === 0) return;
  asked = true;
  soon(next);
}

function next(): void {
  asked = false;
  const [first] = waiting;
  if (!first) return;
  const [owner, draw] = first;
  // Whoever fills or leaves the place asks again.
  if (!draw) return;
  waiting.delete(owner);
  try {
    draw();
  } finally {
    ask((next) => requestAnimationFrame(() => setTimeout(next)));
  }
}
