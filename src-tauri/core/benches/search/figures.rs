//! Means, their intervals, and differences paired by seed.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// A mean with half of its 95 % interval (Student's t).
#[derive(Clone, Copy)]
pub struct Mean {
    pub mean: f64,
    pub half: f64,
}

/// Of these values.
pub fn mean(values: &[f64]) -> Mean {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
    let quantile = StudentsT::new(0.0, 1.0, (n - 1.0).max(1.0)).unwrap().inverse_cdf(0.975);
    Mean { mean, half: quantile * (variance / n).sqrt() }
}

/// By how much the first are ahead of the second, pair by pair.
pub fn ahead(first: &[f64], second: &[f64]) -> Mean {
    mean(&first.iter().zip(second).map(|(a, b)| a - b).collect::<Vec<_>>())
}

impl Mean {
    /// So many decimals.
    pub fn text(self, decimals: usize) -> String {
        format!("{:.decimals$} ± {:.decimals$}", self.mean, self.half)
    }

    /// The same with its sign.
    pub fn signed(self, decimals: usize) -> String {
        format!("{:+.decimals$} ± {:.decimals$}", self.mean, self.half)
    }
}
