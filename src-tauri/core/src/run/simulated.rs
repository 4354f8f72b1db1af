//! Which part the demo model takes in a run, and what that means for its figures.

use super::{ModelConfig, RunConfig, RunSummary};
use crate::{
    connection::{Connection, ConnectionKind},
    store::Role,
};

/// The models of a run and the roles they play.
fn models(config: &RunConfig) -> impl Iterator<Item = (Role, &ModelConfig)> {
    let judge = config.judge.as_ref().map(|judge| (Role::Judge, judge));
    [(Role::Primary, &config.primary), (Role::Optimizer, &config.optimizer)].into_iter().chain(judge)
}

/// The roles that a run has a model for.
pub(crate) fn roles(config: &RunConfig) -> Vec<Role> {
    models(config).map(|(role, _)| role).collect()
}

/// The roles that the demo model plays, by the connections as they were when the run began.
pub(crate) fn simulated_roles(config: &RunConfig, connections: &[Connection]) -> Vec<Role> {
    let is_demo = |id: i64| connections.iter().any(|c| c.id == id && c.kind == ConnectionKind::Demo);
    models(config).filter(|(_, model)| is_demo(model.connection)).map(|(role, _)| role).collect()
}

/// What to say beside the figures of these runs; none where no model was simulated.
pub fn simulated_words<'a>(runs: impl IntoIterator<Item = &'a RunSummary>) -> Option<&'static str> {
    let roles: Vec<Role> = runs.into_iter().flat_map(|run| run.simulated_roles.iter().copied()).collect();
    simulated_roles_words(&roles)
}

/// What it means for figures that the demo model plays these roles; nothing where it plays none.
pub(crate) fn simulated_roles_words(roles: &[Role]) -> Option<&'static str> {
    // The worst of them: without real answers nothing else matters.
    if roles.contains(&Role::Primary) {
        Some("Simulated: the demo model took part; its figures say nothing about a real model.")
    } else if roles.contains(&Role::Judge) {
        Some("Simulated judge: the answers are real; the scores of the demo model say nothing about a real judge.")
    } else if roles.contains(&Role::Optimizer) {
        Some(
            "Simulated optimizer: the answers and the scores are real; the demo model wrote the proposals, a real optimizer writes others.",
        )
    } else {
        None
    }
}

/// Whether figures of this run are those of the demo model: beside real answers a simulated optimizer changes none.
pub fn has_simulated_scores(run: &RunSummary) -> bool {
    run.simulated_roles.iter().any(|role| *role != Role::Optimizer)
}
