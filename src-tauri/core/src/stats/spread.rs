//! Several measurements of the same thing: their mean and how far they lie apart.

use serde::{Deserialize, Serialize};

/// Figures of several runs, taken together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Sample standard deviation; none of a single figure.
    pub spread: Option<f64>,
    /// The lowest.
    pub low: f64,
    /// The highest.
    pub high: f64,
    /// How many.
    pub n: u32,
}

impl Spread {
    /// Of these figures; none of none.
    pub fn of(figures: &[f64]) -> Option<Self> {
        if figures.is_empty() {
            return None;
        }
        let n = figures.len() as f64;
        let mean = figures.iter().sum::<f64>() / n;
        let squares: f64 = figures.iter().map(|f| (f - mean).powi(2)).sum();
        Some(Self {
            mean,
            spread: (figures.len() > 1).then(|| (squares / (n - 1.0)).sqrt()),
            low: figures.iter().copied().fold(f64::INFINITY, f64::min),
            high: figures.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            n: u32::try_from(figures.len()).unwrap_or(u32::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: 2, 4, 4, 6 lie around 4 with squares 4 + 0 + 0 + 4 = 8; 8 / 3, its root 1.63299.
    #[test]
    fn mean_and_spread_by_hand() {
        let spread = Spread::of(&[0.2, 0.4, 0.4, 0.6]).unwrap();
        assert!((spread.mean - 0.4).abs() < 1e-12 && (spread.spread.unwrap() - 0.163_299_316_185_545).abs() < 1e-12);
        assert_eq!((spread.low, spread.high, spread.n), (0.2, 0.6, 4));
    }

    #[test]
    fn one_figure_has_no_spread_and_none_has_nothing() {
        assert_eq!(Spread::of(&[0.5]).map(|s| (s.mean, s.spread)), Some((0.5, None)));
        assert_eq!(Spread::of(&[]), None);
    }
}
