//! Prices of models: shipped with a date, overridden by the user's own table and by a connection's. A price that is not known is
//! unknown, never zero.

use serde::{Deserialize, Serialize};

use crate::{
    chat::base_url,
    connection::{Connection, ConnectionKind},
    error::{Error, Result},
};

/// What a model costs, in dollars per million tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ModelPrice {
    /// Exact name of the model.
    pub model: String,
    /// Tokens in.
    pub input: f64,
    /// Tokens out, reasoning included.
    pub output: f64,
    /// Tokens in that the provider had in its own cache; null: as other tokens in.
    pub cached_input: Option<f64>,
}

/// The prices that count, besides those of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PriceTable {
    /// The oldest day on which a shipped price was confirmed, as in 2026-09-05.
    pub shipped_on: String,
    /// Shipped with the program; they count for the providers' own services.
    pub shipped: Vec<ModelPrice>,
    /// The user's own; they come first and count everywhere.
    pub own: Vec<ModelPrice>,
}

impl ModelPrice {
    /// Dollars of so many tokens; `cached` is the part of `prompt` that the provider had in its cache.
    pub fn cost(&self, prompt: u64, cached: u64, completion: u64) -> f64 {
        let cached = cached.min(prompt);
        let dollars = (prompt - cached) as f64 * self.input
            + cached as f64 * self.cached_input.unwrap_or(self.input)
            + completion as f64 * self.output;
        dollars / 1e6
    }

    /// No dollars at all.
    pub fn free(model: &str) -> Self {
        Self { model: model.to_owned(), input: 0.0, output: 0.0, cached_input: None }
    }
}

/// The oldest day on which a shipped price was confirmed; most were seen later.
pub const SHIPPED_ON: &str = "2026-09-05";

