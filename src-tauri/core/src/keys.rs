//! API keys: in the operating system's keychain, or in memory for this session when there is none. Nowhere else.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock},
};

use secrecy::{ExposeSecret, SecretString};

use crate::{
    connection::{Connection, KeyReference, KeychainState},
    error::{Error, ErrorCode, Result},
};

/// Keeps keys by connection. Calls may block: use them outside async tasks.
pub trait KeyStore: Send + Sync {
    /// The key under this name.
    fn get(&self, name: &str) -> Result<Option<SecretString>>;
    /// Keeps a key.
    fn set(&self, name: &str, key: &SecretString) -> Result<()>;
    /// Forgets a key; one that is not there is fine.
    fn delete(&self, name: &str) -> Result<()>;
    /// Whether keys outlive the session.
    fn state(&self) -> KeychainState;
}

/// Keys for this session only.
#[derive(Default)]
pub struct MemoryKeys {
    keys: Mutex<HashMap<String, SecretString>>,
    reason: String,
}

impl MemoryKeys {
    /// An empty store; the reason tells the user why keys are not kept.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { keys: Mutex::default(), reason: reason.into() }
    }
    fn keys(&self) -> std::sync::MutexGuard<'_, HashMap<String, SecretString>> {
        self.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl KeyStore for MemoryKeys {
    fn get(&self, name: &str) -> Result<Option<SecretString>> {
        Ok(self.keys().get(name).cloned())
    }
    fn set(&self, name: &str, key: &SecretString) -> Result<()> {
        self.keys().insert(name.to_owned(), key.clone());
        Ok(())
    }
    fn delete(&self, name: &str) -> Result<()> {
        self.keys().remove(name);
        Ok(())
    }
    fn state(&self) -> KeychainState {
        KeychainState {
            available: false,
            message: format!("{} Keys stay in memory until the program ends; an environment variable keeps them longer.", self.reason),
        }
    }
}

/// The operating system's keychain.
pub struct Keychain;

const SERVICE: &str = "mlprompt";

impl Keychain {
    /// Opens the platform's store, or tells why there is none.
    pub fn open() -> Result<Self, String> {
        #[cfg(target_os = "linux")]
        let store = zbus_secret_service_keyring_store::Store::new();
        #[cfg(target_os = "macos")]
        let store = apple_native_keyring_store::keychain::Store::new();
        #[cfg(target_os = "windows")]
        let store = windows_native_keyring_store::Store::new();
        let store = store.map_err(|error| format!("This computer's keychain does not answer ({error})."))?;
        keyring_core::set_default_store(store);
        Ok(Self)
    }

    fn entry(name: &str) -> Result<keyring_core::Entry> {
        keyring_core::Entry::new(SERVICE, name).map_err(refused)
    }
}

fn refused(error: keyring_core::Error) -> Error {
    Error::new(ErrorCode::Keychain, format!("The keychain refused: {error}. Unlock it and try again, or name an environment variable."))
}

impl KeyStore for Keychain {
    fn get(&self, name: &str) -> Result<Option<SecretString>> {
        match Self::entry(name)?.get_password() {
            Ok(key) => Ok(Some(key.into())),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }
    fn set(&self, name: &str, key: &SecretString) -> Result<()> {
        Self::entry(name)?.set_password(key.expose_secret()).map_err(refused)
    }
    fn delete(&self, name: &str) -> Result<()> {
        match Self::entry(name)?.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(error) => Err(refused(error)),
        }
    }
    fn state(&self) -> KeychainState {
        KeychainState { available: true, message: "Keys are kept in this computer's keychain and never shown again.".into() }
    }
}

/// The platform's keychain, or memory with the reason. It is looked for when a key is first needed: that may take a while, blocks,
/// and most runs of the demo model need none.
#[derive(Default)]
pub struct PlatformKeys(OnceLock<Box<dyn KeyStore>>);

impl PlatformKeys {
    fn store(&self) -> &dyn KeyStore {
        &**self.0.get_or_init(|| match Keychain::open() {
            Ok(keychain) => Box::new(keychain),
            Err(reason) => Box::new(MemoryKeys::new(reason)),
        })
    }
}

impl KeyStore for PlatformKeys {
    fn get(&self, name: &str) -> Result<Option<SecretString>> {
        self.store().get(name)
    }
    fn set(&self, name: &str, key: &SecretString) -> Result<()> {
        self.store().set(name, key)
    }
    fn delete(&self, name: &str) -> Result<()> {
        self.store().delete(name)
    }
    fn state(&self) -> KeychainState {
        self.store().state()
    }
}

/// Name of a connection's key in the store. The database's own id keeps two databases apart.
pub fn key_name(database: &str, connection: i64) -> String {
    format!("{database}/connection-{connection}")
}

/// Finds the key of a connection: the environment variable it names, or the store.
pub fn find_key(
    connection: &Connection,
    name: &str,
    store: &dyn KeyStore,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<SecretString>> {
    let absent = |advice: String| Error::new(ErrorCode::Unauthorized, format!("{} has no key: {advice}", connection.name));
    match &connection.key {
        KeyReference::None => Ok(None),
        KeyReference::Environment { variable } => match environment(variable) {
            Some(key) if !key.trim().is_empty() => Ok(Some(key.trim().to_owned().into())),
            _ => Err(absent(format!("the environment variable {variable} is not set. Set it and start again, or store a key."))),
        },
        KeyReference::Keychain => match store.get(name)? {
            Some(key) => Ok(Some(key)),
            None => Err(absent("none is stored. Open Connections and enter it.".into())),
        },
    }
}
