//! The certificate: what a run has shown on examples nobody had seen. "No real improvement" is a result.

use super::{
    Engine,
    report::{add_simulated, chance, difference},
};
use crate::{
    api::RunView,
    dataset::Split,
    error::{Error, Result},
    prompt::Prompt,
    report::{Block, Report},
    run::RunStatus,
    train::{self, percent},
};

/// A level below which a difference counts as real.
const LEVEL: f64 = 0.05;

fn hash(parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        // The length first, so that no two lists of texts read the same.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn prompt_hash(prompt: &Prompt) -> String {
    hash(&[&prompt.system_prompt, &prompt.output_prompt])
}

impl Engine {
    /// The certificate alone.
    pub(super) async fn certificate(&self, view: &RunView) -> Result<String> {
        let run = &view.summary;
        if run.status != RunStatus::Completed {
            return Err(Error::invalid("A certificate is written for a completed run. Finish the run first."));
        }
        if run.best.test.is_none() {
            return Err(Error::invalid("There is no certificate without a test split: nothing independent confirms the result."));
        }
        let mut report = Report::new(format!("Certificate of {}", run.name)).written(self.moment());
        add_simulated(&mut report, &[run]);
        self.add_facts(&mut report, &[run]).await?;
        report.add(Block::Paragraph(format!("Run number {}.", run.id)));
        self.add_certificate(&mut report, view).await?;
        Ok(report.markdown())
    }

    /// Baseline against best on the sealed test split, as a section.
    pub(super) async fn add_certificate(&self, report: &mut Report, view: &RunView) -> Result<()> {
        let run = &view.summary;
        let (Some(before), Some(after)) = (run.baseline.test, run.best.test) else { return Ok(()) };
        let row = self.store().run_row(run.id).await?;
        let paired = self.paired(run, row.baseline_version, row.best_version, Split::Test).await?;
        let ids: Vec<i64> = self.store().run_example_ids(run.id, Split::Test).await?;
        let examples = self.store().examples_by_id(ids.into()).await?;
        let texts: Vec<&str> = examples.iter().flat_map(|e| [e.user_input.as_str(), e.ground_truth_output.as_str()]).collect();
        let best = Prompt { system_prompt: run.best.system_prompt.clone(), output_prompt: run.best.output_prompt.clone() };
        let shown = if run.best.epoch == 0 || paired.delta <= 0.0 || paired.p >= LEVEL { "No" } else { "A" };
        let finding = match train::not_independent(run) {
            // Whatever was shown was not shown on what nobody had seen.
            Some(known) if shown == "A" => format!("An improvement was shown on {}. {known}", train::test_split_of(run)),
            Some(known) => format!("No real improvement was shown on {}. {known}", train::test_split_of(run)),
            None => format!("{shown} real improvement was shown on {}.", train::test_split_of(run)),
        };
        report.add(Block::Section("Certificate".into())).add(Block::Verdict(finding));
        let interval = |s: crate::stats::Score| format!("{} to {}", percent(s.low), percent(s.high));
        let both = |name: &str, before: String, after: String| [name.to_owned(), before, after];
        report.table(
            ["", "baseline", "best"],
            vec![
                both("score", percent(before.score), percent(after.score)),
                both("95 % interval", interval(before), interval(after)),
                both("examples", before.n.to_string(), after.n.to_string()),
                both("missing", before.missing.to_string(), after.missing.to_string()),
                both("prompt (BLAKE3)", prompt_hash(&run.config.prompt), prompt_hash(&best)),
            ],
        );
        report.add(Block::Paragraph(format!(
            "Paired on {} test examples: {}, {} won, {} lost, {}.",
            paired.n,
            difference(paired.delta, paired.low, paired.high),
            paired.fixed,
            paired.broken,
            chance(paired.p)
        )));
        let opened = match run.test_opened_before {
            0 => "once, at the end of this run.".to_owned(),
            before => train::opened_before(before, run.splits.test),
        };
        let models: Vec<&str> = [Some(&run.config.primary), Some(&run.config.optimizer), run.config.judge.as_ref()]
            .into_iter()
            .flatten()
            .map(|m| m.model.as_str())
            .collect();
        let cost = run.usage.cost.map_or("cost unknown".to_owned(), |c| format!("{c:.4} dollars"));
        report.add(Block::List(vec![
            format!("Test split opened: {opened}"),
            format!("Test data (BLAKE3 of inputs and expected answers): {}", hash(&texts)),
            format!("Models: {}. Seed {}.", models.join(", "), run.config.seed),
            format!(
                "Spent: {} calls, {} tokens in, {} out, {cost}.",
                run.usage.calls, run.usage.prompt_tokens, run.usage.completion_tokens
            ),
        ]));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_of_texts_have_one_hash() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_ne!(hash(&["a", ""]), hash(&["a"]));
        assert_eq!(hash(&["a", "b"]), hash(&["a", "b"]));
    }
}
