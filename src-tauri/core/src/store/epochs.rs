//! The epochs of a run and the proposals made in them.

use rusqlite::{Connection, params};

use super::{
    SearchRound, Store, candidates, events, from_json, from_word, json,
    predictions::{self, FreshAnswers},
    prompts, word,
};
use crate::{
    error::Result,
    prompt::Prompt,
    run::{
        BestPrompt, Decision, EpochMark, EpochSummary, Exchange, NumberedEvent, ProposalStatus, RunConfig, RunEvent, ShownExample,
        SplitScores,
    },
};

/// An optimizer's reply with everything around it.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredProposal {
    /// Its epoch.
    pub epoch: u32,
    /// Which of the epoch's proposals, from 0.
    pub slot: u32,
    /// The proposal as a prompt version, none when no prompt could be read.
    pub version: Option<i64>,
    /// Its text.
    pub prompt: Option<Prompt>,
    /// Whether it can be evaluated.
    pub status: ProposalStatus,
    /// Why not.
    pub reason: Option<String>,
    /// Why the system prompt changed.
    pub system_reasoning: String,
    /// Why the output prompt changed.
    pub output_reasoning: String,
    /// The change as a whole.
    pub explanation: String,
    /// Training examples the optimizer saw.
    pub shown: Vec<ShownExample>,
    /// Its turns.
    pub exchange: Vec<Exchange>,
}

/// A decided epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEpoch {
    /// What was evaluated; none when invalid.
    pub version: Option<i64>,
    /// The best before it.
    pub before: i64,
    /// The figures.
    pub summary: EpochSummary,
}

/// The decided epochs in order.
pub(super) fn stored(c: &Connection, run: i64) -> Result<Vec<StoredEpoch>> {
    let mut statement = c.prepare_cached("SELECT version_id, before_id, summary FROM epoch WHERE run_id = ?1 ORDER BY epoch")?;
    let mut rows = statement.query([run])?;
    let mut epochs = Vec::new();
    while let Some(row) = rows.next()? {
        epochs.push(StoredEpoch { version: row.get(0)?, before: row.get(1)?, summary: from_json(&row.get::<_, String>(2)?)? });
    }
    Ok(epochs)
}

