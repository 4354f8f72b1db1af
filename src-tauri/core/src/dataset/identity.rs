//! What an exported example is known by: its project, the import it came with, and its number in it.

use std::{fmt, str::FromStr};

/// Column of our own that names project and example, so that a file is known again.
pub const ID_COLUMN: &str = "mlprompt_id";

/// Column of our own that says which examples are kept out of runs.
pub const EXCLUDED_COLUMN: &str = "mlprompt_excluded";

/// What stands in it where an example is.
pub const EXCLUDED: &str = "yes";

/// Columns that an export adds of its own accord, under names that nobody else gives: no data.
pub fn is_own_column(name: &str) -> bool {
    name == ID_COLUMN || name == EXCLUDED_COLUMN
}

/// Whether a cell of the column says that the example is kept out of runs, as we or a spreadsheet write it.
pub fn says_excluded(cell: &str) -> bool {
    ["yes", "true", "1", "x"].iter().any(|word| cell.trim().eq_ignore_ascii_case(word))
}

/// Identity of an example, written as `PROJECT-IMPORT-NUMBER`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExampleIdentity {
    /// Sixteen hexadecimal digits that the project has had from its beginning, on every machine.
    pub project: String,
    /// Which import of the project, from 1.
    pub import: u32,
    /// Which row of it, from 1.
    pub number: u32,
}

impl fmt::Display for ExampleIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.project, self.import, self.number)
    }
}

/// The text is no identity of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoIdentity;

impl FromStr for ExampleIdentity {
    type Err = NoIdentity;

    fn from_str(text: &str) -> Result<Self, NoIdentity> {
        let mut parts = text.split('-');
        let (Some(project), Some(import), Some(number), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Err(NoIdentity);
        };
        let digits = |text: &str| -> Option<u32> {
            // As it is written and not otherwise: `+7` and `07` are somebody else's.
            text.parse().ok().filter(|n: &u32| *n > 0 && n.to_string() == text)
        };
        if !is_project_identity(project) {
            return Err(NoIdentity);
        }
        match (digits(import), digits(number)) {
            (Some(import), Some(number)) => Ok(Self { project: project.to_owned(), import, number }),
            _ => Err(NoIdentity),
        }
    }
}

/// Sixteen hexadecimal digits, as every project has them.
pub fn is_project_identity(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read_as_it_was_written_and_in_no_other_form() {
        let identity = ExampleIdentity { project: "0123456789abcdef".into(), import: 3, number: 41 };
        assert_eq!(identity.to_string().parse(), Ok(identity));
        for text in [
            "",
            "7",
            "0123456789abcdef-3",
            "0123456789ABCDEF-3-4",
            "0123456789abcdef-03-4",
            "0123456789abcdef-3-0",
            "0123456789abcdef-3-4-5",
            "0123456789abcdef-3-+4",
            "short-3-4",
        ] {
            assert_eq!(text.parse::<ExampleIdentity>(), Err(NoIdentity), "{text}");
        }
    }
}
