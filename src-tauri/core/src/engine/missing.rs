//! Examples of a run that have no answer, and why: those that may be asked for again, and those that left the run for good.

use std::collections::HashMap;

use super::{Engine, door};
use crate::{
    api::{ListMissing, MissingExample, MissingGroup, MissingPage},
    dataset::Example,
    error::Result,
    store::MissingRow,
};

impl Engine {
    /// Examples without an answer under some prompt of a run, all splits, with the cause of each.
    #[door]
    pub async fn list_missing(&self, request: ListMissing) -> Result<MissingPage> {
        // Tells of a run that is not there.
        self.store().run_row(request.run).await?;
        let missing = self.store().missing(request.run).await?;
        let mut groups: Vec<MissingGroup> = Vec::new();
        for row in &missing {
            let place = groups.iter().position(|g| g.cause == row.cause).unwrap_or_else(|| {
                groups.push(MissingGroup { cause: row.cause, count: 0, left_out: 0 });
                groups.len() - 1
            });
            groups[place].count += 1;
            groups[place].left_out += u32::from(row.left_out);
        }
        // The order of equals is that of their first example.
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        let wanted: Vec<MissingRow> = missing.into_iter().filter(|row| request.only.is_none_or(|only| only == row.cause)).collect();
        let total = u32::try_from(wanted.len()).unwrap_or(u32::MAX);
        let page: Vec<MissingRow> = wanted.into_iter().skip(request.offset as usize).take(request.limit.min(500) as usize).collect();
        let examples = self.store().examples_with_split(page.iter().map(|row| row.example).collect()).await?;
        let mut by_id: HashMap<i64, Example> = examples.into_iter().map(|example| (example.id, example)).collect();
        let rows = page.into_iter().filter_map(|MissingRow { example, split, cause, left_out, prompts, said }| {
            Some(MissingExample { example: by_id.remove(&example)?, split, cause, left_out, prompts, said })
        });
        Ok(MissingPage { groups, total, rows: rows.collect() })
    }
}
