//! Simulated tasks in which everything is known: what a prompt is worth without noise, and what the optimizer will write.
//!
//! A task has hidden rules. A rule is known to the primary model when some line of the prompt says it; how the three kinds differ:
//!
//! - *labels*: a rule is about the inputs with one of its words, and sends them to their label. Knowing it makes most of them right.
//! - *format*: every rule is about the form of all answers; an answer is only right when each known rule multiplies its chance.
//! - *extraction*: answers have several fields, each with a mistake of its own until its rule is known; the score is graded.
//!
//! Evaluation is noisy: half of the examples draw their luck anew with every change of the prompt. The optimizer writes one
//! helpful line, a harmful one, empty words, nonsense, or says everything anew in other words; it knows only what it is shown.
//! A twist makes a task hard in one more way, so that a part of the search can show what it is for.

mod words;
mod writer;

use std::{collections::HashMap, sync::Mutex};

use mlprompt_core::{
    Result,
    chat::{ChatError, ChatModel, ChatRequest, Completion, Finish, SharedModel, TokenUsage},
    connection::Connection,
    engine::Models,
    prompt::{MessageRole, Prompt},
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use secrecy::SecretString;
use serde_json::{Value, json};
use words::{FIELDS, FILLERS, FORMS, LABELS, MANNERS, TRAP, WORDS};
pub use writer::Optimizer;

/// Which kind of task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Labels with hidden rules.
    Labels,
    /// Right only in the right format.
    Format,
    /// Several independent mistakes.
    Extraction,
}

/// What makes a task hard in one more way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Twist {
    /// Nothing.
    Plain,
    /// A sentence of the first prompt spoils every second answer. The optimizer adds and rewords and leaves it there, unless it
    /// writes without having read it.
    Trap,
    /// Rules nobody can put into words: only a worked example teaches, all inputs of its label.
    Tacit,
    /// Half of the inputs are letters, half chats: what serves the ones harms the others.
    TwoNeeds,
    /// Every line that teaches nothing costs all answers three points of a hundred.
    Tiring,
}

/// A task with both of its models.
pub struct Task {
    pub kind: Kind,
    pub twist: Twist,
    pub seed: u64,
    pub optimizer: Optimizer,
    /// Chance of an example to draw its luck anew under another prompt.
    pub noise: f64,
    /// Luck is drawn anew with every single answer, also to the same question: by how often that was asked, so that a run that is
    /// interrupted and one that is not meet the same.
    pub moody: bool,
    pub asked: Mutex<HashMap<String, u64>>,
    pub answered: Mutex<u64>,
}

fn hash(parts: &[&str]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    u64::from_le_bytes(hasher.finalize().as_bytes()[..8].try_into().unwrap())
}

fn is_letter(index: u64) -> bool {
    index.is_multiple_of(2)
}

fn unit(parts: &[&str]) -> f64 {
    (hash(parts) >> 11) as f64 / (1_u64 << 53) as f64
}

impl Task {
    pub fn new(kind: Kind, seed: u64) -> Self {
        Self {
            kind,
            twist: Twist::Plain,
            seed,
            optimizer: Optimizer::USUAL,
            noise: 0.5,
            moody: false,
            asked: Mutex::default(),
            answered: Mutex::new(0),
        }
    }

    fn random(&self, what: &str, index: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(hash(&[what, &self.seed.to_string(), &index.to_string(), &format!("{:?}", self.kind)]))
    }

    /// Input and truth of a row.
    pub fn row(&self, index: u64) -> (String, String) {
        let mut random = self.random("row", index);
        let mut pick = |n: usize| random.random_range(0..n);
        let opening = format!("{} {}", FILLERS[pick(12)], FILLERS[pick(12)].to_lowercase());
        match self.kind {
            Kind::Labels => {
                let rule = pick(24);
                let word = WORDS[rule][pick(2)];
                let sort = match self.twist {
                    Twist::TwoNeeds if is_letter(index) => "Letter: ",
                    Twist::TwoNeeds => "Chat: ",
                    _ => "",
                };
                (format!("{sort}{opening}, number {index}: it concerns the {word}, please help."), LABELS[rule / 3].to_owned())
            }
            Kind::Format => {
                let (code, amount) = (pick(9000) + 1000, pick(900) + 100);
                (format!("{opening}, order ab{code} number {index} came to {amount} euros."), format!("AB{code} | {amount}.00"))
            }
            Kind::Extraction => {
                let truth = json!({"date": format!("2026-03-{:02}", pick(28) + 1), "amount": pick(900) + 100,
                    "name": format!("Doe{} Jo", pick(50)), "city": format!("Town{}", pick(30)), "urgent": pick(2) == 0});
                (format!("{opening}, letter number {index}: {}", hash(&[&truth.to_string()])), truth.to_string())
            }
        }
    }

