import type { RunConfig } from "../../../api/bindings/RunConfig";

/** A place in the form that can be wrong as a whole. Number fields check themselves. */
export type Place = "primary" | "optimizer" | "judge" | "metrics" | "extract";

export type Problems = Partial<Record<Place, string>>;

/** What keeps this config from being started, said at the field to change. */
export function findProblems(config: RunConfig): Problems {
  const problems: Problems = {};
  if (config.primary.model.trim() === "") problems.primary = "Name the model that answers the examples.";
  if (config.optimizer.model.trim() === "") problems.optimizer = "Name the model that writes the proposals.";
  const judged = config.metrics.some(({ metric }) => metric.kind === "judge");
  if (judged && !config.judge?.model.trim()) problems.judge = "The judge metric needs a model. Name one.";
  if (config.metrics.length === 0) problems.metrics = "Choose a metric.";
  for (const { metric } of config.metrics) {
    if (metric.kind === "regex" && metric.pattern === "")
      problems.metrics ??= "Write the pattern the answer has to match.";
    if (metric.kind === "judge" && metric.rubric.trim() === "") problems.metrics ??= "Write what a good answer is.";
  }
  const { extract } = config;
  if (extract?.kind === "tag" && extract.tag.trim() === "") problems.extract = "Name the tag.";
  if (extract?.kind === "regex" && extract.pattern === "") problems.extract = "Write the pattern.";
  if (extract?.kind === "json_path" && extract.path.trim() === "") {
    problems.extract = "Write the path, for instance result.label.";
  }
  return problems;
}
