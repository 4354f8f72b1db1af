//! What stands beside the versions of a prompt: notes, the marks of their epochs, and whose words they are.

use mlprompt_core::{
    ErrorCode,
    api::{
        Blame, DuplicateProject, MarkEpoch, NoteVersion, ProjectId, SaveDraft, SavePromptVersion, ShipPrompt, ShipSource, WithdrawVersion,
    },
    engine::Engine,
    prompt::{Half, LockedSpan, PromptAuthor, PromptDraft, PromptVersion, TakenChanges},
    run::{Decision, RunConfig},
};

use crate::{
    fixtures::{Bench, config, prompt},
    scripted_model::ScriptedModel,
    world::World,
};

async fn versions(engine: &Engine, project: i64) -> Vec<PromptVersion> {
    engine.list_prompt_versions(ProjectId { project }).await.unwrap()
}

#[tokio::test]
async fn a_version_that_was_just_saved_can_be_taken_back_and_one_that_a_run_was_made_with_stays() {
    let bench = Bench::scripted(&ScriptedModel::new(World::proposing(["skill 6/5/4"]))).await;
    let project = bench.project;
    let save = async |text: &str, note: &str| {
        let request = SavePromptVersion { project, prompt: prompt(text), note: note.into() };
        bench.engine.save_prompt_version(request).await.unwrap()
    };
    let withdraw = async |version| bench.engine.withdraw_version(WithdrawVersion { project, version }).await;
    let first = save("One.", "").await;
    let second = save("Two.", "better").await;
    assert_eq!(withdraw(first.id).await.unwrap_err().code, ErrorCode::Invalid, "it is not the newest");
    withdraw(second.id).await.unwrap();
    assert_eq!(versions(&bench.engine, project).await.iter().map(|v| v.id).collect::<Vec<_>>(), [first.id]);
    let again = save("Two.", "better").await;
    assert_eq!((again.number, again.note.as_str()), (second.number, "better"), "saved again it has its place and its note");
    bench.run(RunConfig { prompt: prompt("Two."), epochs: 0, ..config(0) }).await;
    let refused = withdraw(again.id).await.unwrap_err();
    assert!(refused.message.starts_with("A run was made with this version"), "{refused:?}");
    let elsewhere = bench.engine.withdraw_version(WithdrawVersion { project: project + 1, version: again.id }).await;
    assert!(elsewhere.is_err() && versions(&bench.engine, project).await.len() == 2);
}

#[tokio::test]
async fn a_version_that_a_run_brought_has_the_score_of_that_run() {
    let bench = Bench::scripted(&ScriptedModel::new(World::proposing(["skill 6/5/4"]))).await;
    let run = bench.run(config(1)).await.summary;
    let again = prompt(&run.best.system_prompt);
    let other = bench.run(RunConfig { prompt: again, validation_rows: 4, ..config(0) }).await.summary;
    assert_ne!(other.baseline.validation, run.best.validation);
    let [brought, _] = versions(&bench.engine, bench.project).await.try_into().unwrap();
    assert_eq!((brought.validation, brought.measured[0].run), (run.best.validation, run.id), "as every other screen shows it");
}

