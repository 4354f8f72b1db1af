//! Networks as users have them: the system's proxy, a company's root certificate, headers a gateway wants, a server of one's own
//! whose certificate nobody signed.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::base_url;
use crate::{
    connection::{Connection, Network},
    error::{Error, ErrorCode, Result},
};

/// Headers that carry a key belong to the keychain, and those of the message itself are not the user's to write.
const NOT_FOR_USERS: [&str; 10] = [
    "authorization",
    "x-api-key",
    "x-goog-api-key",
    "api-key",
    "proxy-authorization",
    "cookie",
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
];

/// The HTTP clients of the process, one for each way to reach a network.
#[derive(Clone, Default)]
pub struct Clients(Arc<Mutex<HashMap<Way, reqwest::Client>>>);

/// A root certificate, and whether unsigned ones are taken.
type Way = (Option<String>, bool);

impl Clients {
    /// The client of a connection, made when it is first needed.
    pub fn of(&self, connection: &Connection) -> Result<reqwest::Client> {
        let network = &connection.network;
        let unsigned = network.accept_self_signed && is_local(connection);
        let key = (network.root_certificate.clone(), unsigned);
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let client = client(network.root_certificate.as_deref(), unsigned)?;
        clients.insert(key, client.clone());
        Ok(client)
    }
}

/// Certificates come from the operating system and the file, the proxy from the system; redirects are not followed, so that no key
/// follows them.
fn client(root_certificate: Option<&str>, unsigned: bool) -> Result<reqwest::Client> {
    // A second installation in the same process answers Err and changes nothing.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        .pool_max_idle_per_host(256)
        .tls_danger_accept_invalid_certs(unsigned)
        .user_agent(concat!("mlprompt/", env!("CARGO_PKG_VERSION")));
    if let Some(file) = root_certificate {
        builder = builder.tls_certs_merge(certificates(file)?);
    }
    builder.build().map_err(|error| Error::internal(format!("The HTTP client could not be made: {error}.")))
}

fn certificates(file: &str) -> Result<Vec<reqwest::Certificate>> {
    let unreadable = |why: String| {
        Error::new(
            ErrorCode::FileUnreadable,
            format!("The root certificate {file} {why}. Choose a PEM file, which begins with -----BEGIN CERTIFICATE-----."),
        )
    };
    let pem = std::fs::read(file).map_err(|error| unreadable(format!("cannot be read: {error}")))?;
    let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|_| unreadable("holds no certificate".into()))?;
    if found.is_empty() { Err(unreadable("holds no certificate".into())) } else { Ok(found) }
}

/// The extra headers of a connection.
pub(super) fn headers(network: &Network) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for header in &network.headers {
        let name = HeaderName::from_bytes(header.name.trim().as_bytes())
            .map_err(|_| Error::invalid(format!("\"{}\" is no name of a header. Use letters, digits and hyphens.", header.name)))?;
        if NOT_FOR_USERS.contains(&name.as_str()) {
            return Err(Error::invalid(format!(
                "The header {name} is set by the program. A key belongs into the key field, from where it goes to the keychain."
            )));
        }
        let value = HeaderValue::from_str(header.value.trim())
            .map_err(|_| Error::invalid(format!("The value of the header {name} holds a character that cannot be sent.")))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// The first thing that is wrong with how a connection reaches its network.
pub fn check(connection: &Connection) -> Result<()> {
    headers(&connection.network)?;
    if let Some(file) = &connection.network.root_certificate {
        certificates(file)?;
    }
    if connection.network.accept_self_signed && !is_local(connection) {
        return Err(Error::invalid(
            "A certificate that nobody signed is only accepted from a server on this machine or in this network. \
             For another server, name its root certificate.",
        ));
    }
    Ok(())
}

/// On this machine or in a private network (RFC 1918, RFC 4193, RFC 6762, RFC 6761).
fn is_local(connection: &Connection) -> bool {
    let Ok(url) = base_url(connection) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => {
            host == "localhost"
                || host.ends_with(".localhost")
                || host.ends_with(".local")
                || host.ends_with(".internal")
                || !host.contains('.')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{ConnectionKind, ExtraHeader};

    fn at(url: &str) -> Connection {
        let network = Network { accept_self_signed: true, ..Network::default() };
        Connection { kind: ConnectionKind::Openai, base_url: url.into(), network, ..Connection::blank() }
    }

    #[test]
    fn unsigned_certificates_are_for_servers_nearby() {
        for near in
            ["https://localhost:1234/v1", "https://127.0.0.1/v1", "https://192.168.1.7/v1", "https://[::1]:8000/v1", "https://box.local/v1"]
        {
            assert!(check(&at(near)).is_ok(), "{near}");
        }
        for far in ["https://api.openai.com/v1", "https://8.8.8.8/v1", "https://localhost.example.com/v1"] {
            assert!(check(&at(far)).unwrap_err().message.contains("root certificate"), "{far}");
        }
    }

    #[test]
    fn a_key_in_a_header_is_refused() {
        let with = |name: &str, value: &str| {
            headers(&Network { headers: vec![ExtraHeader { name: name.into(), value: value.into() }], ..Network::default() })
        };
        assert!(with("Authorization", "Bearer sk-1").unwrap_err().message.contains("keychain"));
        assert!(with("X-API-Key", "1").is_err() && with("not a name", "1").is_err() && with("x-team", "a\nb").is_err());
        assert_eq!(with("X-Team", " red ").unwrap().get("x-team").unwrap(), "red");
    }

    #[test]
    fn a_root_certificate_that_is_none_is_told_with_its_file() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("root.pem");
        std::fs::write(&file, "no certificate").unwrap();
        for name in [file.to_str().unwrap(), "/no/such/file.pem"] {
            let network = Network { root_certificate: Some(name.into()), ..Network::default() };
            let error = check(&Connection { network, ..at("https://localhost/v1") }).unwrap_err();
            assert!(error.message.contains(name), "{}", error.message);
        }
    }
}
