//! Model servers on loopback: one that answers slowly and remembers what it was asked, and ones that are broken.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::time::Instant;

/// What one request held: the key it carried and its body.
pub type Seen = Arc<Mutex<Vec<(String, Value)>>>;

/// A running server.
pub struct FakeModel {
    /// With `/v1`.
    pub base_url: String,
    /// Every request so far; none where nothing is kept.
    pub seen: Seen,
    /// How many answers it gave.
    pub answered: Arc<AtomicUsize>,
}

/// What a server does to its users until it is told to stop.
#[derive(Default)]
pub struct Trouble {
    /// It refuses everything and asks for four seconds of patience.
    pub limited: AtomicBool,
    /// It refuses the first example it is asked about from now on, whenever it is asked about it.
    pub refusing: AtomicBool,
    refused: Mutex<Option<usize>>,
}

impl Trouble {
    fn refuses(&self, place: usize) -> bool {
        self.refusing.load(Ordering::Relaxed) && *self.refused.lock().expect("no test thread died").get_or_insert(place) == place
    }
}

#[derive(Clone, Default)]
struct Behaviour {
    seen: Seen,
    delay: Duration,
    /// Inputs with their ground truths; empty for a model that never learns.
    truths: Arc<[(String, String)]>,
    proposals: Arc<AtomicUsize>,
    answered: Arc<AtomicUsize>,
    /// What it says to everything, whatever it is; none for a model that tries.
    says: Option<String>,
    /// It goes on for long: requests are not kept, and prompts do not grow.
    enduring: bool,
    trouble: Arc<Trouble>,
    pace: Option<Pace>,
}

/// So many answers a second over time, whoever asks: after a pause, those that it has held back go out faster.
#[derive(Clone)]
struct Pace {
    apart: Duration,
    next: Arc<Mutex<Instant>>,
}

impl Pace {
    /// What may be caught up after nobody asked.
    const BACKLOG: Duration = Duration::from_millis(500);

    fn new(a_second: u32) -> Self {
        Self { apart: Duration::from_secs(1) / a_second, next: Arc::new(Mutex::new(Instant::now())) }
    }

    async fn turn(&self) {
        let turn = {
            let mut next = self.next.lock().expect("no test thread died");
            let turn = Instant::now().checked_sub(Self::BACKLOG).map_or(*next, |earliest| earliest.max(*next));
            *next = turn + self.apart;
            turn
        };
        tokio::time::sleep_until(turn).await;
    }
}

impl FakeModel {
    /// Starts a server that takes this long for every answer, which is always the same.
    pub async fn start(delay: Duration) -> Self {
        Self::learning(delay, Vec::new()).await
    }

    /// Starts one where local servers usually listen; none when all those ports are taken.
    pub async fn at_usual_port() -> Option<Self> {
        for port in [1234, 8000, 8080, 11434] {
            if let Ok(listener) = tokio::net::TcpListener::bind(("127.0.0.1", port)).await {
                let router = Router::new().route("/v1/models", get(async || Json(json!({"data": [{"id": "fake-model"}]}))));
                tokio::spawn(async move { axum::serve(listener, router).await });
                let base_url = format!("http://127.0.0.1:{port}/v1");
                return Some(Self { base_url, seen: Seen::default(), answered: Arc::default() });
            }
        }
        None
    }

    /// Starts a server whose answers are right more often with every rule that its proposals have brought into the system prompt.
    pub async fn learning(delay: Duration, truths: Vec<(String, String)>) -> Self {
        Self::behaving(Behaviour { delay, truths: truths.into(), ..Behaviour::default() }).await
    }

    /// Starts one that says this to everything: as an answer, as a prompt, as a reason, and as the name of its model.
    pub async fn saying(text: &str) -> Self {
        Self::behaving(Behaviour { says: Some(text.to_owned()), ..Behaviour::default() }).await
    }

    /// Starts one that answers for hours, so many times a second at most, and remembers nothing; its answers vary with the prompt, and so
    /// do the scores.
    pub async fn enduring(a_second: u32) -> Self {
        let delay = Duration::from_millis(5);
        Self::behaving(Behaviour { delay, enduring: true, pace: Some(Pace::new(a_second)), ..Behaviour::default() }).await
    }

    /// Starts one that learns like [`FakeModel::learning`] and gives trouble when it is told to.
    pub async fn troubled(delay: Duration, truths: Vec<(String, String)>) -> (Self, Arc<Trouble>) {
        let behaviour = Behaviour { delay, truths: truths.into(), ..Behaviour::default() };
        let trouble = Arc::clone(&behaviour.trouble);
        (Self::behaving(behaviour).await, trouble)
    }

