//! A report as one page of HTML: its style and charts are in it, it has no scripts, and its own policy forbids it to fetch anything.

use super::{
    Block, Report, chart,
    diff::{self, Line},
    signs,
};

const STYLE: &str = "
:root { color-scheme: light dark; --bg: #fbfaf7; --panel: #fff; --ink: #1b1a17; --soft: #5c5850; --line: #e2dfd7; --accent: #3b5bdb;
  --good: #11734b; --bad: #b42330; --warn: #8a5a00; --train: #7b766c; --good-soft: #e4f4ec; --bad-soft: #fae7e8; }
@media (prefers-color-scheme: dark) { :root { --bg: #191816; --panel: #211f1d; --ink: #eeece6; --soft: #b3aea3; --line: #3a3733;
  --accent: #91a7ff; --good: #63d29f; --bad: #ff8f97; --warn: #f2c066; --train: #a39d91; --good-soft: #17352a; --bad-soft: #3d2023; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p, ul { margin: .6rem 0; }
h1, h2, h3, p, li, td, th, pre { unicode-bidi: isolate; }
.verdict { font-size: 1.05rem; font-weight: 600; border-left: 4px solid var(--accent); padding: .3rem 0 .3rem .9rem; }
.caution { color: var(--warn); }
.soft { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-variant-numeric: tabular-nums; overflow-wrap: break-word; }
.short { white-space: nowrap; } td:not([class]) { min-width: 8.5rem; } .prose { min-width: 13rem; } .long { overflow-wrap: anywhere; min-width: 13rem; }
th, td { text-align: start; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; }
figure { margin: .9rem 0; }
figcaption { color: var(--soft); font-size: .875rem; margin-bottom: .25rem; }
pre { margin: 0; padding: .6rem .8rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap;
  font: .8125rem/1.6 ui-monospace, monospace; tab-size: 4; }
ins, del { display: block; text-decoration: none; }
ins { background: var(--good-soft); } del { background: var(--bad-soft); }
ins::before { content: \"+ \"; color: var(--good); } del::before { content: \"\\2212 \"; color: var(--bad); }
.same { display: block; } .same::before { content: \"\\a0\\a0\"; }
svg { display: block; width: 100%; height: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.grid { stroke: var(--line); } .band { fill: var(--accent); opacity: .14; } .val { stroke: var(--accent); fill: none; stroke-width: 2; }
.best { stroke: var(--good); fill: none; stroke-width: 1.5; stroke-dasharray: 5 4; } .trained { stroke: var(--train); fill: none; stroke-width: 1.5; } .part { stroke: var(--train); fill: var(--panel); stroke-width: 1.25; }
.accepted { fill: var(--accent); } .rejected { fill: var(--panel); stroke: var(--accent); stroke-width: 2; } .invalid { stroke: var(--bad); stroke-width: 2; }
.bound { stroke: var(--warn); stroke-width: 2; } .range { stroke: var(--accent); stroke-width: 2; }
footer { margin-top: 3rem; color: var(--soft); font-size: .875rem; }
@media print { body { background: none; } h2, h3, figcaption { break-after: avoid; } }
";

pub(super) fn write(report: &Report) -> String {
    let title = escaped(&report.title);
    let written = report.written.as_ref().map(|moment| format!("<p class=\"soft\">Written {}.</p>\n", escaped(moment))).unwrap_or_default();
    let body: String = report.blocks.iter().map(block).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1 dir=\"auto\">{title}</h1>\n{written}{body}\
         <footer>Written by MLprompt. This page has no scripts and fetches nothing.</footer>\n</main>\n</body>\n</html>\n"
    )
}

/// A text that is shown as it is, wherever it stands in a page. What a page may not hold is shown by its sign.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in signs::shown(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn tag(name: &str, text: &str) -> String {
    format!("<{name} dir=\"auto\">{}</{name}>\n", escaped(text))
}

fn block(block: &Block) -> String {
    match block {
        Block::Section(name) => tag("h2", name),
        Block::Part(name) => tag("h3", name),
        Block::Paragraph(text) => tag("p", text),
        Block::Verdict(text) => format!("<p class=\"verdict\" dir=\"auto\">{}</p>\n", escaped(text)),
        Block::Caution(text) => format!("<p class=\"caution\" dir=\"auto\">{}</p>\n", escaped(text)),
        Block::List(items) => format!("<ul>\n{}</ul>\n", items.iter().map(|item| tag("li", item)).collect::<String>()),
        Block::Table { head, rows } => {
            let cells = |name: &str, cells: &[String]| cells.iter().map(|text| cell(name, text)).collect::<String>();
            let rows: String = rows.iter().map(|row| format!("<tr>{}</tr>\n", cells("td", row))).collect();
            format!("<div class=\"wide\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n", cells("th", head))
        }
        Block::Text { name, text } if text.is_empty() => figure(name, "<p class=\"soft\">empty</p>"),
        Block::Text { name, text } => figure(name, &format!("<pre dir=\"auto\">\n{}</pre>", escaped(text))),
        Block::Change { name, before, after } => {
            let lines: String = diff::lines(before, after)
                .into_iter()
                .map(|line| match line {
                    Line::Same(text) => format!("<span class=\"same\">{}</span>", escaped(text)),
                    Line::Gone(text) => format!("<del>{}</del>", escaped(text)),
                    Line::New(text) => format!("<ins>{}</ins>", escaped(text)),
                })
                .collect();
            figure(name, &format!("<pre dir=\"auto\">{lines}</pre>"))
        }
        Block::Curve(curve) => figure(&chart::curve_caption(curve), &chart::curve(curve)),
        Block::Ranges(ranges) => figure(&chart::range_caption(ranges), &chart::ranges(ranges)),
    }
}

/// Letters up to which a cell stays in one line.
const SHORT: usize = 18;
/// Letters from which a cell gets room for a few words in each line.
const PROSE: usize = 48;
/// Letters beyond which a word may be broken: no word of a language, but a path, a hash or a text without a blank.
const LONG_WORD: usize = 24;

/// A cell of a table. Words and figures stay whole; a table that is too wide then is scrolled.
fn cell(name: &str, text: &str) -> String {
    let longer_than = |text: &str, most: usize| text.chars().nth(most).is_some();
    let class = if text.split_whitespace().any(|word| longer_than(word, LONG_WORD)) {
        " class=\"long\""
    } else if longer_than(text, PROSE) {
        " class=\"prose\""
    } else if longer_than(text, SHORT) {
        ""
    } else {
        " class=\"short\""
    };
    format!("<{name}{class} dir=\"auto\">{}</{name}>\n", escaped(text))
}

fn figure(caption: &str, content: &str) -> String {
    format!("<figure><figcaption dir=\"auto\">{}</figcaption>\n{content}\n</figure>\n", escaped(caption))
}
