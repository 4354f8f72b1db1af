//! Starting, steering and listing runs.

use super::{Engine, door, drive::Drive, lock, projects, run_settings};
use crate::{
    api::{ArchiveRun, Done, KnownRuns, MarkEpoch, NoRequest, ProjectId, RenameRun, RunId, RunView, StartRun},
    calls::Control,
    error::{Error, ErrorCode, Result},
    run::{EpochMark, RunEvent, RunStatus, RunSummary, Usage},
    store::NewRun,
    train,
};

/// Characters of a note beside an epoch.
const LONGEST_NOTE: usize = 2_000;

/// What the user notes beside something, without blanks around it.
pub(super) fn short_note(note: &str) -> Result<String> {
    let note = note.trim();
    if note.chars().count() > LONGEST_NOTE {
        return Err(Error::invalid(format!("A note has at most {LONGEST_NOTE} characters. Shorten it.")));
    }
    Ok(note.to_owned())
}

impl Engine {
    /// Starts a run on the project's current dataset.
    #[door]
    pub async fn start_run(&self, request: StartRun) -> Result<RunSummary> {
        let dataset = self.needed_dataset(request.project).await?;
        let mut config = request.config;
        config.name = projects::checked_name(&config.name, "run")?;
        let connections = self.connections_of(&config).await?;
        let labels = self.labels(Some(&dataset)).await?;
        run_settings::check_config(&config, &connections, &labels)?;
        for connection in &connections {
            // A missing key is told before anything is recorded.
            self.open_model(connection).await?;
        }
        let examples = self.frozen_examples(&dataset, &config).await?;
        self.store().save_run_defaults(request.project, &config).await?;
        // Another division may part copies that this one keeps together.
        let leaks = dataset.leaks > 0 || config.repeat.is_some();
        let new =
            NewRun { project: request.project, dataset: dataset.id, dataset_name: dataset.name, config, leaks, connections, examples };
        let run = self.store().create_run(new, self.now()).await?;
        self.begin(run, Drive::Start).await?;
        self.run(run).await
    }

    /// A run with its status as it really is.
    #[door]
    pub async fn run(&self, run: i64) -> Result<RunSummary> {
        let mut summary = self.store().run(run).await?;
        self.correct_status(&mut summary);
        Ok(summary)
    }

    /// Lets calls in flight finish, then waits.
    #[door]
    pub async fn pause_run(&self, request: RunId) -> Result<Done> {
        self.signal(request.run, Control::Pause)?;
        Ok(Done {})
    }

    /// Goes on where a paused or interrupted run stopped; no answer on disk is bought again.
    #[door]
    pub async fn resume_run(&self, request: RunId) -> Result<RunSummary> {
        self.go_on(request.run, Drive::Resume).await
    }

