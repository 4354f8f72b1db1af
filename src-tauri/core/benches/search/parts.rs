//! Each part where it can show what it is for: a task that is hard in the way the part was made for, and the figure it should move.

use mlprompt_core::run::SearchParts;

use crate::{
    ablation::WITHOUT,
    figures::{ahead, mean},
    measure::{self, Figures, Setting},
    tasks::{Kind, Optimizer, Task, Twist},
};

/// A figure that a part should move.
#[derive(Clone, Copy)]
enum Measure {
    /// Score without noise, more is better.
    Score,
    /// Reported minus true, less is better.
    Beyond,
    /// Calls, fewer are better.
    Calls,
    /// Tokens of the returned prompt, fewer are better.
    Tokens,
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Beyond => "reported minus true",
            Self::Calls => "calls",
            Self::Tokens => "tokens of the prompt",
        }
    }

    fn of(self, figures: &Figures) -> f64 {
        match self {
            Self::Score => figures.worth,
            Self::Beyond => figures.beyond,
            Self::Calls => figures.calls,
            Self::Tokens => figures.tokens,
        }
    }

    fn decimals(self) -> usize {
        if matches!(self, Self::Score | Self::Beyond) { 3 } else { 0 }
    }
}

/// A part on a task.
struct Trial {
    part: &'static str,
    task: &'static str,
    measure: Measure,
    make: fn(u64) -> Task,
    setting: Setting,
}

fn plain(kind: Kind, seed: u64) -> Task {
    Task::new(kind, seed)
}

fn trials() -> Vec<Trial> {
    let usual = Setting::with_calls(1_500);
    let trial = |part, task, measure, make, setting| Trial { part, task, measure, make, setting };
    let no_limit = Setting { calls: None, epochs: 6, ..usual };
    vec![
        trial("edits", "labels", Measure::Score, |s| plain(Kind::Labels, s), usual),
        trial("relevance", "labels", Measure::Score, |s| plain(Kind::Labels, s), usual),
        trial("focus", "labels", Measure::Score, |s| plain(Kind::Labels, s), usual),
        trial("memory", "extraction", Measure::Score, |s| plain(Kind::Extraction, s), usual),
        trial(
            "front",
            "labels, letters and chats with opposite needs",
            Measure::Score,
            |s| Task { twist: Twist::TwoNeeds, ..plain(Kind::Labels, s) },
            usual,
        ),
        trial(
            "front",
            "extraction, a trap in the first prompt",
            Measure::Score,
            |s| Task { twist: Twist::Trap, ..plain(Kind::Extraction, s) },
            usual,
        ),
        trial(
            "racing",
            "labels, 400 validation examples, 4,000 calls",
            Measure::Score,
            |s| plain(Kind::Labels, s),
            Setting { rows: (100, 400), ..Setting::with_calls(4_000) },
        ),
        trial(
            "racing",
            "format, 400 validation examples, 4,000 calls",
            Measure::Score,
            |s| plain(Kind::Format, s),
            Setting { rows: (100, 400), ..Setting::with_calls(4_000) },
        ),
        trial(
            "racing",
            "labels, 400 validation examples, 6 rounds, no limit",
            Measure::Calls,
            |s| plain(Kind::Labels, s),
            Setting { rows: (100, 400), ..no_limit },
        ),
        trial(
            "confirmation",
            "labels, answers drawn anew, 24 validation examples, an optimizer that rarely helps",
            Measure::Beyond,
            |s| Task { moody: true, optimizer: Optimizer { helpful: 10, ..Optimizer::USUAL }, ..plain(Kind::Labels, s) },
            Setting { rows: (60, 24), ..usual },
        ),
        trial(
            "confirmation",
            "the same, worth of what is returned",
            Measure::Score,
            |s| Task { moody: true, optimizer: Optimizer { helpful: 10, ..Optimizer::USUAL }, ..plain(Kind::Labels, s) },
            Setting { rows: (60, 24), ..usual },
        ),
        trial(
            "examples",
            "labels only a worked example teaches",
            Measure::Score,
            |s| Task { twist: Twist::Tacit, optimizer: Optimizer { helpful: 0, ..Optimizer::USUAL }, ..plain(Kind::Labels, s) },
            usual,
        ),
        trial(
            "pruning",
            "extraction, every idle line tires the model",
            Measure::Score,
            |s| Task { twist: Twist::Tiring, ..plain(Kind::Extraction, s) },
            usual,
        ),
        trial("pruning", "format", Measure::Score, |s| plain(Kind::Format, s), usual),
        trial("pruning", "extraction", Measure::Tokens, |s| plain(Kind::Extraction, s), usual),
        trial("pruning", "format", Measure::Tokens, |s| plain(Kind::Format, s), usual),
        trial(
            "restart",
            "extraction, a trap in the first prompt",
            Measure::Score,
            |s| Task { twist: Twist::Trap, ..plain(Kind::Extraction, s) },
            usual,
        ),
        trial(
            "restart",
            "labels, a trap in the first prompt, 2,500 calls",
            Measure::Score,
            |s| Task { twist: Twist::Trap, ..plain(Kind::Labels, s) },
            Setting::with_calls(2_500),
        ),
        trial(
            "adaptive",
            "labels only a worked example teaches",
            Measure::Score,
            |s| Task { twist: Twist::Tacit, optimizer: Optimizer { helpful: 0, ..Optimizer::USUAL }, ..plain(Kind::Labels, s) },
            usual,
        ),
        trial(
            "adaptive",
            "extraction, every idle line tires the model",
            Measure::Score,
            |s| Task { twist: Twist::Tiring, ..plain(Kind::Extraction, s) },
            usual,
        ),
    ]
}

/// Prints the table; with names, of the parts or tasks with one of them in theirs.
pub async fn print(seeds: u64, names: &[String]) {
    println!("Each part where it can show what it is for, seeds 1 to {seeds}, differences paired by seed, with 95 % intervals\n");
    println!("| part | task | measure | whole search | without it | difference |");
    println!("|---|---|---|---|---|---|");
    let wanted = |t: &Trial| names.is_empty() || names.iter().any(|n| t.part.contains(n.as_str()) || t.task.contains(n.as_str()));
    for trial in trials().into_iter().filter(wanted) {
        let mut parts = SearchParts::default();
        WITHOUT.iter().filter(|(name, _)| *name == trial.part).for_each(|(_, change)| change(&mut parts));
        let (mut whole, mut without) = (Vec::new(), Vec::new());
        for seed in 1..=seeds {
            whole.push(trial.measure.of(&measure::run((trial.make)(seed), trial.setting).await));
            without.push(trial.measure.of(&measure::run((trial.make)(seed), Setting { parts, ..trial.setting }).await));
        }
        let decimals = trial.measure.decimals();
        println!(
            "| {} | {} | {} | {} | {} | {} |",
            trial.part,
            trial.task,
            trial.measure.name(),
            mean(&whole).text(decimals),
            mean(&without).text(decimals),
            ahead(&whole, &without).signed(decimals)
        );
    }
    println!();
}