/// Name, dollars per million tokens in, out, and in from the provider's cache. List prices of the standard tier for short requests,
/// as on the providers' pricing pages. Dearer bands begin far above the prompts of a run: above 272,000 tokens in at OpenAI, 200,000
/// for Gemini's Pro, 100,000 for Claude Haiku 5.5. Where a price ends on a known day, the dearer one counts already, so that a budget
/// is never understated. Models that no longer answer have no row. Not in here: OpenAI, from GPT-5.6 on, asks a quarter more for
/// tokens in that it writes to its cache, which it may do with prompts of 1,024 tokens or more.
type Row = (&'static str, f64, f64, f64);

const OPENAI: &[Row] = &[
    ("gpt-6.2-astra", 8.0, 40.0, 0.4),
    ("gpt-6.2-sol", 2.0, 10.0, 0.1),
    ("gpt-6.1-sol", 2.0, 10.0, 0.1),
    ("gpt-6.1-terra", 1.0, 5.0, 0.05),
    ("gpt-6-astra", 10.0, 50.0, 1.0),
    ("gpt-6-sol", 2.0, 10.0, 0.2),
    ("gpt-6-luna", 0.1, 0.5, 0.01),
    // 4, 20 and 0.4 were promised until 2026-11-21 at least; these are the regular ones.
    ("gpt-5.6-sol", 5.0, 30.0, 0.5),
    ("gpt-5.6-terra", 2.0, 12.0, 0.2),
    ("gpt-5.6-luna", 0.2, 1.2, 0.02),
    ("gpt-5.5", 5.0, 30.0, 0.5),
    ("gpt-5.4", 2.5, 15.0, 0.25),
    ("gpt-5.4-mini", 0.75, 4.5, 0.075),
    ("gpt-5.4-nano", 0.2, 1.25, 0.02),
    ("gpt-5.2", 1.75, 14.0, 0.175),
    ("gpt-5.1", 1.25, 10.0, 0.125),
    // Answer until 2026-12-11.
    ("gpt-5", 1.25, 10.0, 0.125),
    ("gpt-5-mini", 0.25, 2.0, 0.025),
    ("gpt-5-nano", 0.05, 0.4, 0.005),
    ("o3", 2.0, 8.0, 0.5),
    // Answer until 2027-01-14.
    ("gpt-4.1", 2.0, 8.0, 0.5),
    ("gpt-4.1-mini", 0.4, 1.6, 0.1),
    ("gpt-4o", 2.5, 10.0, 1.25),
    ("gpt-4o-mini", 0.15, 0.6, 0.075),
];
const ANTHROPIC: &[Row] = &[
    ("claude-fable-5-1", 10.0, 50.0, 0.25),
    ("claude-mythos-5-1", 10.0, 50.0, 0.25),
    ("claude-fable-5", 10.0, 50.0, 1.0),
    ("claude-mythos-5", 10.0, 50.0, 1.0),
    ("claude-opus-5-5", 4.0, 20.0, 0.2),
    ("claude-opus-5", 5.0, 25.0, 0.5),
    ("claude-opus-4-8", 5.0, 25.0, 0.5),
    ("claude-opus-4-7", 5.0, 25.0, 0.5),
    ("claude-opus-4-6", 5.0, 25.0, 0.5),
    ("claude-opus-4-5", 5.0, 25.0, 0.5),
    ("claude-sonnet-5-5", 2.0, 10.0, 0.1),
    ("claude-sonnet-5", 2.0, 10.0, 0.2),
    ("claude-sonnet-4-6", 3.0, 15.0, 0.3),
    ("claude-sonnet-4-5", 3.0, 15.0, 0.3),
    ("claude-haiku-5-5", 0.1, 0.5, 0.01),
    ("claude-haiku-4-5", 1.0, 5.0, 0.1),
];
const GEMINI: &[Row] = &[
    // Carbon and Argon: half of this until 2026-11-30.
    ("gemini-4-carbon", 4.0, 20.0, 0.2),
    ("gemini-4-argon", 4.0, 20.0, 0.2),
    ("gemini-4-neon", 3.0, 15.0, 0.15),
    ("gemini-4-hydrogen", 1.5, 7.5, 0.075),
    // 3.8, 3.7 and 3.6: half of this until 2026-12-31.
    ("gemini-3.8-flash", 1.5, 7.5, 0.15),
    ("gemini-3.7-flash", 1.5, 7.5, 0.15),
    ("gemini-3.6-flash", 1.5, 7.5, 0.15),
    ("gemini-3.5-flash", 1.5, 9.0, 0.15),
    ("gemini-3.5-flash-lite", 0.3, 2.5, 0.03),
    ("gemini-3.1-pro-preview", 2.0, 12.0, 0.2),
    ("gemini-3.1-flash-lite", 0.25, 1.5, 0.025),
    ("gemini-3-flash-preview", 0.5, 3.0, 0.05),
    // 1.25, 10 and 0.125 until 2026-11-30. Then gemini-3.8-flash answers in its place and at its own price: of each the dearer.
    ("gemini-2.5-pro", 1.5, 10.0, 0.15),
    // From 2026-12-01 gemini-3.5-flash-lite answers in its place, at the same price.
    ("gemini-2.5-flash", 0.3, 2.5, 0.03),
    ("gemini-2.5-flash-lite", 0.1, 0.4, 0.01),
];

/// Host of the service that a list is of.
const SERVICES: [(ConnectionKind, &str, &[Row]); 3] = [
    (ConnectionKind::Openai, "api.openai.com", OPENAI),
    (ConnectionKind::Anthropic, "api.anthropic.com", ANTHROPIC),
    (ConnectionKind::Gemini, "generativelanguage.googleapis.com", GEMINI),
];

fn price((model, input, output, cached): Row) -> ModelPrice {
    ModelPrice { model: model.to_owned(), input, output, cached_input: Some(cached) }
}

/// All shipped prices.
pub fn shipped() -> Vec<ModelPrice> {
    SERVICES.iter().flat_map(|(_, _, list)| list.iter().copied().map(price)).collect()
}

/// What a model costs at a connection: by the connection's own prices, then the user's table, then, at the provider's own service,
/// the shipped list, where a name may carry the date of its version. None is unknown. The demo model costs nothing.
pub fn find(connection: &Connection, own: &[ModelPrice], model: &str) -> Option<ModelPrice> {
    if connection.kind == ConnectionKind::Demo {
        return Some(ModelPrice::free(model));
    }
    let of = |prices: &[ModelPrice]| prices.iter().find(|p| p.model == model).cloned();
    of(&connection.prices).or_else(|| of(own)).or_else(|| {
        let url = base_url(connection).ok()?;
        let (_, _, list) = SERVICES.iter().find(|(kind, host, _)| *kind == connection.kind && url.host_str() == Some(host))?;
        list.iter().copied().find(|(name, ..)| *name == model || without_date(model) == Some(name)).map(price)
    })
}

/// `gpt-4o` of `gpt-4o-2024-08-06`, `claude-sonnet-4-5` of `claude-sonnet-4-5-20250929`, either of `…-latest`.
pub(crate) fn without_date(model: &str) -> Option<&str> {
    let digits = |text: &str, lengths: &[usize]| {
        let parts: Vec<&str> = text.split('-').collect();
        parts.len() == lengths.len() && parts.iter().zip(lengths).all(|(p, l)| p.len() == *l && p.bytes().all(|b| b.is_ascii_digit()))
    };
    if let Some(name) = model.strip_suffix("-latest") {
        return Some(name);
    }
    [(9, &[8][..]), (11, &[4, 2, 2][..])].into_iter().find_map(|(length, shape)| {
        let at = model.len().checked_sub(length)?;
        let (name, date) = (model.get(..at)?, model.get(at..)?);
        digits(date.strip_prefix('-')?, shape).then_some(name)
    })
}

/// Refuses prices that cannot be: no name, negative, not a number, or two for one model.
pub fn check(prices: &[ModelPrice]) -> Result<()> {
    for (index, price) in prices.iter().enumerate() {
        let figures = [Some(price.input), Some(price.output), price.cached_input];
        if price.model.trim().is_empty() {
            return Err(Error::invalid("A price has no model. Enter the model's exact name, or remove the row."));
        }
        if figures.into_iter().flatten().any(|p| !p.is_finite() || p < 0.0) {
            return Err(Error::invalid(format!("The price of {} must be dollars per million tokens, 0 or more.", price.model)));
        }
        if prices[..index].iter().any(|p| p.model == price.model) {
            return Err(Error::invalid(format!("{} has two prices. Remove one of them.", price.model)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(kind: ConnectionKind, url: &str) -> Connection {
        Connection { kind, base_url: url.into(), ..Connection::blank() }
    }

    #[test]
    fn a_price_counts_where_it_is_known_and_nowhere_else() {
        let openai = at(ConnectionKind::Openai, "https://api.openai.com/v1");
        let elsewhere = at(ConnectionKind::Openai, "http://localhost:8000/v1");
        assert_eq!(find(&openai, &[], "gpt-4o").map(|p| p.input), Some(2.5));
        assert_eq!(find(&openai, &[], "gpt-4o-2024-08-06").map(|p| p.input), Some(2.5));
        assert_eq!(find(&openai, &[], "gpt-4o-mini-2024-07-18").map(|p| p.input), Some(0.15));
        assert_eq!(find(&openai, &[], "gpt-4o-audio"), None, "another model");
        assert_eq!(find(&elsewhere, &[], "gpt-4o"), None, "another service");
        let claude = at(ConnectionKind::Anthropic, "https://api.anthropic.com/v1");
        assert_eq!(find(&claude, &[], "claude-sonnet-4-5-20250929").map(|p| p.output), Some(15.0));
        assert_eq!(find(&at(ConnectionKind::Ollama, "http://localhost:11434"), &[], "llama3"), None, "unknown, never zero");
        assert_eq!(find(&at(ConnectionKind::Demo, ""), &[], "demo").map(|p| p.cost(1000, 0, 1000)), Some(0.0));
    }

    #[test]
    fn shipped_prices_are_one_for_each_model_and_no_column_is_in_another_s_place() {
        let prices = shipped();
        assert!(check(&prices).is_ok(), "{:?}", check(&prices));
        for price in prices {
            let cached = price.cached_input.unwrap_or(price.input);
            assert!(0.0 < cached && cached <= price.input && price.input <= price.output, "{price:?}");
        }
    }

    #[test]
    fn a_price_that_ends_is_shipped_as_the_dearer_one() {
        let gemini = at(ConnectionKind::Gemini, "https://generativelanguage.googleapis.com/v1beta");
        let openai = at(ConnectionKind::Openai, "https://api.openai.com/v1");
        assert_eq!(find(&gemini, &[], "gemini-3.8-flash").map(|p| p.input), Some(1.5), "not the 0.75 of 2026");
        assert_eq!(find(&openai, &[], "gpt-5.6-sol").map(|p| p.output), Some(30.0), "not the 20 of autumn 2026");
    }

    #[test]
    fn the_connection_s_price_comes_before_the_user_s_and_that_before_the_shipped_one() {
        let cents = |input| ModelPrice { model: "gpt-4o".into(), input, output: 1.0, cached_input: None };
        let mut openai = at(ConnectionKind::Openai, "https://api.openai.com/v1");
        assert_eq!(find(&openai, &[cents(7.0)], "gpt-4o").map(|p| p.input), Some(7.0));
        openai.prices = vec![cents(9.0)];
        assert_eq!(find(&openai, &[cents(7.0)], "gpt-4o").map(|p| p.input), Some(9.0));
    }

    #[test]
    fn cost_is_by_the_million_and_cached_tokens_are_a_part_of_those_in() {
        let price = ModelPrice { model: "m".into(), input: 2.0, output: 8.0, cached_input: Some(0.5) };
        assert!((price.cost(1_000_000, 400_000, 500_000) - (1.2 + 0.2 + 4.0)).abs() < 1e-9);
        let plain = ModelPrice { cached_input: None, ..price };
        assert!((plain.cost(1_000_000, 400_000, 0) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn prices_that_cannot_be_are_refused() {
        let price = |model: &str, input| ModelPrice { model: model.into(), input, output: 1.0, cached_input: None };
        assert!(check(&[price("a", 1.0), price("b", 0.0)]).is_ok());
        for bad in [vec![price(" ", 1.0)], vec![price("a", -1.0)], vec![price("a", f64::NAN)], vec![price("a", 1.0), price("a", 2.0)]] {
            assert!(check(&bad).is_err(), "{bad:?}");
        }
    }
}
