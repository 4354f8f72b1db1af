//! One prompt on one file: a run of epoch 0 alone, with every row in the validation split.

use super::{Engine, door, drive::Drive, run_settings};
use crate::{
    api::ProjectId,
    dataset::{Split, sample_rows},
    error::{Error, Result},
    run::{RunConfig, RunSummary},
    store::NewRun,
};

/// What is measured, on a project whose dataset was just imported.
#[derive(Debug, Clone)]
pub struct EvaluationRequest {
    /// The project.
    pub project: i64,
    /// The prompt, model and metric; `epochs` is taken as 0.
    pub config: RunConfig,
}

impl Engine {
    /// Measures a prompt on all examples of the current dataset.
    #[door]
    pub async fn start_evaluation(&self, request: EvaluationRequest) -> Result<RunSummary> {
        let dataset = self.needed_dataset(request.project).await?;
        let mut all = self.store().all_example_ids(dataset.id).await?;
        all.sort_unstable();
        self.measure(request, all).await
    }

    /// Measures a prompt on so many validation examples; the test split stays sealed.
    #[door]
    pub async fn start_measuring(&self, request: EvaluationRequest, rows: usize) -> Result<RunSummary> {
        let dataset = self.needed_dataset(request.project).await?;
        let ids = self.store().split_ids(dataset.id, Split::Validation).await?;
        // The same under every seed of a run, so that what was measured stands under all of them.
        let ids = sample_rows(&ids, rows, 0);
        self.measure(request, ids).await
    }

    async fn measure(&self, request: EvaluationRequest, all: Vec<i64>) -> Result<RunSummary> {
        let dataset = self.needed_dataset(request.project).await?;
        let mut config = RunConfig { epochs: 0, train_rows: 0, validation_rows: 0, test_rows: 0, ..request.config };
        config.optimizer = config.primary.clone();
        let connections = self.connections_of(&config).await?;
        run_settings::check_config(&config, &connections, &self.labels(Some(&dataset)).await?)?;
        for connection in &connections {
            self.open_model(connection).await?;
        }
        if all.is_empty() {
            return Err(Error::invalid("The file has no usable row, so there is nothing to measure."));
        }
        let examples = [Vec::new(), all, Vec::new()];
        let new = NewRun {
            project: request.project,
            dataset: dataset.id,
            dataset_name: dataset.name,
            config,
            leaks: false,
            connections,
            examples,
        };
        let run = self.store().create_run(new, self.now()).await?;
        self.begin(run, Drive::Start).await?;
        self.run(run).await
    }

    /// The predictions of a run's best prompt as CSV, one row an example: number, split, input, truth, response, answer, score, outcome.
    #[door]
    pub async fn predictions_csv(&self, run: i64) -> Result<String> {
        let row = self.store().run_row(run).await?;
        let mut writer = csv::Writer::from_writer(Vec::new());
        let failed = |e: csv::Error| Error::internal(e.to_string());
        writer
            .write_record(["number", "user_input", "ground_truth_output", "model_response", "answer", "score", "outcome", "missing"])
            .map_err(failed)?;
        for (example, prediction) in self.predictions_of(run, row.best_version, Split::Validation).await? {
            let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            let (response, answer, score, outcome, missing) = match prediction {
                Some(p) => (
                    p.response,
                    p.answer,
                    p.score.map(|s| s.to_string()).unwrap_or_default(),
                    word(&serde_json::json!(p.outcome)),
                    word(&serde_json::json!(p.missing)),
                ),
                None => Default::default(),
            };
            writer
                .write_record([
                    example.number.to_string(),
                    example.user_input,
                    example.ground_truth_output,
                    response,
                    answer,
                    score,
                    outcome,
                    missing,
                ])
                .map_err(failed)?;
        }
        let bytes = writer.into_inner().map_err(|e| Error::internal(e.to_string()))?;
        String::from_utf8(bytes).map_err(|e| Error::internal(e.to_string()))
    }

    /// The newest project of this name, made when there is none.
    #[door]
    pub async fn project_id(&self, name: &str) -> Result<ProjectId> {
        let id = self.store().project_named(name).await?;
        id.map(|project| ProjectId { project }).ok_or_else(|| Error::not_found(format!("There is no project \"{name}\".")))
    }
}
