//! Whose answers are looked at. A connection may have moved since runs asked it, and its answers lie under the address it had then; what
//! was measured stays measured.

use std::cmp::Reverse;

use super::Looked;
use crate::{
    connection::Connection,
    dataset::DatasetInfo,
    engine::{Engine, probe::Reach},
    error::Result,
    run::RunConfig,
    store::StoredExample,
};

/// Earlier places of the connections that are looked at, the newest first.
const PLACES: usize = 8;

/// Both sides as the models were reached at one time.
struct Way {
    /// Newest run that reached them so; none: as they are reached now.
    run: Option<String>,
    sides: [Looked; 2],
}

/// The answers that are told, of all that there are.
pub(super) struct Whose {
    /// As the connections are now, then as they were.
    ways: Vec<Way>,
    /// The way of each side.
    told: [usize; 2],
    rows: usize,
}

/// What tells one place from another.
fn place(connection: &Connection) -> String {
    format!("{:?} {}", connection.kind, connection.base_url.trim().trim_end_matches('/'))
}

fn places(side: &Looked) -> Vec<String> {
    side.probe.reached().map(|(_, connection)| place(connection)).collect()
}

fn common(first: &Looked, second: &Looked) -> usize {
    first.answered().into_iter().zip(second.answered()).filter(|(a, b)| *a && *b).count()
}

impl Engine {
    /// Decides whose answers are told: those by which most of the examples are answered under both prompts, of the connections as they are
    /// now where these know as much. A side is told by one place alone, so that no score is of two servers.
    pub(super) async fn whose(
        &self,
        project: i64,
        dataset: &DatasetInfo,
        config: &RunConfig,
        examples: &[StoredExample],
        now: [Looked; 2],
    ) -> Result<Whose> {
        let prompts = [now[0].prompt.clone(), now[1].prompt.clone()];
        let mut known = vec![places(&now[0])];
        let reached: Vec<Connection> = now[0].probe.reached().map(|(_, connection)| connection.clone()).collect();
        let mut ways = vec![Way { run: None, sides: now }];
        let all = common(&ways[0].sides[0], &ways[0].sides[1]) == examples.len();
        let earlier = if all { Vec::new() } else { self.store().frozen_connections(project).await? };
        for (run, frozen) in earlier {
            let at: Vec<String> = reached.iter().map(|live| place(frozen.iter().find(|c| c.id == live.id).unwrap_or(live))).collect();
            if known.contains(&at) {
                continue;
            }
            let sides = self.looked(prompts.clone(), project, dataset, config, examples, &Reach::LookAs(&frozen)).await?;
            ways.push(Way { run: Some(run), sides });
            known.push(at);
            if known.len() > PLACES {
                break;
            }
        }
        let pairs = (0..ways.len()).flat_map(|a| (0..ways.len()).map(move |b| [a, b]));
        let worth = |[a, b]: &[usize; 2]| {
            let as_now = *a == 0 && *b == 0;
            (common(&ways[*a].sides[0], &ways[*b].sides[1]), as_now, a == b, Reverse(a + b))
        };
        let told = pairs.max_by_key(worth).unwrap_or_default();
        Ok(Whose { told, ways, rows: examples.len() })
    }
}

impl Whose {
    pub(super) fn first(&self) -> &Looked {
        &self.ways[self.told[0]].sides[0]
    }

    pub(super) fn second(&self) -> &Looked {
        &self.ways[self.told[1]].sides[1]
    }

    /// Examples answered under both.
    pub(super) fn common(&self) -> usize {
        common(self.first(), self.second())
    }

    /// Answers on either side.
    pub(super) fn either(&self) -> usize {
        let count = |side: &Looked| side.answered().into_iter().filter(|answered| *answered).count();
        count(self.first()) + count(self.second())
    }

    /// Whose answers are told, where they are not those of the connections as they are now.
    pub(super) fn words(&self) -> Option<String> {
        let [first, second] = self.told;
        if (first, second) == (0, 0) {
            return None;
        }
        let now = &self.ways[0].sides;
        let answered = common(&now[0], &now[1]);
        let today = format!("Where it is now, {answered} of {} rows are answered under both.", self.rows);
        if first == second {
            return Some(format!("These answers are of {}. {today}", self.way(first)));
        }
        Some(format!(
            "The first is answered by {}; the second by {}. The difference need not come from the prompts. {today}",
            self.way(first),
            self.way(second)
        ))
    }

    /// The models that a way does not reach where they are now, or that another way does not.
    fn way(&self, at: usize) -> String {
        let against = if at == 0 { self.told.iter().copied().find(|way| *way != 0).unwrap_or(0) } else { 0 };
        let others = self.ways[against].sides[0].probe.reached().map(|(_, connection)| connection);
        let pairs = self.ways[at].sides[0].probe.reached().map(|(_, connection)| connection).zip(others);
        let named = |(c, other): (&Connection, &Connection)| {
            let wire = if c.base_url == other.base_url { format!(" ({:?})", c.kind) } else { String::new() };
            format!("{} at {}{wire}", c.name, c.base_url)
        };
        let mut reached: Vec<String> = pairs.filter(|(c, other)| place(c) != place(other)).map(named).collect();
        reached.dedup();
        let when = match &self.ways[at].run {
            Some(run) => format!("as it was in \"{run}\""),
            None => "as it is now".to_owned(),
        };
        format!("{}, {when}", reached.join(" and "))
    }
}
