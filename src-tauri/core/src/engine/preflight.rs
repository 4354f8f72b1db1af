//! Preflight: whether training is worth its money, before it is spent. Nothing here makes a call: what is on
//! disk of the first prompts counts, and `measuring` buys what is missing.

use super::{
    Engine, data, door,
    measuring::{Measured, asked_of},
};
use crate::{
    api::StartRun,
    error::Result,
    run::{Preflight, SuspectLabel},
    train::{amount, percent},
};

/// Two-sided 5 % level at 80 % power: the sum of the two normal quantiles.
const POWER: f64 = 1.96 + 0.84;
/// Share of examples that usually change between two prompts, where nothing was measured.
const USUAL_CHANGE: f64 = 0.2;
/// A score from which little is left to gain.
const SATURATED: f64 = 0.97;

const COPIES: &str = "take the copies out on Data first";

impl Engine {
    /// What is known before a run starts: noise, headroom, detectable difference, doubtful data, price, and a verdict in words.
    #[door]
    pub async fn preflight(&self, request: StartRun) -> Result<Preflight> {
        let estimate = self.estimate_run(request.clone()).await?;
        let dataset = self.needed_dataset(request.project).await?;
        let examples = self.frozen_examples(&dataset, &request.config).await?;
        let suspects = self.store().contradictions(dataset.id).await?;
        let (measured, calls) = self.measured(&request, &dataset, &examples[1]).await?;
        let measuring = self.measuring(&request, &dataset, &asked_of(&examples[1]), calls).await?;
        let n = f64::from(estimate.splits.validation.max(1));
        // Two prompts that differ on a share d of n examples: the standard error of their difference is sqrt(d / n).
        let change = measured.noise.map_or(USUAL_CHANGE, |noise| noise.max(0.02) + 0.1);
        let detectable = (POWER * (change / n).sqrt()).min(1.0);
        let headroom = measured.score.map(|s| 1.0 - s.score);
        let labels = self.labels(Some(&dataset)).await?.len();
        let silence = self.silence(request.project, &request.config.primary).filter(|_| measured.score.is_none());
        let verdict = silence.map(|silence| silence.verdict(&request.config.primary.model));
        let verdict = verdict.unwrap_or_else(|| {
            verdict_of(
                estimate.splits.train,
                estimate.splits.validation,
                &measured,
                detectable,
                labels,
                data::has_labels(&request.config.metrics),
            )
        });
        let verdict = match dataset.leaks {
            0 => verdict,
            1 => format!(
                "{verdict} But 1 input stands in more than one split, and what is learnt by heart looks like a gain there: {COPIES}."
            ),
            leaks => format!(
                "{verdict} But {leaks} inputs stand in more than one split, and what is learnt by heart looks like a gain there: {COPIES}."
            ),
        };
        Ok(Preflight {
            score: measured.score,
            noise: measured.noise,
            asked_twice: measured.asked_twice,
            differing: measured.differing,
            measuring,
            headroom,
            detectable,
            duplicates: dataset.leaks,
            suspects,
            calls_low: estimate.calls_low,
            calls_high: estimate.calls_high,
            cost_low: estimate.cost_low,
            cost_high: estimate.cost_high,
            proposals: estimate.proposals,
            verdict,
            warnings: estimate.warnings,
        })
    }
}

fn verdict_of(train: u32, validation: u32, measured: &Measured, detectable: f64, labels: usize, has_labels: bool) -> String {
    if labels == 1 {
        return "Every ground truth is the same: prompts that always answer it score 100%, and training can show nothing else. Check which \
                column is the ground truth, or add examples with other ones."
            .into();
    }
    let score = measured.score;
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
    let Some(score) = score else {
        return format!(
            "Ready to train. A gain of {} or more will show on {validation} validation examples; how much is left to gain, and how much of it \
             is noise, is known once the prompt was measured.",
            amount(detectable)
        );
    };
    let left = 1.0 - score.score;
    let said = if left < detectable {
        format!(
            "Train only if small gains matter: {} are left to gain, and only {} or more would show on {validation} validation examples",
            amount(left),
            amount(detectable)
        )
    } else {
        format!("Worth training: {} are left to gain, and a gain of {} or more will show", amount(left), amount(detectable))
    };
    match measured.noise {
        None => format!("{said}. How much of a difference is noise is not measured."),
        Some(0.0) => format!("{said}. Asked twice, the model scored the same every time."),
        // Of two answers that differ in noise alone, one is worth half their difference less.
        Some(noise) if noise / 2.0 >= left => {
            format!(
                "Hardly worth training: {} are left to gain, and two answers to one question differ by {} on average.",
                amount(left),
                amount(noise)
            )
        }
        Some(noise) => format!("{said}. Two answers to one question differ by {} on average: that much is noise.", amount(noise)),
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
    use crate::stats::Score;

    fn measured(value: f64, noise: Option<f64>) -> Measured {
        let right = (value * 100.0).round() as usize;
        let score = Score::of_scores(&[vec![1.0; right], vec![0.0; 100 - right]].concat(), 0, 0);
        Measured { score, noise, ..Measured::default() }
    }

    #[test]
    fn the_verdict_follows_what_is_known() {
        let said = |train, validation, measured: &Measured, labels| verdict_of(train, validation, measured, 0.1, labels, labels > 0);
        let unknown = Measured::default();
        assert!(said(100, 100, &measured(0.99, None), 1).starts_with("Every ground truth is the same"));
        assert!(said(100, 100, &measured(0.99, None), 0).contains("hardly anything left"));
        assert!(said(5, 5, &unknown, 0).contains("Get more examples"));
        assert!(said(30, 100, &unknown, 20).contains("20 labels"));
        assert!(said(100, 100, &measured(0.95, None), 0).contains("small gains"));
        assert!(said(100, 100, &unknown, 0).starts_with("Ready to train"));
        let worth = |noise| said(100, 100, &measured(0.5, noise), 0);
        assert!(worth(None).starts_with("Worth training") && worth(None).ends_with("is not measured."), "{}", worth(None));
        assert!(worth(Some(0.0)).ends_with("the same every time."), "{}", worth(Some(0.0)));
        assert!(worth(Some(0.04)).contains("differ by 4.0 points"), "{}", worth(Some(0.04)));
        assert!(said(100, 100, &measured(0.8, Some(0.5)), 0).starts_with("Hardly worth training"));
    }
}
