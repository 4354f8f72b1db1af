import { createSubscriber } from "svelte/reactivity";

/** Milliseconds from one word of time to the next: none of them is finer than a minute. */
const EVERY = 20_000;

const passing = createSubscriber((update) => {
  const timer = setInterval(update, EVERY);
  return () => clearInterval(timer);
});

/** The time, in Unix milliseconds. What is shown by it is worked out anew as time goes by. */
export function now(): number {
  passing();
  return Date.now();
}
