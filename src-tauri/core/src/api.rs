//! The one list of what a window can ask of the engine: name, request, response.
//!
//! `engine/commands.rs` answers each by its name, a test turns it into the TypeScript map, and the window's client is typed by that.

use serde::{Deserialize, Serialize};

pub use crate::{
    connection::{Connection, ConnectionTest, KeptKey, KeychainState, LocalServer},
    dataset::{
        ColumnRoles, DataProfile, DatasetInfo, DatasetVersion, Doubt, DoubtAction, Example, ExampleEdit, ExampleFilter, ExamplePage,
        ExampleSort, ImportPreview, ReadOptions, RepeatKind, RepeatResolution, Rescored, Split, SplitPlan,
    },
    export::ExportFormat,
    metric::{ExtractRule, MetricSpec},
    price::{ModelPrice, PriceTable},
    project::{ProjectSummary, ProjectView, PutAwayDataset, PutAwayRun, SampleInfo},
    prompt::{Half, Message, Prompt, PromptAuthor, PromptDraft, PromptVersion},
    run::{
        Bucket, CallFilter, CallPage, ComparedExample, Comparison, EpochDetail, EpochMark, EpochSummary, Estimate, ExampleHistory, Failure,
        FailureGroup, LearningMap, MissingCause, ModelConfig, Outcome, Prediction, Preflight, PreparedRun, RunConfig, RunOutcome, RunPoint,
        RunSummary, SearchTree, SplitScores, Usage,
    },
    ship::ShipFormat,
    stats::{Score, Spread},
};

/// Calls a macro with every command: `name(Request) -> Response`.
#[macro_export]
macro_rules! with_commands {
    ($callback:ident) => {
        $callback! {
            app_info(NoRequest) -> AppInfo;
            get_settings(NoRequest) -> Settings;
            save_settings(Settings) -> Settings;
            check_database(NoRequest) -> DatabaseCheck;
            list_backups(NoRequest) -> Vec<Backup>;
            back_up_now(NoRequest) -> Backup;

            list_projects(NoRequest) -> Vec<ProjectSummary>;
            known_projects(NoRequest) -> KnownProjects;
            find_elsewhere(FindElsewhere) -> FoundElsewhere;
            list_samples(NoRequest) -> Vec<SampleInfo>;
            create_sample(CreateSample) -> ProjectView;
            create_project(CreateProject) -> ProjectView;
            open_project(ProjectId) -> ProjectView;
            rename_project(RenameProject) -> ProjectSummary;
            delete_project(ProjectId) -> Done;
            archive_project(ProjectId) -> Done;
            restore_project(ProjectId) -> ProjectSummary;
            duplicate_project(DuplicateProject) -> ProjectView;
            import_project(ImportProject) -> ArrivedProject;
            list_put_away(NoRequest) -> PutAway;
            empty_deleted(NoRequest) -> Emptied;
            clear_cache(ProjectId) -> ClearedCache;

            preview_import(PreviewImport) -> ImportPreview;
            stop_preview(NoRequest) -> Done;
            import_dataset(ImportDataset) -> ProjectView;
            recognise_file(RecogniseFile) -> Option<KnownFile>;
            merge_file(MergeFile) -> MergedFile;
            start_import(ImportDataset) -> ImportJob;
            import_progress(ImportJob) -> ImportProgress;
            cancel_import(ImportJob) -> Done;
            list_examples(ListExamples) -> ExamplePage;
            split_dataset(SplitDataset) -> DatasetInfo;
            edit_examples(EditExamples) -> DatasetInfo;
            undo_edit(ProjectId) -> DatasetInfo;
            redo_edit(ProjectId) -> DatasetInfo;
            list_dataset_versions(ProjectId) -> Vec<DatasetVersion>;
            restore_dataset_version(RestoreDatasetVersion) -> DatasetInfo;
            data_profile(ProjectId) -> DataProfile;
            resolve_repeats(ResolveRepeats) -> DatasetInfo;
            list_doubts(ListDoubts) -> Vec<Doubt>;
            resolve_doubt(ResolveDoubt) -> DatasetInfo;
            rescored(RunId) -> Rescored;
            rename_dataset(RenameDataset) -> DatasetInfo;
            archive_dataset(ProjectId) -> PutAwayDataset;
            delete_dataset(ProjectId) -> PutAwayDataset;
            restore_dataset(DatasetId) -> DatasetInfo;
            export_progress(ExportJob) -> ExportProgress;
            cancel_export(ExportJob) -> Done;

            save_draft(SaveDraft) -> Done;
            list_prompt_versions(ProjectId) -> Vec<PromptVersion>;
            save_prompt_version(SavePromptVersion) -> PromptVersion;
            scores_outside_runs(ProjectId) -> Vec<OutsideScore>;
            note_version(NoteVersion) -> PromptVersion;
            withdraw_version(WithdrawVersion) -> Done;
            default_optimizer_prompt(NoRequest) -> TextBody;
            count_tokens(CountTokens) -> Vec<u32>;
            try_prompt(TryPrompt) -> TryResult;
            start_try(TryPrompt) -> TryJob;
            watch_try(WatchTry) -> TryProgress;
            stop_try(TryJob) -> Done;
            start_try_rows(TryRows) -> TryRowsJob;
            try_rows_progress(TryRowsJob) -> TryRowsProgress;
            stop_try_rows(TryRowsJob) -> Done;
            estimate_try(EstimateTry) -> TryEstimate;
            compare_prompts(ComparePrompts) -> ComparedPrompts;
            start_comparing(ComparePrompts) -> MeasureJob;
            known_model(ComparePrompts) -> ModelConfig;
            blame(Blame) -> Vec<BlamedSentence>;

            list_connections(NoRequest) -> Vec<Connection>;
            kept_keys(NoRequest) -> Vec<KeptKey>;
            save_connection(SaveConnection) -> Connection;
            delete_connection(ConnectionId) -> Done;
            restore_connection(ConnectionId) -> Connection;
            test_connection(TestConnection) -> ConnectionTest;
            stop_test(NoRequest) -> Done;
            find_local_servers(NoRequest) -> Vec<LocalServer>;
            list_models(ConnectionId) -> Vec<String>;
            get_prices(NoRequest) -> PriceTable;
            save_prices(SavePrices) -> PriceTable;
            model_price(PricedModel) -> Option<ModelPrice>;

            default_run_config(ProjectId) -> RunConfig;
            first_run_config(ProjectId) -> RunConfig;
            prepared_run(ProjectId) -> Option<PreparedRun>;
            save_prepared_run(SavePreparedRun) -> Done;
            list_presets(NoRequest) -> Vec<RunPreset>;
            save_preset(RunPreset) -> Vec<RunPreset>;
            delete_preset(PresetName) -> Vec<RunPreset>;
            estimate_run(StartRun) -> Estimate;
            preflight(StartRun) -> Preflight;
            start_measure(StartRun) -> MeasureJob;
            measure_progress(MeasureJob) -> MeasureProgress;
            stop_measure(MeasureJob) -> Done;
            start_run(StartRun) -> RunSummary;
            start_repeats(StartRepeats) -> Vec<RunSummary>;
            list_repeats(ProjectId) -> Vec<RepeatSummary>;
            pause_run(RunId) -> Done;
            resume_run(RunId) -> RunSummary;
            retry_missing(RunId) -> RunSummary;
            stop_run(RunId) -> Done;
            finish_run(RunId) -> Done;
            rename_run(RenameRun) -> RunSummary;
            archive_run(ArchiveRun) -> RunSummary;
            delete_run(RunId) -> Done;
            restore_run(RunId) -> RunSummary;
            list_runs(ProjectId) -> Vec<RunSummary>;
            known_runs(ProjectId) -> KnownRuns;
            get_run(RunId) -> RunView;
            get_epoch(GetEpoch) -> EpochDetail;
            search_tree(RunId) -> SearchTree;
            list_compared(ListCompared) -> ComparedPage;
            list_failures(ListFailures) -> FailurePage;
            list_missing(ListMissing) -> MissingPage;
            learning_map(GetLearningMap) -> LearningMap;
            example_history(GetHistory) -> ExampleHistory;
            list_calls(ListCalls) -> CallPage;
            call_answer(GetCall) -> TextBody;
            test_usage(RunId) -> TestUsage;
            mark_epoch(MarkEpoch) -> EpochMark;
            run_outcome(RunId) -> RunOutcome;
            compare(Compare) -> Comparison;
            list_interrupted(NoRequest) -> Vec<RunSummary>;
            export_run(ExportRun) -> TextBody;
            export_comparison(ExportComparison) -> TextBody;
            export_prompts(ExportPrompts) -> TextBody;
            export_runs(ExportRuns) -> TextBody;
            ship_prompt(ShipPrompt) -> ShippedPrompt;
        }
    };
}

