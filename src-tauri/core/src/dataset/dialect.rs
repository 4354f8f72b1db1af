//! How a delimited text is written: its delimiter, its quotes and whether the first row names the columns.

use std::{collections::HashSet, io};

use super::{
    records::{Next, Quoting, Records},
    roles,
};

/// Delimiters that are looked for, the likelier first.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Ways to quote that are looked for, the likelier first.
const QUOTINGS: [Quoting; 3] =
    [Quoting::STANDARD, Quoting { quote: Some(b'"'), escapes: true }, Quoting { quote: Some(b'\''), escapes: false }];
/// Records that are looked at.
const LOOKED_AT: usize = 100;

/// What the beginning of a text shows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// None: a file of one column.
    pub delimiter: Option<u8>,
    /// How quotes are written.
    pub quoting: Quoting,
    /// The first row names the columns.
    pub header: bool,
    /// Cells of a row: those of the header, without one the most frequent number.
    pub width: usize,
}

/// What the user already said.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked {
    /// A delimiter, or explicitly none.
    pub delimiter: Option<Option<u8>>,
    /// How quotes are written.
    pub quoting: Option<Quoting>,
    /// Header or not.
    pub header: Option<bool>,
}

/// A first line such as `sep=;`, by which Excel is told the delimiter.
pub(super) fn separator_line(text: &[u8]) -> Option<u8> {
    let rest = text.get(..4).filter(|start| start.eq_ignore_ascii_case(b"sep="))?;
    match &text[rest.len()..] {
        [delimiter, b'\r' | b'\n', ..] if CANDIDATES.contains(delimiter) => Some(*delimiter),
        _ => None,
    }
}

/// Reads the beginning of a text (`whole`: all of it) with every delimiter and every way to quote, and keeps what fits best.
///
/// A delimiter fits when the records agree in their number of cells; it counts only when the header has it: the commas of prose do not
/// divide a file of one column. Another way to quote than the standard's must leave fewer rows at fault.
pub(super) fn detect(text: &[u8], whole: bool, asked: Asked) -> io::Result<Dialect> {
    let (delimiter, quoting, found) = match asked.quoting {
        Some(quoting) => {
            let (delimiter, found) = best_delimiter(text, whole, quoting, asked)?;
            (delimiter, quoting, found)
        }
        None => {
            let [standard, others @ ..] = QUOTINGS;
            let (delimiter, found) = best_delimiter(text, whole, standard, asked)?;
            let mut best = (delimiter, standard, found);
            for quoting in others.into_iter().filter(|quoting| may_be(text, *quoting)) {
                let (delimiter, found) = best_delimiter(text, whole, quoting, asked)?;
                // A few words between single quotes are no way to quote where most cells stand between double ones.
                let usual = quoting.quote == standard.quote || found.quoted > best.2.quoted;
                let fewer_faults = usual && (found.faults, delimiter.is_none()) < (best.2.faults, best.0.is_none());
                let only_its_quotes = found.faults == best.2.faults && best.2.quoted == 0 && found.quoted >= found.records.len();
                if found.records.len() > 1 && (fewer_faults || (only_its_quotes && quoting.quote != standard.quote)) {
                    best = (delimiter, quoting, found);
                }
            }
            best
        }
    };
    let Looked { records, .. } = found;
    let header = asked.header.unwrap_or_else(|| has_header(&records));
    let width = if header { records.first().map_or(0, Vec::len) } else { usual_width(&records) };
    Ok(Dialect { delimiter, quoting, header, width })
}

/// Whether the text has what this way to quote is about.
fn may_be(text: &[u8], quoting: Quoting) -> bool {
    if quoting.escapes { text.contains(&b'\\') } else { quoting.quote.is_some_and(|quote| text.contains(&quote)) }
}

fn best_delimiter(text: &[u8], whole: bool, quoting: Quoting, asked: Asked) -> io::Result<(Option<u8>, Looked)> {
    let read = |delimiter| first_records(text, whole, delimiter, quoting);
    if let Some(delimiter) = asked.delimiter {
        return Ok((delimiter, read(delimiter)?));
    }
    let mut best: Option<(f64, usize, u8, Looked)> = None;
    for candidate in CANDIDATES {
        let looked = read(Some(candidate))?;
        let Some(agreement) = agreement(&looked.records) else { continue };
        let width = looked.records[0].len();
        if best.as_ref().is_none_or(|(a, w, ..)| (agreement, width) > (*a, *w)) {
            best = Some((agreement, width, candidate, looked));
        }
    }
    Ok(match best {
        Some((_, _, delimiter, looked)) => (Some(delimiter), looked),
        None => (None, read(None)?),
    })
}

