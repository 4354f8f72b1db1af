//! What the data says, worked out once for each dataset version.

use std::collections::HashMap;

use super::{
    Store, from_json, json,
    rows::{Rows, in_one_view},
};
use crate::{
    dataset::{DataProfile, ImportReport, LONGEST_LABEL, LabelCount, MOST_LABELS, TextLengths, repeats},
    error::Result,
};

impl Store {
    /// The profile of a dataset version.
    pub async fn data_profile(&self, version: i64) -> Result<DataProfile> {
        let kept: Option<String> =
            self.read(move |c| Ok(c.query_row("SELECT profile FROM dataset WHERE id = ?1", [version], |r| r.get(0))?)).await?;
        if let Some(kept) = kept {
            return from_json(&kept);
        }
        let profile = self.read(move |c| in_one_view(c, || work_out(c, version))).await?;
        let text = json(&profile)?;
        self.write(move |c| {
            c.execute("UPDATE dataset SET profile = ?2 WHERE id = ?1", (version, text))?;
            Ok(())
        })
        .await?;
        Ok(profile)
    }
}

fn work_out(c: &rusqlite::Connection, version: i64) -> Result<DataProfile> {
    let rows = Rows::at(c, version)?;
    let keys = rows.keys(c)?;
    let (duplicates, contradictions) = repeats::count(&keys, |place| rows.state(place).usable());
    let (there, excluded) = rows.counts();
    let mut profile = DataProfile { examples: there - excluded, excluded, duplicates, contradictions, ..DataProfile::default() };
    let report: String = c.query_row("SELECT report FROM dataset WHERE id = ?1", [rows.import], |r| r.get(0))?;
    let mut lengths = TextLengths::new(from_json::<ImportReport>(&report)?.context);
    let mut truths: HashMap<u64, (u64, u32)> = HashMap::new();
    let mut statement =
        c.prepare_cached("SELECT id, user_input, ground_truth_output FROM example WHERE id BETWEEN ?1 AND ?2 AND dataset_id = ?3")?;
    for (first, last) in rows.stretches(0) {
        let mut found = statement.query((first, last, rows.import))?;
        while let Some(row) = found.next()? {
            let Some(place) = rows.place(row.get(0)?).filter(|&place| rows.state(place).usable()) else { continue };
            let text = |at: usize| row.get_ref(at).map(|v| v.as_str().unwrap_or_default());
            lengths.add(text(1)?, text(2)?);
            truths.entry(keys[place as usize].truth_hash).or_insert((0, place)).0 += 1;
        }
    }
    lengths.fill(&mut profile);
    profile.distinct_truths = truths.len() as u32;
    if truths.len() <= MOST_LABELS {
        let mut text = c.prepare_cached("SELECT ground_truth_output FROM example WHERE id = ?1")?;
        for (count, place) in truths.into_values() {
            profile.labels.push(LabelCount { label: text.query_row([rows.id(place)], |r| r.get(0))?, count });
        }
        if profile.labels.iter().any(|label| label.label.len() > LONGEST_LABEL) {
            profile.labels.clear();
        }
        profile.labels.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
    }
    Ok(profile)
}
