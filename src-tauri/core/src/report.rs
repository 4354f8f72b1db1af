//! A report: what a run or a comparison came to, on pages that are read without the program. The content is laid down once, and
//! written as Markdown or as a page of HTML that needs nothing from anywhere.

mod chart;
mod diff;
mod html;
mod markdown;
mod signs;
mod text_chart;

pub use chart::{CurveChart, CurvePoint, Mark, RangeChart, RangeRow};
pub use signs::{beginning, shown};

use crate::{
    error::{Error, Result},
    prompt::Prompt,
};

/// A report on its way to paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Its name.
    pub title: String,
    /// When it was written, in words.
    pub written: Option<String>,
    /// What follows, in order.
    pub blocks: Vec<Block>,
}

/// A part of a report. Texts are shown as they are, never read as markup.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A section begins.
    Section(String),
    /// A part of a section begins.
    Part(String),
    /// A sentence or a few.
    Paragraph(String),
    /// What matters most.
    Verdict(String),
    /// What must not be overlooked.
    Caution(String),
    /// Sentences one below the other.
    List(Vec<String>),
    /// Rows under a head.
    Table {
        /// The head.
        head: Vec<String>,
        /// The rows.
        rows: Vec<Vec<String>>,
    },
    /// A text in its own lines.
    Text {
        /// What it is.
        name: String,
        /// The text.
        text: String,
    },
    /// What changed from one text to the next.
    Change {
        /// What it is.
        name: String,
        /// Before.
        before: String,
        /// After.
        after: String,
    },
    /// The score by epoch. A table with the same figures stands beside it.
    Curve(CurveChart),
    /// Scores with their intervals. Without a caption of its own a table with the same figures stands beside it.
    Ranges(RangeChart),
}

impl Report {
    /// An empty report.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), written: None, blocks: Vec::new() }
    }

    /// With the moment at which it is written, which stands under its title.
    pub fn written(mut self, moment: String) -> Self {
        self.written = Some(moment);
        self
    }

    /// Adds a block.
    pub fn add(&mut self, block: Block) -> &mut Self {
        self.blocks.push(block);
        self
    }

    /// Adds a table.
    pub fn table<const N: usize>(&mut self, head: [&str; N], rows: Vec<[String; N]>) -> &mut Self {
        self.add(Block::Table { head: head.map(str::to_owned).to_vec(), rows: rows.into_iter().map(|row| row.to_vec()).collect() })
    }

    /// Adds both halves of a prompt.
    pub fn prompt(&mut self, prompt: &Prompt) -> &mut Self {
        self.add(Block::Text { name: "System prompt".into(), text: prompt.system_prompt.clone() });
        self.add(Block::Text { name: "Output prompt".into(), text: prompt.output_prompt.clone() })
    }

    /// Adds what changed in both halves of a prompt; nothing for a half that stayed.
    pub fn change(&mut self, before: &Prompt, after: &Prompt) -> &mut Self {
        let halves = [
            ("System prompt", &before.system_prompt, &after.system_prompt),
            ("Output prompt", &before.output_prompt, &after.output_prompt),
        ];
        for (name, before, after) in halves.into_iter().filter(|(_, before, after)| before != after) {
            self.add(Block::Change { name: name.into(), before: before.clone(), after: after.clone() });
        }
        self
    }

    /// In a format for readers, by its name.
    pub fn in_format(&self, format: &str) -> Result<String> {
        match format {
            "md" => Ok(self.markdown()),
            "html" => Ok(self.html()),
            other => Err(Error::invalid(format!("There is no format \"{other}\" for a comparison; choose md or html."))),
        }
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        markdown::write(self)
    }

    /// As one page of HTML without scripts, that asks for nothing.
    pub fn html(&self) -> String {
        html::write(self)
    }
}

#[cfg(test)]
mod tests;
