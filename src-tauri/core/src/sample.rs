//! The sample projects that ship with the program: data, a weak first prompt, and the metric that fits.

use std::sync::LazyLock;

use crate::{
    metric::{ExtractRule, MetricKind, MetricSpec},
    prompt::Prompt,
};

/// A sample project.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Stable id.
    pub id: &'static str,
    /// Shown name.
    pub name: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// The data, with a header.
    pub csv: &'static str,
    /// Name of the file the data would have.
    pub file_name: &'static str,
    /// Column of the inputs.
    pub input: &'static str,
    /// Column of the ground truths.
    pub truth: &'static str,
    /// The first prompt, weak on purpose.
    pub prompt: Prompt,
    /// How answers are scored.
    pub metrics: Vec<MetricSpec>,
    /// How the answer is taken out of the response.
    pub extract: Option<ExtractRule>,
}

/// All sample projects, in the order they are offered.
pub fn samples() -> &'static [Sample] {
    static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
        let prompt = |system: &str, output: &str| Prompt { system_prompt: system.to_owned(), output_prompt: output.to_owned() };
        let one = |metric| vec![MetricSpec { metric, weight: 1.0 }];
        vec![
            Sample {
                id: "tickets",
                name: "Ticket routing",
                description: "Sends messages to an online shop's help desk to one of six queues.",
                csv: include_str!("samples/tickets.csv"),
                file_name: "tickets.csv",
                input: "message",
                truth: "queue",
                prompt: prompt(
                    "You work for the help desk of an online shop. Which queue should this message go to: billing, delivery, returns, technical, \
                     account or sales?",
                    "",
                ),
                metrics: one(MetricKind::Label),
                extract: None,
            },
            Sample {
                id: "sentiment",
                name: "Review sentiment",
                description: "Tells whether a product review is positive, negative or neutral.",
                csv: include_str!("samples/sentiment.csv"),
                file_name: "sentiment.csv",
                input: "review",
                truth: "sentiment",
                prompt: prompt("Is this review positive, negative or neutral?", "Answer with one word."),
                metrics: one(MetricKind::Label),
                extract: None,
            },
            Sample {
                id: "extraction",
                name: "Order details as JSON",
                description: "Takes order number, date, total and customer out of e-mails to a shop.",
                csv: include_str!("samples/extraction.csv"),
                file_name: "extraction.csv",
                input: "email",
                truth: "expected",
                prompt: prompt("Read the e-mail and give me the order, the date, the total and the customer as JSON.", ""),
                metrics: one(MetricKind::JsonFields { fields: Vec::new() }),
                extract: None,
            },
        ]
    });
    &SAMPLES
}

/// The sample project with this id.
pub fn sample(id: &str) -> Option<&'static Sample> {
    samples().iter().find(|s| s.id == id)
}
