//! Each part measured by what it is for: a task that is hard in the way the part was made for, and the figures it should move.

use std::collections::HashMap;

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
    /// Tokens of the returned prompt, fewer are better.
    Tokens,
    /// Validation examples asked for each candidate that was decided on, fewer are better.
    Validated,
    /// Share of edits that were dropped before, less is better.
    Repeated,
    /// Calls until the best was worth so much, fewer are better.
    CallsTo(f64),
    /// Whether it ended below this score, less is better.
    Stuck(f64),
}

impl Measure {
    fn name(self) -> String {
        match self {
            Self::Score => "score".into(),
            Self::Beyond => "reported minus true".into(),
            Self::Tokens => "tokens of the prompt".into(),
            Self::Validated => "validation calls a decision".into(),
            Self::Repeated => "share of edits dropped before".into(),
            Self::CallsTo(worth) => format!("calls to reach {worth}"),
            Self::Stuck(worth) => format!("share of runs that end below {worth}"),
        }
    }

    fn of(self, figures: &Figures, setting: &Setting) -> f64 {
        match self {
            Self::Score => figures.worth,
            Self::Beyond => figures.beyond,
            Self::Tokens => figures.tokens,
            Self::Validated => figures.validated,
            Self::Repeated => figures.repeated,
            Self::CallsTo(worth) => figures.calls_to(worth, setting.calls),
            Self::Stuck(worth) => f64::from(u8::from(figures.worth < worth)),
        }
    }

    fn decimals(self) -> usize {
        match self {
            Self::Score | Self::Beyond | Self::Repeated => 3,
            Self::Stuck(_) => 2,
            _ => 0,
        }
    }
}

/// A part on a task.
struct Trial {
    part: &'static str,
    task: &'static str,
    measures: Vec<Measure>,
    make: fn(u64) -> Task,
    setting: Setting,
}

fn plain(kind: Kind, seed: u64) -> Task {
    Task::new(kind, seed)
}

/// An optimizer that rarely helps: most of what seems to be a gain is luck.
const RARELY: Optimizer = Optimizer { helpful: 10, ..Optimizer::USUAL };
/// One that mostly pads.
const PADDING: Optimizer = Optimizer { helpful: 35, harmful: 5, ..Optimizer::USUAL };