    async fn behaving(behaviour: Behaviour) -> Self {
        let (seen, answered) = (Arc::clone(&behaviour.seen), Arc::clone(&behaviour.answered));
        let models = Json(json!({"data": [{"id": "fake-model"}, {"id": behaviour.says.as_deref().unwrap_or("another")}]}));
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .route("/v1/models", get(async move || models))
            .with_state(behaviour);
        Self { base_url: serve(router).await, seen, answered }
    }
}

/// A server that writes so many words one after the other, so long apart.
pub async fn writing_server(words: usize, every: Duration) -> String {
    let handler = async move || {
        let pieces = futures_util::stream::unfold(0, move |at| async move {
            tokio::time::sleep(every).await;
            let piece = match at {
                at if at < words => json!({"choices": [{"delta": {"content": format!("word-{at} ")}}]}),
                at if at == words => json!({"choices": [{"delta": {}, "finish_reason": "stop"}]}),
                _ => return None,
            };
            Some((Ok::<_, std::convert::Infallible>(format!("data: {piece}\n\n")), at + 1))
        });
        ([("content-type", "text/event-stream")], axum::body::Body::from_stream(pieces))
    };
    serve(Router::new().route("/v1/chat/completions", post(handler))).await
}

/// A server that answers every request with this and nothing better; gives its address with `/v1`.
pub async fn broken_server(status: u16, content_type: &'static str, body: &'static str) -> String {
    let status = StatusCode::from_u16(status).expect("a status");
    serve(Router::new().fallback(async move || (status, [("content-type", content_type)], body))).await
}

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = listener.local_addr().expect("the port is known");
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/v1")
}

async fn complete(State(behaviour): State<Behaviour>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if behaviour.trouble.limited.load(Ordering::Relaxed) {
        return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "4")], r#"{"error": {"message": "slow down"}}"#).into_response();
    }
    if behaviour.place(&body).is_some_and(|place| behaviour.trouble.refuses(place)) {
        return (StatusCode::BAD_REQUEST, r#"{"error": {"message": "this one is not to my liking"}}"#).into_response();
    }
    let key = headers.get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let proposal = body["response_format"]["json_schema"]["name"] == "proposal";
    let content = if let (true, Some(text)) = (proposal, &behaviour.says) {
        json!({"system_prompt": text, "system_prompt_reasoning": text, "output_prompt": text, "output_prompt_reasoning": text,
            "explanation": text})
        .to_string()
    } else if proposal {
        let rules = behaviour.proposals.fetch_add(1, Ordering::Relaxed) + 1;
        let first = if behaviour.enduring { rules } else { 1 };
        let prompt: Vec<String> = (first..=rules).map(|n| format!("Rule {n}: answer carefully.")).collect();
        json!({"system_prompt": prompt.join("\n"), "system_prompt_reasoning": "It was vague.", "output_prompt": "One word.",
            "output_prompt_reasoning": "It chattered.", "explanation": "Shorter."})
        .to_string()
    } else if let Some(text) = behaviour.says.clone() {
        text
    } else {
        behaviour.answer(&body).unwrap_or_else(|| "billing".to_owned())
    };
    if !behaviour.enduring {
        behaviour.seen.lock().expect("no test thread died").push((key, body));
    }
    behaviour.answered.fetch_add(1, Ordering::Relaxed);
    if let Some(pace) = &behaviour.pace {
        pace.turn().await;
    }
    tokio::time::sleep(behaviour.delay).await;
    Json(json!({"model": "fake-model", "choices": [{"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 2}}))
    .into_response()
}

impl Behaviour {
    /// The truth, where the rules of the system prompt suffice for the example's place in the list.
    fn answer(&self, body: &Value) -> Option<String> {
        let messages = body["messages"].as_array()?;
        let rules = messages.first()?["content"].as_str()?.matches("Rule ").count();
        let asked = messages.last()?["content"].as_str()?;
        if self.enduring {
            let mix = messages.first()?["content"].as_str()?.bytes().chain(asked.bytes()).map(usize::from);
            let mixed = mix.fold(7, |sum, byte| (sum * 31 + byte) % 1_000_003);
            return Some(["billing", "shipping", "account"][mixed % 3].to_owned());
        }
        let place = self.place(body)?;
        (place % 6 <= rules).then(|| self.truths[place].1.clone())
    }

    /// Where the example that is asked about stands in the list.
    fn place(&self, body: &Value) -> Option<usize> {
        let asked = body["messages"].as_array()?.last()?["content"].as_str()?;
        self.truths.iter().position(|(input, _)| asked.starts_with(input.as_str()))
    }
}
