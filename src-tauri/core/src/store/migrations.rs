//! The schema, step by step. Files are only ever added.

use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{Error as MigrationError, M, MigrationDefinitionError, Migrations};

use crate::error::{Error, ErrorCode, Result};

const STEPS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_init.sql")),
    M::up(include_str!("migrations/0002_search.sql")),
    M::up(include_str!("migrations/0003_usage.sql")),
    M::up(include_str!("migrations/0004_completions_in_order.sql")),
    M::up(include_str!("migrations/0005_versions.sql")),
    M::up(include_str!("migrations/0006_locked_spans.sql")),
    M::up(include_str!("migrations/0007_call_log.sql")),
    M::up(include_str!("migrations/0008_sharing.sql")),
    M::up(include_str!("migrations/0009_packed_texts.sql")),
    M::up(include_str!("migrations/0010_answer_keys.sql")),
    M::up(include_str!("migrations/0011_answers_gone.sql")),
    M::up(include_str!("migrations/0012_deleted_runs.sql")),
    M::up(include_str!("migrations/0013_prepared_and_opened.sql")),
    M::up(include_str!("migrations/0014_early_stopped.sql")),
    M::up(include_str!("migrations/0015_asked.sql")),
    M::up(include_str!("migrations/0016_measured_on.sql")),
    M::up(include_str!("migrations/0017_call_example.sql")),
    M::up(include_str!("migrations/0018_test_known.sql")),
];
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

/// The schema of this program.
pub(super) fn latest() -> usize {
    STEPS.len()
}

/// Brings a file that nobody else has to a version.
pub(super) fn to_version(connection: &mut Connection, version: usize) -> Result<()> {
    MIGRATIONS
        .to_version(connection, version)
        .map_err(|e| Error::new(ErrorCode::Database, format!("It could not be brought up to date: {e}.")))
}

/// Refuses a database of a newer program before anything is written to it, the journal mode in its header included.
pub(super) fn refuse_newer(connection: &Connection, path: &Path) -> Result<()> {
    let version: i64 =
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|e| super::cannot_open(path, &e.to_string()))?;
    if usize::try_from(version).is_ok_and(|version| version > STEPS.len()) { Err(too_new(path)) } else { Ok(()) }
}

fn too_new(path: &Path) -> Error {
    Error::new(
        ErrorCode::DatabaseTooNew,
        format!(
            "{} was written by a newer MLprompt. Update this program, or open another database; the file was left as it is.",
            path.display()
        ),
    )
}

/// Brings the database up to date in one transaction; a newer one is refused, untouched. One with an older schema is copied first.
pub(super) fn apply(connection: &mut Connection, path: &Path) -> Result<()> {
    bring_to(connection, path, &MIGRATIONS, STEPS.len())
}

