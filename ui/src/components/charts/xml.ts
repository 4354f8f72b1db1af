import { showInvisible } from "../../format/marks";

/** What no XML document may hold, escaped or not: most control characters, halves of surrogate pairs, and two that are no characters. */
const FORBIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * A text that can stand in a picture which other programs open. Marks of direction and control characters are shown by their signs, as
 * in the window: in a picture as well they would turn round what is beside them. What XML forbids beyond is replaced.
 */
export function forXml(text: string): string {
  return showInvisible(text).replace(FORBIDDEN, "\ufffd");
}
