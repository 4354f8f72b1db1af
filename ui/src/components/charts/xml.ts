/** What no XML document may hold, escaped or not: most control characters, halves of surrogate pairs, and two that are no characters. */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A text that can stand in a picture which other programs open: what XML forbids is replaced. */
export function forXml(text: string): string {
  return text.replace(FORBIDDEN, "\ufffd");
}
