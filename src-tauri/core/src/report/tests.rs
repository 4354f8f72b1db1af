use std::collections::BTreeSet;

use super::{
    diff::{self, Line},
    *,
};

/// What would be markup somewhere.
const HOSTILE: &str = "</pre></title><script>alert(1)</script><img src=x onerror=\"alert(1)\">'\"&amp; \u{1b}[31m \u{0} \u{202e} ]]> --> ```` | **b** # [x](javascript:1)\n# not a head\n- not a list";

fn hostile() -> Report {
    let text = || HOSTILE.to_owned();
    let mut report = Report::new(HOSTILE);
    for block in [
        Block::Section(text()),
        Block::Part(text()),
        Block::Paragraph(text()),
        Block::Verdict(text()),
        Block::Caution(text()),
        Block::List(vec![text()]),
        Block::Table { head: vec![text()], rows: vec![vec![text()]] },
        Block::Text { name: text(), text: text() },
        Block::Change { name: text(), before: text(), after: format!("{HOSTILE}\nmore") },
        Block::Ranges(RangeChart { caption: Some(text()), rows: vec![RangeRow { unlike: true, ..range(&text()) }] }),
        Block::Curve(CurveChart { simulated: false, points: epochs() }),
    ] {
        report.add(block);
    }
    report
}

fn range(name: &str) -> RangeRow {
    RangeRow { name: name.into(), simulated: false, unlike: false, score: 0.5, ends: (0.25, 0.75) }
}

fn epochs() -> Vec<CurvePoint> {
    let point = |epoch, mark, validation, train| CurvePoint { epoch, mark, validation, train, part: false };
    vec![
        point(0, Mark::Accepted, Some((0.4, 0.3, 0.5)), None),
        point(1, Mark::Rejected, Some((0.35, 0.25, 0.45)), Some(0.4)),
        point(2, Mark::Invalid, None, Some(0.4)),
        point(3, Mark::Bound, Some((0.45, 0.45, 0.45)), Some(0.4)),
        point(4, Mark::Accepted, Some((0.8, 0.7, 0.9)), Some(0.5)),
    ]
}

/// Names of the elements of a page.
fn elements(html: &str) -> BTreeSet<String> {
    html.split('<').skip(1).map(|rest| rest.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect()).collect()
}

#[test]
fn no_text_becomes_part_of_the_page() {
    let html = hostile().html();
    let known = [
        "",
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "h3",
        "p",
        "ul",
        "li",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "figure",
        "figcaption",
        "pre",
        "span",
        "ins",
        "del",
        "svg",
        "path",
        "circle",
        "text",
        "footer",
    ];
    let unknown: Vec<String> = elements(&html).into_iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert_eq!(unknown, Vec::<String>::new());
    assert!(!html.contains("onerror=\"") && !html.contains('\u{1b}') && !html.contains('\0'), "attributes and control characters");
    assert!(html.contains("default-src 'none'"));
    for fetched in ["src=", "href=", "url(", "@import", "http:", "https:"] {
        let own = html.replace("src=x onerror", "");
        assert!(!own.contains(fetched), "{fetched}: a page that stands alone fetches nothing");
    }
}

#[test]
fn charts_are_sound_svg_and_say_in_words_what_they_show() {
    for svg in [
        chart::curve(&CurveChart { simulated: false, points: epochs() }),
        chart::curve(&CurveChart { simulated: false, points: Vec::new() }),
        chart::curve(&CurveChart { simulated: false, points: epochs()[..1].to_vec() }),
        chart::ranges(&RangeChart { caption: None, rows: vec![RangeRow { score: 1.0, ends: (1.0, 1.0), unlike: true, ..range(HOSTILE) }] }),
    ] {
        let mut reader = quick_xml::Reader::from_str(&svg);
        reader.config_mut().check_end_names = true;
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(error) => panic!("{error}: {svg}"),
            }
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }
    let curve = chart::curve(&CurveChart { simulated: false, points: epochs() });
    assert!(curve.contains("aria-label=\"Validation score over 4 epochs, from 40.0% to 80.0%\""), "{curve}");
    let marks =
        [("class=\"accepted\"", 2), ("class=\"rejected\"", 1), ("class=\"invalid\"", 1), ("class=\"bound\"", 1), ("class=\"best\"", 1)];
    for (mark, count) in marks {
        assert_eq!(curve.matches(mark).count(), count, "{mark}");
    }
    assert!(curve.contains("epoch 3: at most 45.0%"));
    // An epoch none of whose proposals came to validation was not invalid, and has no score.
    let unmeasured = CurvePoint { epoch: 5, mark: Mark::Rejected, validation: None, train: Some(0.5), part: false };
    let longer = chart::curve(&CurveChart { simulated: false, points: [epochs(), vec![unmeasured]].concat() });
    for (mark, count) in marks {
        assert_eq!(longer.matches(mark).count(), count, "{mark}");
    }
}

