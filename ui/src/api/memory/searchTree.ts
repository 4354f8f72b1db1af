import type { Candidate } from "../bindings/Candidate";
import type { Earned } from "../bindings/Earned";
import type { EpochSummary } from "../bindings/EpochSummary";
import type { SearchTree } from "../bindings/SearchTree";
import type { Technique } from "../bindings/Technique";
import type { TriedEdit } from "../bindings/TriedEdit";
import { draw } from "./random";
import type { SimulatedRun } from "./simulation";

const TECHNIQUES: readonly Technique[] = ["edit", "merge", "rewrite", "examples", "cross"];
/** Candidates of a round: one that is stopped at the gate, and the one the epoch decides about. */
const EACH = 2;

function numberOf(epoch: number): number {
  return epoch * EACH;
}

function techniqueOf(run: SimulatedRun, epoch: number): Technique {
  return TECHNIQUES[Math.floor(draw(run.id, epoch, 41) * TECHNIQUES.length)] ?? "edit";
}

/** What a round of the search made; a run by the plain strategy has none. */
export function candidatesOf(run: SimulatedRun, { epoch, decision, bound, reason, train, validation }: EpochSummary) {
  if (run.config.strategy !== "pareto" || epoch === 0 || decision === "invalid") return [];
  const parent = run.bestBefore(epoch).epoch;
  const parents = [numberOf(parent)];
  const technique = techniqueOf(run, epoch);
  // A cross is made of two.
  if (technique === "cross" && epoch > 1) parents.push(numberOf(epoch - 1));
  const gated: Candidate = {
    number: numberOf(epoch) - 1,
    epoch,
    version: epoch,
    parents: [numberOf(parent)],
    technique: "edit",
    fate: "gated",
    reason: "Worse than its parent on the training examples it was tested on.",
    train: train && { ...train, n: Math.min(train.n, 12) },
    validation: null,
  };
  const leading: Candidate = {
    ...gated,
    number: numberOf(epoch),
    parents: [...new Set(parents)],
    technique,
    fate: bound ? "outrun" : decision === "accepted" ? "best" : "validated",
    reason,
    validation,
  };
  return [gated, leading];
}

/** The edits of a round: one that was merged where the round won, one that was dropped. */
export function editsOf(run: SimulatedRun, { epoch, decision }: EpochSummary): TriedEdit[] {
  const proposal = run.candidate(epoch)?.prompt.system_prompt.split("\n").at(-1) ?? "";
  if (run.config.strategy !== "pareto" || epoch === 0 || decision === "invalid") return [];
  const won = decision === "accepted";
  const edit = {
    epoch,
    half: "system" as const,
    removed: [],
    rows: 12,
    technique: techniqueOf(run, epoch),
    reach: 1,
    together: 1,
  };
  return [
    {
      ...edit,
      added: [proposal],
      gain: won ? 0.08 : 0,
      hypothesis: "Most failures break one rule that the prompt does not name.",
      fate: won ? "kept" : "dropped",
      reason: won ? "Fixed more training examples than it broke." : "Fixed no more than it broke.",
    },
    {
      ...edit,
      added: ["Answer in capital letters."],
      gain: -0.02,
      hypothesis: "The case of the label may matter.",
      fate: "dropped",
      reason: "It changed no answer.",
    },
  ];
}

/** A whole search, with what each technique earned. */
export function searchTree(run: SimulatedRun): SearchTree {
  const candidates = run.epochs.flatMap((epoch) => candidatesOf(run, epoch));
  const techniques = [...new Set(candidates.map(({ technique }) => technique))].map((technique): Earned => {
    const own = candidates.filter((known) => known.technique === technique);
    const kept = own.filter(({ fate }) => fate === "best").length;
    return { technique, tried: own.length, kept, calls: own.length * 12, gain: kept * 0.02 };
  });
  return { candidates, techniques };
}
