//! Scores of versions that no run measured: what was asked by hand, for a comparison say, is on disk as well.

use super::{Engine, door};
use crate::{
    api::{OutsideScore, ProjectId, StartRun},
    error::Result,
    prompt::PromptVersion,
    run::RunConfig,
};

/// Versions that are looked at, the newest first.
const LOOKED_AT: usize = 12;

impl Engine {
    /// Versions without a score of a run, with that of a fair part of validation under the settings that the next run would have. To look
    /// costs nothing.
    #[door]
    pub async fn scores_outside_runs(&self, request: ProjectId) -> Result<Vec<OutsideScore>> {
        let project = request.project;
        let unmeasured = |version: &PromptVersion| version.measured.is_empty();
        let versions: Vec<PromptVersion> =
            self.store().prompt_versions(project).await?.into_iter().filter(unmeasured).take(LOOKED_AT).collect();
        let Some(dataset) = self.store().dataset(project).await?.filter(|_| !versions.is_empty()) else { return Ok(Vec::new()) };
        let config = RunConfig { epochs: 0, repeat: None, ..self.default_run_config(request).await? };
        // Without validation there is no score.
        let Ok([_, validation, _]) = self.frozen_examples(&dataset, &config).await else { return Ok(Vec::new()) };
        let mut scores = Vec::new();
        for version in versions {
            let asked = StartRun { project, config: RunConfig { prompt: version.prompt, ..config.clone() } };
            let (measured, _) = self.measured(&asked, &dataset, &validation).await?;
            scores.extend(measured.score.map(|score| OutsideScore { version: version.id, model: config.primary.clone(), score }));
        }
        Ok(scores)
    }
}
