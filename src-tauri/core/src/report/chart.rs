//! Charts as SVG that stands in the page. Colours come from the page's style, so they follow its theme.

use std::fmt::Write;

use super::html::escaped;
use crate::train::percent;

/// What is said of a chart of simulated figures, wherever it ends up.
const SIMULATED: &str = "Simulated. ";
const CURVE_CAPTION: &str = "Validation score by epoch with its 95 % interval; dashed: the best so far; grey: its training score. \
    Filled: accepted, hollow: rejected, cross: invalid, bar: stopped early at that bound, \
    no mark: no proposal came to validation.";
const PARTS: &str = " Small rings: training scores of a part of the examples, another one each time, so no line joins them.";
const RANGE_CAPTION: &str = "Scores with their 95 % intervals.";
const UNLIKE: &str = " ≠ and hollow: measured differently, so not to be ranked with the others.";

/// What the lines and marks of a curve mean.
pub(super) fn curve_caption(chart: &CurveChart) -> String {
    let parts = if chart.points.iter().any(|p| p.part && p.train.is_some()) { PARTS } else { "" };
    format!("{}{CURVE_CAPTION}{parts}", if chart.simulated { SIMULATED } else { "" })
}

/// What the marks of a chart of ranges mean.
pub(super) fn range_caption(chart: &RangeChart) -> String {
    let unlike = if chart.rows.iter().any(|row| row.unlike) { UNLIKE } else { "" };
    format!("{}{RANGE_CAPTION}{unlike}", chart.caption.as_ref().map(|own| format!("{own} ")).unwrap_or_default())
}

/// The score by epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct CurveChart {
    /// The demo model took part.
    pub simulated: bool,
    /// Epochs in order, the baseline first.
    pub points: Vec<CurvePoint>,
}

/// One epoch on the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Its number.
    pub epoch: u32,
    /// How it is drawn.
    pub mark: Mark,
    /// Its validation score with both ends of the interval, or the bound at which it was stopped.
    pub validation: Option<(f64, f64, f64)>,
    /// Training score of the prompts that are the best after it.
    pub train: Option<f64>,
    /// They were asked a part of the training examples alone.
    pub part: bool,
}

/// How an epoch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Baseline or accepted.
    Accepted,
    /// Not taken.
    Rejected,
    /// Nothing was evaluated.
    Invalid,
    /// Stopped early.
    Bound,
}

/// Scores with intervals, one below the other.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeChart {
    /// What it shows, where it is one of several. No table beside it has its figures alone then.
    pub caption: Option<String>,
    /// From above.
    pub rows: Vec<RangeRow>,
}

/// A score with its interval.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeRow {
    /// What was measured.
    pub name: String,
    /// The demo model took part.
    pub simulated: bool,
    /// It is measured differently from what it is held against.
    pub unlike: bool,
    /// The score.
    pub score: f64,
    /// Both ends of its interval.
    pub ends: (f64, f64),
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 34.0;

/// Lower and upper end of the axis and the distance of its lines: what the values need, on round numbers.
pub(super) fn axis(values: impl Iterator<Item = f64>) -> (f64, f64, f64) {
    let (low, high) = values.filter(|v| v.is_finite()).fold((1.0_f64, 0.0_f64), |(low, high), v| (low.min(v), high.max(v)));
    let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
    let step = [0.02, 0.05, 0.1, 0.2].into_iter().find(|step| (high - low) / step <= 6.0).unwrap_or(0.2);
    let (low, high) = ((low / step).floor() * step, (high / step).ceil() * step);
    (low.max(0.0), if high > low { high.min(1.0).max(low + step) } else { low + step }, step)
}

fn lines(low: f64, high: f64, step: f64) -> Vec<f64> {
    let mut at = Vec::new();
    let mut value = low;
    while value <= high + step / 1000.0 && at.len() < 60 {
        at.push(value);
        value += step;
    }
    at
}

