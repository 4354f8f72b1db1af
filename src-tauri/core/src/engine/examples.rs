//! Examples of the current dataset: lists, changes, what the data says.

use std::{collections::HashSet, ops::ControlFlow};

use super::{Engine, door, importing::ImportWatch};
use crate::{
    api::{EditExamples, ListExamples, ProjectId, ResolveRepeats, RestoreDatasetVersion, SplitDataset},
    dataset::{
        DataProfile, DatasetInfo, DatasetVersion, ExampleEdit, ExampleFilter, ExamplePage, ExampleSelection, OnlyExamples, SplitPlan,
    },
    error::{Error, Result},
};

impl Engine {
    /// A page of the grid.
    #[door]
    pub async fn list_examples(&self, request: ListExamples) -> Result<ExamplePage> {
        let Some(dataset) = self.store().dataset(request.project).await? else {
            return Ok(ExamplePage { total: 0, rows: Vec::new() });
        };
        if !request.filter.search.is_empty() || !request.filter.columns.is_empty() || request.sort.is_some() {
            self.index_aside(&dataset);
        }
        let doubts = self.doubts_of(&dataset, request.project, &request.filter).await?;
        self.store().examples(dataset.id, request.filter, request.sort, doubts, request.offset, request.limit).await
    }

    /// Ids of all examples of the current dataset that a filter leaves, by number.
    #[door]
    pub async fn filtered_examples(&self, project: i64, filter: ExampleFilter) -> Result<Vec<i64>> {
        let dataset = self.needed_dataset(project).await?;
        let doubts = self.doubts_of(&dataset, project, &filter).await?;
        self.store().listed_ids(dataset.id, filter, None, doubts).await
    }

    /// The doubt queue, where a filter asks for it.
    async fn doubts_of(&self, dataset: &DatasetInfo, project: i64, filter: &ExampleFilter) -> Result<Option<HashSet<i64>>> {
        if filter.only != Some(OnlyExamples::Doubts) {
            return Ok(None);
        }
        Ok(Some(self.newest_doubts(dataset, project).await?))
    }

    /// Changes examples of the current dataset: all of it or nothing.
    #[door]
    pub async fn edit_examples(&self, request: EditExamples) -> Result<DatasetInfo> {
        let (project, now) = (request.project, self.now());
        let dataset = self.needed_dataset(project).await?;
        match request.edit {
            ExampleEdit::SetCell { example, column, text } => self.store().set_cell(project, example, column, text, now).await,
            ExampleEdit::MoveToSplit { selection, split } => {
                let ids = self.selected(&dataset, project, selection).await?;
                self.store().move_to_split(project, dataset.id, ids, split, now).await
            }
            ExampleEdit::Exclude { selection, excluded } => {
                let ids = self.selected(&dataset, project, selection).await?;
                self.store().exclude(project, dataset.id, ids, excluded, now).await
            }
            ExampleEdit::Delete { selection } => {
                let ids = self.selected(&dataset, project, selection).await?;
                self.store().delete_examples(project, dataset.id, ids, now).await
            }
        }
    }

    async fn selected(&self, dataset: &DatasetInfo, project: i64, selection: ExampleSelection) -> Result<Vec<i64>> {
        let ids = match selection {
            ExampleSelection::Ids { ids } => ids,
            ExampleSelection::Filter { filter } => {
                let doubts = self.doubts_of(dataset, project, &filter).await?;
                self.store().listed_ids(dataset.id, filter, None, doubts).await?
            }
        };
        if ids.is_empty() {
            return Err(Error::invalid("No example is selected. Select some first."));
        }
        Ok(ids)
    }

    /// Takes the last change of the dataset back.
    #[door]
    pub async fn undo_edit(&self, request: ProjectId) -> Result<DatasetInfo> {
        self.store().undo_edit(request.project, self.now()).await
    }

    /// Does again what was taken back last.
    #[door]
    pub async fn redo_edit(&self, request: ProjectId) -> Result<DatasetInfo> {
        self.store().redo_edit(request.project, self.now()).await
    }

    /// The versions of a project's dataset, newest first.
    #[door]
    pub async fn list_dataset_versions(&self, request: ProjectId) -> Result<Vec<DatasetVersion>> {
        self.store().dataset_versions(request.project).await
    }

    /// Makes a version that is as an earlier one was.
    #[door]
    pub async fn restore_dataset_version(&self, request: RestoreDatasetVersion) -> Result<DatasetInfo> {
        self.store().restore_dataset_version(request.project, request.version, self.now()).await
    }

    /// Divides the current dataset anew; finished runs keep the examples they used.
    #[door]
    pub async fn split_dataset(&self, request: SplitDataset) -> Result<DatasetInfo> {
        request.plan.check()?;
        if !matches!(request.plan, SplitPlan::Ratio { .. }) {
            return Err(Error::invalid("A split by column or file is set when the file is imported. Import it again to change it."));
        }
        self.store().split_dataset(request.project, request.plan, self.now()).await
    }

    /// The current dataset in figures.
    #[door]
    pub async fn data_profile(&self, request: ProjectId) -> Result<DataProfile> {
        let dataset = self.needed_dataset(request.project).await?;
        self.store().data_profile(dataset.id).await
    }

    /// Does away with repeats in one go.
    #[door]
    pub async fn resolve_repeats(&self, request: ResolveRepeats) -> Result<DatasetInfo> {
        self.store().resolve_repeats(request.project, request.kind, request.how, self.now()).await
    }

    /// Builds what makes lists of a large dataset quick, unless that goes on already. `told` hears steps done and steps in all.
    async fn index(&self, dataset: i64, mut told: impl FnMut(u64, u64) -> ControlFlow<()>) -> Result<()> {
        let import = self.store().import_of(dataset).await?;
        if !self.indexing().insert(import) {
            return Ok(());
        }
        let built = loop {
            match self.store().index_step(dataset).await {
                Ok(Some(step)) if told(step.done, step.total).is_break() => break Ok(()),
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.indexing().remove(&import);
        built
    }

    /// The same aside: a dataset of an earlier program or another project has no index yet.
    fn index_aside(&self, dataset: &DatasetInfo) {
        if (dataset.rows as usize) < crate::store::LARGE {
            return;
        }
        let (engine, dataset) = (self.clone(), dataset.id);
        tokio::spawn(async move {
            engine.tell(dataset, engine.index(dataset, |_, _| ControlFlow::Continue(())).await);
        });
    }

    /// The same after an import, which tells how far it is. Cancelled, it is left for later; the dataset stays.
    pub(super) async fn index_current(&self, project: i64, watch: &ImportWatch) {
        let Ok(Some(dataset)) = self.store().dataset(project).await else { return };
        let built = self.index(dataset.id, |done, total| watch.read(done, total)).await;
        self.tell(dataset.id, built);
    }

    fn tell(&self, dataset: i64, built: Result<()>) {
        if let Err(error) = built {
            // Lists are slower without it, and right.
            tracing::warn!(dataset, error = %error.message, "an index could not be built");
        }
    }
}
