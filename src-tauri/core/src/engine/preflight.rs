//! Preflight: whether training is worth its money, before it is spent. Nothing here makes a call; what was measured before counts.

use super::{Engine, data};
use crate::{
    api::StartRun,
    dataset::Split,
    error::Result,
    run::{Preflight, RunSummary, SuspectLabel},
    stats::Score,
    train::{amount, percent},
};

/// Two-sided 5 % level at 80 % power: the sum of the two normal quantiles.
const POWER: f64 = 1.96 + 0.84;
/// Share of examples that usually change between two prompts, where nothing was measured.
const USUAL_CHANGE: f64 = 0.2;
/// A score from which little is left to gain.
const SATURATED: f64 = 0.97;

impl Engine {
    /// What is known before a run starts: noise, headroom, detectable difference, doubtful data, price, and a verdict in words.
    pub async fn preflight(&self, request: StartRun) -> Result<Preflight> {
        let estimate = self.estimate_run(request.clone()).await?;
        let dataset = self.needed_dataset(request.project).await?;
        let examples = self.frozen_examples(&dataset, &request.config).await?;
        let suspects = self.store().contradictions(dataset.id).await?;
        let measured = self.measured(&request, &examples[1]).await?;
        let n = f64::from(estimate.splits.validation.max(1));
        // Two prompts that differ on a share d of n examples: the standard error of their difference is sqrt(d / n).
        let change = measured.noise.map_or(USUAL_CHANGE, |noise| noise.max(0.02) + 0.1);
        let detectable = (POWER * (change / n).sqrt()).min(1.0);
        let headroom = measured.score.map(|s| 1.0 - s.score);
        let labels = self.labels(Some(&dataset)).await?.len();
        let verdict = verdict(
            estimate.splits.train,
            estimate.splits.validation,
            measured.score,
            detectable,
            labels,
            data::has_labels(&request.config.metrics),
        );
        Ok(Preflight {
            score: measured.score,
            noise: measured.noise,
            headroom,
            detectable,
            duplicates: dataset.leaks,
            suspects,
            calls_low: estimate.calls_low,
            calls_high: estimate.calls_high,
            cost_high: estimate.cost_high,
            proposals: estimate.proposals,
            verdict,
            warnings: estimate.warnings,
        })
    }

    /// What earlier runs of the project know of this prompt under this model.
    async fn measured(&self, request: &StartRun, validation: &[i64]) -> Result<Measured> {
        let same = |run: &&RunSummary| {
            let (now, then) = (&request.config, &run.config);
            then.prompt == now.prompt && then.primary == now.primary && then.metrics == now.metrics && then.extract == now.extract
        };
        let runs = self.store().runs(request.project).await?;
        let mut best = Measured::default();
        for run in runs.iter().filter(same) {
            let row = self.store().run_row(run.id).await?;
            let known: Vec<i64> = self.store().run_example_ids(run.id, Split::Validation).await?;
            let ids: std::collections::HashSet<i64> =
                if known.is_empty() { validation.iter().copied().collect() } else { known.into_iter().collect() };
            let predictions = self.store().predictions(run.id, row.baseline_version).await?;
            let answered: Vec<_> = predictions.iter().filter(|p| ids.contains(&p.example) && p.score.is_some()).collect();
            let first: Vec<f64> = answered.iter().filter(|p| p.sample == 0).filter_map(|p| p.score).collect();
            if best.score.is_none() {
                best.score = Score::of_scores(&first, 0, run.config.seed);
            }
            let pairs: Vec<(f64, f64)> = answered
                .iter()
                .filter(|p| p.sample == 0)
                .filter_map(|p| Some((p.score?, answered.iter().find(|q| q.example == p.example && q.sample == 1)?.score?)))
                .collect();
            if best.noise.is_none() && !pairs.is_empty() {
                best.noise = Some(pairs.iter().map(|(a, b)| (a - b).abs()).sum::<f64>() / pairs.len() as f64);
            }
        }
        Ok(best)
    }
}

#[derive(Default)]
struct Measured {
    score: Option<Score>,
    noise: Option<f64>,
}

fn verdict(train: u32, validation: u32, score: Option<Score>, detectable: f64, labels: usize, has_labels: bool) -> String {
    if let Some(score) = score
        && score.score >= SATURATED
    {
        return format!(
            "The prompt already scores {}: there is hardly anything left to gain. Look for harder examples first.",
            percent(score.score)
        );
    }
    if train < 10 || validation < 20 {
        return format!(
            "Get more examples first: with {validation} for validation only a difference of {} or more would show.",
            amount(detectable)
        );
    }
    if has_labels && labels > 0 && (train as usize) < labels * 2 {
        return format!("Get more examples first: {train} for training are fewer than two for each of {labels} labels.");
    }
    match score {
        Some(score) if 1.0 - score.score < detectable => format!(
            "Train only if small gains matter: {} are left to gain, and only {} or more would show on {validation} validation examples.",
            amount(1.0 - score.score),
            amount(detectable)
        ),
        Some(score) => format!(
            "Worth training: {} are left to gain, and a gain of {} or more will show.",
            amount(1.0 - score.score),
            amount(detectable)
        ),
        None => format!(
            "Ready to train. A gain of {} or more will show on {validation} validation examples; how much is left to gain is known once the prompt was measured.",
            amount(detectable)
        ),
    }
}

/// What a suspect label is said to be.
pub fn suspect_words(suspect: &SuspectLabel) -> String {
    let numbers: Vec<String> = suspect.numbers.iter().map(u32::to_string).collect();
    format!("Examples {} have the same input and different expected answers: {}.", numbers.join(", "), suspect.truths.join(" / "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(value: f64) -> Option<Score> {
        let right = (value * 100.0).round() as usize;
        Score::of_scores(&[vec![1.0; right], vec![0.0; 100 - right]].concat(), 0, 0)
    }

    #[test]
    fn the_verdict_follows_what_is_known() {
        assert!(verdict(100, 100, score(0.99), 0.1, 0, false).contains("hardly anything left"));
        assert!(verdict(5, 5, None, 0.5, 0, false).contains("Get more examples"));
        assert!(verdict(30, 100, None, 0.1, 20, true).contains("20 labels"));
        assert!(verdict(100, 100, score(0.95), 0.1, 0, false).contains("small gains"));
        assert!(verdict(100, 100, score(0.5), 0.1, 0, false).starts_with("Worth training"));
        assert!(verdict(100, 100, None, 0.1, 0, false).starts_with("Ready to train"));
    }
}