    /// A file with so many rows of each split.
    pub fn csv(&self, train: u64, validation: u64, test: u64) -> String {
        let mut text = String::from("user_input,ground_truth_output,split\n");
        for (split, from, size) in [("train", 0, train), ("validation", 10_000, validation), ("test", 20_000, test)] {
            for index in from..from + size {
                let (input, truth) = self.row(index);
                text.push_str(&format!("\"{input}\",\"{}\",{split}\n", truth.replace('"', "\"\"")));
            }
        }
        text
    }

    /// Where training starts.
    pub fn start(&self) -> Prompt {
        let (system, output) = match self.kind {
            Kind::Labels => (format!("You route letters.\nThe labels are: {}.", LABELS.join(", ")), "Answer with the label."),
            Kind::Format => ("You read orders.".to_owned(), "Give code and amount."),
            Kind::Extraction => ("You read letters.".to_owned(), "Reply with a JSON object: date, amount, name, city, urgent."),
        };
        let system = if self.twist == Twist::Trap { format!("{system}\n{TRAP}") } else { system };
        Prompt { system_prompt: system, output_prompt: output.into() }
    }

    /// A prompt that says every rule.
    pub fn everything(&self) -> String {
        let rules: Vec<String> = (0..self.rules()).map(|r| self.line(r, false)).collect();
        format!("{}\n{}", self.start().system_prompt, rules.join("\n"))
    }

    fn rules(&self) -> usize {
        match self.kind {
            Kind::Labels => WORDS.len(),
            Kind::Format => FORMS.len(),
            Kind::Extraction => FIELDS.len(),
        }
    }

    fn line(&self, rule: usize, wrong: bool) -> String {
        match self.kind {
            Kind::Labels => {
                let label = LABELS[(rule / 3 + usize::from(wrong) * 3) % LABELS.len()];
                format!("- What mentions \"{}\" or \"{}\" goes to {label}.", WORDS[rule][0], WORDS[rule][1])
            }
            Kind::Format if wrong => format!("- Do not say: {}", FORMS[rule].1.to_lowercase()),
            Kind::Format => format!("- {}", FORMS[rule].1),
            Kind::Extraction if wrong => format!("- Do not say: {}", FIELDS[rule].2.to_lowercase()),
            Kind::Extraction => format!("- {}", FIELDS[rule].2),
        }
    }

    /// (known, spoilt) for a rule.
    fn knows(&self, prompt: &str, rule: usize) -> (bool, bool) {
        let (mut known, mut spoilt) = (false, false);
        let mut lines = prompt.lines().peekable();
        while let Some(line) = lines.next() {
            match self.kind {
                // A worked example teaches what it shows.
                Kind::Labels if line.starts_with("Example input: ") => {
                    let shown = |rule: usize| WORDS[rule].iter().any(|w| line.contains(&format!("the {w},")));
                    let shown = if self.twist == Twist::Tacit { (0..3).any(|r| shown(rule / 3 * 3 + r)) } else { shown(rule) };
                    known |= shown && lines.peek().is_some_and(|next| next.starts_with("Example answer: "));
                }
                Kind::Labels if self.twist == Twist::Tacit => {}
                Kind::Labels if line.matches(',').count() < 4 && WORDS[rule].iter().any(|w| line.contains(w)) => {
                    match line.contains(LABELS[rule / 3]) {
                        true => known = true,
                        false => spoilt |= LABELS.iter().any(|l| line.contains(l)),
                    }
                }
                Kind::Labels => {}
                Kind::Format | Kind::Extraction => {
                    let words = if self.kind == Kind::Format { FORMS[rule].0 } else { FIELDS[rule].1 };
                    let says = line.contains(words);
                    known |= says && !line.contains("Do not say");
                    spoilt |= says && line.contains("Do not say");
                }
            }
        }
        (known, spoilt)
    }

    fn rule_of(&self, input: &str) -> Option<usize> {
        (0..WORDS.len()).find(|r| WORDS[*r].iter().any(|w| input.contains(&format!("the {w},"))))
    }

    /// Chance of a right answer, or of one right field.
    fn chance(&self, prompt: &str, input: &str, field: usize) -> f64 {
        let of = |(known, spoilt): (bool, bool), on: f64, off: f64| match (known, spoilt) {
            (true, false) => on,
            (true, true) => f64::midpoint(on, off),
            (false, true) => off / 4.0,
            (false, false) => off,
        };
        let knowing = match self.kind {
            Kind::Labels => self.rule_of(input).map_or(0.6, |rule| of(self.knows(prompt, rule), 0.95, 0.35)),
            Kind::Format => (0..FORMS.len()).map(|r| of(self.knows(prompt, r), 0.985, 0.5)).product(),
            Kind::Extraction => of(self.knows(prompt, field), 0.95, 0.3),
        };
        knowing * self.spared(prompt, input)
    }

