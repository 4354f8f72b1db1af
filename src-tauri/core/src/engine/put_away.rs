//! Putting projects, datasets and runs away, and bringing them back.

use super::{Engine, door, lock, projects};
use crate::{
    api::{DatasetId, Done, DuplicateProject, Emptied, NoRequest, ProjectId, PutAway, RenameDataset, RunId},
    dataset::DatasetInfo,
    error::{Error, ErrorCode, Result},
    project::{ProjectSummary, ProjectView, PutAwayDataset},
    run::RunSummary,
    store::Away,
};

/// Deleted projects, datasets and runs can be restored for so long, unless somebody empties them before.
const KEPT_FOR_MS: i64 = 30 * 24 * 3_600_000;

impl Engine {
    /// What is archived, and what is deleted and can still be restored.
    #[door]
    pub async fn list_put_away(&self, _: NoRequest) -> Result<PutAway> {
        let mut projects = self.store().projects_put_away().await?;
        projects.iter_mut().filter_map(|p| p.last_run.as_mut()).for_each(|run| self.correct_status(run));
        let (datasets, runs) = (self.store().datasets_put_away().await?, self.store().runs_put_away().await?);
        Ok(PutAway { projects, datasets, runs })
    }

    /// Takes a project off Home; nothing of it changes.
    #[door]
    pub async fn archive_project(&self, request: ProjectId) -> Result<Done> {
        self.put_away(request.project, Away::Archived).await
    }

    /// Deletes a project. It can be restored until deleted things are emptied.
    #[door]
    pub async fn delete_project(&self, request: ProjectId) -> Result<Done> {
        self.put_away(request.project, Away::Deleted).await
    }

    /// Brings a project back from the archive or from what is deleted.
    #[door]
    pub async fn restore_project(&self, request: ProjectId) -> Result<ProjectSummary> {
        self.store().restore_project(request.project).await
    }

    async fn put_away(&self, project: i64, away: Away) -> Result<Done> {
        self.refuse_while_runs_go_on(project).await?;
        self.store().put_project_away(project, away, self.now()).await?;
        // A run that was started meanwhile found the project there and holds its lock by now, or finds it gone.
        if let Err(error) = self.refuse_while_runs_go_on(project).await {
            self.store().restore_project(project).await?;
            return Err(error);
        }
        Ok(Done {})
    }

    async fn refuse_while_runs_go_on(&self, project: i64) -> Result<()> {
        for run in self.store().runs(project).await? {
            if self.driven().contains_key(&run.id) || lock::is_held(self.store().path(), run.id) {
                return Err(Error::new(
                    ErrorCode::RunHeld,
                    format!("Run \"{}\" of this project is going on. Pause or stop it first.", run.name),
                ));
            }
        }
        Ok(())
    }

    /// Deletes an ended run. It can be restored until deleted things are emptied.
    #[door]
    pub async fn delete_run(&self, request: RunId) -> Result<Done> {
        let summary = self.run(request.run).await?;
        self.refuse_while_driven(&summary)?;
        self.store().delete_run(request.run, self.now()).await?;
        Ok(Done {})
    }

    /// Brings a deleted run back, with its epochs, answers and log.
    #[door]
    pub async fn restore_run(&self, request: RunId) -> Result<RunSummary> {
        self.store().restore_run(request.run).await
    }

    /// Removes for good what was deleted.
    #[door]
    pub async fn empty_deleted(&self, _: NoRequest) -> Result<Emptied> {
        Ok(Emptied { removed: self.store().remove_deleted(self.now().saturating_add(1)).await? })
    }

    /// Removes what was deleted long ago.
    pub(super) async fn remove_long_deleted(&self) -> Result<u32> {
        self.store().remove_deleted(self.now().saturating_sub(KEPT_FOR_MS)).await
    }

    /// Makes a second project of a project: of everything, or of its data alone.
    #[door]
    pub async fn duplicate_project(&self, request: DuplicateProject) -> Result<ProjectView> {
        let original = self.store().project(request.project).await?;
        let name = match request.name.trim() {
            "" => self.store().free_project_name(&original.name).await?,
            name => projects::checked_name(name, "project")?,
        };
        let project = self.store().duplicate_project(request.project, request.data_only, &name, self.now()).await?;
        self.open_project(ProjectId { project }).await
    }

    /// Gives a project's dataset another name.
    #[door]
    pub async fn rename_dataset(&self, request: RenameDataset) -> Result<DatasetInfo> {
        let name = projects::checked_name(&request.name, "dataset")?;
        self.store().rename_dataset(request.project, &name).await
    }

    /// Takes the dataset out of a project and keeps it.
    #[door]
    pub async fn archive_dataset(&self, request: ProjectId) -> Result<PutAwayDataset> {
        self.put_dataset_away(request.project, Away::Archived).await
    }

    /// Deletes the dataset of a project. It can be restored until deleted things are emptied; runs keep the examples they used.
    #[door]
    pub async fn delete_dataset(&self, request: ProjectId) -> Result<PutAwayDataset> {
        self.put_dataset_away(request.project, Away::Deleted).await
    }

    async fn put_dataset_away(&self, project: i64, away: Away) -> Result<PutAwayDataset> {
        self.refuse_while_runs_go_on(project).await?;
        self.store().put_dataset_away(project, away, self.now()).await
    }

    /// Makes a dataset that was put away its project's own again.
    #[door]
    pub async fn restore_dataset(&self, request: DatasetId) -> Result<DatasetInfo> {
        self.store().restore_dataset(request.dataset, self.now()).await
    }
}
