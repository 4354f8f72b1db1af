//! Headings: a block put into a prompt that has its heading already becomes more lines of that section, not a second one of the name.
//!
//! Replies to the same prompt like to begin a section with the same words. Put in one below the other they would repeat the
//! heading, the next reply would tidy that up, and nothing of it could be told apart line by line.

use super::clauses;

/// A line of a text that is being put together.
pub struct Placed {
    /// The line.
    pub line: String,
    /// The edit that put it there; none for lines of the base.
    pub by: Option<usize>,
}

/// A short line that names what follows.
pub fn is_heading(line: &str) -> bool {
    let text = line.trim_end();
    let opens = text.chars().next().is_some_and(|c| c.is_alphabetic() || c == '#');
    opens && (text.ends_with(':') && text.len() <= 80 || text.starts_with('#')) && !text.contains(['{', '"'])
}

/// Where a section ends: the first line after its heading that is blank or a heading.
fn end_of(lines: &[Placed], heading: usize) -> usize {
    let rest = lines.iter().enumerate().skip(heading + 1);
    rest.take_while(|(_, l)| !l.line.trim().is_empty() && !is_heading(&l.line)).last().map_or(heading, |(at, _)| at) + 1
}

/// The lines with every section that an edit puts in a second time moved into the first of its name.
pub fn folded(lines: Vec<Placed>) -> Vec<String> {
    let mut out: Vec<Placed> = Vec::new();
    let mut into: Option<usize> = None;
    for placed in lines {
        let blank = placed.line.trim().is_empty();
        if is_heading(&placed.line) || blank || placed.by.is_none() {
            into = None;
        }
        if placed.by.is_some() && is_heading(&placed.line) {
            let same = |o: &Placed| o.by != placed.by && o.line.trim_end() == placed.line.trim_end();
            into = out.iter().position(same);
            if into.is_some() {
                // The blank line before it went with it.
                while out.last().is_some_and(|last| last.by == placed.by && last.line.trim().is_empty()) {
                    out.pop();
                }
                continue;
            }
        }
        match into {
            Some(heading) => {
                let end = end_of(&out, heading);
                // Two edits that say something of the same thing: it is said once, by who says more.
                let subject = clauses::subject(&placed.line);
                let of_same = |o: &Placed| o.by.is_some() && o.by != placed.by && clauses::subject(&o.line) == subject;
                let rival = subject.and_then(|_| out[heading..end].iter().position(of_same)).map(|at| heading + at);
                match rival {
                    Some(rival) if out[rival].line.len() < placed.line.len() => out[rival] = placed,
                    Some(_) => {}
                    None if !out[heading..end].iter().any(|o| o.line == placed.line) => out.insert(end, placed),
                    None => {}
                }
            }
            None => out.push(placed),
        }
    }
    out.into_iter().map(|p| p.line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(base: &str, edits: &[&str]) -> Vec<Placed> {
        let lines = |text: &str, by| text.split('\n').map(|l| Placed { line: l.to_owned(), by }).collect::<Vec<_>>();
        let put = edits.iter().enumerate().flat_map(|(n, text)| lines(text, Some(n)));
        lines(base, None).into_iter().chain(put).collect()
    }

    #[test]
    fn a_section_that_is_there_takes_the_new_lines() {
        let base = "Sort it.\n\nRules:\n- a: x\n\nNever guess.";
        let text = folded(placed(base, &["\nRules:\n- b: y\n- a: x", "\nHints:\n- c: z", "\nRules:\n- d: y\n\nHints:\n- e: x"])).join("\n");
        assert_eq!(text, "Sort it.\n\nRules:\n- a: x\n- b: y\n- d: y\n\nNever guess.\n\nHints:\n- c: z\n- e: x");
    }

    #[test]
    fn what_two_edits_say_of_the_same_thing_is_said_once_by_who_says_more() {
        let edits =
            ["\nFields:\n- city: as asked\n- day: written as YYYY-MM-DD", "\nFields:\n- city: the town after \"in\"\n- day: as asked"];
        let text = folded(placed("Read it.", &edits)).join("\n");
        assert_eq!(text, "Read it.\n\nFields:\n- city: the town after \"in\"\n- day: written as YYYY-MM-DD");
    }

    #[test]
    fn what_the_user_said_of_a_thing_is_not_replaced_by_who_says_more() {
        let text = folded(placed("Fields:\n- city: as asked", &["\nFields:\n- city: the town after \"in\""])).join("\n");
        assert_eq!(text, "Fields:\n- city: as asked\n- city: the town after \"in\"");
    }

    #[test]
    fn what_the_user_or_one_reply_wrote_stays_as_it_is() {
        let base = "Rules:\n- a\nRules:\n- b";
        assert_eq!(folded(placed(base, &["Hints:\n- c\n\nHints:\n- d"])).join("\n"), format!("{base}\nHints:\n- c\n\nHints:\n- d"));
        assert!(!is_heading("- close: returns") && !is_heading("{\"a\":") && !is_heading("  name:") && is_heading("## Rules"));
    }
}
