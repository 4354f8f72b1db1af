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

use std::sync::Mutex;

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

/// What the optimizer writes, as odds of 100; the rest are empty words.
#[derive(Clone, Copy, Debug)]
pub struct Optimizer {
    pub helpful: u32,
    pub harmful: u32,
    pub nonsense: u32,
    /// Of the usable replies so many say the whole prompt anew.
    pub rewrites: u32,
}

impl Optimizer {
    /// Right as often as not.
    pub const USUAL: Self = Self { helpful: 50, harmful: 20, nonsense: 5, rewrites: 10 };
    /// Cannot write a reply.
    pub const NONSENSE: Self = Self { helpful: 0, harmful: 0, nonsense: 100, rewrites: 0 };
    /// Makes it worse.
    pub const HARMFUL: Self = Self { helpful: 0, harmful: 100, nonsense: 0, rewrites: 0 };
    /// Writes what changes nothing.
    pub const EMPTY: Self = Self { helpful: 0, harmful: 0, nonsense: 0, rewrites: 0 };
    /// Says everything anew with every reply.
    pub const REWRITING: Self = Self { helpful: 50, harmful: 20, nonsense: 0, rewrites: 100 };
}

/// A task with both of its models.
pub struct Task {
    pub kind: Kind,
    pub seed: u64,
    pub optimizer: Optimizer,
    /// Chance of an example to draw its luck anew under another prompt.
    pub noise: f64,
    /// Luck is drawn anew with every single answer, also to the same question.
    pub moody: bool,
    pub answered: Mutex<u64>,
}

const LABELS: [&str; 8] = ["billing", "delivery", "account", "returns", "technical", "warranty", "feedback", "partners"];
/// Three rules a label, two words each.
const WORDS: [[&str; 2]; 24] = [
    ["invoice", "receipt"],
    ["charged", "payment"],
    ["discount", "voucher"],
    ["parcel", "courier"],
    ["tracking", "arrived"],
    ["address", "doorstep"],
    ["password", "login"],
    ["profile", "username"],
    ["newsletter", "unsubscribe"],
    ["refund", "exchange"],
    ["wrong size", "unwanted"],
    ["send back", "return label"],
    ["crash", "freezes"],
    ["update", "version"],
    ["connect", "bluetooth"],
    ["broken", "repair"],
    ["guarantee", "two years"],
    ["spare part", "replacement"],
    ["praise", "friendly"],
    ["complaint", "rude"],
    ["suggestion", "idea"],
    ["reseller", "wholesale"],
    ["affiliate", "commission"],
    ["press", "interview"],
];
/// Rules on the form, with the words a line has to say.
const FORMS: [(&str, &str); 5] = [
    ("upper case", "Write the code in upper case."),
    ("separated by a bar", "The parts are separated by a bar."),
    ("two decimals", "Give amounts with two decimals."),
    ("without a currency sign", "Write the amount without a currency sign."),
    ("no other words", "Reply with the answer alone and no other words."),
];
/// Fields with the words a line has to say.
const FIELDS: [(&str, &str, &str); 5] = [
    ("date", "year first", "Write the date with the year first."),
    ("amount", "after tax", "Take the amount after tax."),
    ("name", "family name first", "Write the name with the family name first."),
    ("city", "city of the sender", "Take the city of the sender."),
    ("urgent", "deadline within a week", "Urgent means a deadline within a week."),
];
const FILLERS: [&str; 12] = [
    "Hello there",
    "Good morning",
    "Since yesterday",
    "As discussed",
    "Once more",
    "To whom it may concern",
    "Quick question",
    "Following up",
    "Dear team",
    "For the second time",
    "By the way",
    "Just so you know",
];
const EMPTY_WORDS: [&str; 5] =
    ["Read everything carefully.", "Think before you answer.", "Be consistent.", "Stay on the topic.", "Do your best."];

fn hash(parts: &[&str]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    u64::from_le_bytes(hasher.finalize().as_bytes()[..8].try_into().unwrap())
}

fn unit(parts: &[&str]) -> f64 {
    (hash(parts) >> 11) as f64 / (1_u64 << 53) as f64
}

