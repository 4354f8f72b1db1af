//! What is said of a run's end to somebody who does not look at the window.

use super::{Engine, door, report::score};
use crate::{
    error::Result,
    report::{beginning, shown},
    run::{PAUSED_AS_ASKED, RunStatus, RunSummary, simulated_words},
};

/// Characters of a name in a notice: a desktop shows few lines.
const NAME: usize = 60;

/// A notice of the desktop: plain text, marks of direction and control characters as signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whose end it is, and which.
    pub title: String,
    /// The project, then the result with its certainty or what went wrong, then whether it is simulated.
    pub body: String,
}

impl Engine {
    /// How a run ended, or why it waits for the user; nothing of a pause or a stop that the user asked for.
    ///
    /// # Errors
    /// `not_found` for a run that is not there.
    #[door]
    pub async fn notice(&self, run: i64) -> Result<Option<Notice>> {
        let run = self.run(run).await?;
        let reason = run.stop_reason.clone().unwrap_or_default();
        let (end, told) = match run.status {
            RunStatus::Completed => ("is done", self.result(&run).await?),
            RunStatus::Failed => ("failed", reason),
            RunStatus::Paused if reason != PAUSED_AS_ASKED => ("is paused", reason),
            _ => return Ok(None),
        };
        let project = self.store().project(run.project).await?.name;
        let simulated = simulated_words([&run]).map(|words| format!(" {words}")).unwrap_or_default();
        Ok(Some(Notice {
            title: format!("{} {end}", beginning(&run.name, NAME)),
            body: format!("{}: {}{simulated}", beginning(&project, NAME), shown(&told)),
        }))
    }

    /// The verdict, which tells a difference with its certainty; the score of a run that only measured.
    async fn result(&self, run: &RunSummary) -> Result<String> {
        Ok(match self.verdict(run).await? {
            Some(verdict) => verdict,
            None => format!("The prompts reach {} on validation.", score(run.baseline.validation)),
        })
    }
}
