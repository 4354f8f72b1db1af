//! Connections that were edited since a run froze them. One that has not brought a single answer yet is followed to its new address: what is
//! mended there is most often the reason why the run waits. Where answers came, the run goes on asking where it began, and says so.

use super::{Engine, run_settings};
use crate::{
    connection::Connection,
    error::Result,
    run::RunConfig,
    store::{Role, RunRow},
};

impl Engine {
    /// Brings the connections of a run that goes on up to date where that changes no answer it has; what is to be said of the others.
    ///
    /// # Errors
    /// `Invalid` when the run's settings cannot be had at the new place.
    pub(super) async fn follow_moved(&self, row: &mut RunRow) -> Result<Vec<String>> {
        let mut connections = row.connections.clone();
        let mut said = Vec::new();
        for frozen in &mut connections {
            // One that was deleted has moved nowhere.
            let Ok(today) = self.store().connection(frozen.id).await else { continue };
            if frozen.is_where(&today) {
                continue;
            }
            if self.store().was_answered(row.id, roles_at(&row.config, frozen)).await? {
                said.push(format!(
                    "This run goes on asking {}, where its answers came from. The connection “{}” leads to {} now: to ask there, run it \
                     again with changes.",
                    frozen.address(),
                    today.name,
                    today.address()
                ));
            } else {
                // What a call costs stays what the estimate was made with.
                *frozen = Connection { prices: frozen.prices.clone(), ..today };
            }
        }
        if connections != row.connections {
            let dataset = self.store().dataset_by_id(row.dataset).await?;
            run_settings::check_config(&row.config, &connections, &self.labels(Some(&dataset)).await?)?;
            self.store().save_run_connections(row.id, connections.clone()).await?;
            row.connections = connections;
        }
        Ok(said)
    }
}

/// Who asks over a connection.
fn roles_at(config: &RunConfig, connection: &Connection) -> Vec<Role> {
    let asked = [(Role::Primary, Some(&config.primary)), (Role::Optimizer, Some(&config.optimizer)), (Role::Judge, config.judge.as_ref())];
    asked.into_iter().filter(|(_, model)| model.is_some_and(|model| model.connection == connection.id)).map(|(role, _)| role).collect()
}
