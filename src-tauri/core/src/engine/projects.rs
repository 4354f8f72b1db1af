//! Projects, samples and settings.

use std::path::Path;

use super::{Engine, backups::MOST_BACKUPS, door};
use crate::{
    api::{
        AppInfo, ClearedCache, CreateProject, CreateSample, DatabaseCheck, FindElsewhere, FoundElsewhere, KnownProjects, NoRequest,
        ProjectId, RenameProject, Settings,
    },
    error::{Error, Result},
    project::{ProjectSummary, ProjectView, SampleInfo},
    prompt::{PromptAuthor, PromptDraft},
    run::RunStatus,
    sample,
    store::{Integrity, LONGEST_NAME},
    train::DEFAULT_OPTIMIZER_PROMPT,
};

/// A name as it is kept: one line, outer blanks gone, not empty, not endless.
pub(super) fn checked_name(name: &str, what: &str) -> Result<String> {
    let ends_a_line = |c: char| matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}');
    let name = name.replace(ends_a_line, " ");
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid(format!("The {what} needs a name.")));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Error::invalid(format!("The name of the {what} is longer than {LONGEST_NAME} characters; shorten it.")));
    }
    Ok(name.to_owned())
}

impl Engine {
    /// About this program.
    #[door]
    pub async fn app_info(&self, _: NoRequest) -> Result<AppInfo> {
        let keys = std::sync::Arc::clone(&self.inner.keys);
        let keychain = tokio::task::spawn_blocking(move || keys.state()).await.map_err(|e| Error::internal(e.to_string()))?;
        Ok(AppInfo {
            version: env!("CARGO_PKG_VERSION").into(),
            database: self.store().path().display().to_string(),
            keychain,
            restored: self.store().restored().cloned(),
        })
    }

    /// Reads the whole database file and says what is wrong with it.
    #[door]
    pub async fn check_database(&self, _: NoRequest) -> Result<DatabaseCheck> {
        let Integrity { problems, bytes } = self.store().check_integrity().await?;
        Ok(DatabaseCheck { problems, bytes })
    }

    /// Writes a copy of the database, as it is at this moment; keys are in none. A file of that name is replaced.
    #[door]
    pub async fn save_copy(&self, target: &Path) -> Result<()> {
        self.store().save_copy(target).await
    }

    /// Settings of the window.
    #[door]
    pub async fn get_settings(&self, _: NoRequest) -> Result<Settings> {
        Ok(self.store().setting("window").await?.unwrap_or_default())
    }

    /// Saves the settings of the window.
    #[door]
    pub async fn save_settings(&self, settings: Settings) -> Result<Settings> {
        if !matches!(settings.theme.as_str(), "system" | "light" | "dark" | "contrast") {
            return Err(Error::invalid(format!("There is no theme \"{}\"; choose system, light, dark or contrast.", settings.theme)));
        }
        let settings = Settings { text_size: settings.text_size.clamp(80, 200), backups: settings.backups.min(MOST_BACKUPS), ..settings };
        self.store().save_setting("window", &settings).await?;
        Ok(settings)
    }

    /// All projects that were not put away, the last changed first.
    #[door]
    pub async fn list_projects(&self, _: NoRequest) -> Result<Vec<ProjectSummary>> {
        let mut projects = self.store().projects().await?;
        for project in &mut projects {
            if let Some(run) = &mut project.last_run {
                self.correct_status(run);
            }
        }
        Ok(projects)
    }

    /// What Home lists, briefly: another program may have added to it.
    #[door]
    pub async fn known_projects(&self, _: NoRequest) -> Result<KnownProjects> {
        self.store().known_projects().await
    }

    /// Runs and prompt versions outside a project, by words of their names.
    #[door]
    pub async fn find_elsewhere(&self, request: FindElsewhere) -> Result<FoundElsewhere> {
        let mut found = self.store().find_elsewhere(&request.text, request.project).await?;
        for run in &mut found.runs {
            if self.has_no_driver(run.id, run.status) {
                run.status = RunStatus::Interrupted;
            }
        }
        Ok(found)
    }

    /// The sample projects.
    #[door]
    pub async fn list_samples(&self, _: NoRequest) -> Result<Vec<SampleInfo>> {
        Ok(sample::samples()
            .iter()
            .map(|s| SampleInfo { id: s.id.into(), name: s.name.into(), description: s.description.into(), rows: rows_of(s) })
            .collect())
    }

    /// Makes a sample project: its file is imported as any file is.
    #[door]
    pub async fn create_sample(&self, request: CreateSample) -> Result<ProjectView> {
        let sample = sample::samples()
            .iter()
            .find(|s| s.id == request.sample)
            .ok_or_else(|| Error::not_found(format!("There is no sample \"{}\".", request.sample)))?;
        let draft = PromptDraft { prompt: sample.prompt.clone(), ..first_draft() };
        let name = self.store().free_project_name(sample.name).await?;
        let project = self.store().create_project(&name, &draft, self.now()).await?;
        if let Err(error) = self.import_sample(project, sample).await {
            self.store().remove_project(project).await?;
            return Err(error);
        }
        self.store().save_prompt_version(project, sample.prompt.clone(), PromptAuthor::Sample, String::new(), self.now()).await?;
        self.open_project(ProjectId { project }).await
    }

    /// Makes an empty project.
    #[door]
    pub async fn create_project(&self, request: CreateProject) -> Result<ProjectView> {
        let name = checked_name(&request.name, "project")?;
        let project = self.store().create_project(&name, &first_draft(), self.now()).await?;
        self.open_project(ProjectId { project }).await
    }

    /// Everything the window shows of a project.
    #[door]
    pub async fn open_project(&self, request: ProjectId) -> Result<ProjectView> {
        let id = request.project;
        let mut project = self.store().project(id).await?;
        let mut runs = self.store().runs(id).await?;
        for run in runs.iter_mut().chain(&mut project.last_run) {
            self.correct_status(run);
        }
        Ok(ProjectView {
            project,
            dataset: self.store().dataset(id).await?,
            draft: self.store().draft(id).await?,
            version: self.store().newest_version(id).await?,
            runs,
        })
    }

    /// Renames a project.
    #[door]
    pub async fn rename_project(&self, request: RenameProject) -> Result<ProjectSummary> {
        let name = checked_name(&request.name, "project")?;
        self.store().rename_project(request.project, &name, self.now()).await?;
        self.store().project(request.project).await
    }

    /// Keeps the answers of a project from being used by further runs. Its runs go on showing theirs.
    #[door]
    pub async fn clear_cache(&self, request: ProjectId) -> Result<ClearedCache> {
        let answers = self.store().retire_completions(request.project).await?;
        Ok(ClearedCache { answers: u32::try_from(answers).unwrap_or(u32::MAX) })
    }
}

/// The draft of a new project.
pub(super) fn first_draft() -> PromptDraft {
    PromptDraft { optimizer_system_prompt: DEFAULT_OPTIMIZER_PROMPT.into(), ..PromptDraft::default() }
}

fn rows_of(sample: &sample::Sample) -> u32 {
    u32::try_from(csv::Reader::from_reader(sample.csv.as_bytes()).into_records().count()).unwrap_or(u32::MAX)
}
