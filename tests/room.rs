//! The workbench as people in a room use it: what was typed, said and shown stays true whatever happens meanwhile.

#[path = "workbench/harness.rs"]
mod harness;

use harness::{Bench, SMALL};
use kneepoint::document::parse;
use kneepoint::workbench::Msg;

const SHOP: &str = include_str!("../examples/ecommerce/review.toml");
const BLANK: &str = include_str!("../templates/reviews/blank.toml");

/// The same review with a component before all others.
fn with_one_before() -> String {
    SMALL.replacen("[[component]]", "[[component]]\nid = \"edge\"\nkind = \"gateway\"\n\n[[component]]", 1)
}

#[test]
fn a_value_being_typed_stays_with_its_element_when_another_program_moves_it() {
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 right right right right enter ctrl-u "16""#);
    bench.file = Some(with_one_before());
    bench.send(Msg::ChangedOnDisk(with_one_before()));
    assert!(bench.bench.has_overlay());
    bench.keys("enter");
    let (review, ..) = parse(bench.text());
    let workers = |id: &str| {
        let component = review.components.iter().find(|component| component.id() == id).unwrap();
        component.workers.as_ref().map(kneepoint::units::Estimate::likely)
    };
    assert_eq!((workers("edge"), workers("api").is_some(), workers("db")), (None, true, None));
    // The cursor went along: the next edit is on the same element.
    bench.keys("x");
    assert!(!bench.text().contains("workers"), "{}", bench.text());

    // In the form of an element, and in a list of one, too.
    let mut bench = Bench::open(SMALL);
    bench.keys("2 down o");
    bench.send(Msg::ChangedOnDisk(with_one_before()));
    assert!(bench.screen().contains("database"), "{}", bench.screen());
}

#[test]
fn a_value_of_an_element_that_another_program_removed_is_told_and_written_nowhere() {
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 down right right right right enter "77""#);
    let theirs = SMALL.replace("[[component]]\nid = \"db\"\nkind = \"database\"\n\n", "");
    bench.send(Msg::ChangedOnDisk(theirs.clone()));
    assert!(!bench.bench.has_overlay());
    assert!(bench.screen().contains("77"), "{}", bench.screen());
    assert_eq!(bench.text(), theirs);
}

