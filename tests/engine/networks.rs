//! Networks as users have them, with real handshakes: a company's root certificate, a server of one's own that nobody signed.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use axum::{Json, Router, routing::any, serve::Listener};
use mlprompt_core::{
    chat::{ChatErrorKind, HttpClient},
    clock::SystemClock,
    connection::{Connection, ConnectionKind, Network},
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
    server::TlsStream,
};

/// A listener whose connections start with a handshake; those that break it off are forgotten.
struct Secured {
    tcp: TcpListener,
    tls: TlsAcceptor,
}

impl Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.tcp.accept().await else { continue };
            if let Ok(secured) = self.tls.accept(stream).await {
                return (secured, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// A company with a root of its own, and a server whose certificate that root signed.
struct Company {
    folder: tempfile::TempDir,
    port: u16,
}

impl Company {
    async fn start() -> Self {
        let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_certificate = root.self_signed(&root_key).unwrap();
        let names = vec!["localhost".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &Issuer::new(root, root_key)).unwrap();

        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(folder.path().join("root.pem"), root_certificate.pem()).unwrap();
        let secret = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], secret)
            .unwrap();
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = tcp.local_addr().unwrap().port();
        let models = || async { Json(json!({"data": [{"id": "house"}]})) };
        let app = Router::new().route("/v1/models", any(models));
        let listener = Secured { tcp, tls: TlsAcceptor::from(Arc::new(config)) };
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { folder, port }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }

    /// What a connection over this network gets: the models, or the kind and words of the error.
    async fn models(&self, network: Network) -> Result<Vec<String>, (ChatErrorKind, String)> {
        let connection = Connection {
            kind: ConnectionKind::Openai,
            base_url: format!("https://localhost:{}/v1", self.port),
            timeout_seconds: 10,
            network,
            ..Connection::blank()
        };
        let model = HttpClient::default().model(&connection, None, SystemClock::shared()).unwrap();
        model.models().await.map_err(|e| (e.kind, e.message))
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_root_is_refused_until_the_user_names_the_root() {
    let company = Company::start().await;
    let (_, words) = company.models(Network::default()).await.unwrap_err();
    assert!(words.contains(&format!("localhost:{}", company.port)) && words.to_lowercase().contains("certificate"), "{words}");

    let root_certificate = Some(company.root().display().to_string());
    assert_eq!(company.models(Network { root_certificate, ..Network::default() }).await.unwrap(), ["house"]);
}

#[tokio::test]
async fn the_root_of_another_company_does_not_help() {
    let (company, other) = (Company::start().await, Company::start().await);
    let root_certificate = Some(other.root().display().to_string());
    assert!(company.models(Network { root_certificate, ..Network::default() }).await.is_err());
}

#[tokio::test]
async fn an_unsigned_server_nearby_is_trusted_when_the_user_says_so() {
    let company = Company::start().await;
    assert_eq!(company.models(Network { accept_self_signed: true, ..Network::default() }).await.unwrap(), ["house"]);
}