fn bring_to(connection: &mut Connection, path: &Path, migrations: &Migrations<'_>, steps: usize) -> Result<()> {
    let version: usize = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let backup = if (1..steps).contains(&version) { Some(super::upkeep::back_up(connection, path, version)?) } else { None };
    migrations.to_latest(connection).map_err(|error| match error {
        MigrationError::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => too_new(path),
        other => {
            let copy = backup.map_or(String::new(), |copy| format!(" A copy from before is {}.", copy.display()));
            let message =
                format!("{} could not be brought up to date: {other}. It was left as it was.{copy} Please report this.", path.display());
            Error::new(ErrorCode::Database, message)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{answer_keys::AnswerKeys, cells::Reader, rows::Rows},
        *,
    };
    use crate::dataset::{Split, SplitKey, pair_hash};

    #[test]
    fn the_steps_are_valid_sql() {
        MIGRATIONS.validate().expect("a fresh database takes every step");
    }

    const FIRST: M<'static> = M::up("CREATE TABLE thing (name TEXT); INSERT INTO thing VALUES ('kept')");
    const OLD: &[M<'static>] = &[FIRST];
    const NEW: &[M<'static>] = &[FIRST, M::up("ALTER TABLE thing ADD COLUMN size INTEGER; UPDATE thing SET name = 'changed'")];
    const BROKEN: &[M<'static>] = &[FIRST, M::up("DROP TABLE thing; CREATE TABLE nonsense (")];

    fn name(path: &Path) -> String {
        Connection::open(path).unwrap().query_row("SELECT name FROM thing", [], |r| r.get(0)).unwrap()
    }

    #[test]
    fn an_older_database_is_copied_before_it_is_changed() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("old.db");
        let mut connection = Connection::open(&path).unwrap();
        bring_to(&mut connection, &path, &Migrations::from_slice(OLD), 1).unwrap();
        let copy = folder.path().join("old.db.version-1.backup");
        assert!(!copy.exists(), "a new database has nothing to lose");

        let failed = bring_to(&mut connection, &path, &Migrations::from_slice(BROKEN), 2).unwrap_err();
        assert!(failed.message.contains("left as it was") && failed.message.contains("old.db.version-1.backup"), "{}", failed.message);
        assert_eq!((name(&path), name(&copy)), ("kept".into(), "kept".into()));

        bring_to(&mut connection, &path, &Migrations::from_slice(NEW), 2).unwrap();
        assert_eq!((name(&path), name(&copy)), ("changed".into(), "kept".into()));
        std::fs::remove_file(&copy).unwrap();
        bring_to(&mut connection, &path, &Migrations::from_slice(NEW), 2).unwrap();
        assert!(!copy.exists(), "a database that is up to date is not copied");
    }

    #[test]
    fn answers_and_examples_of_an_earlier_version_are_found_as_before() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("old.db");
        let mut connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        bring_to(&mut connection, &path, &Migrations::from_slice(&STEPS[..3]), 3).unwrap();
        let (long, half) = ([7_u8; 16], [7_u8; 8]);
        connection.execute_batch("INSERT INTO project (id, name, created_at, updated_at, draft) VALUES (1, 'p', 0, 0, '{}')").unwrap();
        connection
            .execute_batch(
                "INSERT INTO dataset (id, project_id, version, name, source, created_at, complete, columns, roles, plan, sizes, report, suggestion)
                 VALUES (1, 1, 1, '', '', 0, 1, '[]', '{}', '{}', '{}', '{}', '{}')",
            )
            .unwrap();
        let example = "INSERT INTO example (dataset_id, number, user_input, ground_truth_output, cells, input_hash, pair_hash, truth_hash)
                       VALUES (1, 1, 'a', 'b', '[]', ?1, ?1, ?1)";
        connection.execute(example, [long]).unwrap();
        let answer = "INSERT INTO completion (project_id, key, run_id, text, finish, prompt_tokens, completion_tokens, estimated, latency_ms, created_at, retired)
                      VALUES (1, ?1, ?2, ?3, 'stop', 1, 1, 0, 1, ?2, ?4)";
        for (key, run, text, retired) in [(1_u8, 1, "first", 0), (2, 1, "second", 1), (1, 2, "again", 0)] {
            connection.execute(answer, rusqlite::params![[key; 32], run, text, retired]).unwrap();
        }

        apply(&mut connection, &path).unwrap();
        let found = |key: u8| -> Vec<String> {
            let ids = AnswerKeys::default().of(&connection, 1).unwrap().candidates([key; 8]).unwrap();
            ids.iter().map(|id| connection.query_row("SELECT text FROM completion WHERE id = ?1", [id], |r| r.get(0)).unwrap()).collect()
        };
        assert_eq!((found(1), found(2)), (vec!["first".to_owned(), "again".into()], vec!["second".into()]));
        let retired: i64 = connection.query_row("SELECT sum(retired) FROM completion", [], |r| r.get(0)).unwrap();
        let hash: [u8; 8] = connection.query_row("SELECT substr(hashes, 1, 8) FROM example_hashes", [], |r| r.get(0)).unwrap();
        assert_eq!((retired, hash), (1, half));
    }

    #[test]
    fn datasets_of_an_earlier_version_keep_every_row_split_and_opening() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("old.db");
        let mut connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "foreign_keys", true).unwrap();
        bring_to(&mut connection, &path, &Migrations::from_slice(&STEPS[..4]), 4).unwrap();
        connection.execute_batch("INSERT INTO project (id, name, created_at, updated_at, draft) VALUES (1, 'p', 0, 0, '{}')").unwrap();
        let dataset = r#"INSERT INTO dataset (id, project_id, version, name, source, created_at, complete, columns, roles, plan, sizes, report, suggestion, row_count)
                       VALUES (?1, 1, ?1, ?2, '', 0, ?3, '["note","truth","id","input"]', '{"input":"input","truth":"truth","split":null}',
                               '{"kind":"files"}', '{"train":1,"validation":1,"test":1}', '{}', '{}', 4)"#;
        for (id, name, complete) in [(1, "first.csv", 1), (2, "second.csv", 1), (3, "cut off", 0)] {
            connection.execute(dataset, (id, name, complete)).unwrap();
        }
        connection.execute_batch("UPDATE project SET dataset_id = 2").unwrap();
        // Two imports that wrote in turns.
        let turns = [(1, 1), (1, 2), (2, 1), (1, 3), (2, 2), (2, 3), (3, 1), (1, 4)];
        let note = "say \"\u{e9}\" \\ or\n\u{1F600}";
        for (id, (dataset, number)) in (11..).zip(turns) {
            let (input, truth) = (format!("input {number}"), format!("truth {dataset}"));
            let cells = serde_json::to_string(&[note, &truth, &format!("00{number}"), &input]).unwrap();
            let key = SplitKey::of(&input, &truth);
            connection
                .execute(
                    "INSERT INTO example (id, dataset_id, number, split, user_input, ground_truth_output, cells, input_hash, pair_hash, truth_hash)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                    rusqlite::params![
                        id,
                        dataset,
                        number,
                        (number < 4).then_some(number - 1),
                        input,
                        truth,
                        cells,
                        key.input_hash.to_le_bytes(),
                        pair_hash(&input, &truth),
                        key.truth_hash.to_le_bytes()
                    ],
                )
                .unwrap();
        }
        connection
            .execute_batch(
                "INSERT INTO prompt_version (id, project_id, number, system_prompt, output_prompt, author, created_at) VALUES (1, 1, 1, '', '', 'hand', 0);
                 INSERT INTO run (id, project_id, dataset_id, name, status, config, connections, dataset_name, splits, baseline_version, best_version, baseline, best, usage, created_at)
                   VALUES (5, 1, 1, 'r', 'completed', '{}', '[]', '', '{}', 1, 1, '{}', '{}', '{}', 0);
                 INSERT INTO run_example (run_id, split, position, example_id, left_out) VALUES (5, 2, 0, 14, 'too_long');
                 INSERT INTO test_opening (example_id, run_id, opened_at) VALUES (14, 5, 9)",
            )
            .unwrap();

        apply(&mut connection, &path).unwrap();
        let orphans = connection.prepare("PRAGMA foreign_key_check").unwrap().query_map([], |_| Ok(())).unwrap().count();
        assert_eq!(orphans, 0);
        let left: i64 = connection.query_row("SELECT count(*) FROM example", [], |r| r.get(0)).unwrap();
        assert_eq!(left, 7, "what an import left half done is gone");
        let frozen: (i64, String) =
            connection.query_row("SELECT example_id, left_out FROM run_example", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert_eq!(frozen, (14, "too_long".into()));
        let rows = Rows::at(&connection, 1).unwrap();
        let (places, keys) = (rows.in_order(), rows.keys(&connection).unwrap());
        assert_eq!(rows.ids(&places), [11, 12, 14, 18]);
        let mut reader = Reader::new(&connection);
        for (place, split) in places.into_iter().zip([Some(Split::Train), Some(Split::Validation), Some(Split::Test), None]) {
            let example = reader.example(rows.id(place), rows.state(place)).unwrap();
            assert_eq!(example.split, split);
            assert_eq!(example.variables, [note, "truth 1", &format!("00{}", example.number), &example.user_input]);
            assert_eq!(keys[place as usize], SplitKey::of(&example.user_input, &example.ground_truth_output));
        }
        let opened: [u8; 8] = connection.query_row("SELECT pair_hash FROM test_opening", [], |r| r.get(0)).unwrap();
        assert_eq!(opened, pair_hash("input 3", "truth 1"));
        let (undo, change): (i64, String) =
            connection.query_row("SELECT undo_id, change FROM dataset WHERE id = 2", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert_eq!((undo, change.as_str()), (1, "imported second.csv"));
    }

    /// A run whose epoch 1 was stopped early after four of five validation examples: two fixed, one broken, one wrong as before. Epoch 2 was
    /// asked to the end.
    #[test]
    fn early_stopped_epochs_learn_what_their_answered_part_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        let mut connection = Connection::open(&path).unwrap();
        to_version(&mut connection, 13).unwrap();
        connection
            .execute_batch(
                r#"PRAGMA foreign_keys = OFF;
                 INSERT INTO run (id, project_id, dataset_id, name, status, config, connections, dataset_name, splits, baseline_version, best_version, baseline, best, usage, created_at)
                   VALUES (5, 1, 1, 'r', 'completed', '{"match_threshold":1.0}', '[]', '', '{}', 1, 1, '{}', '{}', '{}', 0);
                 INSERT INTO run_example (run_id, split, position, example_id) VALUES (5, 0, 0, 9), (5, 1, 0, 1), (5, 1, 1, 2), (5, 1, 2, 3), (5, 1, 3, 4), (5, 1, 4, 5);
                 INSERT INTO prediction (run_id, version_id, example_id, sample, key, score, scores, outcome, cut) VALUES
                   (5, 1, 1, 0, x'00', 0.0, '[]', '', 0), (5, 1, 2, 0, x'00', 1.0, '[]', '', 0), (5, 1, 3, 0, x'00', 0.0, '[]', '', 0),
                   (5, 1, 4, 0, x'00', 1.0, '[]', '', 0), (5, 1, 5, 0, x'00', 0.0, '[]', '', 0), (5, 1, 9, 0, x'00', 0.0, '[]', '', 0),
                   (5, 2, 1, 0, x'00', 1.0, '[]', '', 0), (5, 2, 2, 0, x'00', 0.0, '[]', '', 0), (5, 2, 3, 0, x'00', 0.0, '[]', '', 0),
                   (5, 2, 5, 0, x'00', 1.0, '[]', '', 0), (5, 2, 9, 0, x'00', 1.0, '[]', '', 0);
                 INSERT INTO epoch (run_id, epoch, version_id, before_id, summary) VALUES
                   (5, 0, 1, 1, '{"bound":null,"fixed":0,"broken":0}'), (5, 1, 2, 1, '{"bound":{"n":4},"fixed":0,"broken":0}'),
                   (5, 2, 2, 1, '{"bound":null,"fixed":7,"broken":8}');"#,
            )
            .unwrap();
        apply(&mut connection, &path).unwrap();
        let told = |epoch: i64| -> (i64, i64) {
            let sql = "SELECT json_extract(summary, '$.fixed'), json_extract(summary, '$.broken') FROM epoch WHERE epoch = ?1";
            connection.query_row(sql, [epoch], |r| Ok((r.get(0)?, r.get(1)?))).unwrap()
        };
        assert_eq!((told(0), told(1)), ((0, 0), (2, 1)), "training examples and what was not answered are no part of it");
        assert_eq!(told(2), (7, 8), "what was counted when it was decided stays");
    }
}
