//! Two prompts that need be of no run as a report: what the answers on disk say of them, and on which model and rows.

use super::{
    facts::row,
    metrics, model,
    pair::{Sides, add_labels, add_outcome, add_prompts, add_rows, add_verdict},
    settings::extract,
};
use crate::{
    api::{ExportPrompts, TextBody},
    engine::{Engine, door, prompt_pair::Known},
    error::{Error, Result},
    report::{Block, Report},
    run::simulated_roles_words,
    store::Role,
};

impl Engine {
    /// A comparison of two prompts as one report.
    #[door]
    pub async fn export_prompts(&self, request: ExportPrompts) -> Result<TextBody> {
        let ExportPrompts { pair, first, second, format } = request;
        let project = self.store().project(pair.project).await?.name;
        let seed = pair.rows.map(|_| pair.seed);
        let known = self.known_of_both(pair).await?;
        let compared = &known.told.comparison;
        if compared.buckets.not_compared as usize == compared.rows.len() {
            return Err(Error::invalid("No row is answered under both prompts yet, so there is nothing to report. Ask both first."));
        }
        let names = [first, second];
        let mut report = Report::new(format!("{} against {}", names[1], names[0])).written(self.moment());
        report.blocks.extend(simulated_roles_words(&known.simulated).map(|words| Block::Caution(words.into())));
        add_verdict(&mut report, compared);
        report.blocks.extend(known.told.elsewhere.clone().map(Block::Caution));
        let simulated = !known.simulated.is_empty();
        add_outcome(&mut report, &Sides { names: &names, simulated: [simulated; 2], unlike: false }, compared);
        let facts = self.facts_of(project, &known, seed).await?;
        report.add(Block::Table { head: row("", [String::new()].into_iter()), rows: facts });
        add_rows(&mut report, compared);
        add_labels(&mut report, compared);
        add_prompts(&mut report, &names, compared);
        report.in_format(&format).map(|text| TextBody { text })
    }

    /// What the two were measured on.
    async fn facts_of(&self, project: String, known: &Known, seed: Option<u64>) -> Result<Vec<Vec<String>>> {
        let Known { told, dataset, config, simulated } = known;
        let connection = self.store().connection(config.primary.connection).await?;
        let reached =
            if connection.base_url.is_empty() { connection.name } else { format!("{} at {}", connection.name, connection.base_url) };
        let drawn = seed.map(|seed| format!(", drawn with seed {seed}")).unwrap_or_default();
        let answered = told.rows - told.comparison.buckets.not_compared;
        let mut facts = vec![
            ("project", project),
            ("dataset", dataset.name.clone()),
            ("validation rows", format!("{} of {}{drawn}", told.rows, told.of)),
            ("answered under both", format!("{answered} of {}", told.rows)),
            ("model", model(&config.primary)),
            ("connection as it is now", reached),
        ];
        if let Some(judge) = &config.judge {
            facts.push(("judge", model(judge)));
        }
        facts.extend([
            ("metrics", metrics(config)),
            ("match from", config.match_threshold.to_string()),
            ("answer", extract(config.extract.as_ref())),
            ("answers per example", config.samples.max(1).to_string()),
            (
                "simulated",
                if simulated.contains(&Role::Primary) {
                    "yes, the demo model answered"
                } else if simulated.is_empty() {
                    "no"
                } else {
                    "the judge alone"
                }
                .to_owned(),
            ),
        ]);
        Ok(facts.into_iter().map(|(name, value)| row(name, [value].into_iter())).collect())
    }
}
