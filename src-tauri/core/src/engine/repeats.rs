//! Repeats: the same settings on several divisions of the dataset, as one group with mean and spread.

use super::{Engine, door};
use crate::{
    api::{RepeatGroup, RepeatSummary, StartRepeats, StartRun},
    dataset::{DatasetInfo, SplitPlan},
    error::{Error, Result},
    run::{Repeat, RunConfig, RunStatus, RunSummary},
    stats::{Score, Spread},
};

/// More divisions of one dataset overlap so much that they say little new.
const MOST_REPEATS: u32 = 50;

/// The dataset's plan with another seed; only a division by ratio has several.
pub(super) fn plan_of(dataset: &DatasetInfo, seed: u64) -> Result<SplitPlan> {
    match dataset.plan {
        SplitPlan::Ratio { train, validation, test, .. } => Ok(SplitPlan::Ratio { train, validation, test, seed }),
        _ => Err(Error::invalid(
            "Repeats divide the dataset anew each time, and its splits come from the file. Divide it by ratio on the Data screen first.",
        )),
    }
}

impl Engine {
    /// The settings of each run of a group: the first on the division the dataset has, the others on those of the next seeds.
    #[door]
    pub async fn repeat_configs(&self, request: &StartRepeats) -> Result<Vec<RunConfig>> {
        let StartRepeats { project, config, repeats } = request;
        if !(2..=MOST_REPEATS).contains(repeats) {
            return Err(Error::invalid(format!("A group has 2 to {MOST_REPEATS} repeats.")));
        }
        let dataset = self.needed_dataset(*project).await?;
        let seed = match dataset.plan {
            SplitPlan::Ratio { seed, .. } => seed,
            _ => return plan_of(&dataset, 0).map(|_| Vec::new()),
        };
        let group = self.now();
        let one = |number: u32| RunConfig {
            name: format!("{}, repeat {number} of {repeats}", config.name.trim()),
            repeat: Some(Repeat { group, number, of: *repeats, split_seed: seed.wrapping_add(u64::from(number - 1)) }),
            ..config.clone()
        };
        Ok((1..=*repeats).map(one).collect())
    }

    /// Starts all runs of a group; they go on side by side.
    #[door]
    pub async fn start_repeats(&self, request: StartRepeats) -> Result<Vec<RunSummary>> {
        let mut runs = Vec::new();
        for config in self.repeat_configs(&request).await? {
            runs.push(self.start_run(StartRun { project: request.project, config }).await?);
        }
        Ok(runs)
    }

    /// The groups of a project, newest first, each with mean and spread over its completed runs.
    #[door]
    pub async fn list_repeats(&self, request: crate::api::ProjectId) -> Result<Vec<RepeatSummary>> {
        let runs = self.list_runs(request).await?;
        let mut groups: Vec<i64> = runs.iter().filter_map(|r| r.config.repeat).map(|r| r.group).collect();
        groups.sort_unstable_by(|a, b| b.cmp(a));
        groups.dedup();
        Ok(groups.into_iter().filter_map(|group| summary(group, &runs)).collect())
    }

    /// One group.
    #[door]
    pub async fn repeats(&self, request: RepeatGroup) -> Result<RepeatSummary> {
        let runs = self.list_runs(crate::api::ProjectId { project: request.project }).await?;
        summary(request.group, &runs).ok_or_else(|| Error::not_found("Those repeats were deleted."))
    }
}

fn summary(group: i64, runs: &[RunSummary]) -> Option<RepeatSummary> {
    let mut members: Vec<&RunSummary> = runs.iter().filter(|r| r.config.repeat.is_some_and(|r| r.group == group)).collect();
    members.sort_by_key(|r| r.config.repeat.map(|r| r.number));
    let first = members.first()?;
    let completed: Vec<&&RunSummary> = members.iter().filter(|r| r.status == RunStatus::Completed).collect();
    let spread =
        |figure: &dyn Fn(&RunSummary) -> Option<f64>| Spread::of(&completed.iter().filter_map(|run| figure(run)).collect::<Vec<f64>>());
    let score = |score: Option<Score>| score.map(|s| s.score);
    let gain = |before: Option<Score>, after: Option<Score>| Some(after?.score - before?.score);
    Some(RepeatSummary {
        group,
        name: first.name.rsplit_once(", repeat ").map_or(first.name.as_str(), |(name, _)| name).to_owned(),
        of: first.config.repeat.map_or(0, |r| r.of),
        completed: u32::try_from(completed.len()).unwrap_or(u32::MAX),
        better: u32::try_from(completed.iter().filter(|r| r.best.epoch > 0).count()).unwrap_or(u32::MAX),
        baseline_validation: spread(&|run| score(run.baseline.validation)),
        best_validation: spread(&|run| score(run.best.validation)),
        baseline_test: spread(&|run| score(run.baseline.test)),
        best_test: spread(&|run| score(run.best.test)),
        gain_validation: spread(&|run| gain(run.baseline.validation, run.best.validation)),
        gain_test: spread(&|run| gain(run.baseline.test, run.best.test)),
        runs: members.iter().map(|r| r.id).collect(),
    })
}
