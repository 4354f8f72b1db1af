//! Keeps the computer from idle sleep while runs go on, where the platform offers it. The display may go dark.

use std::sync::mpsc;

/// Asks the system from a thread of its own: some of its doors block, and must not do so among the engine's tasks.
pub struct Awake(Option<mpsc::Sender<bool>>);

impl Awake {
    /// Starts out letting the computer sleep.
    pub fn start() -> Self {
        let (send, wishes) = mpsc::channel();
        match std::thread::Builder::new().name("awake".into()).spawn(move || keep(&wishes)) {
            Ok(_) => Self(Some(send)),
            Err(error) => {
                tracing::warn!(%error, "idle sleep cannot be held off");
                Self(None)
            }
        }
    }

    /// Holds idle sleep off, or allows it again.
    pub fn set(&self, awake: bool) {
        if let Some(thread) = &self.0 {
            // The thread ends with the program alone.
            let _ended = thread.send(awake);
        }
    }
}

fn keep(wishes: &mpsc::Receiver<bool>) {
    let mut held = None;
    while let Ok(awake) = wishes.recv() {
        if !awake {
            held = None;
        } else if held.is_none() {
            held = keepawake::Builder::default()
                .idle(true)
                .reason("A training run goes on")
                .app_name("MLprompt")
                .app_reverse_domain("app.mlprompt")
                .create()
                // Without a desktop there is nobody to ask; the run goes on all the same.
                .inspect_err(|error| tracing::info!(%error, "idle sleep cannot be held off"))
                .ok();
        }
    }
    drop(held);
}
