import type { Candidate } from "../../../api/bindings/Candidate";

/** Candidates that are told in one line: alone, or many trials of one test, made of the same parents for the same reason. */
export type CandidateGroup = readonly Candidate[];

/** So many trials of one test are told one by one. */
const FEW = 2;

/** Candidates in their order, the trials of one test together. */
export function grouped(candidates: readonly Candidate[]): CandidateGroup[] {
  const groups: Candidate[][] = [];
  for (const candidate of candidates) {
    const open = groups.at(-1);
    if (open && oneTest(open[0]!, candidate)) open.push(candidate);
    else groups.push([candidate]);
  }
  return groups.flatMap((group) => (group.length > FEW ? [group] : group.map((candidate) => [candidate])));
}

function oneTest(a: Candidate, b: Candidate): boolean {
  return (
    a.fate === "trial" &&
    b.fate === "trial" &&
    a.technique === b.technique &&
    a.reason === b.reason &&
    String(a.parents) === String(b.parents)
  );
}

/** Numbers as a person says them: 0, 3, 5 to 9. */
export function ranges(numbers: readonly number[]): string {
  const parts: { from: number; to: number }[] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = parts.at(-1);
    if (last && last.to === number - 1) last.to = number;
    else parts.push({ from: number, to: number });
  }
  const said = ({ from, to }: { from: number; to: number }) =>
    from === to ? [`${from}`] : to === from + 1 ? [`${from}`, `${to}`] : [`${from} to ${to}`];
  return parts.flatMap(said).join(", ");
}
