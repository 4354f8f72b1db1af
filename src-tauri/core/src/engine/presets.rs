//! Settings of runs under names, to begin other runs with. They belong to no project: prompts are no part of them.

use super::{Engine, door, projects::checked_name};
use crate::{
    api::{NoRequest, PresetName, RunPreset},
    error::{Error, Result},
    prompt::Prompt,
    run::RunConfig,
};

/// Where they are kept.
const PRESETS: &str = "presets";
/// More would be no list to choose from.
const MOST_PRESETS: usize = 200;

impl Engine {
    /// All presets by name.
    #[door]
    pub async fn list_presets(&self, _: NoRequest) -> Result<Vec<RunPreset>> {
        Ok(self.store().setting(PRESETS).await?.unwrap_or_default())
    }

    /// Keeps settings under a name; one of this name, however it is written, is replaced.
    #[door]
    pub async fn save_preset(&self, request: RunPreset) -> Result<Vec<RunPreset>> {
        let name = checked_name(&request.name, "preset")?;
        let mut presets = self.without_preset(&name).await?;
        if presets.len() >= MOST_PRESETS {
            return Err(Error::invalid(format!("There are {MOST_PRESETS} presets already. Delete one that is not needed.")));
        }
        presets.push(RunPreset { name, config: settings_alone(request.config) });
        presets.sort_by_key(|preset| preset.name.to_lowercase());
        self.store().save_setting(PRESETS, &presets).await?;
        Ok(presets)
    }

    /// Deletes a preset. Runs that began with it keep their settings.
    #[door]
    pub async fn delete_preset(&self, request: PresetName) -> Result<Vec<RunPreset>> {
        let presets = self.without_preset(&request.name).await?;
        self.store().save_setting(PRESETS, &presets).await?;
        Ok(presets)
    }

    async fn without_preset(&self, name: &str) -> Result<Vec<RunPreset>> {
        let mut presets = self.list_presets(NoRequest {}).await?;
        presets.retain(|preset| preset.name.to_lowercase() != name.to_lowercase());
        Ok(presets)
    }
}

/// A config without what belongs to one project or one run.
fn settings_alone(config: RunConfig) -> RunConfig {
    RunConfig {
        name: String::new(),
        prompt: Prompt::default(),
        locked: Vec::new(),
        optimizer_system_prompt: String::new(),
        repeat: None,
        parent: None,
        ..config
    }
}
