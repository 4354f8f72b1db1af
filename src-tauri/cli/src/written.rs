//! Runs as texts for others: exports, reports, prompts to build in.

use std::path::Path;

use mlprompt_core::{
    Error, ErrorCode, Result,
    api::{ExportComparison, ExportRun, ShipPrompt, ShipSource},
    dataset::Split,
    engine::Engine,
    run::RunPoint,
    ship::ShipFormat,
};

use crate::out::say;
use crate::{End, options::ShipName};

/// Writes a run as text.
pub async fn export(engine: &Engine, run: i64, format: &str, output: Option<&Path>) -> Result<End> {
    let text = engine.export_run(ExportRun { run, format: format.to_owned() }).await?.text;
    write(&text, output)
}

/// Writes the best prompts of two runs against each other as a report.
pub async fn compare(engine: &Engine, runs: [i64; 2], test: bool, format: &str, output: Option<&Path>) -> Result<End> {
    let [first, second] = runs.map(|run| RunPoint { run, epoch: None });
    let split = if test { Split::Test } else { Split::Validation };
    let text = engine.export_comparison(ExportComparison { first, second, split, format: format.to_owned() }).await?.text;
    write(&text, output)
}

/// Writes a prompt of a run as something to build in.
pub async fn ship(engine: &Engine, point: RunPoint, format: ShipName, output: Option<&Path>) -> Result<End> {
    let format = ShipFormat::from(format);
    let shipped = engine.ship_prompt(ShipPrompt { source: ShipSource::Run { point }, model: None }).await?;
    let text = shipped.texts.into_iter().find(|text| text.format == format).and_then(|text| text.text);
    let text = text.ok_or_else(|| {
        Error::invalid("The demo model has no server that a program could call. Take --format text, or ship a run of another model.")
    })?;
    write(&text, output)
}

fn write(text: &str, output: Option<&Path>) -> Result<End> {
    match output {
        Some(file) => std::fs::write(file, text)
            .map_err(|e| Error::new(ErrorCode::Internal, format!("{} cannot be written: {e}. Check the path.", file.display())))?,
        None => say!("{}", text.trim_end()),
    }
    Ok(End::Done)
}

impl From<ShipName> for ShipFormat {
    fn from(name: ShipName) -> Self {
        match name {
            ShipName::Text => Self::Text,
            ShipName::Curl => Self::Curl,
            ShipName::Python => Self::Python,
            ShipName::Typescript => Self::Typescript,
            ShipName::Rust => Self::Rust,
            ShipName::Promptfoo => Self::Promptfoo,
            ShipName::Messages => Self::Messages,
        }
    }
}
