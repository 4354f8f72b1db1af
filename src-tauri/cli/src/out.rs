//! Standard output, whose reader may go before the end.

use std::{
    fmt,
    io::{self, ErrorKind, Write},
};

/// Writes to standard output. Where nobody reads any more, as after `| head`, the program ends as interrupted, without a word: a run that
/// goes on is kept, and resumed by its number.
pub fn write(text: fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    let written = out.write_fmt(text).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(130),
        // A full disk behind a redirection, for instance.
        Err(error) => {
            eprintln!("The output could not be written: {error}.");
            std::process::exit(1);
        }
        Ok(()) => {}
    }
}

/// A line on standard output.
macro_rules! say {
    ($($part:tt)*) => { $crate::out::write(format_args!("{}\n", format_args!($($part)*))) };
}

/// A text on standard output, with the ends of lines that it has.
macro_rules! say_text {
    ($($part:tt)*) => { $crate::out::write(format_args!($($part)*)) };
}

pub(crate) use {say, say_text};
