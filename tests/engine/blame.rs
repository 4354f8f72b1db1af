//! Blame: where each sentence of a prompt comes from.

use mlprompt_core::{
    api::{Blame, BlamedSentence, SavePromptVersion},
    prompt::{Half, PromptAuthor},
    run::{Decision, RunConfig},
};

use crate::{
    fixtures::{Bench, config, prompt},
    scripted_model::ScriptedModel,
    world::World,
};

#[tokio::test]
async fn every_sentence_knows_the_epoch_that_brought_it() {
    let world = World::proposing(["Be exact. skill 5/5/5", "Be exact. Name the row. skill 7/7/7"]);
    let bench = Bench::scripted(&ScriptedModel::new(world)).await;
    let run = bench.run(RunConfig { prompt: prompt("Be exact."), ..config(2) }).await.summary.id;
    let blame = async |system: &str| {
        let prompt = prompt(system);
        bench.engine.blame(Blame { project: bench.project, prompt }).await.unwrap()
    };
    let sentences = blame("Be exact. Name the row. skill 7/7/7\nMine.").await;
    let origin = |text: &str| sentences.iter().find(|s| s.text == text).unwrap_or_else(|| panic!("{text} is no sentence"));
    assert_eq!((origin("Be exact.").version, origin("Be exact.").author), (Some(1), Some(PromptAuthor::Hand)));
    let learnt = origin("Name the row.");
    assert_eq!((learnt.version, learnt.run, learnt.epoch, learnt.reason.as_str()), (Some(3), Some(run), Some(2), "It knows more."));
    assert_eq!((learnt.fixed, learnt.broken), (Some(2), Some(0)));
    assert_eq!(origin("Mine.").version, None, "it was just written");
    assert_eq!(origin("Name it.").half, Half::Output);
    // What was taken out and is brought back by hand still comes from the epoch that found it.
    let save = async |system: &str| {
        let request = SavePromptVersion { project: bench.project, prompt: prompt(system), note: String::new() };
        bench.engine.save_prompt_version(request).await.unwrap().number
    };
    save("Be exact.").await;
    assert_eq!(blame("Be exact. Name the row.").await[1].version, Some(3), "it is in no newer version");
    save("Be exact. Name the row. And mine.").await;
    let sentences = blame("Be exact. Name the row. And mine.").await;
    assert_eq!((sentences[1].version, sentences[1].epoch), (Some(3), Some(2)));
    assert_eq!(sentences[2].author, Some(PromptAuthor::Hand));
}

#[tokio::test]
async fn a_sentence_taken_from_a_rejected_proposal_is_not_said_to_be_written_by_hand() {
    let world = World::proposing(["Be exact. Guess well. skill 1/1/1"]);
    let bench = Bench::scripted(&ScriptedModel::new(world)).await;
    let start = prompt("Be exact. skill 5/5/5");
    let run = bench.run(RunConfig { prompt: start, ..config(1) }).await;
    assert_eq!(run.epochs[1].decision, Decision::Rejected);
    let blame = async || {
        let prompt = prompt("Be exact. Guess well. Mine. skill 5/5/5");
        bench.engine.blame(Blame { project: bench.project, prompt }).await.unwrap()
    };
    let seen = |sentences: &[BlamedSentence]| {
        let of = |s: &BlamedSentence| (s.run, s.epoch, s.taken);
        assert_eq!(sentences[0].text, "Be exact.");
        assert_eq!(of(&sentences[0]), (None, None, false), "it was there before");
        assert_eq!(of(&sentences[1]), (Some(run.summary.id), Some(1), true));
        assert_eq!(sentences[1].reason, "Part of a proposal whose reason was: It knows more.", "its skill was not taken");
        assert_eq!(of(&sentences[2]), (None, None, false));
    };
    seen(&blame().await);
    let prompt = prompt("Be exact. Guess well. Mine. skill 5/5/5");
    let save = SavePromptVersion { project: bench.project, prompt, note: String::new() };
    bench.engine.save_prompt_version(save).await.unwrap();
    let saved = blame().await;
    assert_eq!(saved[1].author, Some(PromptAuthor::Hand));
    seen(&saved);
}

#[tokio::test]
async fn an_epoch_was_made_from_the_best_before_it_however_alike_another_version_is() {
    let world = World::proposing(["Be exact.\nWords that decide:\nskill 5/5/5 "]);
    let bench = Bench::scripted(&ScriptedModel::new(world)).await;
    // Nearly what the optimizer will write, and no ancestor of it.
    let near = prompt("Be exact.\nWords that decide:\nskill 1/1/1 ");
    bench.engine.save_prompt_version(SavePromptVersion { project: bench.project, prompt: near, note: String::new() }).await.unwrap();
    let run = bench.run(RunConfig { prompt: prompt("Be exact.\nskill 3/3/3 "), ..config(1) }).await;
    assert_eq!(run.epochs[1].decision, Decision::Accepted);
    let blame = Blame { project: bench.project, prompt: prompt("Be exact.\nWords that decide:\nskill 5/5/5 ") };
    let sentences = bench.engine.blame(blame).await.unwrap();
    let brought = sentences.iter().find(|s| s.text == "Words that decide:").unwrap();
    assert_eq!((brought.run, brought.epoch, brought.elsewhere), (Some(run.summary.id), Some(1), false), "{brought:?}");
}

#[tokio::test]
async fn a_sentence_comes_from_an_ancestor_not_from_another_run_with_the_same_text() {
    let world = World::proposing(["Be exact.\nWords that decide:\nskill 5/5/5 "]);
    let bench = Bench::scripted(&ScriptedModel::new(world)).await;
    let one = bench.run(RunConfig { prompt: prompt("Be exact.\nskill 3/3/3 "), ..config(1) }).await;
    assert_eq!(one.epochs[1].decision, Decision::Accepted);
    let start = prompt("Route mail.\nskill 6/6/6 ");
    let save = SavePromptVersion { project: bench.project, prompt: start.clone(), note: String::new() };
    bench.engine.save_prompt_version(save).await.unwrap();
    let decide = async || {
        let prompt = prompt("Route mail.\nWords that decide:\nskill 6/6/6 ");
        let sentences = bench.engine.blame(Blame { project: bench.project, prompt }).await.unwrap();
        assert_eq!(sentences[0].version, Some(3), "it is of the version that is edited");
        sentences.into_iter().find(|s| s.text == "Words that decide:").unwrap()
    };
    let alike = decide().await;
    assert_eq!((alike.version, alike.run, alike.epoch), (Some(2), Some(one.summary.id), Some(1)));
    assert!(alike.elsewhere && !alike.taken && alike.reason.is_empty(), "it is named as another one: {alike:?}");
    // Now a run of its own proposes the same line, in vain, and the line is taken over by hand.
    let other = bench.run(RunConfig { prompt: start, name: "other".into(), ..config(1) }).await;
    assert_eq!(other.epochs[1].decision, Decision::Rejected);
    let taken = decide().await;
    assert_eq!((taken.version, taken.run, taken.epoch), (None, Some(other.summary.id), Some(1)));
    assert!(taken.taken && !taken.elsewhere, "{taken:?}");
    // From the first run's own prompt it is that run's.
    let prompt = prompt("Be exact.\nWords that decide:\nMine.\nskill 5/5/5 ");
    let sentences = bench.engine.blame(Blame { project: bench.project, prompt }).await.unwrap();
    assert_eq!((sentences[1].version, sentences[1].run, sentences[1].elsewhere), (Some(2), Some(one.summary.id), false));
}
