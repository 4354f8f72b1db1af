/** A user message taken apart again: the input, and what the output prompt added after it. */
export interface SentParts {
  input: string;
  separator: string;
  output: string;
}

/** Null when the message does not begin with the input, and so cannot be told apart. */
export function sentParts(content: string, input: string): SentParts | null {
  if (!content.startsWith(input)) return null;
  const rest = content.slice(input.length);
  if (input !== "" && rest !== "") {
    if (!rest.startsWith("\n\n")) return null;
    return { input, separator: "\n\n", output: rest.slice(2) };
  }
  return { input, separator: "", output: rest };
}
