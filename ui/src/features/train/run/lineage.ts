import type { Candidate } from "../../../api/bindings/Candidate";

export interface Branch {
  candidate: Candidate;
  /** Those made of it first of all; what else they were made of stands with them. */
  children: Branch[];
}

/** Candidates under the first of their parents; what stands under the baseline comes first. */
export function lineage(candidates: readonly Candidate[]): Branch[] {
  const branches = new Map<number, Branch>();
  const roots: Branch[] = [];
  for (const candidate of [...candidates].sort((one, other) => one.number - other.number)) {
    const branch: Branch = { candidate, children: [] };
    const parent = branches.get(candidate.parents[0] ?? 0);
    (parent?.children ?? roots).push(branch);
    branches.set(candidate.number, branch);
  }
  return roots;
}

/** Only what reached validation, and what that was made of. */
export function reachedValidation(branches: readonly Branch[]): Branch[] {
  return branches.flatMap(({ candidate, children }) => {
    const below = reachedValidation(children);
    const reached = candidate.fate === "best" || candidate.fate === "validated" || candidate.fate === "outrun";
    return reached || below.length > 0 ? [{ candidate, children: below }] : [];
  });
}
