//! JSON columns on the way: read as what they are, so that what cannot be shown is not taken over, and given their new numbers.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Kind, Renumbered};
use crate::{
    connection::Connection,
    dataset::{ColumnRoles, DataProfile, SplitPlan, SplitSizes},
    error::{Error, ErrorCode, Result},
    metric::MetricSuggestion,
    prompt::{LockedSpan, PromptDraft},
    run::{BestPrompt, Candidate, EpochSummary, Exchange, Progress, RunConfig, RunEvent, ShownExample, SplitScores, TriedEdit, Usage},
};

/// Gives a JSON text its new numbers.
pub(super) type Rewrite = fn(&Numbering<'_>, &str) -> Result<String>;

/// New numbers for what a JSON text names.
pub(super) struct Numbering<'a> {
    pub renumbered: &'a Renumbered,
    pub connection: &'a dyn Fn(i64) -> Option<i64>,
    pub frozen: &'a dyn Fn(&mut Connection) -> Result<()>,
}

fn unreadable(what: &str) -> Error {
    Error::new(ErrorCode::Invalid, format!("it is damaged: {what} in it cannot be read"))
}

/// Reads a text as what it must be; it is carried as it stands.
fn checked<T: DeserializeOwned>(text: &str, what: &str) -> Result<String> {
    serde_json::from_str::<T>(text).map_err(|_| unreadable(what))?;
    Ok(text.to_owned())
}

/// The same, as a tree in which numbers are replaced: fields that this program does not know stay.
fn tree<T: DeserializeOwned>(text: &str, what: &str) -> Result<Value> {
    serde_json::from_str::<T>(text).map_err(|_| unreadable(what))?;
    serde_json::from_str(text).map_err(|_| unreadable(what))
}

fn written<T: Serialize>(value: &T) -> Result<String> {
    super::super::json(value)
}

impl Numbering<'_> {
    fn replace(&self, place: Option<&mut Value>, what: &str, number: impl Fn(i64) -> Option<i64>) -> Result<()> {
        let place = place.ok_or_else(|| unreadable(what))?;
        let new = place.as_i64().and_then(number).ok_or_else(|| unreadable(what))?;
        *place = new.into();
        Ok(())
    }

    /// Connections that a run config names. One that is not known becomes none: the run that froze it would be broken, settings are not.
    fn of_config(&self, config: &mut Value) {
        for role in ["primary", "optimizer", "judge"] {
            if let Some(place) = config.pointer_mut(&format!("/{role}/connection")) {
                *place = place.as_i64().and_then(self.connection).unwrap_or(0).into();
            }
        }
        // The run that this one was made from; it may be gone.
        if let Some(parent) = config.get_mut("parent") {
            match parent.get("run").and_then(Value::as_i64).and_then(|run| self.renumbered.number(Kind::Run, run)) {
                Some(run) => parent["run"] = run.into(),
                None => *parent = Value::Null,
            }
        }
    }
}

macro_rules! carried_as_it_stands {
    ($($name:ident: $type:ty, $what:literal;)*) => {$(
        pub(super) fn $name(_: &Numbering<'_>, text: &str) -> Result<String> {
            checked::<$type>(text, $what)
        }
    )*};
}

/// A draft may name the epoch that changes in it were taken from; without that run it names none.
pub(super) fn draft(numbering: &Numbering<'_>, text: &str) -> Result<String> {
    let mut draft = tree::<PromptDraft>(text, "the draft")?;
    if let Some(taken) = draft.get_mut("taken") {
        match taken.get("run").and_then(Value::as_i64).and_then(|run| numbering.renumbered.number(Kind::Run, run)) {
            Some(run) => taken["run"] = run.into(),
            None => *taken = Value::Null,
        }
    }
    written(&draft)
}

carried_as_it_stands! {
    locked: Vec<LockedSpan>, "the locked texts of a prompt";
    columns: Vec<String>, "the columns of a dataset";
    roles: ColumnRoles, "the roles of columns";
    plan: SplitPlan, "a split plan";
    sizes: SplitSizes, "the sizes of splits";
    suggestion: MetricSuggestion, "a suggested metric";
    profile: DataProfile, "the profile of a dataset";
    scores: SplitScores, "the scores of a run";
    best: BestPrompt, "the best prompt of a run";
    usage: Usage, "the usage of a run";
    progress: Progress, "the progress of a run";
    epoch: EpochSummary, "an epoch";
    exchange: Vec<Exchange>, "an exchange with the optimizer";
    edit: TriedEdit, "an edit";
    metric_scores: Vec<f64>, "the scores of an answer";
}

pub(super) fn config(numbers: &Numbering<'_>, text: &str) -> Result<String> {
    let mut config = tree::<RunConfig>(text, "the settings of a run")?;
    numbers.of_config(&mut config);
    written(&config)
}

pub(super) fn connections(numbers: &Numbering<'_>, text: &str) -> Result<String> {
    let what = "the connections of a run";
    let mut connections: Vec<Connection> = serde_json::from_str(text).map_err(|_| unreadable(what))?;
    for connection in &mut connections {
        connection.id = (numbers.connection)(connection.id).ok_or_else(|| unreadable(what))?;
        (numbers.frozen)(connection)?;
    }
    written(&connections)
}

pub(super) fn shown(numbers: &Numbering<'_>, text: &str) -> Result<String> {
    let what = "an example shown to the optimizer";
    let mut list = tree::<Vec<ShownExample>>(text, what)?;
    for example in list.as_array_mut().into_iter().flatten() {
        numbers.replace(example.get_mut("example"), what, |old| numbers.renumbered.number(Kind::Example, old))?;
    }
    written(&list)
}

pub(super) fn candidate(numbers: &Numbering<'_>, text: &str) -> Result<String> {
    let what = "a candidate";
    let mut candidate = tree::<Candidate>(text, what)?;
    numbers.replace(candidate.get_mut("version"), what, |old| numbers.renumbered.number(Kind::Version, old))?;
    written(&candidate)
}

pub(super) fn known(numbers: &Numbering<'_>, text: &str) -> Result<String> {
    let what = "what a search knows";
    let old: std::collections::BTreeMap<i64, Vec<i64>> = serde_json::from_str(text).map_err(|_| unreadable(what))?;
    let mut new = std::collections::BTreeMap::new();
    for (version, examples) in old {
        let version = numbers.renumbered.number(Kind::Version, version).ok_or_else(|| unreadable(what))?;
        let examples: Option<Vec<i64>> = examples.into_iter().map(|e| numbers.renumbered.number(Kind::Example, e)).collect();
        new.insert(version, examples.ok_or_else(|| unreadable(what))?);
    }
    written(&new)
}

pub(super) fn event(numbers: &Numbering<'_>, text: &str) -> Result<String> {
    let what = "an event of a run";
    let mut event = tree::<RunEvent>(text, what)?;
    numbers.replace(event.get_mut("run"), what, |old| numbers.renumbered.number(Kind::Run, old))?;
    if let Some(config) = event.get_mut("config") {
        numbers.of_config(config);
    }
    written(&event)
}
