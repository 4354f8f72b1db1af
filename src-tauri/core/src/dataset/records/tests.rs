use proptest::prelude::*;

use super::*;

#[derive(Debug, PartialEq)]
enum Seen {
    Cells(u64, Vec<String>),
    Unclosed(u64, u64, String),
}

/// Hands out a few bytes at a time, so that every record is cut somewhere.
struct Drops<'a>(&'a [u8], usize);

impl Read for Drops<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(self.0.len()).min(out.len());
        out[..length].copy_from_slice(&self.0[..length]);
        self.0 = &self.0[length..];
        Ok(length)
    }
}

fn read_in(text: &[u8], delimiter: Option<u8>, drop: usize) -> Vec<Seen> {
    let mut records = Records::new(Drops(text, drop), delimiter, Quoting::STANDARD);
    let mut seen = Vec::new();
    loop {
        seen.push(match records.next().unwrap() {
            Next::Record(record) => Seen::Cells(record.line, record.to_strings()),
            Next::Unclosed { line, opened, raw } => Seen::Unclosed(line, opened, String::from_utf8_lossy(raw).into_owned()),
            Next::Overlong { line, raw } => Seen::Unclosed(line, line, String::from_utf8_lossy(raw).into_owned()),
            Next::End => return seen,
        });
    }
}

fn read(text: &str) -> Vec<Seen> {
    let whole = read_in(text.as_bytes(), Some(b','), usize::MAX);
    assert_eq!(whole, read_in(text.as_bytes(), Some(b','), 1), "cut into single bytes");
    whole
}

fn cells(line: u64, cells: &[&str]) -> Seen {
    Seen::Cells(line, cells.iter().map(|&cell| cell.to_owned()).collect())
}

#[test]
fn cells_are_untouched() {
    assert_eq!(
        read("007, a ,1e5,null\r\n\"x\r\ny\",\"say \"\"hi\"\"\",\"\",TRUE"),
        [cells(1, &["007", " a ", "1e5", "null"]), cells(2, &["x\r\ny", "say \"hi\"", "", "TRUE"])]
    );
}

#[test]
fn lines_are_physical_ones() {
    let text = "\n\na\n\"b\n\nb\"\r\n\r\nc\r\"d\r\rd\"\re\n";
    assert_eq!(read(text), [cells(3, &["a"]), cells(4, &["b\n\nb"]), cells(8, &["c"]), cells(9, &["d\r\rd"]), cells(12, &["e"])]);
}

#[test]
fn a_delimiter_at_the_end_opens_an_empty_cell() {
    assert_eq!(read("a,\n,\n"), [cells(1, &["a", ""]), cells(2, &["", ""])]);
    assert_eq!(read("a,"), [cells(1, &["a", ""])]);
}

#[test]
fn text_after_a_closing_quote_is_joined() {
    assert_eq!(read("\"a\" b,c\n\"\"\"x\"\"\" y,\"d\"\"e\"f\"g\n"), [cells(1, &["a b", "c"]), cells(2, &["\"x\" y", "d\"ef\"g"])]);
}

#[test]
fn a_quote_that_never_closes_costs_its_line_only() {
    assert_eq!(
        read("a,b\n1,\"open\n2,x\n3,y\n"),
        [cells(1, &["a", "b"]), Seen::Unclosed(2, 2, "1,\"open".into()), cells(3, &["2", "x"]), cells(4, &["3", "y"])]
    );
    assert_eq!(read("a\n\"open"), [cells(1, &["a"]), Seen::Unclosed(2, 2, "\"open".into())]);
}

#[test]
fn a_quote_that_closes_in_the_middle_of_a_later_cell_never_closed() {
    assert_eq!(
        read("1,\"open\n2,\"good, text\",x\n3,\"y\"\n"),
        [Seen::Unclosed(1, 1, "1,\"open".into()), cells(2, &["2", "good, text", "x"]), cells(3, &["3", "y"])]
    );
}

#[test]
fn the_line_of_the_quote_is_told_from_the_line_of_the_row() {
    assert_eq!(read("\"two\nlines\",\"open\nnext,x\n"), [Seen::Unclosed(1, 2, "\"two\nlines\",\"open".into()), cells(3, &["next", "x"])]);
}

