//! Formats that other programs write.

use super::*;

/// Files that real programs wrote, with the cells they must give: `tests/golden/make.py` made both.
#[test]
fn files_of_other_programs_give_the_cells_they_were_written_from() {
    #[derive(serde::Deserialize)]
    struct Golden {
        columns: Vec<String>,
        rows: Vec<Vec<String>>,
        format: crate::dataset::FileFormat,
        encoding: Option<String>,
        sheets: Option<Vec<String>>,
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
    let mut files = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let expected = entry.unwrap().path();
        if expected.extension().is_none_or(|extension| extension != "json") || expected.file_stem().unwrap() == "pandas" {
            continue;
        }
        files += 1;
        let golden: Golden = serde_json::from_slice(&fs::read(&expected).unwrap()).unwrap();
        let name = expected.file_stem().unwrap().to_string_lossy().into_owned();
        let mut source = match open(&folder.join(&name), &ReadOptions::default()) {
            Ok(source) => source,
            Err(error) => {
                wrong.push(error.message);
                continue;
            }
        };
        let info = source.info().clone();
        let (rows, aside) = all(&mut source);
        let cells: Vec<Vec<String>> = rows.into_iter().map(|(_, cells)| cells).collect();
        if (&info.format, source.columns(), &cells) != (&golden.format, &golden.columns[..], &golden.rows)
            || !aside.is_empty()
            || golden.encoding.is_some_and(|encoding| encoding != info.encoding)
            || golden.sheets.is_some_and(|sheets| sheets != info.sheets)
        {
            wrong.push(format!("{name}: {info:?}\n  {:?}\n  {cells:?}\n  expected {:?}\n  aside {aside:?}", source.columns(), golden.rows));
        }
    }
    assert!(files >= 30, "{files} files");
    assert!(wrong.is_empty(), "{} of {files} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn read_named(name: &str, text: &str) -> (FileInfo, Vec<String>, Vec<Vec<String>>, Vec<SetAside>, Brings) {
    let (_folder, path) = file(name, text);
    let mut source = open(&path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{}", error.message));
    let (rows, aside) = all(&mut source);
    let rows = rows.into_iter().map(|(_, cells)| cells).collect();
    (source.info().clone(), source.columns().to_vec(), rows, aside, source.brings().clone())
}

#[test]
fn json_values_keep_their_text_and_broken_lines_are_named() {
    let text = "{\"text\": \"a \\u00e9\\n\", \"label\": 1.10, \"extra\": {\"k\": [1,  2]}}\n\n{\"text\": \"b\", \"label\": null}\n{\"text\": \"c\", \n{\"label\": true, \"text\": \"d\", \"late\": \"x\"}\n[1]\n{\"text\": \"e\", \"text\": \"f\"}\n{\"text\": \"nul\\u0000\"}\n{\"text\": \"\\ud800\"}\n";
    let (info, columns, rows, aside, _) = read_named("a.jsonl", text);
    assert_eq!((info.format, info.encoding.as_str()), (FileFormat::JsonLines, "UTF-8"));
    assert_eq!(columns, ["text", "label", "extra", "late"]);
    assert_eq!(
        rows,
        [["a é\n", "1.10", "{\"k\": [1,  2]}", ""], ["b", "", "", ""], ["d", "true", "", "x"]].map(|row| row.map(str::to_owned).to_vec())
    );
    assert_eq!(aside.iter().map(|aside| aside.line).collect::<Vec<_>>(), [4, 6, 7, 8, 9]);
    for (aside, word) in aside.iter().zip(["not whole JSON", "no object", "names `text` twice", "NUL", "not whole JSON"]) {
        assert!(aside.reason.contains(word), "{}", aside.reason);
    }
}

#[test]
fn json_without_rows_is_refused_in_words() {
    assert!(
        refused_file("a.jsonl", "nonsense\n").contains("holds no JSON object that could be a row. The first: The value is not whole JSON")
    );
    assert!(refused_file("a.json", "[1, 2]").contains("holds no JSON object"));
    let (_folder, path) = file("cut.json", "[{\"text\": \"a\", \"label\": \"b\"},\n {\"text\": \"c");
    let mut source = open(&path, &ReadOptions::default()).unwrap();
    let (rows, aside) = all(&mut source);
    assert_eq!((rows.len(), aside.len(), aside[0].line), (1, 1, 2));
    assert!(aside[0].reason.contains("may be cut off"), "{}", aside[0].reason);
}

#[test]
fn rows_inside_an_object_are_found_or_it_is_said_what_to_do() {
    let pretty = "{\n  \"version\": 2,\n  \"data\": [\n    {\"q\": \"a\", \"l\": 1},\n    {\"q\": \"b\", \"l\": 02}\n  ],\n  \"license\": \"MIT\"\n}\n";
    let (info, columns, rows, aside, brings) = read_named("wrapped.json", pretty);
    assert_eq!((info.format, columns), (FileFormat::Json, vec!["q".to_owned(), "l".to_owned()]));
    assert_eq!((rows, aside.len(), aside[0].line), (vec![vec!["a".to_owned(), "1".to_owned()]], 1, 5));
    assert_eq!(brings.unmapped, ["version", "license"].map(|name| format!("`{name}` stands beside the rows and was left out.")));
    let (_, _, rows, ..) = read_named("line.json", r#"{"meta": {"rows": [{"x": 1}]}, "data": [{"q": "a"}, {"q": "b"}]}"#);
    assert_eq!(rows, [["a"], ["b"]].map(|row| row.map(str::to_owned).to_vec()));
    let (info, _, rows, ..) = read_named(
        "chats.json",
        r#"{"data": [{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}]}"#,
    );
    assert_eq!((info.format, rows), (FileFormat::Chat, vec![vec!["hi".to_owned(), "ho".to_owned()]]));
    // One row with an array in it stays a row where the name says so.
    let (_, columns, rows, ..) = read_named("one.jsonl", r#"{"q": "a", "refs": [{"id": 1}]}"#);
    assert_eq!((columns.len(), rows.len()), (2, 1));
    let (info, ..) = read_named(
        "config.json",
        "{\"prompts\": [\"{{q}}\"],\n\"tests\": [{\"vars\": {\"q\": \"a\"}, \"assert\": [{\"type\": \"equals\", \"value\": \"b\"}]}]}",
    );
    assert_eq!(info.format, FileFormat::Promptfoo);
    let several = refused_file("several.json", "{\"train\": [{\"q\": 1}],\n\"test\": [{\"q\": 2}]}");
    assert!(several.contains("holds several arrays of objects: `train`, `test`. Save the one"), "{several}");
    assert!(refused_file("none.json", "{\"a\": 1,\n\"b\": [1, 2]}").contains("without an array of rows"));
}

#[test]
fn conversations_give_input_answer_and_system_prompt() {
    let line = |system: &str, question: &str, answer: &str| {
        format!(
            "{{\"messages\": [{{\"role\": \"system\", \"content\": \"{system}\"}}, {{\"role\": \"user\", \"content\": \"{question}\"}}, {{\"role\": \"assistant\", \"content\": \"{answer}\"}}]}}\n"
        )
    };
    let same = line("Be brief.", "Where?", "Here.") + &line("Be brief.", "  Who? ", "Me.");
    let (info, columns, rows, aside, brings) = read_named("chat.jsonl", &same);
    assert_eq!((info.format, columns, aside), (FileFormat::Chat, vec!["input".to_owned(), "output".to_owned()], vec![]));
    assert_eq!(rows, [["Where?", "Here."], ["  Who? ", "Me."]].map(|row| row.map(str::to_owned).to_vec()));
    assert_eq!(brings.system_prompt.as_deref(), Some("Be brief."));
    assert_eq!((brings.roles.input.as_deref(), brings.roles.truth.as_deref()), (Some("input"), Some("output")));

    let mixed = line("Be brief.", "Where?", "Here.")
        + &line("Be long.", "Who?", "Me.")
        + "{\"messages\": [{\"role\": \"user\", \"content\": \"A\"}, {\"role\": \"assistant\", \"content\": \"B\"}, {\"role\": \"user\", \"content\": [{\"type\": \"text\", \"text\": \"C\"}]}, {\"role\": \"assistant\", \"content\": \"D\"}], \"id\": 7}\n"
        + "{\"messages\": [{\"role\": \"user\", \"content\": \"no answer\"}]}\n"
        + "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {}}]}, {\"role\": \"assistant\", \"content\": \"x\"}]}\n";
    let (_, columns, rows, aside, brings) = read_named("chat.jsonl", &mixed);
    assert_eq!(columns, ["input", "output", "id", "system"]);
    assert_eq!(rows[1], ["Who?", "Me.", "", "Be long."]);
    assert_eq!(rows[2], ["User: A\n\nAssistant: B\n\nUser: C", "D", "7", ""]);
    assert_eq!(brings.system_prompt.as_deref(), Some("{{system}}"));
    assert_eq!(aside.iter().map(|aside| aside.line).collect::<Vec<_>>(), [4, 5]);
    assert!(aside[0].reason.contains("no ground truth") && aside[1].reason.contains("`image_url`"), "{aside:?}");
}

#[test]
fn evals_of_openai_are_understood() {
    let text = "{\"input\": [{\"role\": \"system\", \"content\": \"Answer.\"}, {\"role\": \"user\", \"content\": \"2+2\"}], \"ideal\": \"4\"}\n{\"input\": [{\"role\": \"system\", \"content\": \"Answer.\"}, {\"role\": \"user\", \"content\": \"Capital?\"}], \"ideal\": [\"Paris\", \"paris\"]}\n";
    let (info, columns, rows, _, brings) = read_named("evals.jsonl", text);
    assert_eq!((info.format, columns), (FileFormat::OpenaiEvals, ["input", "ideal", "ideals"].map(str::to_owned).to_vec()));
    assert_eq!(rows[1], ["Capital?", "Paris", "[\"Paris\", \"paris\"]"]);
    assert_eq!(brings.system_prompt.as_deref(), Some("Answer."));
    assert!(brings.unmapped[0].contains("1 row accepts several answers"), "{:?}", brings.unmapped);
    let text = "{\"item\": {\"question\": \"q\", \"answer\": 007e0}, \"sample\": {\"output_text\": \"o\"}}\n".replace("007e0", "7e0");
    let (_, columns, rows, ..) = read_named("api.jsonl", &text);
    assert_eq!(
        (columns, rows),
        (["question", "answer", "sample.output_text"].map(str::to_owned).to_vec(), vec![["q", "7e0", "o"].map(str::to_owned).to_vec()])
    );
}

#[test]
fn examples_of_langsmith_give_the_values_of_their_inputs_and_outputs() {
    let line = |question: &str, answer: &str| {
        format!(
            "{{\"id\": \"7f\", \"inputs\": {{\"wish\": \"{question}\"}}, \"outputs\": {{\"desk\": \"{answer}\"}}, \"metadata\": {{\"a\": 1}}}}\n"
        )
    };
    let (info, columns, rows, aside, brings) = read_named("examples.jsonl", &(line("A refund", "007") + &line(" Who? ", "null")));
    assert_eq!(
        (info.format, columns, aside),
        (FileFormat::Langsmith, ["wish", "desk", "id", "metadata"].map(str::to_owned).to_vec(), vec![])
    );
    assert_eq!(
        rows,
        [["A refund", "007", "7f", "{\"a\": 1}"], [" Who? ", "null", "7f", "{\"a\": 1}"]].map(|r| r.map(str::to_owned).to_vec())
    );
    assert_eq!((brings.roles.input.as_deref(), brings.roles.truth.as_deref()), (Some("wish"), Some("desk")));

    // A name on both sides is told apart; where several values stand on one side, they name no role.
    let both = "[{\"inputs\": {\"text\": \"a\"}, \"outputs\": {\"text\": \"b\", \"score\": 1}, \"text\": \"c\"}, {\"inputs\": {\"text\": \"d\"}, \"outputs\": null}]";
    let (_, columns, rows, _, brings) = read_named("examples.json", both);
    assert_eq!(columns, ["text", "outputs.text", "score", "text (as given)"]);
    assert_eq!(rows, [["a", "b", "1", "c"], ["d", "", "", ""]].map(|r| r.map(str::to_owned).to_vec()));
    assert_eq!((brings.roles.input.as_deref(), brings.roles.truth.as_deref()), (Some("text"), None));
}

#[test]
fn alpaca_joins_instruction_and_input_unless_the_instruction_is_one_for_all() {
    let text = "[{\"instruction\": \"Add.\", \"input\": \"1 1\", \"output\": \"2\"}, {\"instruction\": \"Name one.\", \"input\": \"\", \"output\": \"x\"}]";
    let (info, columns, rows, _, brings) = read_named("alpaca.json", text);
    assert_eq!((info.format, columns[3].as_str()), (FileFormat::Alpaca, "instruction and input"));
    assert_eq!((rows[0][3].as_str(), rows[1][3].as_str()), ("Add.\n\n1 1", "Name one."));
    assert_eq!((brings.roles.input.as_deref(), brings.roles.truth.as_deref()), (Some("instruction and input"), Some("output")));
    let same = "instruction,input,output\nAdd.,1 1,2\nAdd.,2 2,4\n";
    let (info, columns, _, _, brings) = read_named("alpaca.csv", same);
    assert_eq!((info.format, columns.len(), brings.system_prompt.as_deref()), (FileFormat::Alpaca, 3, Some("Add.")));
    assert_eq!(brings.roles.input.as_deref(), Some("input"));
}

#[test]
fn promptfoo_tests_give_variables_answers_and_metrics() {
    use crate::metric::MetricKind;
    let yaml = "description: x\nprompts:\n  - 'Answer in {{ language }}: {{question}}'\n  - file://other.txt\ndefaultTest:\n  vars: {tone: polite}\n  assert:\n    - type: latency\n      threshold: 100\ntests:\n  - description: first\n    vars: {question: 007, language: [French, German]}\n    assert:\n      - {type: icontains, value: 'in {{language}}'}\n      - {type: javascript, value: 'x'}\n  - vars: {question: \"null\"}\n    assert: [{type: icontains, value: ~}]\n    threshold: 1\n  - file://more.yaml\n";
    let (info, columns, rows, aside, brings) = read_named("promptfooconfig.yaml", yaml);
    assert_eq!(
        (info.format, columns),
        (FileFormat::Promptfoo, ["question", "language", "tone", "description", "expected"].map(str::to_owned).to_vec())
    );
    assert_eq!(
        rows,
        [
            ["007", "French", "polite", "first", "in French"],
            ["007", "German", "polite", "first", "in German"],
            ["null", "", "polite", "", "~"]
        ]
        .map(|row| row.map(str::to_owned).to_vec())
    );
    assert_eq!(brings.metrics.iter().map(|spec| spec.metric.clone()).collect::<Vec<_>>(), [MetricKind::Contains]);
    assert_eq!((brings.system_prompt, brings.user_prompt.as_deref()), (None, Some("Answer in {{language}}: {{question}}")));
    assert_eq!((aside.len(), aside[0].line), (1, 19));
    assert!(aside[0].reason.contains("file://more.yaml"), "{}", aside[0].reason);
    let unmapped = brings.unmapped.join("\n");
    for word in [
        "`latency`: no counterpart, left out (3 tests)",
        "`javascript`: no counterpart, left out (2 tests)",
        "`threshold` of 1 test",
        "`prompts` refers to files",
    ] {
        assert!(unmapped.contains(word), "{word} in {unmapped}");
    }

    let csv = "question,__expected,__expected2,__metric\nq1,\"contains: Paris\",llm-rubric: kind,m\nq2,plain: text,,\nq3,\"similar(0.8): x\",,\nq4,contains:Rome,,\n";
    let (info, columns, rows, _, brings) = read_named("tests.csv", csv);
    assert_eq!((info.format, columns.last().unwrap().as_str()), (FileFormat::Promptfoo, "expected answer"));
    let answers: Vec<&str> = rows.iter().map(|row| row.last().unwrap().as_str()).collect();
    assert_eq!(answers, ["Paris", "plain: text", "x", "Rome"]);
    assert_eq!(brings.metrics[0].metric, MetricKind::Contains);
    assert_eq!(brings.roles.truth.as_deref(), Some("expected answer"));

    let lines = "{\"vars\": {\"q\": 1.10}, \"assert\": [{\"type\": \"equals\", \"value\": {\"a\": 1}}]}\n{\"vars\": {\"q\": \"x\"}, \"assert\": [{\"type\": \"llm-rubric\", \"value\": \"is kind\"}]}\n";
    let (_, _, rows, aside, brings) = read_named("tests.jsonl", lines);
    assert_eq!(rows, [["1.10", "{\"a\": 1}"]].map(|row| row.map(str::to_owned).to_vec()));
    assert_eq!((aside.len(), aside[0].line, aside[0].text.as_str()), (1, 2, "x"));
    assert!(aside[0].reason.contains("rubric in place of an answer") && aside[0].reason.contains("JSON"), "{}", aside[0].reason);
    let unmapped = brings.unmapped.join("\n");
    assert!(unmapped.contains("1 test with a rubric in place of an answer: set aside"), "{unmapped}");
    assert_eq!(brings.metrics[0].metric, MetricKind::Json);
    let csv = "q,__expected\nq1,equals: Paris\nq2,llm-rubric: is kind\nq3,Rome\n";
    let (_, _, rows, aside, _) = read_named("tests.csv", csv);
    let answers: Vec<&str> = rows.iter().map(|row| row.last().unwrap().as_str()).collect();
    assert_eq!((answers, aside.len(), aside[0].line), (vec!["Paris", "Rome"], 1, 3));

    assert!(refused_file("a.yaml", "a: [1").contains("Line"));
    assert!(refused_file("a.yaml", "providers: [x]").contains("has no `tests`"));
}

#[test]
fn a_conversation_of_promptfoo_brings_its_messages_and_rubrics_find_their_place() {
    use crate::metric::MetricKind;
    let conversation = r#"[{"role": "system", "content": "Be {{ tone }}."}, {"role": "user", "content": "Ticket: {{ticket}} {{ none }}"}]"#;
    let tests = |rubric: &str| {
        format!(
            "prompts: ['{conversation}']\ntests:\n  - vars: {{ticket: a, tone: kind}}\n    assert: [{{type: llm-rubric, value: is polite}}]\n  - file://more.yaml\n  - vars: {{ticket: b, tone: kind}}\n    assert: [{{type: equals, value: x}}{rubric}]\n  - vars: {{ticket: c, tone: kind}}\n    assert: [{{type: equals, value: y}}{rubric}]\n"
        )
    };
    let (_, _, rows, aside, brings) = read_named("promptfooconfig.yaml", &tests(""));
    assert_eq!(
        (brings.system_prompt.as_deref(), brings.user_prompt.as_deref()),
        (Some("Be {{tone}}."), Some("Ticket: {{ticket}} {{ none }}"))
    );
    assert_eq!((rows.len(), brings.metrics.len()), (2, 1));
    assert_eq!(aside.iter().map(|aside| aside.line).collect::<Vec<_>>(), [3, 5], "in the order of the file");
    // A rubric that stands beside most answers judges as well.
    let (_, _, _, _, brings) = read_named("promptfooconfig.yaml", &tests(", {type: llm-rubric, value: is brief}"));
    let metrics: Vec<MetricKind> = brings.metrics.into_iter().map(|spec| spec.metric).collect();
    assert_eq!(metrics[1..], [MetricKind::Judge { rubric: "is brief".into() }]);
    // Where most tests have a rubric in place of an answer, a judge scores them all.
    let judged = "tests:\n  - vars: {q: a}\n    assert: [{type: llm-rubric, value: is kind}]\n  - vars: {q: b}\n    assert: [{type: llm-rubric, value: is short}]\n  - vars: {q: c}\n    assert: [{type: equals, value: x}]\n";
    let (_, _, rows, aside, brings) = read_named("promptfooconfig.yaml", judged);
    let truths: Vec<&str> = rows.iter().map(|row| row.last().unwrap().as_str()).collect();
    assert_eq!((truths, aside.len()), (vec!["is kind", "is short", "x"], 0));
    assert!(matches!(&brings.metrics[..], [spec] if matches!(spec.metric, MetricKind::Judge { .. })), "{:?}", brings.metrics);
    assert!(brings.unmapped.iter().any(|said| said.contains("like the others they are scored by the judge")), "{:?}", brings.unmapped);
}

#[test]
fn a_workbook_that_is_cut_off_or_a_bomb_is_refused() {
    use std::io::Write;
    let whole = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/openpyxl.xlsx")).unwrap();
    let (_folder, path) = file("cut.xlsx", &whole[..whole.len() * 2 / 3]);
    assert!(refused(&path).contains("cut.xlsx is no whole workbook (its end is missing)"), "{}", refused(&path));
    let mut middle = whole.clone();
    for byte in &mut middle[400..1_400] {
        *byte ^= 0x5A;
    }
    let (_folder, path) = file("damaged.xlsx", &middle);
    assert!(refused(&path).contains("damaged.xlsx is no whole"), "{}", refused(&path));

    let mut bomb = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    bomb.start_file("xl/workbook.xml", options).unwrap();
    bomb.write_all(b"<workbook/>").unwrap();
    bomb.start_file("xl/sharedStrings.xml", options).unwrap();
    let zeros = vec![b' '; 1024 * 1024];
    for _ in 0..300 {
        bomb.write_all(&zeros).unwrap();
    }
    let bytes = bomb.finish().unwrap().into_inner();
    assert!(bytes.len() < 2 * 1024 * 1024, "a small file");
    let (_folder, path) = file("bomb.xlsx", &bytes);
    assert!(refused(&path).contains("bomb.xlsx unpacks to more than 256 MB (xl/sharedStrings.xml)"), "{}", refused(&path));
}

#[test]
fn a_formula_without_a_stored_result_is_said_to_be_empty() {
    use std::io::Write;
    let sheet = r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
        <row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c><c r="B1" t="inlineStr"><is><t>label</t></is></c></row>
        <row r="2"><c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2"><f>UPPER(A2)</f><v></v></c></row>
        <row r="3"><c r="A3" t="inlineStr"><is><t>b</t></is></c><c r="B3" t="str"><f>UPPER(A3)</f><v>B</v></c></row>
        <row r="4"><c r="A4" t="inlineStr"><is><t>c</t></is></c><c r="B4"><f>UPPER(A4)</f></c></row>
        </sheetData></worksheet>"#;
    let workbook = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let relations = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let packed = relations.replace("worksheet\"", "officeDocument\"").replace("worksheets/sheet1.xml", "xl/workbook.xml");
    for (name, text) in [
        ("_rels/.rels", packed.as_str()),
        ("xl/workbook.xml", workbook),
        ("xl/_rels/workbook.xml.rels", relations),
        ("xl/worksheets/sheet1.xml", sheet),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let (_folder, path) = file("formulas.xlsx", zip.finish().unwrap().into_inner());
    let mut source = open(&path, &ReadOptions::default()).unwrap();
    assert_eq!(all(&mut source).0, [row(2, &["a", ""]), row(3, &["b", "B"]), row(4, &["c", ""])]);
    let notes = source.notes().join(" ");
    assert!(notes.contains("2 cells of `label` hold a formula whose result is not stored"), "{notes}");
    all(&mut source);
    assert_eq!(source.notes().join(" "), notes, "counted anew each time");
}

#[test]
fn nested_columns_of_parquet_are_refused_by_name() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/pyarrow-nested.parquet");
    let sentence = refused(&path);
    assert!(sentence.contains("`messages`, `tags` of pyarrow-nested.parquet are nested"), "{sentence}");
    let bytes = fs::read(path.with_file_name("pandas-snappy.parquet")).unwrap();
    assert!(refused_file("cut.parquet", &bytes[..bytes.len() / 2]).contains("no whole Parquet file"));
}

#[test]
fn a_sheet_can_be_chosen() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/libreoffice.ods");
    let sheet = |name: &str| ReadOptions { sheet: Some(name.to_owned()), ..ReadOptions::default() };
    let mut source = open(&path, &sheet("Zweites Blatt")).unwrap();
    assert_eq!(source.columns(), ["Frage", "Antwort"]);
    assert_eq!(all(&mut source).0, [row(2, &["Wo?", "hier"])]);
    let error = open(&path, &sheet("Sheet 9")).err().unwrap();
    assert!(error.message.contains("has no sheet `Sheet 9`. Choose one of `Orders`, `Zweites Blatt`"), "{}", error.message);
}
