/**
 * Does something with the frame after the next one, so that what is more urgent is painted first. Gives what calls it off.
 */
export function afterFrame(work: () => void): () => void {
  let frame = requestAnimationFrame(() => (frame = requestAnimationFrame(work)));
  return () => cancelAnimationFrame(frame);
}