    async fn go_on(&self, run: i64, what: Drive) -> Result<RunSummary> {
        let summary = self.run(run).await?;
        match summary.status {
            RunStatus::Paused | RunStatus::Interrupted | RunStatus::Queued => {
                // A pause that was just asked for may still be finishing its calls.
                for _ in 0..500 {
                    if !self.driven().contains_key(&run) {
                        break;
                    }
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
                self.begin(run, what).await?;
                self.run(run).await
            }
            RunStatus::Running => Err(Error::new(ErrorCode::RunHeld, format!("Run {run} is going on already."))),
            RunStatus::Completed | RunStatus::Cancelled | RunStatus::Failed => Err(Error::invalid(format!(
                "Run {run} has ended and cannot be resumed. Start a new run with its settings; answers on disk cost nothing."
            ))),
        }
    }

    /// Asks again for the examples of a run that have no answer, and for nothing else. A run that waits goes on with that; one that
    /// has completed gets the scores of its baseline and best anew, while its decisions stand as they were taken.
    #[door]
    pub async fn retry_missing(&self, request: RunId) -> Result<RunSummary> {
        let summary = self.run(request.run).await?;
        if summary.status != RunStatus::Completed {
            return self.resume_run(request).await;
        }
        if summary.usage.failed == 0 {
            return Err(Error::invalid(format!("Every example of run {} has an answer.", request.run)));
        }
        if summary.baseline.validation.is_none() {
            return Err(Error::invalid(format!(
                "The first prompts of \"{}\" were not measured to the end, so there are no figures that answers would complete. Give it more \
                 budget, or run it again.",
                summary.name
            )));
        }
        if self.store().askable(request.run).await?.examples == 0 {
            return Err(Error::invalid(
                "Nothing can be asked for again: under the first and the best prompts every example has an answer or was refused for good. \
                 What is missing belongs to prompts that were not kept.",
            ));
        }
        self.begin(request.run, Drive::Missing).await?;
        self.run(request.run).await
    }

    /// Ends a run at once; the test split stays sealed.
    #[door]
    pub async fn stop_run(&self, request: RunId) -> Result<Done> {
        let summary = self.run(request.run).await?;
        if matches!(summary.status, RunStatus::Paused | RunStatus::Interrupted | RunStatus::Queued)
            && !self.driven().contains_key(&request.run)
        {
            // Nobody drives it, so its end is only recorded; the lock keeps others from starting it meanwhile.
            let lock = lock::acquire(self.store().path(), request.run).await?;
            let reason = self.stopped(request.run).await?;
            let event = RunEvent::Finished {
                run: summary.id,
                status: RunStatus::Cancelled,
                stop_reason: reason.clone(),
                baseline: summary.baseline,
                best: summary.best,
                usage: summary.usage,
            };
            self.store()
                .set_run_status(summary.id, RunStatus::Cancelled, Some(reason), summary.active_ms, Some(self.now()), Some(event))
                .await?;
            drop(lock);
            return Ok(Done {});
        }
        self.signal(request.run, Control::Stop)?;
        Ok(Done {})
    }

    /// Ends a run in order, with its test figures. One that waits goes on for that and for nothing else.
    #[door]
    pub async fn finish_run(&self, request: RunId) -> Result<Done> {
        if matches!(self.run(request.run).await?.status, RunStatus::Paused | RunStatus::Interrupted) {
            self.go_on(request.run, Drive::Finish).await?;
            return Ok(Done {});
        }
        self.signal(request.run, Control::Finish)?;
        Ok(Done {})
    }

    /// Renames a run.
    #[door]
    pub async fn rename_run(&self, request: RenameRun) -> Result<RunSummary> {
        let name = projects::checked_name(&request.name, "run")?;
        self.store().rename_run(request.run, &name).await?;
        self.run(request.run).await
    }

    /// Puts a run out of sight, or brings it back; it keeps everything it has.
    #[door]
    pub async fn archive_run(&self, request: ArchiveRun) -> Result<RunSummary> {
        self.store().archive_run(request.run, request.archived).await?;
        self.run(request.run).await
    }

    /// Stars an epoch, or notes something beside it.
    #[door]
    pub async fn mark_epoch(&self, request: MarkEpoch) -> Result<EpochMark> {
        let MarkEpoch { run, epoch, starred, note } = request;
        let mark = EpochMark { epoch, starred, note: short_note(&note)? };
        if !self.store().mark_epoch(run, mark.clone()).await? {
            return Err(Error::not_found(format!("Run {run} has no epoch {epoch}.")));
        }
        Ok(mark)
    }

    /// What a project has, briefly: another program may have added to it.
    #[door]
    pub async fn known_runs(&self, request: ProjectId) -> Result<KnownRuns> {
        let mut known = self.store().known_runs(request.project).await?;
        let (alone, moving) = known.moving.iter().partition(|run| self.has_no_driver(**run, RunStatus::Running));
        known.moving = moving;
        known.waiting.extend::<Vec<i64>>(alone);
        Ok(known)
    }

    /// All runs of a project, newest first.
    #[door]
    pub async fn list_runs(&self, request: ProjectId) -> Result<Vec<RunSummary>> {
        let mut runs = self.store().runs(request.project).await?;
        runs.iter_mut().for_each(|run| self.correct_status(run));
        Ok(runs)
    }

    /// Every run of the database, newest first.
    #[door]
    pub async fn all_runs(&self) -> Result<Vec<RunSummary>> {
        let mut runs = self.store().all_runs().await?;
        runs.iter_mut().for_each(|run| self.correct_status(run));
        Ok(runs)
    }

    /// Runs whose process died, with all they used until then.
    #[door]
    pub async fn list_interrupted(&self, _: NoRequest) -> Result<Vec<RunSummary>> {
        let mut runs = self.store().runs_with_status(RunStatus::Running).await?;
        runs.extend(self.store().runs_with_status(RunStatus::Queued).await?);
        runs.iter_mut().for_each(|run| self.correct_status(run));
        runs.retain(|run| run.status == RunStatus::Interrupted);
        for run in &mut runs {
            self.account(run).await?;
        }
        Ok(runs)
    }

    /// Writes down what a run that nobody drives has used: its calls outlive the process that made them, its sums may not.
    async fn account(&self, run: &mut RunSummary) -> Result<()> {
        let row = self.store().run_row(run.id).await?;
        let used = self.meter(&row, self.store().usage_by_role(run.id).await?).usage();
        let Usage { failed, spared, candidates, proposals, gated, validated, .. } = run.usage;
        let usage = Usage { failed, spared, candidates, proposals, gated, validated, ..used };
        if usage != run.usage {
            self.store().save_usage(run.id, usage, row.active_ms).await?;
            run.usage = usage;
        }
        Ok(())
    }

    /// A run with its epochs.
    #[door]
    pub async fn get_run(&self, request: RunId) -> Result<RunView> {
        // The number first: events that arrive meanwhile are then told again rather than lost.
        let last_seq = self.store().last_seq(request.run).await?;
        let summary = self.run(request.run).await?;
        let epochs = self.store().epochs(request.run).await?.into_iter().map(|e| e.summary).collect();
        let events = self.store().events_after(request.run, 0).await?;
        let warnings: Vec<String> = events
            .into_iter()
            .filter_map(|e| match e.event {
                RunEvent::Warning { message, .. } => Some(message),
                _ => None,
            })
            .collect();
        let warnings = self.still_true(&summary, warnings).await?;
        let marks = self.store().epoch_marks(request.run).await?;
        Ok(RunView { verdict: self.verdict(&summary).await?, summary, epochs, last_seq, warnings, marks })
    }

    /// The warnings of a run without those of a retry that a later one, or answers, made untrue.
    async fn still_true(&self, run: &RunSummary, mut warnings: Vec<String>) -> Result<Vec<String>> {
        let Some(last) = warnings.iter().rposition(|warning| train::is_of_retry(warning)) else { return Ok(warnings) };
        let holds = run.status != RunStatus::Running && self.store().askable(run.id).await?.examples > 0;
        let mut place = 0;
        warnings.retain(|warning| {
            place += 1;
            !train::is_of_retry(warning) || (holds && place == last + 1)
        });
        Ok(warnings)
    }

    /// Whether a run is recorded as going on that no process drives.
    pub(super) fn has_no_driver(&self, run: i64, status: RunStatus) -> bool {
        matches!(status, RunStatus::Running | RunStatus::Queued)
            && !self.driven().contains_key(&run)
            && !lock::is_held(self.store().path(), run)
    }

    /// Recorded as running, but nobody holds its lock: it was interrupted.
    pub(super) fn correct_status(&self, run: &mut RunSummary) {
        if self.has_no_driver(run.id, run.status) {
            if let Some(reason) = self.unrecorded().get(&run.id) {
                run.status = RunStatus::Paused;
                run.stop_reason = Some(reason.clone());
                return;
            }
            run.status = RunStatus::Interrupted;
            run.stop_reason = Some("The program ended while this run was going on. Resume continues where it stopped.".into());
        }
    }

    pub(super) fn refuse_while_driven(&self, run: &RunSummary) -> Result<()> {
        if self.driven().contains_key(&run.id) || lock::is_held(self.store().path(), run.id) {
            return Err(Error::new(ErrorCode::RunHeld, format!("Run \"{}\" is going on. Stop it first.", run.name)));
        }
        Ok(())
    }
}
