//! The one list of what a window can ask of the engine: name, request, response.
//!
//! The shell turns it into Tauri commands, a test turns it into the TypeScript map, and the window's client is typed by that.

use serde::{Deserialize, Serialize};

pub use crate::{
    connection::{Connection, ConnectionTest, KeychainState, LocalServer},
    dataset::{
        ColumnRoles, DataProfile, DatasetInfo, DatasetVersion, Doubt, DoubtAction, Example, ExampleEdit, ExampleFilter, ExamplePage,
        ExampleSort, ImportPreview, ReadOptions, RepeatKind, RepeatResolution, Rescored, Split, SplitPlan,
    },
    export::ExportFormat,
    metric::{ExtractRule, MetricSpec},
    price::{ModelPrice, PriceTable},
    project::{ProjectSummary, ProjectView, PutAwayDataset, SampleInfo},
    prompt::{Half, Message, Prompt, PromptAuthor, PromptDraft, PromptVersion},
    run::{
        Bucket, CallFilter, CallPage, ComparedExample, Comparison, EpochDetail, EpochMark, EpochSummary, Estimate, ExampleHistory, Failure,
        FailureGroup, LearningMap, ModelConfig, Outcome, Prediction, Preflight, RunConfig, RunOutcome, RunPoint, RunSummary, SearchTree,
        SplitScores,
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

            list_projects(NoRequest) -> Vec<ProjectSummary>;
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
            default_optimizer_prompt(NoRequest) -> TextBody;
            count_tokens(CountTokens) -> Vec<u32>;
            try_prompt(TryPrompt) -> TryResult;
            start_try(TryPrompt) -> TryJob;
            watch_try(WatchTry) -> TryProgress;
            stop_try(TryJob) -> Done;
            try_rows(TryRows) -> TriedRows;
            blame(Blame) -> Vec<BlamedSentence>;

            list_connections(NoRequest) -> Vec<Connection>;
            save_connection(SaveConnection) -> Connection;
            delete_connection(ConnectionId) -> Done;
            test_connection(TestConnection) -> ConnectionTest;
            find_local_servers(NoRequest) -> Vec<LocalServer>;
            list_models(ConnectionId) -> Vec<String>;
            get_prices(NoRequest) -> PriceTable;
            save_prices(SavePrices) -> PriceTable;
            model_price(PricedModel) -> Option<ModelPrice>;

            default_run_config(ProjectId) -> RunConfig;
            list_presets(NoRequest) -> Vec<RunPreset>;
            save_preset(RunPreset) -> Vec<RunPreset>;
            delete_preset(PresetName) -> Vec<RunPreset>;
            estimate_run(StartRun) -> Estimate;
            preflight(StartRun) -> Preflight;
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
            list_runs(ProjectId) -> Vec<RunSummary>;
            get_run(RunId) -> RunView;
            get_epoch(GetEpoch) -> EpochDetail;
            search_tree(RunId) -> SearchTree;
            list_compared(ListCompared) -> ComparedPage;
            list_failures(ListFailures) -> FailurePage;
            learning_map(GetLearningMap) -> LearningMap;
            example_history(GetHistory) -> ExampleHistory;
            list_calls(ListCalls) -> CallPage;
            mark_epoch(MarkEpoch) -> EpochMark;
            run_outcome(RunId) -> RunOutcome;
            compare(Compare) -> Comparison;
            list_interrupted(NoRequest) -> Vec<RunSummary>;
            export_run(ExportRun) -> TextBody;
            export_comparison(ExportComparison) -> TextBody;
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

impl Default for Settings {
    fn default() -> Self {
        Self { theme: "system".into(), text_size: 100, notify: true, backups: 3 }
    }
}

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
    /// About this program.
    AppInfo {
        /// Version of the program.
        version: String,
        /// The database file.
        database: String,
        /// Where keys go.
        keychain: KeychainState,
    }
    /// Settings of the window.
    #[serde(default)]
    Settings {
        /// `system`, `light`, `dark` or `contrast`.
        theme: String,
        /// Percent, 80 to 200.
        text_size: u32,
        /// Tell on the desktop when a run ends and the window is not in front.
        notify: bool,
        /// Daily copies of the database that are kept, 0 to 30; 0 makes none.
        backups: u32,
    }
    /// A copy of the database beside it.
    Backup {
        /// Its path.
        path: String,
        /// When it was made, in Unix milliseconds.
        made_at: i64,
        /// Bytes of the file.
        bytes: u64,
    }
    /// Names a model at a connection.
    PricedModel {
        /// The connection.
        connection: i64,
        /// Exact name of the model.
        model: String,
    }
    /// Settings of runs under a name, for any project.
    RunPreset {
        /// Its name.
        name: String,
        /// What a run is told; prompts, instructions and names of runs are no part of it and empty.
        config: RunConfig,
    }
    /// Names a preset.
    PresetName {
        /// The preset.
        name: String,
    }
    /// Start the same settings on several divisions of the dataset.
    StartRepeats {
        /// The project.
        project: i64,
        /// What is asked of each run.
        config: RunConfig,
        /// How many runs, 2 to 50.
        repeats: u32,
    }
    /// Names a group of repeats.
    RepeatGroup {
        /// The project.
        project: i64,
        /// The group.
        group: i64,
    }
    /// A group of repeats; figures over its completed runs.
    RepeatSummary {
        /// The group.
        group: i64,
        /// Name of its runs, without their numbers.
        name: String,
        /// Its runs, in order.
        runs: Vec<i64>,
        /// How many were asked for.
        of: u32,
        /// How many are completed.
        completed: u32,
        /// In how many of those a proposal beat the baseline.
        better: u32,
        /// Validation score of the first prompts.
        baseline_validation: Option<Spread>,
        /// Validation score of the best prompts.
        best_validation: Option<Spread>,
        /// Its gain over the first prompts.
        gain_validation: Option<Spread>,
        /// Test score of the first prompts.
        baseline_test: Option<Spread>,
        /// Test score of the best prompts.
        best_test: Option<Spread>,
        /// Its gain over the first prompts.
        gain_test: Option<Spread>,
    }
    /// What an integrity check of the database found.
    DatabaseCheck {
        /// What is wrong, in words; empty when the file is whole.
        problems: Vec<String>,
        /// Bytes of the file.
        bytes: u64,
    }
    /// Make a sample project.
    CreateSample {
        /// Id of the sample.
        sample: String,
    }
    /// Make an empty project.
    CreateProject {
        /// Its name.
        name: String,
    }
    /// Rename a project.
    RenameProject {
        /// The project.
        project: i64,
        /// New name.
        name: String,
    }
    /// Make a second project of a project.
    DuplicateProject {
        /// The project.
        project: i64,
        /// Name of the second one; empty: the first one's with a number.
        name: String,
        /// Its data alone, without prompt versions, runs and answers.
        data_only: bool,
    }
    /// Take a project in from a file.
    ImportProject {
        /// Absolute path of the `.mlprompt` file.
        path: String,
    }
    /// A project that came in from a file.
    ArrivedProject {
        /// The project.
        view: ProjectView,
        /// Names of connections that came with it; they have no key here yet.
        new_connections: Vec<String>,
    }
    /// What was put away and can be restored, the last one first.
    PutAway {
        /// Archived and deleted projects.
        projects: Vec<ProjectSummary>,
        /// Archived and deleted datasets of projects that are there.
        datasets: Vec<PutAwayDataset>,
    }
    /// What emptying came to.
    Emptied {
        /// Projects and datasets that are gone for good.
        removed: u32,
    }
    /// Ask whether a file is an export of ours.
    RecogniseFile {
        /// Absolute path.
        path: String,
        /// How to read it; what is left out is detected.
        options: ReadOptions,
    }
    /// A file of our own export, against what is there.
    KnownFile {
        /// The project it came from.
        project: i64,
        /// Name of that project.
        name: String,
        /// Rows that are examples of it.
        known: u64,
        /// Of them changed, in a cell or their split.
        changed: u64,
        /// Rows that are none of its examples.
        new: u64,
    }
    /// Take over what changed in a file of our own export.
    MergeFile {
        /// Absolute path.
        path: String,
        /// How to read it.
        options: ReadOptions,
        /// Known examples get the cells that the file has.
        update: bool,
        /// Rows that are not known become examples.
        append: bool,
    }
    /// What a merge came to.
    MergedFile {
        /// Examples that changed.
        updated: u64,
        /// Examples that are new.
        added: u64,
        /// The project.
        view: ProjectView,
    }
    /// Examples to be written into a file.
    ExportDataset {
        /// The project.
        project: i64,
        /// Which examples; without a condition all of them.
        filter: ExampleFilter,
        /// What is written.
        format: ExportFormat,
        /// Runs whose answers under their best prompt stand beside each example.
        runs: Vec<i64>,
        /// Cells that a spreadsheet would run as a formula get an apostrophe in front; no other cell is changed.
        safe_for_spreadsheets: bool,
    }
    /// An export that goes on by itself.
    ExportJob {
        /// Its number.
        job: i64,
    }
    /// How far an export is.
    ExportProgress {
        /// Examples written.
        rows_done: u64,
        /// Examples to be written; 0 until they are counted.
        rows_total: u64,
        /// Whether it goes on, or how it ended.
        state: ExportState,
    }
    /// Names a dataset.
    DatasetId {
        /// The dataset version.
        dataset: i64,
    }
    /// Rename a project's dataset.
    RenameDataset {
        /// The project.
        project: i64,
        /// New name.
        name: String,
    }
    /// Look at files before importing them.
    PreviewImport {
        /// Absolute paths.
        paths: Vec<String>,
        /// Cells pasted from a spreadsheet; then no paths.
        #[serde(default)]
        pasted: Option<String>,
        /// The project they go to, whose model says which inputs are too long; none: a new one.
        #[serde(default)]
        project: Option<i64>,
        /// How to read them; what is left out is detected.
        options: ReadOptions,
        /// Roles; what is left out is detected.
        roles: ColumnRoles,
        /// Division; none: found from the files.
        plan: Option<SplitPlan>,
        /// Columns, roles and the first rows at once, without reading the files to their end.
        #[serde(default)]
        #[cfg_attr(test, ts(as = "Option<bool>", optional))]
        first_rows_only: bool,
    }
    /// Import files into a project: everything or nothing.
    ImportDataset {
        /// The project; none: a new one named after the file.
        project: Option<i64>,
        /// Absolute paths.
        paths: Vec<String>,
        /// Cells pasted from a spreadsheet; then no paths.
        #[serde(default)]
        pasted: Option<String>,
        /// As the preview was confirmed.
        options: ReadOptions,
        /// As the preview was confirmed; input and truth are needed.
        roles: ColumnRoles,
        /// As the preview was confirmed.
        plan: SplitPlan,
    }
    /// An import that goes on by itself.
    ImportJob {
        /// Its number.
        job: i64,
    }
    /// How far an import is.
    ImportProgress {
        /// What it does now.
        phase: ImportPhase,
        /// Bytes of the files read; while the index is built, steps of that.
        bytes_done: u64,
        /// Bytes of the files; while the index is built, steps in all. The dataset can be used meanwhile.
        bytes_total: u64,
        /// Rows taken so far.
        rows: u64,
        /// Rows taken in a second, on average.
        rows_per_second: f64,
        /// Whether it goes on, or how it ended.
        state: ImportState,
    }
    /// A page of the grid.
    ListExamples {
        /// The project.
        project: i64,
        /// Which examples.
        filter: ExampleFilter,
        /// In which order; none: by number.
        sort: Option<ExampleSort>,
        /// First row, from 0.
        offset: u32,
        /// Most rows, at most 500.
        limit: u32,
    }
    /// Divide a dataset anew. Finished runs keep the examples they used.
    SplitDataset {
        /// The project.
        project: i64,
        /// The new division.
        plan: SplitPlan,
    }
    /// Change examples of the current dataset: all of it or nothing.
    EditExamples {
        /// The project.
        project: i64,
        /// The change.
        edit: ExampleEdit,
    }
    /// Go back, or forward, to a dataset version.
    RestoreDatasetVersion {
        /// The project.
        project: i64,
        /// Id of the version.
        version: i64,
    }
    /// Do away with repeats in one go.
    ResolveRepeats {
        /// The project.
        project: i64,
        /// Which.
        kind: RepeatKind,
        /// What becomes of them.
        how: RepeatResolution,
    }
    /// The doubt queue of a run.
    ListDoubts {
        /// The project.
        project: i64,
        /// The run.
        run: i64,
    }
    /// Decide about a doubt.
    ResolveDoubt {
        /// The project.
        project: i64,
        /// The example.
        example: i64,
        /// What becomes of it.
        action: DoubtAction,
    }
    /// Keep what is being typed.
    SaveDraft {
        /// The project.
        project: i64,
        /// The texts.
        draft: PromptDraft,
    }
    /// Make a version; an unchanged prompt gives the newest version again.
    SavePromptVersion {
        /// The project.
        project: i64,
        /// The text.
        prompt: Prompt,
        /// The user's note.
        note: String,
    }
    /// Estimated tokens of texts.
    CountTokens {
        /// The texts.
        texts: Vec<String>,
    }
    /// One prompt on one example or a typed input.
    TryPrompt {
        /// The project.
        project: i64,
        /// The prompt.
        prompt: Prompt,
        /// An example of the dataset.
        example: Option<i64>,
        /// A typed input, when no example is named.
        input: String,
        /// The model.
        model: ModelConfig,
        /// How to score; empty: the suggested metric.
        metrics: Vec<MetricSpec>,
        /// How to take out the answer.
        extract: Option<ExtractRule>,
        /// Which of several answers to the same question, from 0; each is asked for, and kept, on its own.
        #[serde(default)]
        sample: u32,
    }
    /// A try that goes on by itself.
    TryJob {
        /// Its number.
        job: i64,
    }
    /// Read on in a try.
    WatchTry {
        /// The try.
        job: i64,
        /// How much of its text is known: `next` of the last answer, 0 at first.
        from: u64,
    }
    /// How far a try is.
    TryProgress {
        /// The text that came since.
        text: String,
        /// How much has come in all.
        next: u64,
        /// Milliseconds until the first of it; null while there is none, and for an answer from disk.
        first_ms: Option<u32>,
        /// Whether it goes on, or how it ended.
        state: TryState,
    }
    /// One prompt on some examples, drawn by a seed out of training and validation.
    TryRows {
        /// The project.
        project: i64,
        /// The prompt.
        prompt: Prompt,
        /// The model.
        model: ModelConfig,
        /// How to score; empty: the suggested metric.
        metrics: Vec<MetricSpec>,
        /// How to take out the answer.
        extract: Option<ExtractRule>,
        /// How many, 1 to 100.
        rows: u32,
        /// Which ones.
        seed: u64,
    }
    /// What a quick try on some rows came to.
    TriedRows {
        /// Mean with its interval; null when no example was answered.
        score: Option<Score>,
        /// Answers from disk, which cost nothing.
        cached: u32,
        /// Each example with its answer, or why there is none, in the dataset's order.
        rows: Vec<TriedRow>,
    }
    /// One example of a quick try.
    TriedRow {
        /// The example.
        example: Example,
        /// Its answer; null where there is none.
        result: Option<TryResult>,
        /// Why there is none.
        error: Option<String>,
    }
    /// Asks where each sentence of a prompt comes from.
    Blame {
        /// The project whose versions are looked through.
        project: i64,
        /// The prompt, as it is edited now or of a version.
        prompt: Prompt,
    }
    /// A sentence with the version that brought it.
    BlamedSentence {
        /// Where it stands.
        half: Half,
        /// The sentence.
        text: String,
        /// Number of the version that brought it; null: it was just written.
        version: Option<u32>,
        /// Who wrote that version.
        author: Option<PromptAuthor>,
        /// The run, when the optimizer wrote it.
        run: Option<i64>,
        /// Name of that run.
        run_name: Option<String>,
        /// The epoch that accepted it.
        epoch: Option<u32>,
        /// Why, in the optimizer's words; empty where nothing is known.
        reason: String,
        /// What that epoch gained on validation.
        delta: Option<f64>,
        /// Validation examples that epoch fixed.
        fixed: u32,
        /// Validation examples that epoch broke.
        broken: u32,
    }
    /// What came back.
    TryResult {
        /// Exactly what was sent.
        messages: Vec<Message>,
        /// The answer with its score; the outcome says nothing without a ground truth.
        prediction: Prediction,
        /// The ground truth, when the input is an example.
        ground_truth_output: Option<String>,
        /// How it ended, when there is a ground truth.
        outcome: Option<Outcome>,
        /// Milliseconds of the call.
        latency_ms: u32,
        /// Tokens in.
        prompt_tokens: u32,
        /// Tokens out.
        completion_tokens: u32,
        /// It cost nothing: the answer was on disk.
        cached: bool,
        /// The model's own name for itself, when it differs from the one asked for.
        answered_by: Option<String>,
    }
    /// Save a connection; the key goes to the keychain and nowhere else.
    SaveConnection {
        /// The connection; id 0 makes a new one.
        connection: Connection,
        /// A new key; none leaves the kept one.
        secret: Option<String>,
    }
    /// Try a connection as it is filled in, saved or not.
    TestConnection {
        /// The connection.
        connection: Connection,
        /// The key typed just now; none uses the kept one.
        secret: Option<String>,
    }
    /// Replace the user's own prices.
    SavePrices {
        /// One per model.
        prices: Vec<ModelPrice>,
    }
    /// What clearing a project's answers came to.
    ClearedCache {
        /// Answers that no further run uses.
        answers: u32,
    }
    /// Start a run on the current dataset.
    StartRun {
        /// The project.
        project: i64,
        /// What is asked.
        config: RunConfig,
    }
    /// Rename a run.
    RenameRun {
        /// The run.
        run: i64,
        /// New name.
        name: String,
    }
    /// Put a run out of sight, or bring it back.
    ArchiveRun {
        /// The run.
        run: i64,
        /// Out of sight.
        archived: bool,
    }
    /// A run with its epochs.
    RunView {
        /// The run.
        summary: RunSummary,
        /// Its epochs in order.
        epochs: Vec<EpochSummary>,
        /// Number of the last kept event, to watch from.
        last_seq: u64,
        /// The result in a sentence, when it has ended.
        verdict: Option<String>,
        /// Warnings so far.
        warnings: Vec<String>,
        /// Epochs that were starred or noted.
        marks: Vec<EpochMark>,
    }
    /// Names an epoch.
    GetEpoch {
        /// The run.
        run: i64,
        /// The epoch.
        epoch: u32,
    }
    /// Validation examples of an epoch against the best before it.
    ListCompared {
        /// The run.
        run: i64,
        /// The epoch.
        epoch: u32,
        /// Only this bucket.
        bucket: Option<Bucket>,
        /// First row, from 0.
        offset: u32,
        /// Most rows, at most 500.
        limit: u32,
    }
    /// A page of compared examples.
    ComparedPage {
        /// Examples in the bucket.
        total: u32,
        /// The page.
        rows: Vec<ComparedExample>,
    }
    /// Validation answers of an epoch, by why they failed.
    ListFailures {
        /// The run.
        run: i64,
        /// The epoch.
        epoch: u32,
        /// Only failures with this cause.
        only: Option<Failure>,
        /// Only the answers that a cell of the confusion matrix counts, matches too; comes before `only`.
        cell: Option<ConfusionCell>,
        /// First row, from 0.
        offset: u32,
        /// Most rows, at most 500.
        limit: u32,
    }
    /// A cell of the confusion matrix.
    ConfusionCell {
        /// The true label.
        truth: String,
        /// The label that was answered; null: no known label.
        answered: Option<String>,
    }
    /// A page of failures.
    FailurePage {
        /// All causes, the most frequent first.
        groups: Vec<FailureGroup>,
        /// Examples that `only` or `cell` leaves.
        total: u32,
        /// The page.
        rows: Vec<ComparedExample>,
    }
    /// Examples of a run by its epochs.
    GetLearningMap {
        /// The run.
        run: i64,
        /// Training or validation.
        split: Split,
    }
    /// What every prompt of a run made of one example.
    GetHistory {
        /// The run.
        run: i64,
        /// The example.
        example: i64,
    }
    /// A page of a run's raw log.
    ListCalls {
        /// The run.
        run: i64,
        /// Which calls.
        filter: CallFilter,
        /// First row, from 0.
        offset: u32,
        /// Most rows, at most 500.
        limit: u32,
    }
    /// Star an epoch, or note something beside it.
    MarkEpoch {
        /// The run.
        run: i64,
        /// The epoch.
        epoch: u32,
        /// Worth finding again.
        starred: bool,
        /// At most 2,000 characters.
        note: String,
    }
    /// Compare two prompts of runs on one split.
    Compare {
        /// First side.
        first: RunPoint,
        /// Second side.
        second: RunPoint,
        /// Validation, or test where both were tested.
        split: Split,
    }
    /// A run as text.
    ExportRun {
        /// The run.
        run: i64,
        /// `json`, `csv`, `md`, `html` or `certificate`.
        format: String,
    }
    /// Two prompts of runs as one report.
    ExportComparison {
        /// First side.
        first: RunPoint,
        /// Second side.
        second: RunPoint,
        /// Validation, or test where both were tested.
        split: Split,
        /// `md` or `html`.
        format: String,
    }
    /// Write a prompt as something to build in.
    ShipPrompt {
        /// Which.
        source: ShipSource,
        /// The model to call; none: the one it was measured with.
        model: Option<ModelConfig>,
    }
    /// A prompt as something to build in.
    ShippedPrompt {
        /// What it is, in words.
        name: String,
        /// The prompt.
        prompt: Prompt,
        /// The model that is called.
        model: ModelConfig,
        /// It was measured with another one, or with none.
        other_model: bool,
        /// What was measured of it.
        scores: SplitScores,
        /// The prompt its run began with; null where it is no prompt of a run.
        baseline: Option<SplitScores>,
        /// The same in sentences, with what limits them.
        figures: Vec<String>,
        /// It in every format.
        texts: Vec<ShippedText>,
    }
    /// A prompt in one format.
    ShippedText {
        /// The format.
        format: ShipFormat,
        /// What its file is called by custom.
        file_name: String,
        /// Null where a server would have to be called: the demo model has none.
        text: Option<String>,
    }
}

/// A prompt that can be shipped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ShipSource {
    /// A prompt of a run.
    Run {
        /// Which one.
        point: RunPoint,
    },
    /// Any prompt of a project, an edited one for instance.
    Prompt {
        /// The project.
        project: i64,
        /// The prompt.
        prompt: Prompt,
    },
}

