//! `eval`: one prompt on a file.

use mlprompt_core::{
    Error, ErrorCode, Result,
    engine::{Engine, EvaluationRequest},
};

use crate::{End, convert, options::EvalOptions, train};

/// Imports the file, measures the prompt on every row, and writes the predictions when asked to.
pub async fn eval(engine: &Engine, options: EvalOptions, json: bool) -> Result<End> {
    let project = convert::import(engine, &options.data).await?;
    let config = convert::base_config(engine, &options.model, &project, train::now_ms()).await?;
    let run = engine.start_evaluation(EvaluationRequest { project: project.project.id, config }).await?;
    let end = train::follow_from(engine, run.id, 0, json, true).await?;
    if let (End::Done, Some(file)) = (&end, &options.predictions) {
        let text = engine.predictions_csv(run.id).await?;
        std::fs::write(file, text)
            .map_err(|e| Error::new(ErrorCode::Internal, format!("{} cannot be written: {e}. Check the path.", file.display())))?;
    }
    Ok(end)
}
