//! The demo model is tested the way it is used: by training with it.

mod honesty;
mod requests;
mod training;