#[test]
fn a_question_that_opens_by_itself_takes_no_letter_that_was_meant_for_something_else() {
    let theirs = SMALL.replace("workers = 8 ", "workers = 99 ");
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 right right right right enter ctrl-u "9" enter"#);
    bench.keys(r#"left left enter "te""#);
    bench.file = Some(theirs.clone());
    bench.send(Msg::ChangedOnDisk(theirs));
    // Typing goes on in the cell; the question waits under it.
    bench.keys(r#""am" enter"#);
    assert!(bench.text().contains(r#"owner = "team""#), "{}", bench.text());
    assert!(bench.screen().contains("Changed on disk"), "{}", bench.screen());
    // A letter points, Enter does.
    bench.keys("t");
    assert!(bench.bench.has_overlay() && bench.text().contains("workers = 9 "));
    bench.keys("enter");
    assert!(bench.text().contains("workers = 99 ") && bench.text().contains(r#"owner = "team""#), "{}", bench.text());
}

#[test]
fn esc_never_loses_what_was_typed() {
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 a "cache" enter "cache" enter esc"#);
    assert_eq!(bench.text(), SMALL);
    assert!(bench.screen().contains("What you typed is there"), "{}", bench.screen());
    bench.keys("a");
    assert!(bench.screen().contains("* id            cache"), "{}", bench.screen());
    bench.keys("esc");
    // A value, too; but not the value of another element.
    bench.keys(r#"right right right right enter "00" esc down enter"#);
    assert!(!bench.screen().contains("800"), "{}", bench.screen());
    bench.keys(r#"esc up enter "00" esc enter enter"#);
    assert!(bench.text().contains("workers = 800 "), "{}", bench.text());
}

#[test]
fn a_save_that_was_to_end_the_program_ends_it_only_then() {
    let mut bench = Bench::new(SMALL);
    bench.keys("2 x q s esc");
    assert!(!bench.ended && bench.file.is_none());
    bench.keys(r#"w ctrl-u "later.review.toml" enter"#);
    assert!(bench.file.is_some() && !bench.ended);

    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 right right right right enter ctrl-u "9" enter"#);
    bench.file = Some(SMALL.replace("workers = 8 ", "workers = 99 "));
    bench.keys("q s l enter w m enter");
    assert!(bench.file.as_ref().is_some_and(|text| text.contains("workers = 9 ")));
    assert!(!bench.ended);
}

#[test]
fn the_promise_and_every_message_are_whole_on_a_small_screen() {
    // A sentence that fits without the word about the file, and not with it.
    for (width, height) in [(80, 24), (76, 24), (100, 30), (60, 20)] {
        let mut bench = Bench::new(SMALL);
        bench.resize(width, height);
        bench.keys("2 x");
        let sentence = bench.bench.session().analysis.as_ref().unwrap().promise.sentence.clone();
        let screen = bench.screen();
        let lines: Vec<&str> = screen.lines().collect();
        let shown = lines[lines.len() - 4..].join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            shown.contains(sentence.split_whitespace().next_back().unwrap()),
            "{width}x{height}: {sentence}\n{screen}"
        );
        assert!(screen.contains("no file yet"), "{screen}");
    }
    let mut bench = Bench::open(SMALL);
    bench.broken_disk =
        Some("the disk that holds /a/long/way/to/the/shop.review.toml is full; free some space.".to_owned());
    bench.resize(80, 24);
    bench.keys(r#"2 x enter "1" enter w"#);
    assert!(bench.screen().contains("recovery file."), "{}", bench.screen());
}

#[test]
fn the_line_of_keys_is_about_what_lies_on_top_and_help_is_never_cut() {
    let mut bench = Bench::open(SMALL);
    bench.resize(80, 24);
    bench.keys("2 a");
    assert!(bench.screen().contains("esc leave it") && !bench.screen().contains("d delete"), "{}", bench.screen());
    bench.keys("esc ?");
    let mut seen = String::new();
    for _ in 0..20 {
        seen += &bench.screen();
        bench.keys("pgdn");
    }
    let help = seen.lines().filter(|line| line.contains('┃')).collect::<String>();
    assert!(!help.contains('…') || help.matches('…').count() == help.matches("because …").count(), "{seen}");
}

#[test]
fn a_form_on_a_tiny_screen_shows_the_value_being_typed_and_why_it_is_refused() {
    let mut bench = Bench::open(SMALL);
    bench.resize(40, 12);
    bench.keys(r#"2 a "x" enter tab tab tab "many" enter"#);
    let screen = bench.screen();
    assert!(screen.contains("workers") && screen.contains("many") && screen.contains("! `many` is no"), "{screen}");
}

#[test]
fn a_table_on_a_narrow_screen_shows_a_value_beside_each_name() {
    let mut bench = Bench::open(SMALL);
    bench.resize(40, 12);
    assert!(bench.screen().contains("Small"), "{}", bench.screen());
}

#[test]
fn a_file_with_problems_says_so_when_it_opens() {
    // A screen wide enough for all of it, and one for the least.
    let mut bench = Bench::open("format = 1\n[[component]]\nid = \"a\"\nkind = \"servic\"\n");
    assert!(bench.screen().contains("p shows where (1)"), "{}", bench.screen());
    assert!(bench.screen().contains("1 file error: p"), "{}", bench.screen());
}

#[test]
fn a_value_that_its_column_cuts_is_whole_under_the_rows() {
    let long = "Browse, search, basket and checkout. Returns, back office and the warehouse are another review.";
    let mut bench =
        Bench::open(&SMALL.replacen("\n[[component]]", &format!("\nscope = \"{long}\"\n\n[[component]]"), 1));
    bench.resize(80, 24);
    bench.keys("end right");
    assert!(bench.screen().contains("are another review."), "{}", bench.screen());
}

#[test]
fn esc_at_the_start_leads_to_the_choice_again() {
    let offer =
        |name: &str| kneepoint::workbench::Offer::Template(name.to_owned(), "a system".to_owned(), BLANK.to_owned());
    let mut bench = Bench::start(kneepoint::workbench::Start {
        text: String::new(),
        path: None,
        on_disk: None,
        recovered: None,
        offers: vec![offer("one"), offer("two")],
        greeting: None,
        custom: std::sync::Arc::default(),
        today: jiff::civil::date(2026, 11, 23),
    });
    bench.keys("esc");
    assert!(!bench.bench.has_overlay() && bench.screen().contains("esc shows the choice"), "{}", bench.screen());
    bench.keys("esc");
    assert!(bench.screen().contains("two"), "{}", bench.screen());
    // Not once something was typed.
    bench.keys(r#"esc 2 a "api" enter tab tab tab tab enter esc esc"#);
    assert!(!bench.bench.has_overlay(), "{}", bench.screen());
}

#[test]
fn the_graph_says_where_it_goes_on_and_what_keys_do_fits_the_place() {
    let mut bench = Bench::open(SHOP);
    bench.resize(80, 24);
    bench.keys("g");
    assert!(bench.screen().contains("more ←→"), "{}", bench.screen());
    bench.keys("f");
    assert!(bench.screen().contains("enter open"), "{}", bench.screen());
    bench.keys("c");
    assert!(bench.screen().contains("enter answer"), "{}", bench.screen());
    let mut bench = Bench::new(BLANK);
    bench.keys("2");
    assert!(!bench.screen().contains("d delete") && bench.screen().contains("a add"), "{}", bench.screen());
}

#[test]
fn undo_shows_what_it_brought_back_and_a_deletion_says_who_still_names_it() {
    let mut bench = Bench::open(SMALL);
    bench.resize(80, 24);
    bench.keys("2 down d");
    assert!(bench.screen().contains("2 places still name it"), "{}", bench.screen());
    bench.keys("up u o");
    assert!(bench.screen().contains("component db"), "{}", bench.screen());
    bench.keys("esc y enter");
    assert!(bench.screen().contains("db-copy") && bench.screen().contains("takes it back"), "{}", bench.screen());
}

#[test]
fn a_server_that_refuses_is_said_at_every_measure_and_stays_said() {
    use kneepoint::metrics::{Connection, Failure, MetricsEvent};
    let mut bench = Bench::open(SHOP);
    bench.resize(80, 24);
    bench.keys("5 M");
    let failure = Failure::ConnectionRefused;
    bench.send(Msg::Metrics(MetricsEvent::Started { generation: 1, at: 0.0, queries: 8 }));
    assert!(bench.screen().contains("asking …"), "{}", bench.screen());
    let connection = Connection::Failed { at: 0.0, failure: failure.clone() };
    bench.send(Msg::Metrics(MetricsEvent::Finished { generation: 1, connection }));
    bench.keys("down up");
    let screen = bench.screen();
    assert!(!screen.contains("not asked") && screen.matches(&failure.short()).count() > 8, "{screen}");
    assert!(screen.contains("Nothing listens"), "{screen}");
}