fn trials() -> Vec<Trial> {
    use Measure::{Beyond, CallsTo, Repeated, Score, Stuck, Tokens, Validated};
    let usual = Setting::with_calls(1_500);
    let trial = |part, task, measures: &[Measure], make, setting| Trial { part, task, measures: measures.to_vec(), make, setting };
    let tacit: fn(u64) -> Task =
        |s| Task { twist: Twist::Tacit, optimizer: Optimizer { helpful: 0, ..Optimizer::USUAL }, ..plain(Kind::Labels, s) };
    vec![
        trial("edits", "labels", &[Score], |s| plain(Kind::Labels, s), usual),
        trial("relevance", "labels", &[Score], |s| plain(Kind::Labels, s), usual),
        trial("focus", "labels", &[Score], |s| plain(Kind::Labels, s), usual),
        trial("examples", "labels only a worked example teaches", &[Score], tacit, usual),
        trial(
            "memory",
            "extraction, an optimizer that rarely helps",
            &[Repeated, Score],
            |s| Task { optimizer: RARELY, ..plain(Kind::Extraction, s) },
            Setting { closely: true, ..usual },
        ),
        trial(
            "memory",
            "labels, an optimizer that rarely helps",
            &[Repeated, Score],
            |s| Task { optimizer: RARELY, ..plain(Kind::Labels, s) },
            Setting { closely: true, ..usual },
        ),
        trial(
            "racing",
            "labels, 24 training and 200 validation examples, 2,500 calls",
            &[Validated, CallsTo(0.5), Score],
            |s| plain(Kind::Labels, s),
            Setting { rows: (24, 200), ..Setting::with_calls(2_500) },
        ),
        trial(
            "racing",
            "format, 24 training and 200 validation examples, 2,500 calls",
            &[Validated, CallsTo(0.6), Score],
            |s| plain(Kind::Format, s),
            Setting { rows: (24, 200), ..Setting::with_calls(2_500) },
        ),
        trial(
            "confirmation",
            "labels, answers drawn anew, 24 validation examples, an optimizer that rarely helps",
            &[Beyond, Score],
            |s| Task { moody: true, optimizer: RARELY, ..plain(Kind::Labels, s) },
            Setting { rows: (60, 24), ..usual },
        ),
        trial(
            "confirmation",
            "labels, every prompt draws its luck anew, 40 validation examples, an optimizer that rarely helps",
            &[Beyond, Score],
            |s| Task { noise: 1.0, optimizer: RARELY, ..plain(Kind::Labels, s) },
            Setting { rows: (60, 40), ..usual },
        ),
        trial(
            "pruning",
            "extraction, an optimizer that mostly pads, every idle line tires the model",
            &[Tokens, Score],
            |s| Task { twist: Twist::Tiring, optimizer: PADDING, ..plain(Kind::Extraction, s) },
            usual,
        ),
        trial(
            "pruning",
            "format, an optimizer that mostly pads",
            &[Tokens, Score],
            |s| Task { optimizer: PADDING, ..plain(Kind::Format, s) },
            usual,
        ),
        trial("pruning", "labels", &[Tokens, Score], |s| plain(Kind::Labels, s), usual),
        trial(
            "restart",
            "extraction, a trap in the first prompt",
            &[Stuck(0.5), Score],
            |s| Task { twist: Twist::Trap, ..plain(Kind::Extraction, s) },
            usual,
        ),
        trial(
            "restart",
            "labels, a trap in the first prompt, 2,500 calls",
            &[Stuck(0.5), Score],
            |s| Task { twist: Twist::Trap, ..plain(Kind::Labels, s) },
            Setting::with_calls(2_500),
        ),
        trial(
            "front",
            "labels, letters and chats with opposite needs",
            &[Score],
            |s| Task { twist: Twist::TwoNeeds, ..plain(Kind::Labels, s) },
            usual,
        ),
        trial("adaptive", "labels only a worked example teaches", &[CallsTo(0.5), Score], tacit, usual),
        trial("adaptive", "labels", &[CallsTo(0.6), Score], |s| plain(Kind::Labels, s), usual),
    ]
}

/// Prints the table; with names, of the parts or tasks with one of them in theirs.
pub async fn print(first: u64, seeds: u64, names: &[String]) {
    println!("Each part by what it is for, seeds {first} to {}, differences paired by seed, with 95 % intervals\n", first + seeds - 1);
    println!("| part | task | measure | whole search | without it | difference |");
    println!("|---|---|---|---|---|---|");
    let wanted = |t: &Trial| names.is_empty() || names.iter().any(|n| t.part.contains(n.as_str()) || t.task.contains(n.as_str()));
    // Parts that share a task share the runs of the whole search on it.
    let mut of_task: HashMap<&str, Vec<Figures>> = HashMap::new();
    for Trial { part, task, measures, make, setting } in trials().into_iter().filter(wanted) {
        let mut parts = SearchParts::default();
        WITHOUT.iter().filter(|(name, _)| *name == part).for_each(|(_, change)| change(&mut parts));
        if !of_task.contains_key(task) {
            let mut whole = Vec::new();
            for seed in first..first + seeds {
                whole.push(measure::run(make(seed), setting).await);
            }
            of_task.insert(task, whole);
        }
        let whole = &of_task[task];
        let mut without = Vec::new();
        for seed in first..first + seeds {
            without.push(measure::run(make(seed), Setting { parts, ..setting }).await);
        }
        for measure in measures {
            let of = |figures: &[Figures]| figures.iter().map(|f| measure.of(f, &setting)).collect::<Vec<_>>();
            let (whole, without, decimals) = (of(whole), of(&without), measure.decimals());
            println!(
                "| {part} | {task} | {} | {} | {} | {} |",
                measure.name(),
                mean(&whole).text(decimals),
                mean(&without).text(decimals),
                ahead(&whole, &without).signed(decimals)
            );
        }
    }
    println!();
}
