//! The raw log of a run, with the epoch each call was made for.

use super::{Engine, door};
use crate::{
    api::{GetCall, ListCalls, RunId, TestUsage, TextBody},
    error::{Error, Result},
    run::CallPage,
    store::LogQuery,
};

impl Engine {
    /// What a run used since it opened the test split: with what its epochs used, the rest is that of an epoch that was not decided.
    #[door]
    pub async fn test_usage(&self, request: RunId) -> Result<TestUsage> {
        let Some(opened) = self.store().test_opened_at(request.run).await? else { return Ok(TestUsage { usage: None, ended: None }) };
        let run = self.store().run_row(request.run).await?;
        let used = self.store().usage_since(request.run, opened).await?;
        Ok(TestUsage { usage: Some(self.meter(&run, used).usage()), ended: self.store().usage_at_end(request.run).await? })
    }

    /// What the model answered in a call of a run, whole.
    #[door]
    pub async fn call_answer(&self, request: GetCall) -> Result<TextBody> {
        let GetCall { run, call } = request;
        let project = self.store().run_row(run).await?.project;
        let text = self.store().call_answer(project, run, call).await?;
        let missing = || Error::not_found(format!("The answer of call {call} of run {run} is not on disk any more."));
        Ok(TextBody { text: text.ok_or_else(missing)? })
    }

    /// A page of a run's calls, newest first.
    #[door]
    pub async fn list_calls(&self, request: ListCalls) -> Result<CallPage> {
        let ListCalls { run, filter, offset, limit } = request;
        let project = self.store().run_row(run).await?.project;
        let decided: Vec<(u32, i64)> =
            self.store().epochs(run).await?.into_iter().map(|e| (e.summary.epoch, e.summary.decided_at)).collect();
        let (mut after, mut until) = (None, None);
        if let Some(epoch) = filter.epoch {
            let at = decided.iter().position(|(known, _)| *known == epoch);
            let under_way = decided.last().map_or(0, |(last, _)| last + 1);
            match at {
                Some(at) => {
                    until = Some(decided[at].1);
                    after = at.checked_sub(1).map(|before| decided[before].1);
                }
                // What is under way, and the test split at the end, come after the last decision.
                None if epoch == under_way => after = decided.last().map(|(_, at)| *at),
                None => return Err(Error::not_found(format!("Run {run} has no epoch {epoch}."))),
            }
        }
        let query = LogQuery { after, until, role: filter.role, end: filter.end, retries: filter.retries, offset, limit: limit.min(500) };
        let mut page = self.store().call_log(project, run, query).await?;
        for call in &mut page.rows {
            call.epoch = decided.iter().find(|(_, at)| call.at < *at).map(|(epoch, _)| *epoch);
        }
        Ok(page)
    }
}