impl Task {
    pub fn new(kind: Kind, seed: u64) -> Self {
        Self { kind, seed, optimizer: Optimizer::USUAL, noise: 0.5, moody: false, answered: Mutex::new(0) }
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
                (format!("{opening}, number {index}: it concerns the {word}, please help."), LABELS[rule / 3].to_owned())
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
                    let shown = WORDS[rule].iter().any(|w| line.contains(&format!("the {w},")));
                    known |= shown && lines.peek().is_some_and(|next| next.starts_with("Example answer: "));
                }
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
        match self.kind {
            Kind::Labels => self.rule_of(input).map_or(0.6, |rule| of(self.knows(prompt, rule), 0.95, 0.35)),
            Kind::Format => (0..FORMS.len()).map(|r| of(self.knows(prompt, r), 0.985, 0.5)).product(),
            Kind::Extraction => of(self.knows(prompt, field), 0.95, 0.3),
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

    fn luck(&self, prompt: &str, index: &str, field: usize) -> f64 {
        let (seed, field) = (self.seed.to_string(), field.to_string());
        if self.moody {
            let nth = *self.answered.lock().unwrap();
            return unit(&["mood", &seed, index, &field, &nth.to_string()]);
        }
        let fresh = unit(&["fresh", &seed, index]) < self.noise;
        if fresh { unit(&["luck", &seed, index, &field, prompt]) } else { unit(&["luck", &seed, index, &field]) }
    }

    fn answer(&self, request: &ChatRequest) -> String {
        let user = &request.messages.last().unwrap().content;
        let system = request.messages.iter().find(|m| m.role == MessageRole::System).map_or("", |m| m.content.as_str());
        let input = user.split("\n\n").next().unwrap_or_default();
        let prompt = format!("{system}\n{}", user.strip_prefix(input).unwrap_or_default());
        let index = input.split("number ").nth(1).and_then(|r| r.split(|c: char| !c.is_ascii_digit()).next()).unwrap_or("0");
        let truth = self.row(index.parse().unwrap_or(0)).1;
        match self.kind {
            Kind::Extraction => {
                let mut object: Value = serde_json::from_str(&truth).unwrap();
                for (n, (field, ..)) in FIELDS.iter().enumerate() {
                    if self.luck(&prompt, index, n) >= self.chance(&prompt, input, n) {
                        object[*field] = json!("?");
                    }
                }
                object.to_string()
            }
            _ if self.luck(&prompt, index, 0) < self.chance(&prompt, input, 0) => truth,
            Kind::Format => format!("The order {} is worth {} euros.", truth.to_lowercase(), index),
            Kind::Labels => {
                let own = LABELS.iter().position(|l| *l == truth).unwrap_or(0);
                LABELS[(own + 1 + hash(&[&prompt, index]) as usize % 7) % 8].to_owned()
            }
        }
    }

    /// Rules that the shown failures speak for and the prompt does not know.
    fn seen(&self, material: &Value, prompt: &str) -> Vec<usize> {
        let failures = material["examples"].as_array().unwrap().iter().filter(|e| e["score"].as_f64() < Some(1.0));
        let mut seen: Vec<usize> = failures
            .flat_map(|e| match self.kind {
                Kind::Labels => self.rule_of(e["user_input"].as_str().unwrap()).into_iter().collect::<Vec<_>>(),
                Kind::Format => (0..FORMS.len()).collect(),
                Kind::Extraction => {
                    let answer: Value = serde_json::from_str(e["model_response"].as_str().unwrap()).unwrap_or_default();
                    (0..FIELDS.len()).filter(|f| answer[FIELDS[*f].0] == json!("?")).collect()
                }
            })
            .filter(|rule| !self.knows(prompt, *rule).0)
            .collect();
        seen.sort_unstable();
        seen.dedup();
        seen
    }

    /// A system prompt the optimizer may write: one line more that helps, that harms, or that says nothing, or one line less.
    fn suggestion(&self, material: &Value, random: &mut ChaCha8Rng) -> String {
        let odds = self.optimizer;
        let system = material["current_system_prompt"].as_str().unwrap();
        let seen = self.seen(material, &format!("{system}\n{}", material["current_output_prompt"].as_str().unwrap()));
        let roll = random.random_range(0..100);
        if roll < odds.helpful && !seen.is_empty() {
            return format!("{system}\n{}", self.line(seen[random.random_range(0..seen.len())], false));
        }
        if (odds.helpful..odds.helpful + odds.harmful).contains(&roll) {
            let learnt: Vec<usize> = system.lines().enumerate().filter(|(_, l)| l.starts_with("- ")).map(|(i, _)| i).collect();
            if learnt.is_empty() || random.random_bool(0.5) {
                return format!("{system}\n{}", self.line(random.random_range(0..self.rules()), true));
            }
            let gone = learnt[random.random_range(0..learnt.len())];
            return system.lines().enumerate().filter(|(i, _)| *i != gone).map(|(_, l)| l).collect::<Vec<_>>().join("\n");
        }
        format!("{system}\n{}", EMPTY_WORDS[random.random_range(0..EMPTY_WORDS.len())])
    }

    fn optimize(&self, request: &ChatRequest) -> String {
        let user = &request.messages[1].content;
        let material: Value = serde_json::from_str(&user[user.find("\n\n{").unwrap()..]).unwrap();
        let mut random = ChaCha8Rng::seed_from_u64(hash(&[user, &self.seed.to_string(), &request.messages.len().to_string()]));
        if random.random_range(0..100) < self.optimizer.nonsense {
            return "Certainly! Prompts are a wonderful thing".into();
        }
        // What it reads was tried and dropped it thinks over, as any writer would.
        let dropped = |system: &str| {
            let tried = material["earlier_edits"].as_array().into_iter().flatten().filter(|e| e["outcome"] == "dropped");
            let mut lines = tried.filter_map(|e| e["added"].as_str());
            lines.any(|added| system.contains(added) && !material["current_system_prompt"].as_str().unwrap().contains(added))
        };
        let mut system = self.suggestion(&material, &mut random);
        for _ in 0..3 {
            if dropped(&system) {
                system = self.suggestion(&material, &mut random);
            }
        }
        let output = material["current_output_prompt"].as_str().unwrap().to_owned();
        if random.random_range(0..100) < self.optimizer.rewrites {
            // The same in other words: every line changes, no rule does.
            let anew = |line: &str| line.strip_prefix("- ").map_or_else(|| format!("{line} Mind this."), |rule| format!("- Note: {rule}"));
            system = system.lines().map(anew).collect::<Vec<_>>().join("\n");
        }
        json!({"hypotheses": [{"cause": "a rule is missing", "change": "say it"}], "system_prompt": system, "system_prompt_reasoning": "r",
            "output_prompt": output, "output_prompt_reasoning": "r", "explanation": "One change."})
        .to_string()
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
