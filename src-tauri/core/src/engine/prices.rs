//! The price table, and what a run's models cost.

use super::{Engine, door, run_settings};
use crate::{
    api::{NoRequest, PricedModel, SavePrices},
    calls::Prices,
    connection::Connection,
    error::Result,
    price::{self, ModelPrice, PriceTable},
    run::{ModelConfig, RunConfig},
    store::Role,
};

/// Where the user's own prices are kept.
const OWN_PRICES: &str = "prices";

impl Engine {
    /// The price table: what is shipped, and the user's own.
    #[door]
    pub async fn get_prices(&self, _: NoRequest) -> Result<PriceTable> {
        Ok(PriceTable { shipped_on: price::SHIPPED_ON.into(), shipped: price::shipped(), own: self.own_prices().await? })
    }

    /// Replaces the user's own prices.
    #[door]
    pub async fn save_prices(&self, request: SavePrices) -> Result<PriceTable> {
        let trimmed = |p: ModelPrice| ModelPrice { model: p.model.trim().to_owned(), ..p };
        let prices: Vec<ModelPrice> = request.prices.into_iter().map(trimmed).collect();
        price::check(&prices)?;
        self.store().save_setting(OWN_PRICES, &prices).await?;
        self.get_prices(NoRequest {}).await
    }

    /// What a model costs at a connection; none is unknown.
    #[door]
    pub async fn model_price(&self, request: PricedModel) -> Result<Option<ModelPrice>> {
        let connection = self.store().connection(request.connection).await?;
        Ok(price::find(&connection, &self.own_prices().await?, &request.model))
    }

    async fn own_prices(&self) -> Result<Vec<ModelPrice>> {
        Ok(self.store().setting(OWN_PRICES).await?.unwrap_or_default())
    }

    /// Gives each connection the prices of the models it is used for, as they are now: a run keeps them to its end.
    pub(super) async fn freeze_prices(&self, config: &RunConfig, connections: &mut [Connection]) -> Result<()> {
        let own = self.own_prices().await?;
        for (_, model) in models(config) {
            if let Some(connection) = connections.iter_mut().find(|c| c.id == model.connection)
                && !connection.prices.iter().any(|p| p.model == model.model)
                && let Some(price) = price::find(connection, &own, &model.model)
            {
                connection.prices.push(ModelPrice { model: model.model.clone(), ..price });
            }
        }
        Ok(())
    }
}

/// The models a run asks, by role.
pub(super) fn models(config: &RunConfig) -> impl Iterator<Item = (Role, &ModelConfig)> {
    let judge = config.judge.as_ref().filter(|_| run_settings::needs_judge(config));
    // A run without epochs asks no optimizer.
    let optimizer = (config.epochs > 0).then_some(&config.optimizer);
    let all = [(Role::Primary, Some(&config.primary)), (Role::Optimizer, optimizer), (Role::Judge, judge)];
    all.into_iter().filter_map(|(role, model)| Some((role, model?)))
}

/// The price of each role's model, from connections as a run froze them.
pub(super) fn of_roles(config: &RunConfig, connections: &[Connection]) -> Prices {
    models(config)
        .map(|(role, model)| (role, connections.iter().find(|c| c.id == model.connection).and_then(|c| price::find(c, &[], &model.model))))
        .collect()
}
