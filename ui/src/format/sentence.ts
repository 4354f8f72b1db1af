/** A text of the engine with a real minus before figures. */
export function realMinus(text: string): string {
  return text.replace(/(^|[\s(])-(?=\d)/g, "$1−");
}

/** A clause of the engine as a sentence of its own: with a capital, and a real minus before figures. */
export function sentence(clause: string): string {
  return realMinus(clause.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase()));
}