/// The first records under one way to read them.
struct Looked {
    records: Vec<Vec<String>>,
    /// Rows with a quote that never closes, with text after a closing quote, or with another number of cells than the first.
    faults: usize,
    /// Cells between quotes.
    quoted: usize,
}

fn first_records(text: &[u8], whole: bool, delimiter: Option<u8>, quoting: Quoting) -> io::Result<Looked> {
    let mut reading = Records::new(text, delimiter, quoting);
    let (mut records, mut faults, mut quoted) = (Vec::new(), 0, 0);
    while records.len() <= LOOKED_AT && faults <= LOOKED_AT {
        match reading.next()? {
            Next::Record(record) => {
                faults += usize::from(record.joins_text_to_a_quote());
                quoted += record.quoted_cells();
                records.push(record.to_strings());
            }
            Next::Unclosed { .. } | Next::Overlong { .. } => faults += 1,
            Next::End => {
                // The end of the sample may cut the last record.
                if !whole && records.len() > 1 {
                    records.pop();
                }
                break;
            }
        }
    }
    records.truncate(LOOKED_AT);
    let width = records.first().map_or(0, Vec::len);
    faults += records.iter().filter(|record| record.len() != width).count();
    Ok(Looked { records, faults, quoted })
}

/// How well the records agree with the first one, from 0 to 1; none when they speak against the delimiter.
fn agreement(records: &[Vec<String>]) -> Option<f64> {
    let (first, rest) = records.split_first()?;
    if first.len() < 2 {
        return None;
    }
    let fits = |row: &&Vec<String>| row.len() >= first.len() && row[first.len()..].iter().all(String::is_empty);
    let share = if rest.is_empty() { 1.0 } else { rest.iter().filter(fits).count() as f64 / rest.len() as f64 };
    let named = first.iter().filter(|cell| roles::is_known_name(cell)).count();
    if named >= 2 {
        // A header that we know outweighs rows in which somebody forgot the quotes.
        return Some(share.max(0.5));
    }
    if share < 0.5 || (share < 0.95 && named == 0 && reads_as_prose(records)) {
        return None;
    }
    Some(share)
}

/// In prose a blank follows the comma; between cells it hardly ever does.
fn reads_as_prose(records: &[Vec<String>]) -> bool {
    let (mut cells, mut blank) = (0, 0);
    for cell in records.iter().flat_map(|row| row.iter().skip(1)).filter(|cell| !cell.is_empty()) {
        cells += 1;
        blank += usize::from(cell.starts_with(' '));
    }
    blank * 2 > cells
}

fn usual_width(records: &[Vec<String>]) -> usize {
    let count = |width: usize| records.iter().filter(|row| row.len() == width).count();
    records.iter().map(Vec::len).max_by_key(|&width| (count(width), width)).unwrap_or(0)
}