#[tokio::test]
async fn any_version_can_be_noted_later_and_shows_what_was_noted_on_its_epoch() {
    let bench = Bench::scripted(&ScriptedModel::new(World::proposing(["skill 6/5/4"]))).await;
    let run = bench.run(config(1)).await;
    assert_eq!(run.epochs[1].decision, Decision::Accepted);
    let [of_epoch, first] = versions(&bench.engine, bench.project).await.try_into().unwrap();
    assert_eq!((of_epoch.note.as_str(), of_epoch.marks.len(), first.marks.len()), ("", 0, 0));
    let note = |version, note: &str| NoteVersion { project: bench.project, version, note: note.into() };
    let noted = bench.engine.note_version(note(of_epoch.id, "  the one to ship ")).await.unwrap();
    assert_eq!((noted.number, noted.note.as_str()), (of_epoch.number, "the one to ship"));
    let mark = MarkEpoch { run: run.summary.id, epoch: 1, starred: true, note: "knows the rule".into() };
    bench.engine.mark_epoch(mark).await.unwrap();
    let [now, first] = versions(&bench.engine, bench.project).await.try_into().unwrap();
    assert_eq!(now.note, "the one to ship");
    let marks: Vec<_> = now.marks.iter().map(|m| (m.run, m.epoch, m.starred, m.note.as_str())).collect();
    assert_eq!((marks, first.marks.len()), (vec![(run.summary.id, 1, true, "knows the rule")], 0));
    assert_eq!(bench.engine.note_version(note(of_epoch.id, "")).await.unwrap().note, "", "it is taken away");
    assert_eq!(bench.engine.note_version(note(of_epoch.id, &"x".repeat(2_001))).await.unwrap_err().code, ErrorCode::Invalid);
    let elsewhere = NoteVersion { project: bench.project + 1, ..note(of_epoch.id, "x") };
    assert_eq!(bench.engine.note_version(elsewhere).await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_version_by_hand_says_which_epoch_its_changes_were_taken_from() {
    let bench = Bench::scripted(&ScriptedModel::new(World::proposing(["Be exact. Guess well. skill 1/1/1"]))).await;
    let run = bench.run(RunConfig { prompt: prompt("Be exact. skill 5/5/5"), ..config(1) }).await;
    assert_eq!(run.epochs[1].decision, Decision::Rejected);
    let taken = TakenChanges { run: run.summary.id, epoch: 1 };
    let edited = prompt("Be exact. Guess well. skill 5/5/5");
    let draft = PromptDraft { prompt: edited.clone(), taken: Some(taken), ..PromptDraft::default() };
    bench.engine.save_draft(SaveDraft { project: bench.project, draft }).await.unwrap();
    let save = async |text: &str| {
        let request = SavePromptVersion { project: bench.project, prompt: prompt(text), note: String::new() };
        let saved = bench.engine.save_prompt_version(request).await.unwrap();
        (saved.author, saved.run, saved.epoch)
    };
    let by_hand = (PromptAuthor::Hand, None, None);
    let from_epoch = (PromptAuthor::Hand, Some(run.summary.id), Some(1));
    assert_eq!(save("All new.").await, by_hand, "nothing of the proposal is in it any more");
    let mine = "Be exact. Guess well. Mine. skill 5/5/5";
    assert_eq!(save(mine).await, from_epoch);
    let source = ShipSource::Prompt { project: bench.project, prompt: prompt(mine) };
    let shipped = bench.engine.ship_prompt(ShipPrompt { source, model: None }).await.unwrap();
    assert!(shipped.scores.validation.is_none(), "the epoch measured another text: {:?}", shipped.scores);
    assert_eq!(save("Be exact. skill 5/5/5").await, by_hand, "a text that was a version before is that one's");
    // A run that starts from the draft makes a version of it as well.
    bench.run(RunConfig { prompt: edited, ..config(0) }).await;
    let newest = versions(&bench.engine, bench.project).await.remove(0);
    assert_eq!((newest.author, newest.run, newest.epoch), from_epoch);
    // A proposal that broke a lock was never a prompt of the run; its other changes are its own all the same.
    let locked = vec![LockedSpan { half: Half::System, text: "Be exact.".into() }];
    let mut world = World::proposing(["Be vague. Guess well. skill 1/1/1"]);
    world.repair = world.replies[0].clone();
    let broken = Bench::scripted(&ScriptedModel::new(world)).await;
    let run_broken = broken.run(RunConfig { prompt: prompt("Be exact. skill 5/5/5"), locked, ..config(1) }).await;
    assert_eq!(run_broken.epochs[1].decision, Decision::Invalid);
    let edited = prompt("Be exact. Guess well. skill 5/5/5");
    let taken = Some(TakenChanges { run: run_broken.summary.id, epoch: 1 });
    let draft = PromptDraft { prompt: edited.clone(), taken, ..PromptDraft::default() };
    broken.engine.save_draft(SaveDraft { project: broken.project, draft }).await.unwrap();
    let blamed = broken.engine.blame(Blame { project: broken.project, prompt: edited.clone() }).await.unwrap();
    let guess = blamed.iter().find(|s| s.text == "Guess well.").unwrap();
    assert_eq!((guess.taken, guess.epoch, guess.fixed, guess.broken), (true, Some(1), None, None), "it was never asked");
    let request = SavePromptVersion { project: broken.project, prompt: edited, note: String::new() };
    let saved = broken.engine.save_prompt_version(request).await.unwrap();
    assert_eq!((saved.author, saved.run, saved.epoch), (PromptAuthor::Hand, Some(run_broken.summary.id), Some(1)));
    // In a second place the draft names the run that is there.
    let copy = DuplicateProject { project: bench.project, name: "Copy".into(), data_only: false };
    let there = bench.engine.duplicate_project(copy).await.unwrap();
    let run_there = there.runs.last().unwrap().id;
    assert_eq!(there.draft.taken, Some(TakenChanges { run: run_there, epoch: 1 }));
    assert_ne!(run_there, run.summary.id);
}