#[test]
fn without_a_delimiter_a_record_is_one_cell() {
    let seen = read_in(b"text\nHello, world; a\tb\n\"x, \"\"y\"\"\"\n", None, 3);
    assert_eq!(seen, [cells(1, &["text"]), cells(2, &["Hello, world; a\tb"]), cells(3, &["x, \"y\""])]);
}

#[test]
fn a_record_longer_than_any_chunk_is_read_in_linear_time() {
    let long = "x".repeat(3 * CHUNK);
    let text = format!("a,\"{long}\n{long}\"\nb,{long}\n");
    assert_eq!(
        read_in(text.as_bytes(), Some(b','), 1_000),
        [Seen::Cells(1, vec!["a".into(), format!("{long}\n{long}")]), Seen::Cells(3, vec!["b".into(), long])]
    );
}

#[test]
fn looking_for_a_closing_quote_ends_somewhere() {
    let mut text = b"a,\"open\n".to_vec();
    text.extend(std::iter::repeat_n(b"1234567\n".as_slice(), LONGEST_RECORD / 8 + 100_000).flatten());
    let mut records = Records::new(text.as_slice(), Some(b','), Quoting::STANDARD);
    assert!(matches!(records.next().unwrap(), Next::Unclosed { line: 1, .. }));
    assert!(records.buffer.len() <= LONGEST_RECORD + 2 * CHUNK, "{}", records.buffer.len());
    assert!(matches!(records.next().unwrap(), Next::Record(Record { line: 2, .. })));

    // Without a single line end there is nothing to go back to: the line is set aside as too long.
    let endless = [b"\"".as_slice(), &vec![b'x'; LONGEST_RECORD + 8 * CHUNK]].concat();
    let mut records = Records::new(endless.as_slice(), Some(b','), Quoting::STANDARD);
    assert!(matches!(records.next().unwrap(), Next::Overlong { line: 1, .. }));
    assert!(records.buffer.len() <= LONGEST_RECORD + 2 * CHUNK, "{}", records.buffer.len());
}

/// Cells out of everything that means something to the format.
fn any_cell() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![Just("\""), Just(","), Just(";"), Just("\r\n"), Just("\n"), Just("\r"), Just(" "), Just("a"), Just("é"), Just("\t")],
        0..8,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_the_csv_crate_writes_comes_back(
        rows in proptest::collection::vec(proptest::collection::vec(any_cell(), 1..4), 1..8),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|')],
        drop in 1_usize..40,
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let seen: Vec<Vec<String>> = read_in(&text, Some(delimiter), drop)
            .into_iter()
            .map(|seen| match seen {
                Seen::Cells(_, cells) => cells,
                Seen::Unclosed(..) => panic!("{seen:?}"),
            })
            .collect();
        prop_assert_eq!(seen, rows);
    }

    #[test]
    fn no_text_makes_it_lose_a_line_or_hang(text in "[\",\n\ra ]{0,60}", drop in 1_usize..9) {
        let whole = read_in(text.as_bytes(), Some(b','), usize::MAX);
        prop_assert_eq!(&whole, &read_in(text.as_bytes(), Some(b','), drop));
        let mut last = 0;
        for seen in whole {
            let line = match seen { Seen::Cells(line, _) | Seen::Unclosed(line, ..) => line };
            prop_assert!(line > last);
            last = line;
        }
    }

    #[test]
    fn it_agrees_with_the_csv_crate_where_quotes_are_sound(text in "([a ]{0,3}|\"[a,]{0,3}(\"\")?[a,]{0,2}\")((,|\n|\r\n)([a ]{0,3}|\"[a,\n]{0,3}\")){0,12}") {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let expected: Vec<Vec<String>> = reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
        let seen: Vec<Vec<String>> = read_in(text.as_bytes(), Some(b','), 5)
            .into_iter()
            .map(|seen| match seen { Seen::Cells(_, cells) => cells, Seen::Unclosed(..) => vec!["unclosed".into()] })
            .collect();
        prop_assert_eq!(seen, expected);
    }
}