/// The curve of a run.
pub(super) fn curve(chart: &CurveChart) -> String {
    let points = &chart.points;
    let values = points.iter().flat_map(|p| p.validation.map(|(s, l, h)| [s, l, h]).into_iter().flatten().chain(p.train));
    let (low, high, step) = axis(values);
    let most = f64::from(points.iter().map(|p| p.epoch).max().unwrap_or(0).max(1));
    let x = |epoch: u32| LEFT + f64::from(epoch) / most * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM);
    let scored = || points.iter().filter(|p| p.mark != Mark::Bound).filter_map(|p| p.validation.map(|v| (p, v)));
    let mut out = String::new();
    // Writing to a String cannot fail.
    let mut add = |text: String| {
        let _infallible = write!(out, "{text}");
    };
    for value in lines(low, high, step) {
        let y = y(value);
        add(format!("<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.1}\"/>", WIDTH - RIGHT));
        add(format!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:.0}%</text>", LEFT - 8.0, y + 4.0, value * 100.0));
    }
    let every = (most / 12.0).ceil().max(1.0);
    let mut epoch = 0.0;
    while epoch <= most {
        let at = LEFT + epoch / most * (WIDTH - LEFT - RIGHT);
        add(format!("<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{epoch:.0}</text>", HEIGHT - 12.0));
        epoch += every;
    }
    let upper: Vec<String> = scored().map(|(p, (_, _, high))| format!("{:.1} {:.1}", x(p.epoch), y(high))).collect();
    let lower: Vec<String> =
        scored().map(|(p, (_, low, _))| format!("{:.1} {:.1}", x(p.epoch), y(low))).collect::<Vec<_>>().into_iter().rev().collect();
    if upper.len() > 1 {
        add(format!("<path class=\"band\" d=\"M{}L{}Z\"/>", upper.join("L"), lower.join("L")));
    }
    let (parts, whole): (Vec<&CurvePoint>, Vec<&CurvePoint>) = points.iter().partition(|p| p.part);
    let at = |p: &CurvePoint| p.train.map(|train| (x(p.epoch), y(train)));
    let trained: Vec<String> = whole.iter().filter_map(|p| at(p)).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    if trained.len() > 1 {
        add(format!("<path class=\"trained\" d=\"M{}\"/>", trained.join("L")));
    }
    for (x, y) in parts.iter().filter_map(|p| at(p)) {
        add(format!("<circle class=\"part\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>"));
    }
    let middle: Vec<String> = scored().map(|(p, (score, _, _))| format!("{:.1} {:.1}", x(p.epoch), y(score))).collect();
    if middle.len() > 1 {
        add(format!("<path class=\"val\" d=\"M{}\"/>", middle.join("L")));
    }
    let mut best = String::new();
    for (point, (score, _, _)) in scored().filter(|(p, _)| p.mark == Mark::Accepted) {
        let (x, y) = (x(point.epoch), y(score));
        let _infallible = if best.is_empty() { write!(best, "M{x:.1} {y:.1}") } else { write!(best, "H{x:.1}V{y:.1}") };
    }
    if !best.is_empty() {
        add(format!("<path class=\"best\" d=\"{best}H{:.1}\"/>", WIDTH - RIGHT));
    }
    for point in points {
        let (x, floor) = (x(point.epoch), HEIGHT - BOTTOM - 6.0);
        let at = point.validation.map(|(score, _, _)| y(score));
        let words = match point.validation {
            Some((score, _, _)) if point.mark == Mark::Bound => format!("epoch {}: at most {}", point.epoch, percent(score)),
            Some((score, low, high)) => format!("epoch {}: {} ({} to {})", point.epoch, percent(score), percent(low), percent(high)),
            None => format!("epoch {}: not measured", point.epoch),
        };
        let shape = match (point.mark, at) {
            (Mark::Accepted, Some(y)) => format!("<circle class=\"accepted\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\">"),
            (Mark::Rejected, Some(y)) => format!("<circle class=\"rejected\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\">"),
            (Mark::Bound, Some(y)) => format!("<path class=\"bound\" d=\"M{:.1} {y:.1}h12\">", x - 6.0),
            (Mark::Invalid, _) => format!("<path class=\"invalid\" d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\">", x - 4.0, floor - 4.0),
            // No proposal of the epoch came to validation: there is no score to mark.
            (_, None) => continue,
        };
        let end = if shape.starts_with("<circle") { "circle" } else { "path" };
        add(format!("{shape}<title>{}</title></{end}>", escaped(&words)));
    }
    let first = scored().next().map(|(_, (score, _, _))| percent(score)).unwrap_or_default();
    let top = scored().rfind(|(p, _)| p.mark == Mark::Accepted).map(|(_, (score, _, _))| percent(score)).unwrap_or_default();
    let simulated = if chart.simulated { SIMULATED } else { "" };
    svg(HEIGHT, &format!("{simulated}Validation score over {} epochs, from {first} to {top}", points.len().saturating_sub(1)), &out)
}

