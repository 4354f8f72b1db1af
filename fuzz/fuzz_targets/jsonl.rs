#![no_main]

mod reading;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The same bytes as an array, or an object around one.
    reading::read("data.json", bytes);
    let found = reading::read("data.jsonl", bytes);
    // Text in UTF-8 has an entry for every line that holds anything; tests of promptfoo may stand for several.
    if let (Some((rows, aside)), Ok(text)) = (found, std::str::from_utf8(bytes))
        && !text.contains(['\u{feff}', '\0'])
        && !text.contains("\"vars\"")
        && !text.trim_start().starts_with('[')
    {
        let blank = |line: &&str| !line.trim_matches([' ', '\t', '\r']).is_empty();
        assert_eq!(rows + aside, text.split('\n').filter(blank).count() as u64, "no line is lost");
    }
});