    /// What the twist leaves of a chance.
    fn spared(&self, prompt: &str, input: &str) -> f64 {
        match self.twist {
            Twist::Plain | Twist::Tacit => 1.0,
            Twist::Trap => {
                if prompt.contains(TRAP) {
                    0.5
                } else {
                    1.0
                }
            }
            Twist::TwoNeeds => {
                let own = usize::from(!input.starts_with("Letter"));
                let said = |(of_all, of_these): (&str, &str)| (prompt.lines().any(|l| l == of_all), prompt.contains(of_these));
                let ((served, served_alone), (harmed, _)) = (said(MANNERS[own]), said(MANNERS[1 - own]));
                match (served || served_alone, harmed) {
                    (true, false) => 1.0,
                    (false, true) => 0.45,
                    _ => 0.7,
                }
            }
            Twist::Tiring => {
                let start = self.start();
                let own = |line: &str| start.system_prompt.contains(line) || start.output_prompt.contains(line);
                let teaches = |line: &str| (0..self.rules()).any(|r| self.knows(line, r).0);
                let idle = prompt.lines().filter(|l| !l.trim().is_empty() && !own(l) && !teaches(l)).count();
                0.97_f64.powi(i32::try_from(idle).unwrap_or(i32::MAX))
            }
        }
    }

    /// Score of a prompt without noise, on the test rows.
    pub fn worth(&self, prompt: &Prompt) -> f64 {
        let text = format!("{}\n{}", prompt.system_prompt, prompt.output_prompt);
        let fields = if self.kind == Kind::Extraction { FIELDS.len() } else { 1 };
        let rows = 200;
        let sum: f64 = (20_000..20_000 + rows)
            .map(|i| {
                let input = self.row(i).0;
                (0..fields).map(|f| self.chance(&text, &input, f)).sum::<f64>() / fields as f64
            })
            .sum();
        sum / rows as f64
    }

    fn luck(&self, prompt: &str, index: &str, field: usize, nth: u64) -> f64 {
        let (seed, field) = (self.seed.to_string(), field.to_string());
        if self.moody {
            return unit(&["mood", &seed, prompt, index, &field, &nth.to_string()]);
        }
        let fresh = unit(&["fresh", &seed, index]) < self.noise;
        if fresh { unit(&["luck", &seed, index, &field, prompt]) } else { unit(&["luck", &seed, index, &field]) }
    }

    /// How often this was asked before.
    fn nth(&self, question: String) -> u64 {
        let mut asked = self.asked.lock().unwrap();
        let times = asked.entry(question).or_default();
        *times += 1;
        *times - 1
    }

    fn answer(&self, request: &ChatRequest) -> String {
        let user = &request.messages.last().unwrap().content;
        let system = request.messages.iter().find(|m| m.role == MessageRole::System).map_or("", |m| m.content.as_str());
        let input = user.split("\n\n").next().unwrap_or_default();
        let prompt = format!("{system}\n{}", user.strip_prefix(input).unwrap_or_default());
        let index = input.split("number ").nth(1).and_then(|r| r.split(|c: char| !c.is_ascii_digit()).next()).unwrap_or("0");
        let truth = self.row(index.parse().unwrap_or(0)).1;
        let nth = if self.moody { self.nth(format!("{index} {prompt}")) } else { 0 };
        match self.kind {
            Kind::Extraction => {
                let mut object: Value = serde_json::from_str(&truth).unwrap();
                for (n, (field, ..)) in FIELDS.iter().enumerate() {
                    if self.luck(&prompt, index, n, nth) >= self.chance(&prompt, input, n) {
                        object[*field] = json!("?");
                    }
                }
                object.to_string()
            }
            _ if self.luck(&prompt, index, 0, nth) < self.chance(&prompt, input, 0) => truth,
            Kind::Format => format!("The order {} is worth {} euros.", truth.to_lowercase(), index),
            Kind::Labels => {
                let own = LABELS.iter().position(|l| *l == truth).unwrap_or(0);
                LABELS[(own + 1 + hash(&[&prompt, index]) as usize % 7) % 8].to_owned()
            }
        }
    }
}

impl ChatModel for Task {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
    ) -> std::pin::Pin<Box<dyn std::future::Future<Output = std::result::Result<Completion, ChatError>> + Send + 'a>> {
        Box::pin(async move {
            *self.answered.lock().unwrap() += 1;
            let text = if request.model.starts_with("optimizer") { self.optimize(request) } else { self.answer(request) };
            let usage = TokenUsage { prompt_tokens: 7, completion_tokens: 3, ..TokenUsage::default() };
            Ok(Completion { text, finish: Finish::Stop, usage, model: None, latency_ms: 1 })
        })
    }

    fn models(&self) -> std::pin::Pin<Box<dyn std::future::Future<Output = std::result::Result<Vec<String>, ChatError>> + Send + '_>> {
        Box::pin(async { Ok(vec!["primary".into()]) })
    }

    fn identity(&self) -> String {
        "task".into()
    }
}

/// Hands the task's model to every connection.
pub struct Only(pub std::sync::Arc<Task>);

impl Models for Only {
    fn open(&self, _: &Connection, _: Option<SecretString>) -> Result<SharedModel> {
        Ok(std::sync::Arc::clone(&self.0) as SharedModel)
    }
}
