/** A clause of the engine as a sentence of its own: with a capital, and a real minus before figures. */
export function sentence(clause: string): string {
  return clause.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase()).replace(/(^|[\s(])-(?=\d)/g, "$1−");
}
