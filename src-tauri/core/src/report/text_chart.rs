//! Charts in plain text, for Markdown: a line for each score with its interval, on one axis, legible wherever the report is read.

use super::{
    chart::{CurveChart, CurvePoint, Mark, RangeRow, axis},
    signs,
};
use crate::train::percent;

/// Signs from one end of the axis to the other.
const WIDTH: usize = 48;
/// Signs of a name.
const NAME: usize = 32;
/// Of a longer one so many are its end: repeats differ there.
const END: usize = 20;
const KEY: &str = "● baseline or accepted, ○ rejected, ✕ invalid, ≤ stopped early at that bound, ├─┤ 95 % interval, ┊ the best so far";

/// The score by epoch: a line for each.
pub(super) fn curve(chart: &CurveChart) -> String {
    let scale = Scale::of(chart.points.iter().filter_map(|p| p.validation).flat_map(|(score, low, high)| [score, low, high]));
    let digits = chart.points.iter().map(|p| p.epoch.to_string().len()).max().unwrap_or(1).max(5);
    let mut best: Option<f64> = None;
    let title = if chart.simulated { "Simulated. Validation score by epoch" } else { "Validation score by epoch" };
    let mut lines = vec![title.to_owned(), format!("{:>digits$}     score  {}", "epoch", scale.ends())];
    for CurvePoint { epoch, mark, validation, .. } in &chart.points {
        if let (Mark::Accepted, Some((score, ..))) = (mark, validation) {
            best = Some(*score);
        }
        let sign = match mark {
            Mark::Accepted => '●',
            Mark::Rejected => '○',
            Mark::Invalid => '✕',
            Mark::Bound => '≤',
        };
        let (figure, drawn) = match validation {
            None => (String::new(), scale.line(None, sign, best)),
            Some((score, low, high)) => {
                let ends = (*mark != Mark::Bound).then_some((*low, *high));
                (percent(*score), scale.line(Some((*score, ends)), sign, best))
            }
        };
        lines.push(format!("{epoch:>digits$} {sign} {figure:>7}  {drawn}").trim_end().to_owned());
    }
    lines.push(format!("\n{KEY}"));
    lines.join("\n")
}

/// Scores one below the other.
pub(super) fn ranges(rows: &[RangeRow]) -> String {
    let scale = Scale::of(rows.iter().flat_map(|row| [row.score, row.ends.0, row.ends.1]));
    let names: Vec<String> = rows.iter().map(|row| cut(&row.whole())).collect();
    let room = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut lines = vec![format!("{:room$}    score  {}", "", scale.ends())];
    for (RangeRow { score, ends, unlike, .. }, name) in rows.iter().zip(&names) {
        let sign = if *unlike { '○' } else { '●' };
        let drawn = scale.line(Some((*score, Some(*ends))), sign, None);
        lines.push(format!("{name:room$} {sign} {:>6}  {drawn}", percent(*score)).trim_end().to_owned());
    }
    lines.join("\n")
}

/// A name that has no line ends and leaves the chart its room.
fn cut(name: &str) -> String {
    let shown: String = signs::shown(name).chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let letters: Vec<char> = shown.chars().collect();
    if letters.len() <= NAME {
        return shown;
    }
    letters[..NAME - END - 1].iter().chain(&['…']).chain(&letters[letters.len() - END..]).collect()
}

/// The axis that all lines of a chart share.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (low, high, _) = axis(values);
        Self { low, high }
    }

    fn ends(&self) -> String {
        let (low, high) = (percent(self.low), percent(self.high));
        format!("{low}{high:>width$}", width = WIDTH.saturating_sub(low.chars().count()))
    }

    fn place(&self, value: f64) -> usize {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        (share * (WIDTH - 1) as f64).round() as usize
    }

    fn line(&self, score: Option<(f64, Option<(f64, f64)>)>, sign: char, best: Option<f64>) -> String {
        let mut line = [' '; WIDTH];
        if let Some((_, Some((low, high)))) = score {
            let (from, to) = (self.place(low), self.place(high));
            line[from..=to.max(from)].fill('─');
            line[from] = '├';
            line[to.max(from)] = '┤';
        }
        if let Some(best) = best {
            let at = self.place(best);
            line[at] = if line[at] == ' ' { '┊' } else { line[at] };
        }
        if let Some((score, _)) = score {
            line[self.place(score)] = sign;
        }
        line.iter().collect::<String>().trim_end().to_owned()
    }
}
