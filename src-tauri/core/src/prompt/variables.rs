//! What a prompt names between double braces: columns, and what looks meant as one.

use super::{Part, Prompt, Template};

/// Longer text between braces is prose or data, not a mistyped name. The editor marks by the same rule.
const LONGEST_NAME: usize = 80;
/// Braces, line ends and quotes point to JSON or code that happens to double its braces.
const NO_NAME: [char; 7] = ['{', '\n', '\r', '"', '\'', '`', '}'];

/// Names of the columns that a prompt uses, in order of first use.
pub fn template_variables(prompt: &Prompt, columns: &[String]) -> Vec<String> {
    let mut used: Vec<usize> = Template::parse(&prompt.system_prompt, columns).columns();
    for column in Template::parse(&prompt.output_prompt, columns).columns() {
        if !used.contains(&column) {
            used.push(column);
        }
    }
    used.into_iter().filter_map(|i| columns.get(i).cloned()).collect()
}

/// What stands between double braces and looks meant as a column, but names none: it is sent as it stands. Each once.
pub fn unknown_names(prompt: &Prompt, columns: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for text in [&prompt.system_prompt, &prompt.output_prompt] {
        for part in Template::parse(text, columns).parts() {
            let Part::Literal(literal) = part else { continue };
            for (open, _) in literal.match_indices("{{") {
                let after = literal[open + 2..].trim_start_matches('{');
                let Some(close) = after.find(NO_NAME).filter(|&close| after[close..].starts_with("}}")) else { continue };
                let name = after[..close].trim();
                if !name.is_empty() && name.chars().count() <= LONGEST_NAME && !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_meant_as_a_column_and_is_none_is_named_once() {
        let columns = ["lang".to_owned()];
        let unknown = |text: &str| unknown_names(&Prompt { system_prompt: text.into(), output_prompt: "{{ nope }}".into() }, &columns);
        assert_eq!(unknown("{{nope}} {{lang}} {{{more}}} {{nope}}"), ["nope", "more"]);
        for literal in ["{{\"json\": {}}}", "{{}}", "{{a\nb}}", "{lang}", "{{open", &format!("{{{{{}}}}}", "x".repeat(81))] {
            assert_eq!(unknown(literal), ["nope"], "{literal}");
        }
    }
}
