//! Which examples of two runs are the same though their rows are not: a file that was imported again brings rows of its own.

use std::collections::{HashMap, HashSet, VecDeque};

use super::Engine;
use crate::{error::Result, store::StoredExample};

impl Engine {
    /// For examples of `others` that are not among `own` the one of `own` that says the same in every cell, where there is one: examples
    /// by the row they have in `own`. Of several that say the same each stands for one, in their order.
    pub(super) async fn same_examples(&self, own: &[i64], others: &[i64]) -> Result<HashMap<i64, i64>> {
        let alone = |ids: &[i64], of: &[i64]| {
            let of: HashSet<i64> = of.iter().copied().collect();
            ids.iter().copied().filter(|id| !of.contains(id)).collect::<Vec<i64>>()
        };
        let (own, others) = (alone(own, others), alone(others, own));
        if own.is_empty() || others.is_empty() {
            return Ok(HashMap::new());
        }
        let said = |example: StoredExample| ((example.user_input, example.ground_truth_output, example.cells), example.id);
        let mut known: HashMap<_, VecDeque<i64>> = HashMap::new();
        for (said, id) in self.store().examples_by_id(own.into()).await?.into_iter().map(said) {
            known.entry(said).or_default().push_back(id);
        }
        let others = self.store().examples_by_id(others.into()).await?.into_iter().map(said);
        Ok(others.filter_map(|(said, id)| Some((id, known.get_mut(&said)?.pop_front()?))).collect())
    }
}
