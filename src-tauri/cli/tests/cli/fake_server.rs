//! A server in the test's process that speaks OpenAI's wire. It can be told to hold its answers back from some request on.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Json, Router, extract::State, http::StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

/// The phases of a run, as its requests show them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Train,
    Validation,
    Test,
    Optimizer,
}

/// A request, and whether its answer was sent.
#[derive(Clone, Debug)]
pub struct Seen {
    pub kind: Kind,
    pub body: String,
    pub answered: bool,
}

struct Shared {
    seen: Mutex<Vec<Seen>>,
    hold: watch::Sender<Hold>,
    status: Option<u16>,
}

#[derive(Clone, Copy)]
struct Hold {
    /// Requests from this number on (from 1) wait.
    from: usize,
    /// Grows when a client dies; what it had asked is never answered.
    client: usize,
    /// The request of a kind, counted from 1, from which on everything waits.
    from_kind: Option<(Kind, usize)>,
}

/// Ends with the test's runtime.
pub struct FakeServer {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl FakeServer {
    pub async fn start() -> Self {
        Self::with_status(None).await
    }

    /// A server that answers everything with this status.
    pub async fn with_status(status: Option<u16>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            seen: Mutex::default(),
            hold: watch::channel(Hold { from: usize::MAX, client: 0, from_kind: None }).0,
            status,
        });
        let app = Router::new().fallback(handle).with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub fn hold_from(&self, number: usize) {
        self.shared.hold.send_modify(|hold| hold.from = number);
    }

    /// Everything waits from this request of a kind on (counted from 1).
    pub fn hold_from_kind(&self, kind: Kind, number: usize) {
        self.shared.hold.send_modify(|hold| hold.from_kind = Some((kind, number)));
    }

    /// Waits until a request is held back, and gives the kinds of all that are.
    pub async fn held(&self) -> Vec<Kind> {
        let any = async {
            loop {
                let from = self.shared.hold.borrow().from;
                let seen = self.seen();
                if seen.len() >= from && seen[..from - 1].iter().all(|s| s.answered) {
                    return seen.into_iter().filter(|s| !s.answered).map(|s| s.kind).collect();
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), any).await.expect("no request was ever held back")
    }

    /// The client was killed: what it still waits for is not answered any more.
    pub fn client_died(&self) {
        self.shared.hold.send_modify(|hold| hold.client += 1);
    }

    pub fn release(&self) {
        self.shared.hold.send_modify(|hold| (hold.from, hold.from_kind) = (usize::MAX, None));
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    pub fn answered(&self) -> usize {
        self.seen().iter().filter(|s| s.answered).count()
    }

    /// Waits until so many requests have arrived.
    pub async fn arrived(&self, number: usize) {
        let all = async {
            while self.seen().len() < number {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), all).await.expect("the request never came");
    }

    /// The most often that one request was answered.
    pub fn most_answers_to_one_request(&self) -> usize {
        let seen = self.seen();
        let answers = |body: &str| seen.iter().filter(|s| s.answered && s.body == body).count();
        seen.iter().map(|s| answers(&s.body)).max().unwrap_or(0)
    }
}

async fn handle(State(shared): State<Arc<Shared>>, body: String) -> (StatusCode, Json<Value>) {
    let request: Value = serde_json::from_str(&body).unwrap_or_default();
    let messages = request["messages"].as_array().cloned().unwrap_or_default();
    let text = |role: &str| messages.iter().find(|m| m["role"] == role).and_then(|m| m["content"].as_str()).unwrap_or_default().to_owned();
    let (system, user) = (text("system"), text("user"));
    let kind = match request["model"].as_str() {
        Some("optimizer") => Kind::Optimizer,
        _ if user.contains("validation") => Kind::Validation,
        _ if user.contains("test") => Kind::Test,
        _ => Kind::Train,
    };
    let number = {
        let mut seen = shared.seen.lock().unwrap();
        seen.push(Seen { kind, body, answered: false });
        let of_kind = seen.iter().filter(|s| s.kind == kind).count();
        let number = seen.len();
        shared.hold.send_if_modified(|hold| {
            let begins = hold.from_kind == Some((kind, of_kind));
            if begins {
                hold.from = number;
            }
            begins
        });
        number
    };
    let mut hold = shared.hold.subscribe();
    let client = hold.borrow().client;
    let still_there = hold.wait_for(|hold| hold.client != client || number < hold.from).await.is_ok_and(|hold| hold.client == client);
    if !still_there {
        std::future::pending::<()>().await;
    }
    if let Some(status) = shared.status {
        return (StatusCode::from_u16(status).unwrap(), Json(json!({"error": {"message": "no"}})));
    }
    let text = if kind == Kind::Optimizer { propose(&user) } else { answer(&system, &user) };
    shared.seen.lock().unwrap()[number - 1].answered = true;
    // One token out for every answer: the tokens on disk then count the answers on disk.
    let body = json!({"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    (StatusCode::OK, Json(body))
}

/// `skill N` in the system prompt: that many of ten rows come out right.
fn answer(system: &str, user: &str) -> String {
    let number =
        |text: &str, before: &str| -> Option<u32> { text.split(before).nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok() };
    match (number(user, "row "), number(system, "skill ")) {
        (Some(row), Some(skill)) if row % 10 < skill => format!("truth {row}"),
        _ => "wrong".into(),
    }
}

/// Accepted, rejected, accepted, and so on until every row is right: a pure function of what was tried.
fn propose(user: &str) -> String {
    let start = user.find("\n\n{").expect("the request ends in JSON");
    let material: Value = serde_json::from_str(&user[start..]).expect("the JSON is whole");
    let tried = material["earlier_epochs"].as_array().map_or(0, Vec::len);
    let skill = [5, 2, 8, 6, 7, 9, 1, 4, 10][tried.min(8)];
    json!({"system_prompt": format!("skill {skill}"), "output_prompt": "Name it.", "explanation": "More."}).to_string()
}

/// Rows of this server's world: so many in each split.
pub fn rows(each: u32) -> String {
    let mut csv = String::from("input,expected,split\n");
    for (split, start) in [("train", 0), ("validation", 1000), ("test", 2000)] {
        for row in start..start + each {
            csv.push_str(&format!("row {row} of {split},truth {row},{split}\n"));
        }
    }
    csv
}
