//! Names of columns: as the file has them, made usable as `{{name}}`.

use std::collections::HashSet;

/// Names made from the cells of a header row, and a sentence for every name that is not as it stands in the file.
///
/// Blanks around a name go silently (they cannot be seen and `{{ name }}` drops them too). Line breaks become blanks, double braces
/// go, an empty name becomes `column 3`, a name that stood before becomes `name (2)`.
pub(super) fn from_header(cells: &[String]) -> (Vec<String>, Vec<String>) {
    let written: HashSet<&str> = cells.iter().map(|cell| cell.trim()).collect();
    let mut taken = HashSet::new();
    let mut names = Vec::with_capacity(cells.len());
    let mut notes = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let shown = cell.trim();
        let mut name = usable(shown);
        if name.is_empty() {
            name = free_name(&format!("column {}", index + 1), &taken, &written);
            notes.push(format!("Column {} has no name in the header; it is called `{name}`.", index + 1));
        } else if taken.contains(&name) {
            let second = free_name(&name, &taken, &written);
            notes.push(format!("Two columns are called `{name}`; the later one is called `{second}`."));
            name = second;
        } else if name != shown {
            notes.push(format!("Column {} is called `{name}`, so that a prompt can name it.", index + 1));
        }
        taken.insert(name.clone());
        names.push(name);
    }
    (names, notes)
}

/// Names for a file without a header row.
pub(super) fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("column {number}")).collect()
}

fn usable(name: &str) -> String {
    let plain = name.replace("{{", "").replace("}}", "").replace(['\r', '\n'], " ");
    plain.trim().to_owned()
}

fn free_name(name: &str, taken: &HashSet<String>, written: &HashSet<&str>) -> String {
    let free = |candidate: &String| !taken.contains(candidate) && !written.contains(candidate.as_str());
    let own = Some(name.to_owned()).filter(|candidate| free(candidate));
    own.or_else(|| (2..).map(|number| format!("{name} ({number})")).find(free)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(cells: &[&str]) -> (Vec<String>, Vec<String>) {
        from_header(&cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn names_stay_as_they_are_written() {
        let (names, notes) = names(&["user_input", " Expected Answer ", "naïve", "a.b", "A", "a"]);
        assert_eq!(names, ["user_input", "Expected Answer", "naïve", "a.b", "A", "a"]);
        assert!(notes.is_empty(), "{notes:?}");
    }

    #[test]
    fn empty_and_repeated_names_are_replaced_and_said() {
        let (found, notes) = names(&["text", "", "text", "label", "text", "text (2)"]);
        assert_eq!(found, ["text", "column 2", "text (3)", "label", "text (4)", "text (2)"]);
        assert_eq!(notes.len(), 3);
        assert!(notes[0].contains("`column 2`") && notes[1].contains("`text (3)`"), "{notes:?}");
    }

    #[test]
    fn a_name_can_stand_between_braces() {
        let (found, notes) = names(&["{{question}}", "two\r\nlines", "{{ }}"]);
        assert_eq!(found, ["question", "two  lines", "column 3"]);
        assert_eq!(notes.len(), 3);
    }

    #[test]
    fn numbered_names_never_collide_with_written_ones() {
        let (found, _) = names(&["column 2", "", "column 3"]);
        assert_eq!(found, ["column 2", "column 2 (2)", "column 3"]);
    }
}