/// What an import does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ImportPhase {
    /// Rows are read and stored.
    Reading,
    /// All rows are there: they are divided and the dataset is made whole.
    Writing,
    /// The dataset is there; its search index is built.
    Indexing,
    /// The index is built, or left for later: nothing goes on any more.
    Over,
}

/// Whether an import goes on, or how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ImportState {
    /// It goes on.
    Running,
    /// The data is in this project.
    Done {
        /// The project.
        project: i64,
    },
    /// Nothing was kept.
    Failed {
        /// Why.
        error: crate::Error,
    },
    /// The user cancelled it; nothing was kept.
    Cancelled,
}

/// Whether a try goes on, or how it ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum TryState {
    /// It goes on.
    Running,
    /// The answer is whole.
    Done {
        /// What came back.
        result: Box<TryResult>,
    },
    /// There is no answer.
    Failed {
        /// Why.
        error: crate::Error,
    },
    /// The user stopped it; what had come is not kept.
    Stopped,
}

/// Whether an export goes on, or how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub enum ExportState {
    /// It goes on.
    Running,
    /// The file is there.
    Done {
        /// Where it is.
        path: String,
        /// Its size.
        bytes: u64,
        /// Cells that got an apostrophe.
        changed_cells: u64,
    },
    /// No file was written.
    Failed {
        /// Why.
        error: crate::Error,
    },
    /// The user cancelled it; no file was written.
    Cancelled,
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
