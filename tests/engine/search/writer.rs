//! The optimizer of the simulated tasks: it knows only what it is shown, and is right as often as its odds say.

use mlprompt_core::chat::ChatRequest;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::{
    Kind, Task, Twist, hash,
    words::{EMPTY_WORDS, FIELDS, FORMS, MANNERS},
};

/// What the optimizer writes, as odds of 100; the rest are empty words.
#[derive(Clone, Copy, Debug)]
pub struct Optimizer {
    pub helpful: u32,
    pub harmful: u32,
    pub nonsense: u32,
    /// Of the usable replies so many say the whole prompt anew.
    pub rewrites: u32,
}

/// Rules that a prompt written anew may carry.
const MOST_NOTICED: usize = 4;

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

impl Task {
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

    /// A prompt written from the examples alone: what to do, and what each of the shown failures speaks for.
    fn anew(&self, material: &Value, random: &mut ChaCha8Rng) -> String {
        let plain = Task { twist: Twist::Plain, ..Task::new(self.kind, self.seed) }.start().system_prompt;
        let mut lines = vec![plain];
        let seen = self.seen(material, "");
        let noticed = seen.into_iter().take(MOST_NOTICED).filter(|_| random.random_range(0..100) < self.optimizer.helpful);
        lines.extend(noticed.map(|rule| self.line(rule, false)));
        lines.join("\n")
    }

    /// How letters or chats are to be read, when failures of the one sort are shown: said of all, or of these alone where the
    /// prompt says the opposite of all already.
    fn manner(&self, material: &Value, system: &str) -> Option<String> {
        let failing = material["examples"].as_array()?.iter().find(|e| e["score"].as_f64() < Some(1.0))?;
        let own = usize::from(!failing["user_input"].as_str()?.starts_with("Letter"));
        let ((of_all, of_these), (other, other_alone)) = (MANNERS[own], MANNERS[1 - own]);
        if system.contains(of_these) || system.lines().any(|l| l == of_all) {
            return None;
        }
        if system.lines().any(|l| l == other) {
            let scoped = |line: &str| if line == other { other_alone.to_owned() } else { line.to_owned() };
            return Some(system.lines().map(scoped).collect::<Vec<_>>().join("\n"));
        }
        Some(format!("{system}\n{}", if system.contains(other_alone) { of_these } else { of_all }))
    }

    /// A system prompt the optimizer may write: one line more that helps, that harms, or that says nothing, or one line less.
    fn suggestion(&self, material: &Value, random: &mut ChaCha8Rng) -> String {
        let odds = self.optimizer;
        let system = material["current_system_prompt"].as_str().unwrap();
        let seen = self.seen(material, &format!("{system}\n{}", material["current_output_prompt"].as_str().unwrap()));
        if system.is_empty() {
            return self.anew(material, random);
        }
        if self.twist == Twist::TwoNeeds
            && random.random_bool(0.25)
            && let Some(system) = self.manner(material, system)
        {
            return system;
        }
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

    pub(super) fn optimize(&self, request: &ChatRequest) -> String {
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
        let output = match material["current_output_prompt"].as_str().unwrap() {
            "" => self.start().output_prompt,
            given => given.to_owned(),
        };
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
