//! Connections and what their models cost.

use serde::{Deserialize, Serialize};

use super::{Connection, ModelPrice};

requests! {
    /// Names a model at a connection.
    PricedModel {
        /// The connection.
        connection: i64,
        /// Exact name of the model.
        model: String,
    }
    /// Save a connection; the key goes to the keychain and nowhere else.
    SaveConnection {
        /// The connection; id 0 makes a new one.
        connection: Connection,
        /// A new key; none leaves the kept one.
        secret: Option<String>,
    }
    /// Try a connection as it is filled in, saved or not.
    TestConnection {
        /// The connection.
        connection: Connection,
        /// The key typed just now; none uses the kept one.
        secret: Option<String>,
    }
    /// Replace the user's own prices.
    SavePrices {
        /// One per model.
        prices: Vec<ModelPrice>,
    }
}