impl Store {
    /// Keeps an optimizer's reply, its prompt as a version without a number.
    pub async fn save_proposal(
        &self,
        run: i64,
        project: i64,
        mut proposal: StoredProposal,
        now: i64,
    ) -> Result<(StoredProposal, NumberedEvent)> {
        self.write(move |c| {
            if let Some(prompt) = &proposal.prompt {
                proposal.version = Some(prompts::proposed(c, project, prompt, run, proposal.epoch, now)?);
            }
            c.execute(
                "INSERT INTO proposal (run_id, epoch, slot, version_id, status, reason, system_reasoning, output_reasoning, explanation, shown, exchange, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                params![
                    run,
                    proposal.epoch,
                    proposal.slot,
                    proposal.version,
                    word(&proposal.status)?,
                    proposal.reason,
                    proposal.system_reasoning,
                    proposal.output_reasoning,
                    proposal.explanation,
                    json(&proposal.shown)?,
                    json(&proposal.exchange)?,
                    now
                ],
            )?;
            let text = proposal.prompt.clone().unwrap_or_default();
            let event = RunEvent::Proposal {
                run,
                epoch: proposal.epoch,
                system_prompt: text.system_prompt,
                output_prompt: text.output_prompt,
                system_reasoning: proposal.system_reasoning.clone(),
                output_reasoning: proposal.output_reasoning.clone(),
                explanation: proposal.explanation.clone(),
                status: proposal.status,
                reason: proposal.reason.clone(),
            };
            let seq = events::append(c, run, &event)?;
            Ok((proposal, NumberedEvent { seq, event }))
        })
        .await
    }

    /// The proposals of a run, in order.
    pub async fn proposals(&self, run: i64) -> Result<Vec<StoredProposal>> {
        self.proposals_between(run, 0, u32::MAX).await
    }

    /// Those of one epoch: each has all that was exchanged for it, so that those of a long run are read once and not for every epoch.
    pub async fn proposals_of(&self, run: i64, epoch: u32) -> Result<Vec<StoredProposal>> {
        self.proposals_between(run, epoch, epoch).await
    }

    /// The examples that were shown for each proposal before an epoch, with the proposal's epoch: a small part of what is kept of it.
    pub async fn shown_before(&self, run: i64, epoch: u32) -> Result<Vec<(u32, Vec<ShownExample>)>> {
        self.read(move |c| {
            let mut statement =
                c.prepare_cached("SELECT epoch, shown FROM proposal WHERE run_id = ?1 AND epoch < ?2 ORDER BY epoch, slot")?;
            let mut rows = statement.query((run, epoch))?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push((row.get(0)?, from_json(&row.get::<_, String>(1)?)?));
            }
            Ok(all)
        })
        .await
    }

    async fn proposals_between(&self, run: i64, first: u32, last: u32) -> Result<Vec<StoredProposal>> {
        self.read(move |c| {
            let mut statement = c.prepare_cached(
                "SELECT epoch, slot, version_id, status, reason, system_reasoning, output_reasoning, explanation, shown, exchange
                 FROM proposal WHERE run_id = ?1 AND epoch BETWEEN ?2 AND ?3 ORDER BY epoch, slot",
            )?;
            let mut rows = statement.query((run, first, last))?;
            let mut proposals = Vec::new();
            while let Some(row) = rows.next()? {
                let version: Option<i64> = row.get(2)?;
                proposals.push(StoredProposal {
                    epoch: row.get(0)?,
                    slot: row.get(1)?,
                    version,
                    prompt: version.map(|v| prompts::text(c, v)).transpose()?,
                    status: from_word(&row.get::<_, String>(3)?)?,
                    reason: row.get(4)?,
                    system_reasoning: row.get(5)?,
                    output_reasoning: row.get(6)?,
                    explanation: row.get(7)?,
                    shown: from_json(&row.get::<_, String>(8)?)?,
                    exchange: from_json(&row.get::<_, String>(9)?)?,
                });
            }
            Ok(proposals)
        })
        .await
    }

    /// Records a decision with everything that follows from it, in one transaction.
    pub async fn save_epoch(
        &self,
        run: i64,
        mut epoch: StoredEpoch,
        baseline: SplitScores,
        best: BestPrompt,
        search: SearchRound,
        fresh: FreshAnswers,
    ) -> Result<NumberedEvent> {
        self.write(move |c| {
            candidates::insert(c, run, epoch.summary.epoch, &search)?;
            for (version, predictions) in &fresh.kept {
                predictions::insert(c, run, *version, predictions)?;
            }
            if let Some(restated) = &fresh.restated {
                let sql = "UPDATE epoch SET summary = ?3 WHERE run_id = ?1 AND epoch = ?2";
                c.execute(sql, params![run, restated.epoch, json(restated)?])?;
            }
            if let (Some(_), Some(version)) = (epoch.summary.bound, epoch.version) {
                // What was answered until a validation was stopped is on disk by now, and no more than that.
                let config: String = c.query_row("SELECT config FROM run WHERE id = ?1", [run], |r| r.get(0))?;
                let threshold = from_json::<RunConfig>(&config)?.matched_from();
                (epoch.summary.fixed, epoch.summary.broken) = predictions::changes(c, run, (epoch.before, version), threshold)?;
            }
            c.execute(
                "INSERT INTO epoch (run_id, epoch, version_id, before_id, summary) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![run, epoch.summary.epoch, epoch.version, epoch.before, json(&epoch.summary)?],
            )?;
            if let (Decision::Accepted, Some(version)) = (epoch.summary.decision, epoch.version) {
                // A text that was a version before stays the one it was.
                if !prompts::is_numbered(c, version)? {
                    prompts::number(c, version)?;
                    let config: String = c.query_row("SELECT config FROM run WHERE id = ?1", [run], |r| r.get(0))?;
                    prompts::lock(c, version, &from_json::<RunConfig>(&config)?.locked)?;
                }
                c.execute("UPDATE run SET best_version = ?2 WHERE id = ?1", (run, version))?;
            }
            c.execute(
                "UPDATE run SET baseline = ?2, best = ?3, usage = ?4, active_ms = ?5 WHERE id = ?1",
                params![run, json(&baseline)?, json(&best)?, json(&epoch.summary.usage)?, epoch.summary.active_ms],
            )?;
            let event =
                RunEvent::Epoch { run, summary: epoch.summary.clone(), best_train: best.train, restated: fresh.restated.map(Box::new) };
            Ok(NumberedEvent { seq: events::append(c, run, &event)?, event })
        })
        .await
    }

    /// The decided epochs in order.
    pub async fn epochs(&self, run: i64) -> Result<Vec<StoredEpoch>> {
        self.read(move |c| stored(c, run)).await
    }

    /// Stars and notes of a run's epochs.
    pub async fn epoch_marks(&self, run: i64) -> Result<Vec<EpochMark>> {
        self.read(move |c| {
            let sql = "SELECT epoch, starred, note FROM epoch WHERE run_id = ?1 AND (starred = 1 OR note <> '') ORDER BY epoch";
            let mut statement = c.prepare_cached(sql)?;
            let marks = statement.query_map([run], |r| Ok(EpochMark { epoch: r.get(0)?, starred: r.get(1)?, note: r.get(2)? }))?;
            Ok(marks.collect::<Result<Vec<_>, _>>()?)
        })
        .await
    }

    /// Keeps a star or a note; false when the run has no such epoch.
    pub async fn mark_epoch(&self, run: i64, mark: EpochMark) -> Result<bool> {
        self.write(move |c| {
            let sql = "UPDATE epoch SET starred = ?3, note = ?4 WHERE run_id = ?1 AND epoch = ?2";
            Ok(c.execute(sql, params![run, mark.epoch, mark.starred, mark.note])? > 0)
        })
        .await
    }
}