#[test]
fn no_line_joins_training_scores_of_a_part_of_the_examples() {
    let with_parts = |parts: &[u32]| {
        let points = epochs().into_iter().map(|p| CurvePoint { part: parts.contains(&p.epoch), ..p }).collect();
        CurveChart { simulated: false, points }
    };
    let drawn = |parts: &[u32]| {
        let curve = chart::curve(&with_parts(parts));
        let line = curve.split("class=\"trained\" d=\"").nth(1).map_or(0, |path| path.split('"').next().unwrap().matches('L').count() + 1);
        (line, curve.matches("class=\"part\"").count())
    };
    assert_eq!((drawn(&[]), drawn(&[2]), drawn(&[2, 3, 4])), ((4, 0), (3, 1), (0, 3)));
    assert!(chart::curve_caption(&with_parts(&[2])).contains("Small rings") && !chart::curve_caption(&with_parts(&[])).contains("rings"));
}

/// By hand: the axis goes from 20% (at 266) to 100% (at 16), epochs from 52 to 744.
#[test]
fn a_chart_draws_every_figure_at_its_place() {
    let curve = chart::curve(&CurveChart { simulated: false, points: epochs() });
    for drawn in [
        "<circle class=\"accepted\" cx=\"52.0\" cy=\"203.5\" r=\"4.5\"><title>epoch 0: 40.0% (30.0% to 50.0%)</title>",
        "<circle class=\"rejected\" cx=\"225.0\" cy=\"219.1\" r=\"4\">",
        "<path class=\"bound\" d=\"M565.0 187.9h12\">",
        "<circle class=\"accepted\" cx=\"744.0\" cy=\"78.5\" r=\"4.5\">",
        // What was stopped early is no point of the line, and the best rises at the epoch that became it.
        "<path class=\"val\" d=\"M52.0 203.5L225.0 219.1L744.0 78.5\"/>",
        "<path class=\"best\" d=\"M52.0 203.5H744.0V78.5H744.0\"/>",
        "<path class=\"trained\" d=\"M225.0 203.5L398.0 203.5L571.0 203.5L744.0 ",
        "<path class=\"band\" d=\"M52.0 172.",
    ] {
        assert!(curve.contains(drawn), "{drawn} {curve}");
    }
    // From 20% (at 250) to 80% (at 720).
    let rows = vec![range("a name of more than thirty-six characters, repeat 2 of 3")];
    let ranges = chart::ranges(&RangeChart { caption: None, rows });
    assert!(
        ranges.contains("<path class=\"range\" d=\"M289.2 33.0H680.8\"/><circle class=\"accepted\" cx=\"485.0\" cy=\"33.0\""),
        "{ranges}"
    );
    // Repeats differ at the ends of their names.
    assert!(ranges.contains(">a name of mor…racters, repeat 2 of 3</text>"), "{ranges}");
    assert!(ranges.contains("<title>a name of more than thirty-six characters, repeat 2 of 3: 50.0%"), "whole where one points: {ranges}");
}