/// Whether the first row names the columns; when nothing speaks against it, it does.
///
/// For: a cell is a name we know. Against: a cell comes again further down its column, as labels do, or is a number on top of numbers.
pub(super) fn has_header(records: &[Vec<String>]) -> bool {
    let Some((first, rest)) = records.split_first() else { return true };
    let column = |index: usize| rest.iter().filter_map(move |row| row.get(index)).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    let mut against = false;
    let mut seen = HashSet::new();
    for (index, cell) in first.iter().map(|cell| cell.trim()).enumerate().filter(|(_, cell)| !cell.is_empty()) {
        let again = column(index).any(|other| other == cell);
        if !again && roles::is_known_name(cell) && seen.insert(cell) {
            return true;
        }
        let (all, numbers) = column(index).fold((0, 0), |(all, numbers), other| (all + 1, numbers + usize::from(is_number(other))));
        against |= again || (is_number(cell) && all > 0 && numbers * 10 >= all * 9);
    }
    !against
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniff(text: &str) -> Dialect {
        detect(text.as_bytes(), true, Asked::default()).unwrap()
    }
    fn dialect(delimiter: Option<u8>, header: bool, width: usize) -> Dialect {
        Dialect { delimiter, quoting: Quoting::STANDARD, header, width }
    }

    #[test]
    fn every_delimiter_is_found() {
        for delimiter in [",", ";", "\t", "|"] {
            let text = ["text,label", "a,x", "\"b,c\",y", "d,x"].join("\n").replace("b,c", "b~c").replace(',', delimiter).replace('~', ",");
            assert_eq!(sniff(&text), dialect(Some(delimiter.as_bytes()[0]), true, 2), "{text}");
        }
    }

    #[test]
    fn decimal_commas_do_not_beat_the_semicolon() {
        assert_eq!(sniff("name;price\napple;1,5\npear;2,5\n"), dialect(Some(b';'), true, 2));
    }

    #[test]
    fn a_file_of_one_column_keeps_its_commas() {
        assert_eq!(sniff("text\nHello, world\nGood day, sir\nFine, thanks\n"), dialect(None, true, 1));
        assert_eq!(sniff("Said, by whom\nHello, world\nGood day, sir\nFine\nWell, yes\n"), dialect(None, true, 1));
        assert_eq!(sniff("Question, as asked\nWhere, exactly\nWho\nWhat, when\nHow, why, where\nSo\n"), dialect(None, true, 1));
    }

    #[test]
    fn a_known_header_holds_against_forgotten_quotes() {
        assert_eq!(sniff("text,label\nfine, really,yes\nno, not, so,no\nwell, yes,yes\n"), dialect(Some(b','), true, 2));
    }

    #[test]
    fn a_row_of_data_on_top_is_no_header() {
        assert_eq!(sniff("I love it,positive\nI hate it,negative\nGreat,positive\n"), dialect(Some(b','), false, 2));
        assert_eq!(sniff("What is 2+2?,4\nWhat is 3+3?,6\n"), dialect(Some(b','), false, 2));
    }

    #[test]
    fn a_label_that_sounds_like_a_name_is_no_header_when_it_comes_again() {
        assert_eq!(sniff("Where am I?,question\nHere.,statement\nWho?,question\n"), dialect(Some(b','), false, 2));
    }

    #[test]
    fn in_doubt_the_first_row_is_a_header() {
        assert_eq!(sniff("What is the capital of France?,Paris\nAnd of Italy?,Rome\n"), dialect(Some(b','), true, 2));
        assert_eq!(sniff("text,label\nlabel,label\n"), dialect(Some(b','), true, 2));
    }

    #[test]
    fn without_a_header_the_usual_width_counts() {
        let text = "a,pos,1\nb,neg,2\nc,pos\nd,neg,4\ne,neg,5,6\n";
        assert_eq!(sniff(text), dialect(Some(b','), false, 3));
    }

    #[test]
    fn what_was_asked_for_wins() {
        let asked = Asked { delimiter: Some(Some(b';')), header: Some(false), ..Asked::default() };
        assert_eq!(detect(b"text,label\na,b\n", true, asked).unwrap(), dialect(Some(b';'), false, 1));
        let asked = Asked { delimiter: Some(None), ..Asked::default() };
        assert_eq!(detect(b"text,label\na,b\n", true, asked).unwrap(), dialect(None, true, 1));
    }

    #[test]
    fn other_ways_to_quote_are_found() {
        let escaped = sniff("text,label\n\"say \\\"hi, you\\\" now\",a\n\"b\",b\n");
        assert_eq!((escaped.delimiter, escaped.quoting), (Some(b','), QUOTINGS[1]));
        let single = sniff("text,label\n'one, two','a'\n'three','b'\n");
        assert_eq!((single.delimiter, single.quoting), (Some(b','), QUOTINGS[2]));
        let escaped_commas = sniff("text,label\none\\, two,a\nthree,b\n");
        assert_eq!((escaped_commas.delimiter, escaped_commas.quoting), (Some(b','), QUOTINGS[1]));
    }

    #[test]
    fn backslashes_and_apostrophes_of_prose_are_text() {
        for text in [
            "text,label\n'tis the season,a\nit's fine,b\n",
            "path,label\nC:\\new\\,a\nD:\\old,b\n",
            "text,label\n\"a \"\"quoted\"\" \\\\ word\",a\n\"{\"\"k\"\": \"\"\\\"\"x\\\"\"\"\"}\",b\n",
            "text,label\n\"he said 'no', twice\",a\n\"b\",b\n",
        ] {
            assert_eq!(sniff(text).quoting, Quoting::STANDARD, "{text}");
        }
    }

    #[test]
    fn a_cut_last_record_does_not_count() {
        assert_eq!(detect(b"first,second\na", false, Asked::default()).unwrap(), dialect(Some(b','), true, 2));
    }

    #[test]
    fn the_separator_line_of_excel_is_known() {
        assert_eq!(separator_line(b"sep=;\r\na;b\r\n"), Some(b';'));
        assert_eq!(separator_line(b"sep=x\n"), None);
        assert_eq!(separator_line(b"sep"), None);
    }
}
