//! A server that answers at once or after a drawn delay, fails as often as it is told, and remembers when it was busy.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::Response,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How long an answer takes.
#[derive(Clone, Copy)]
pub enum Latency {
    /// Always so many milliseconds.
    Fixed(u64),
    /// Drawn for each request by its content.
    LogNormal {
        /// Milliseconds.
        median: f64,
        /// Of the logarithm.
        sigma: f64,
    },
}

/// Shares of requests that fail.
#[derive(Clone, Copy)]
pub struct Faults {
    /// 429 with Retry-After 1 s.
    pub limited: f64,
    /// 500.
    pub failed: f64,
    /// A body that ends early.
    pub cut: f64,
}

#[derive(Default)]
struct Seen {
    first: Option<Instant>,
    last: Option<Instant>,
    requests: u64,
    faults: u64,
    delays: Vec<Duration>,
}

struct Shared {
    latency: Latency,
    faults: Option<Faults>,
    seen: Mutex<Seen>,
}

/// Listens on this machine only.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Starts on a free port.
    pub async fn start(latency: Latency, faults: Option<Faults>) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { latency, faults, seen: Mutex::default() });
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                eprintln!("The server ended: {error}.");
            }
        });
        Ok(Self { address, shared, task })
    }

    /// Takes no more requests.
    pub fn stop(&self) {
        self.task.abort();
    }

    /// Base URL.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    fn seen<T>(&self, part: impl FnOnce(&Seen) -> T) -> T {
        part(&self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From the first request to the last answer.
    pub fn span(&self) -> Duration {
        self.seen(|s| s.first.zip(s.last).map_or(Duration::ZERO, |(first, last)| last - first))
    }

    /// Requests that arrived.
    pub fn requests(&self) -> u64 {
        self.seen(|s| s.requests)
    }

    /// Requests that failed.
    pub fn faults(&self) -> u64 {
        self.seen(|s| s.faults)
    }

    /// The time the good answers need with so many at once: their sum shared out, and no less than the longest; full rounds where
    /// all take the same. None without a delay.
    pub fn ideal(&self, at_once: usize) -> Option<Duration> {
        self.seen(|s| {
            let longest = s.delays.iter().max().copied().filter(|d| !d.is_zero())?;
            Some(match self.shared.latency {
                Latency::Fixed(_) => longest * u32::try_from(s.delays.len().div_ceil(at_once)).unwrap_or(u32::MAX),
                Latency::LogNormal { .. } => longest.max(s.delays.iter().sum::<Duration>() / u32::try_from(at_once).unwrap_or(1)),
            })
        })
    }
}

/// The nth request with a body draws from the body and n: every client meets the same delays, and a retry draws anew.
fn dice(body: &Bytes, number: u64) -> ChaCha8Rng {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    ChaCha8Rng::seed_from_u64(hasher.finish() ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

const GOOD: &str = r#"{"model":"bench","choices":[{"message":{"role":"assistant","content":"label 7"},"finish_reason":"stop"}],"usage":{"prompt_tokens":30,"completion_tokens":3}}"#;

/// What only a request for a proposal holds.
const SCHEMA: &[u8] = br#""json_schema""#;

/// An answer that proposes prompts nobody has proposed before.
fn proposal(number: u64) -> String {
    let prompts = format!(
        r#"{{"system_prompt":"Name the label of the message. Rule {number}.","system_prompt_reasoning":"It was vague.","output_prompt":"One label.","output_prompt_reasoning":"It chattered.","explanation":"Shorter."}}"#
    );
    serde_json::json!({
        "model": "bench",
        "choices": [{"message": {"role": "assistant", "content": prompts}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 300, "completion_tokens": 60},
    })
    .to_string()
}

async fn answer(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let number = {
        let mut seen = shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.first.get_or_insert_with(Instant::now);
        seen.requests += 1;
        seen.requests
    };
    let mut random = dice(&body, if shared.faults.is_some() { number } else { 0 });
    let fault: f64 = random.random();
    let delay = match shared.latency {
        Latency::Fixed(ms) => Duration::from_millis(ms),
        Latency::LogNormal { median, sigma } => {
            let (u, v): (f64, f64) = (random.random::<f64>().max(1e-12), random.random());
            let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
            Duration::from_secs_f64(median / 1000.0 * (sigma * normal).exp())
        }
    };
    if body.windows(SCHEMA.len()).any(|part| part == SCHEMA) {
        return Response::builder().header("content-type", "application/json").body(Body::from(proposal(number))).unwrap_or_default();
    }
    let faults = shared.faults.unwrap_or(Faults { limited: 0.0, failed: 0.0, cut: 0.0 });
    let response = |status: u16, body: Body| Response::builder().status(status).header("content-type", "application/json").body(body);
    let limited = fault < faults.limited;
    if !limited && !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let built = if limited {
        Response::builder().status(429).header("retry-after", "1").body(Body::from(r#"{"error":{"message":"slow down"}}"#))
    } else if fault < faults.limited + faults.failed {
        response(500, Body::from(r#"{"error":{"message":"now and then"}}"#))
    } else if fault < faults.limited + faults.failed + faults.cut {
        response(200, Body::from(&GOOD[..40]))
    } else {
        let mut seen = shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.delays.push(delay);
        seen.last = Some(Instant::now());
        return response(200, Body::from(GOOD)).unwrap_or_default();
    };
    let mut seen = shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
    seen.faults += 1;
    built.unwrap_or_default()
}