#[test]
fn markdown_keeps_texts_in_their_lines_and_blocks() {
    let markdown = hostile().markdown();
    let lines: Vec<&str> = markdown.lines().collect();
    assert_eq!(lines.iter().filter(|l| l.starts_with("# ")).count(), 1 + 1, "the title, and the line inside the fenced text");
    assert!(markdown.contains("`````text\n"), "a fence is longer than any inside");
    assert!(!markdown.contains("\n<script") && markdown.contains("\\<script\\>"), "{markdown}");
    let row = lines.iter().find(|l| l.starts_with("| \\<")).unwrap();
    assert!(row.ends_with("not a list |"), "a cell stays in its row: {row}");
}

#[test]
fn marks_of_direction_and_control_characters_are_shown_by_their_signs() {
    for text in [hostile().html(), hostile().markdown()] {
        assert!(!text.contains(['\u{202e}', '\u{1b}', '\0']), "{text}");
        assert!(text.contains("⟨RLO⟩") && text.contains("␛") && text.contains('␀'), "{text}");
    }
}

#[test]
fn cells_keep_words_whole_and_break_what_is_no_word() {
    let mut report = Report::new("r");
    let cells = ["accepted", "72.7% (65.0% to 77.3%, n = 200)", &"why it was taken, ".repeat(6), &"x".repeat(100_000)];
    report.table(["a"; 4], vec![cells.map(str::to_owned)]);
    let html = report.html();
    for (class, begins) in [(" class=\"short\"", "accepted<"), ("", "72.7% ("), (" class=\"prose\"", "why it"), (" class=\"long\"", "xxx")]
    {
        assert!(html.contains(&format!("<td{class} dir=\"auto\">{begins}")), "{begins}");
    }
}

#[test]
fn an_empty_text_is_said_to_be_empty() {
    let mut report = Report::new("r");
    report.add(Block::Text { name: "Output prompt".into(), text: String::new() });
    assert!(report.markdown().contains("Output prompt: empty") && report.html().contains(">empty<"));
}

#[test]
fn a_change_shows_as_few_lines_as_possible() {
    let change = diff::lines("a\nb\nc\nd", "a\nc\nx\nd");
    assert_eq!(change, [Line::Same("a"), Line::Gone("b"), Line::Same("c"), Line::New("x"), Line::Same("d")]);
    assert_eq!(diff::lines("", "a"), [Line::New("a")], "who fills an empty text takes nothing away");
    assert_eq!(diff::lines("a", ""), [Line::Gone("a")]);
    let (old, new): (String, String) = ("o\n".repeat(3000), "n\n".repeat(3000));
    let long = diff::lines(&old, &new);
    assert_eq!(long.len(), 6001, "what is too long to compare is shown as a whole");
}

#[test]
fn markdown_draws_its_charts_in_plain_text() {
    let mut report = Report::new("A run".to_owned());
    report.add(Block::Curve(CurveChart { simulated: true, points: epochs() }));
    let rows = vec![
        RangeRow { score: 0.5, ends: (0.2, 1.0), ..range("one") },
        RangeRow { unlike: true, score: 0.2, ends: (0.2, 0.2), ..range(HOSTILE) },
    ];
    report.add(Block::Ranges(RangeChart { caption: None, rows }));
    let text = report.markdown();
    let of = |beginning: &str| {
        text.lines().find(|line| line.trim_start().starts_with(beginning)).unwrap_or_else(|| panic!("{beginning}: {text}"))
    };
    assert!(text.contains("Simulated. Validation score by epoch"), "{text}");
    for (point, sign) in epochs().iter().zip(["●", "○", "✕", "≤", "●"]) {
        let line = of(&format!("{} {sign}", point.epoch));
        assert_eq!(line.contains('├'), point.mark != Mark::Bound && point.validation.is_some(), "{line}");
    }
    let (one, hostile) = (of("one "), of("≠"));
    // One axis: what lies at its beginning stands in one column, whatever the names are.
    let place = |line: &str, sign: char| line.chars().collect::<Vec<_>>().iter().rposition(|c| *c == sign);
    assert!(place(one, '├').is_some() && place(one, '├') == place(hostile, '○'), "{one}\n{hostile}");
    assert_eq!(place(one, '┤'), Some(one.chars().count() - 1), "{one}");
    assert!(hostile.chars().count() < 100 && !hostile.contains('\u{1b}'), "{hostile}");
}
