//! A report as Markdown. Charts are drawn in plain text, beside the tables with their figures.

use std::fmt::Write;

use super::{
    Block, RangeChart, Report,
    diff::{self, Line},
    signs, text_chart,
};

pub(super) fn write(report: &Report) -> String {
    let mut out = format!("# {}\n", inline(&report.title));
    // Writing to a String cannot fail.
    let mut line = |text: String| {
        let _infallible = writeln!(out, "{text}");
    };
    if let Some(moment) = &report.written {
        line(format!("\nWritten {}.", inline(moment)));
    }
    for block in &report.blocks {
        match block {
            Block::Section(name) => line(format!("\n## {}", inline(name))),
            Block::Part(name) => line(format!("\n### {}", inline(name))),
            Block::Paragraph(text) => line(format!("\n{}", inline(text))),
            Block::Verdict(text) => line(format!("\n**{}**", inline(text))),
            Block::Caution(text) => line(format!("\n*{}*", inline(text))),
            Block::List(items) => {
                line(format!("\n{}", items.iter().map(|item| format!("- {}", inline(item))).collect::<Vec<_>>().join("\n")))
            }
            Block::Table { head, rows } => {
                let cells = |cells: &[String]| format!("| {} |", cells.iter().map(|cell| inline(cell)).collect::<Vec<_>>().join(" | "));
                line(format!("\n{}\n|{}", cells(head), " --- |".repeat(head.len())));
                rows.iter().for_each(|row| line(cells(row)));
            }
            Block::Text { name, text } if text.is_empty() => line(format!("\n{}: empty", inline(name))),
            Block::Text { name, text } => line(format!("\n{}:\n\n{}", inline(name), fenced("text", text))),
            Block::Change { name, before, after } => {
                let lines: Vec<String> = diff::lines(before, after)
                    .into_iter()
                    .map(|line| match line {
                        Line::Same(text) => format!("  {text}"),
                        Line::Gone(text) => format!("- {text}"),
                        Line::New(text) => format!("+ {text}"),
                    })
                    .collect();
                line(format!("\n{}:\n\n{}", inline(name), fenced("diff", &lines.join("\n"))));
            }
            Block::Ranges(RangeChart { caption: Some(caption), rows }) => {
                line(format!("\n{}\n\n| run | score and 95 % interval |\n| --- | --- |", inline(caption)));
                rows.iter().for_each(|row| line(format!("| {} | {} |", inline(&row.whole()), inline(&row.words()))));
                line(format!("\n{}", drawn(&text_chart::ranges(rows))));
            }
            Block::Curve(chart) => line(format!("\n{}", drawn(&text_chart::curve(chart)))),
            Block::Ranges(RangeChart { rows, .. }) => line(format!("\n{}", drawn(&text_chart::ranges(rows)))),
        }
    }
    out
}

/// Text inside a line or a cell: nothing in it is markup, and nothing ends the line.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in signs::shown(text).chars().enumerate() {
        match c {
            '\n' | '\u{2028}' | '\u{2029}' => out.push(' '),
            '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '\\' | '#' | '~' | '&' | '!' => out.extend(['\\', c]),
            // At the beginning of a line these would make a list or a rule.
            '-' | '+' | '=' if at == 0 => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

fn drawn(chart: &str) -> String {
    fenced("text", chart)
}

/// A code block that the text cannot leave.
fn fenced(kind: &str, text: &str) -> String {
    let text = signs::shown(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{kind}\n{text}\n{fence}")
}