macro_rules! requests {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? })*) => {
        $(
            #[derive(Debug, Clone, Serialize, Deserialize)]
            #[cfg_attr(test, derive(ts_rs::TS), ts(export))]
            $(#[$meta])*
            pub struct $name { $($(#[$field_meta])* pub $field: $type),* }
        )*
    };
}

mod connections;
mod data;
mod program;
mod projects;
mod prompts;
mod results;
mod runs;
mod taking_out;

pub use self::{connections::*, data::*, program::*, projects::*, prompts::*, results::*, runs::*, taking_out::*};

requests! {
    /// A command without a request.
    NoRequest {}
    /// A command without a response.
    Done {}
    /// Plain text.
    TextBody {
        /// The text.
        text: String,
    }
    /// Names a project.
    ProjectId {
        /// The project.
        project: i64,
    }
    /// Names a run.
    RunId {
        /// The run.
        run: i64,
    }
    /// Names a connection.
    ConnectionId {
        /// The connection.
        connection: i64,
    }
    /// Names a dataset.
    DatasetId {
        /// The dataset version.
        dataset: i64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ts_rs::TS;

    /// Writes the map from command name to request and response that types the window's client.
    #[test]
    fn export_bindings_command_map() {
        let config = ts_rs::Config::from_env();
        let mut names = std::collections::BTreeSet::new();
        let mut lines = Vec::new();
        macro_rules! collect {
            ($($command:ident($request:ty) -> $response:ty;)*) => {$(
                for text in [<$request as TS>::name(&config), <$response as TS>::name(&config)] {
                    names.extend(text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.starts_with(char::is_uppercase) && *w != "Array").map(str::to_owned));
                }
                lines.push(format!("  {}: {{ request: {}; response: {} }};", stringify!($command), <$request as TS>::name(&config), <$response as TS>::name(&config)));
            )*};
        }
        crate::with_commands!(collect);
        let imports: String = names.iter().map(|n| format!("import type {{ {n} }} from \"./{n}\";\n")).collect();
        let text = format!(
            "// This file was generated from the engine's command list. Do not edit this file manually.\n{imports}\nexport type Commands = {{\n{}\n}};\n",
            lines.join("\n")
        );
        let folder = std::env::var("TS_RS_EXPORT_DIR").unwrap_or_else(|_| "bindings".into());
        std::fs::create_dir_all(&folder).expect("the bindings folder can be made");
        std::fs::write(std::path::Path::new(&folder).join("Commands.ts"), text).expect("the command map can be written");
    }
}