/// Scores one below the other.
pub(super) fn ranges(chart: &RangeChart) -> String {
    const ROW: f64 = 34.0;
    const NAMES: f64 = 250.0;
    let (low, high, step) = axis(chart.rows.iter().flat_map(|row| [row.score, row.ends.0, row.ends.1]));
    let height = TOP + BOTTOM + ROW * chart.rows.len() as f64;
    let x = |value: f64| NAMES + (value - low) / (high - low) * (WIDTH - NAMES - RIGHT - 24.0);
    let mut out = String::new();
    for value in lines(low, high, step) {
        let at = x(value);
        let _infallible = write!(
            out,
            "<path class=\"grid\" d=\"M{at:.1} {TOP}V{:.1}\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{:.0}%</text>",
            height - BOTTOM,
            height - 12.0,
            value * 100.0
        );
    }
    for (row, number) in chart.rows.iter().zip(0_u16..) {
        let y = TOP + ROW * (f64::from(number) + 0.5);
        let lines = row.lines();
        for (line, at) in lines.iter().zip(0_u16..) {
            let y = y + 4.0 + 15.0 * (f64::from(at) - (lines.len() as f64 - 1.0) / 2.0);
            let _infallible = write!(out, "<text x=\"12\" y=\"{y:.1}\">{}</text>", escaped(line));
        }
        let at = x(row.score);
        let (mark, end) = if row.unlike {
            (format!("<path class=\"rejected\" d=\"M{at:.1} {:.1}l5.5 5.5l-5.5 5.5l-5.5 -5.5Z\">", y - 5.5), "path")
        } else {
            (format!("<circle class=\"accepted\" cx=\"{at:.1}\" cy=\"{y:.1}\" r=\"4.5\">"), "circle")
        };
        let _infallible = write!(
            out,
            "<path class=\"range\" d=\"M{:.1} {y:.1}H{:.1}\"/>{mark}<title>{}: {}</title></{end}>",
            x(row.ends.0),
            x(row.ends.1),
            escaped(&row.whole()),
            row.words(),
        );
    }
    let words: Vec<String> = chart.rows.iter().map(|row| format!("{}: {}", row.whole(), percent(row.score))).collect();
    svg(height, &words.join("; "), &out)
}

impl RangeRow {
    /// Its name with all that must be known of it.
    pub(super) fn whole(&self) -> String {
        format!("{}{}{}", if self.unlike { "≠ " } else { "" }, self.name, if self.simulated { ", simulated" } else { "" })
    }

    /// The score with both ends of its interval.
    pub(super) fn words(&self) -> String {
        format!("{} ({} to {})", percent(self.score), percent(self.ends.0), percent(self.ends.1))
    }

    /// The name in the room beside the chart: in one line where it fits, else with its middle left out, as repeats differ at their ends.
    fn lines(&self) -> Vec<String> {
        /// Letters in a line, and how many of them are the end of a name that is too long.
        const LINE: usize = 36;
        const END: usize = 22;
        let whole = self.whole();
        if whole.chars().count() <= LINE {
            return vec![whole];
        }
        let name = format!("{}{}", if self.unlike { "≠ " } else { "" }, self.name);
        let letters: Vec<char> = name.chars().collect();
        let name = if letters.len() <= LINE {
            name
        } else {
            let (begins, ends) = (&letters[..LINE - END - 1], &letters[letters.len() - END..]);
            format!("{}…{}", begins.iter().collect::<String>().trim_end(), ends.iter().collect::<String>())
        };
        if self.simulated { vec![name, "simulated".to_owned()] } else { vec![name] }
    }
}

fn svg(height: f64, words: &str, content: &str) -> String {
    format!("<svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {WIDTH:.0} {height:.0}\">{content}</svg>", escaped(words))
}
