import type { Candidate } from "../../../api/bindings/Candidate";
import type { EditFate } from "../../../api/bindings/EditFate";
import type { Technique } from "../../../api/bindings/Technique";

export const FATE: Record<Candidate["fate"], string> = {
  baseline: "baseline",
  trial: "trial",
  gated: "stopped at the gate",
  merged: "passed the gate",
  outrun: "given up on validation",
  validated: "validated",
  best: "new best",
};

export const EDIT_FATE: Record<EditFate, string> = {
  kept: "kept",
  dropped: "dropped",
  refused: "refused before a call was spent",
  waiting: "not tested",
};

export const TECHNIQUE: Record<Technique, string> = {
  baseline: "first prompts",
  edit: "edit",
  front: "edit of another front member",
  rewrite: "rewrite",
  trial: "trial of several edits",
  merge: "merge",
  cross: "halves crossed",
  prune: "line removed",
  examples: "worked example",
  restart: "written from the data alone",
};
