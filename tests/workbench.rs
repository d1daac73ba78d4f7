//! The workbench by key scripts: keys in, text and effects out.

#[path = "workbench/harness.rs"]
mod harness;

use harness::{Bench, SMALL};
use kneepoint::document::parse;
use kneepoint::workbench::{Effect, Msg, Place};

const SHOP: &str = include_str!("../examples/ecommerce/review.toml");
const BLANK: &str = include_str!("../templates/reviews/blank.toml");

/// Lines that are in one text and not in the other.
fn changed_lines<'a>(before: &'a str, after: &'a str) -> (Vec<&'a str>, Vec<&'a str>) {
    let missing = |from: &'a str, of: &'a str| {
        let there: Vec<&str> = of.lines().collect();
        from.lines().filter(|line| !there.contains(line)).collect()
    };
    (missing(before, after), missing(after, before))
}

#[test]
fn a_review_is_made_from_nothing_with_the_keyboard_alone() {
    let mut bench = Bench::new(BLANK);
    // Four components.
    bench.keys(r#"2 a "api" enter "service" enter "team-a" enter "4" enter "16" enter "8ms" enter"#);
    bench.keys(r#"a "db" enter "database" enter "team-a" enter "1" enter "32" enter "2ms" enter"#);
    bench.keys(r#"a "cache" enter "cache" enter tab tab "64" enter "0.4ms" enter"#);
    bench.keys(r#"a "mail" enter "external" enter tab tab "10" enter "50ms" enter"#);
    // Five dependencies.
    bench.keys("shift-tab down tab");
    for (from, to) in [("api", "db"), ("api", "cache"), ("cache", "db"), ("api", "mail"), ("db", "mail")] {
        bench.keys(&format!(r#"a "{from}" enter "{to}" enter "sync" enter "250ms" enter "hard" enter"#));
    }
    // One flow with calls.
    bench.keys(r#"shift-tab down tab a "buy" enter "api" enter "40/s" enter "true" enter"#);
    bench.keys("shift-tab down tab");
    bench.keys(r#"a tab "cache" enter enter enter enter enter enter"#);
    bench.keys(r#"a tab "db" enter enter enter enter enter enter"#);
    // Two SLOs.
    bench.keys(r#"1 shift-tab down tab a "buy-latency" enter "buy" enter "latency" enter "99" enter "300ms" enter "28d" enter"#);
    bench.keys(r#"a "buy-availability" enter "buy" enter "availability" enter "99.9" enter tab "28d" enter"#);
    // One decision.
    bench.keys(r#"D a "cache-reads" enter "Cache the reads" enter "accepted" enter "reads grow" enter enter "cheap" enter "stale" enter "hit ratio" enter "under 80 %" enter"#);

    let (review, _, problems) = parse(bench.text());
    assert_eq!(problems.iter().map(|p| &p.message).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!((review.slos.len(), review.components.len(), review.dependencies.len()), (2, 4, 5));
    assert_eq!((review.flows.len(), review.decisions.len()), (1, 1));
    assert_eq!(review.flows[0].calls.as_ref().map(Vec::len), Some(2));
    let comments = |text: &str| text.lines().filter(|line| line.trim_start().starts_with('#')).count();
    assert_eq!(comments(bench.text()), comments(BLANK), "every comment of the template is still there");

    // Saved under a name, then exported.
    bench.keys(r#"w ctrl-u "shop.review.toml" enter"#);
    assert_eq!(bench.file.as_deref(), Some(bench.bench.session().document.text()));
    bench.keys("E");
    assert!(matches!(bench.effects.last(), Some(Effect::Export { .. })));

    // Back to the start, byte for byte.
    for _ in 0..100 {
        bench.keys("u");
    }
    assert_eq!(bench.text(), BLANK);
    for _ in 0..100 {
        bench.keys("ctrl-r");
    }
    assert_eq!(bench.file.as_deref(), Some(bench.bench.session().document.text()));
}

#[test]
fn one_edit_changes_one_line_and_undo_gives_the_bytes_back() {
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 right right right right enter ctrl-u "16" enter"#);
    let after = bench.text().to_owned();
    assert_eq!(
        changed_lines(SMALL, &after),
        (vec!["workers = 8       # threads"], vec!["workers = 16       # threads"])
    );
    bench.keys("u");
    assert_eq!(bench.text(), SMALL);
    bench.keys("ctrl-r");
    assert_eq!(bench.text(), after);
}

#[test]
fn a_wrong_value_is_refused_where_it_is_typed_and_not_lost() {
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 right right right right enter ctrl-u "many" enter"#);
    assert!(bench.bench.has_overlay());
    assert!(bench.screen().contains("! `many` is no count"), "{}", bench.screen());
    assert_eq!(bench.text(), SMALL);
    bench.keys(r#"ctrl-u "12" enter"#);
    assert!(bench.text().contains("workers = 12 "));
}

#[test]
fn a_word_is_chosen_from_the_words_of_the_format() {
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 right enter ctrl-u "gatew" enter"#);
    assert!(bench.text().contains("kind = \"gateway\""), "{}", bench.text());
}

#[test]
fn deleting_is_undone_and_nothing_is_asked() {
    let mut bench = Bench::open(SMALL);
    bench.keys("2 down d");
    assert!(!bench.text().contains("id = \"db\""));
    assert!(bench.bench.message().is_some_and(|message| message.contains("u brings it back")));
    bench.keys("u");
    assert_eq!(bench.text(), SMALL);
}

#[test]
fn renaming_follows_every_reference() {
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 down R ctrl-u "orders-db" enter"#);
    let (review, _, problems) = parse(bench.text());
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(review.dependencies[0].to(), "orders-db");
    assert_eq!(review.flows[0].calls.as_ref().unwrap()[0].to(), "orders-db");
    bench.keys("u");
    assert_eq!(bench.text(), SMALL, "a rename is one step");
}

#[test]
fn questions_are_answered_with_a_reason_where_one_is_needed() {
    let mut bench = Bench::open(SMALL);
    bench.keys("1 shift-tab end tab enter y");
    let answers = |bench: &Bench| parse(bench.text()).0.answers;
    assert_eq!(answers(&bench)[0].answer.unwrap().word(), "yes");
    bench.keys(r"down - enter");
    assert!(bench.bench.has_overlay(), "a reason is needed");
    bench.keys(r#""one region by law" enter"#);
    assert_eq!(answers(&bench)[1].reason.as_deref(), Some("one region by law"));
    // Answering again changes the same entry, in one step.
    let before = bench.text().to_owned();
    bench.keys("enter n");
    assert_eq!(answers(&bench).len(), 2);
    bench.keys("u");
    assert_eq!(bench.text(), before);
    // "Don't know" drafts an action.
    bench.keys(r"down !");
    assert!(bench.bench.has_overlay());
    bench.keys("esc");
    assert_eq!(answers(&bench)[2].answer.unwrap().word(), "unknown");
}

#[test]
fn a_text_in_the_editor_is_one_step_and_may_be_broken() {
    let mut bench = Bench::open(SMALL);
    bench.keys("2 e");
    let Some(Effect::OpenEditor { text, line }) = bench.effects.pop() else { panic!("no editor") };
    assert_eq!(text, SMALL);
    assert_eq!(line, 7, "at the line of the element");
    bench.send(Msg::EditorReturned(Ok(SMALL.replace("workers = 8", "workers = = 8"))));
    assert!(bench.screen().contains("1 error: p"), "{}", bench.screen());
    bench.keys("p");
    assert_eq!(bench.bench.place(), Place::Problems);
    bench.keys("esc u");
    assert_eq!(bench.text(), SMALL);
}

#[test]
fn a_failed_save_loses_nothing_and_says_why() {
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 right right right right enter ctrl-u "9" enter"#);
    bench.broken_disk = Some("The disk is full.".to_owned());
    bench.keys("w");
    assert!(bench.bench.message().is_some_and(|message| message.contains("disk is full")));
    assert!(bench.recovery.as_ref().is_some_and(|text| text.contains("workers = 9")));
    assert_eq!(bench.file.as_deref(), Some(SMALL));
    bench.broken_disk = None;
    bench.keys("w");
    assert!(bench.file.as_ref().is_some_and(|text| text.contains("workers = 9")));
    assert_eq!(bench.recovery, None);
}

#[test]
fn a_review_that_cannot_be_saved_where_it_is_can_be_saved_elsewhere() {
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 right right right right enter ctrl-u "9" enter"#);
    bench.broken_disk = Some("The disk is full.".to_owned());
    bench.keys("w");
    assert!(bench.bench.message().is_some_and(|message| message.contains("S saves elsewhere")));
    // A name that fails, and one that is taken: the review stays where it was, and nothing is joined with a stranger.
    bench.keys(r#"S ctrl-u "full.review.toml" enter"#);
    bench.broken_disk = None;
    bench.keys(r#"S ctrl-u "taken.review.toml" enter"#);
    assert!(bench.bench.message().is_some_and(|message| message.contains("Choose another name")));
    assert_eq!(bench.file.as_deref(), Some(SMALL));
    assert!(bench.bench.session().path.as_ref().is_some_and(|path| path.ends_with("shop.review.toml")));
    bench.file = None;
    bench.keys(r#"S ctrl-u "copy.review.toml" enter"#);
    assert!(bench.file.as_ref().is_some_and(|text| text.contains("workers = 9")));
    assert_eq!(bench.recovery, None);
    bench.keys(r#"enter ctrl-u "8" enter w"#);
    assert!(bench.file.as_ref().is_some_and(|text| text.contains("workers = 8")));
    assert!(bench.bench.session().path.as_ref().is_some_and(|path| path.ends_with("copy.review.toml")));
}

#[test]
fn a_failed_save_is_not_hidden_by_a_failed_recovery_file() {
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 right right right right enter ctrl-u "9" enter"#);
    bench.broken_disk = Some("The disk is full.".to_owned());
    bench.keys("w");
    bench.send(Msg::RecoveryFailed("the disk that holds /state is full. Save often.".to_owned()));
    let said = |bench: &Bench| bench.bench.message().unwrap_or_default();
    assert!(said(&bench).contains("Not saved: The disk is full. No recovery file either"), "{}", said(&bench));
    // The second time the recovery file says nothing new; the promise that it holds the work is not made.
    bench.keys("w");
    assert!(said(&bench).contains("No recovery file could be written"), "{}", said(&bench));
    bench.broken_disk = None;
    bench.keys("w");
    assert!(said(&bench).contains("Saved"), "{}", said(&bench));
    bench.send(Msg::RecoveryFailed("gone.".to_owned()));
    assert!(said(&bench).ends_with("No recovery file: gone."), "{}", said(&bench));
}

#[test]
fn leaving_asks_only_where_something_is_unsaved() {
    let mut bench = Bench::open(SMALL);
    bench.keys("q");
    assert!(bench.ended);
    let mut bench = Bench::open(SMALL);
    bench.keys("2 x right right right right x q");
    assert!(!bench.ended && bench.bench.has_overlay());
    bench.keys("c");
    assert!(!bench.bench.has_overlay());
    bench.keys("q s");
    assert!(bench.ended && bench.file.as_deref() != Some(SMALL));
    let mut bench = Bench::open(SMALL);
    bench.keys("2 right right right right x q d");
    assert!(bench.ended && bench.file.as_deref() == Some(SMALL));
    assert_eq!(bench.recovery, None);
}

#[test]
fn what_another_program_wrote_is_joined_or_asked_about() {
    // Different entities: both are kept.
    let theirs = SMALL.replace("rate = \"10/s\"", "rate = \"20/s\"");
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 right right right right enter ctrl-u "9" enter"#);
    bench.file = Some(theirs.clone());
    bench.keys("w");
    let file = bench.file.clone().unwrap();
    assert!(file.contains("workers = 9") && file.contains("20/s"), "{file}");

    // The same value: asked, and nothing is written before the answer.
    let theirs = SMALL.replace("workers = 8 ", "workers = 99 ");
    let mut bench = Bench::open(SMALL);
    bench.keys(r#"2 right right right right enter ctrl-u "9" enter"#);
    bench.file = Some(theirs.clone());
    bench.keys("w");
    assert_eq!(bench.file.as_deref(), Some(theirs.as_str()));
    assert!(bench.screen().contains("Changed on disk"), "{}", bench.screen());
    bench.keys("t enter");
    assert!(bench.file.as_ref().is_some_and(|text| text.contains("workers = 99")));

    // Nothing edited here: it is simply shown.
    let mut bench = Bench::open(SMALL);
    bench.send(Msg::ChangedOnDisk(theirs.clone()));
    assert_eq!(bench.text(), theirs);
    assert!(!bench.bench.session().is_dirty());
}

#[test]
fn a_crash_is_offered_back() {
    let mut bench = Bench::start(kneepoint::workbench::Start {
        text: SMALL.to_owned(),
        path: Some("small.review.toml".into()),
        on_disk: Some(SMALL.to_owned()),
        recovered: Some((SMALL.replace("workers = 8", "workers = 7"), "today, 10:12".to_owned())),
        offers: Vec::new(),
        greeting: None,
        today: jiff::civil::date(2026, 11, 23),
        custom: std::sync::Arc::default(),
    });
    assert!(bench.screen().contains("Unsaved work was found"));
    bench.keys("d r");
    assert_eq!(bench.text(), SMALL, "a letter points, Enter takes");
    bench.keys("enter");
    assert!(bench.text().contains("workers = 7"));
    bench.keys("u");
    assert_eq!(bench.text(), SMALL);
}

#[test]
fn every_place_opens_and_esc_leads_back() {
    let mut bench = Bench::open(SHOP);
    for (key, place) in [
        ("2", Place::Step(1)),
        ("3", Place::Step(2)),
        ("4", Place::Step(3)),
        ("5", Place::Step(4)),
        ("g", Place::Graph),
        ("f", Place::Findings),
        ("D", Place::Outcomes),
        ("c", Place::Checklists),
        ("m", Place::Preview),
        ("W", Place::Glossary),
        ("p", Place::Problems),
    ] {
        bench.keys(key);
        assert_eq!(bench.bench.place(), place, "{key}");
    }
    for _ in 0..20 {
        bench.keys("esc");
    }
    assert_eq!(bench.bench.place(), Place::Step(0));
}

#[test]
fn the_palette_and_search_reach_everything() {
    let mut bench = Bench::open(SHOP);
    bench.keys(r#": "glossary" enter"#);
    assert_eq!(bench.bench.place(), Place::Glossary);
    bench.keys(r#"/ "orders-db" enter"#);
    assert!(matches!(bench.bench.place(), Place::Form(_)));
    assert!(bench.screen().contains("orders-db"));
}

#[test]
fn findings_lead_to_their_element_and_explain_themselves() {
    let mut bench = Bench::open(SHOP);
    bench.keys("f i");
    let screen = bench.screen();
    assert!(screen.contains("What it detects"), "{screen}");
    bench.keys("esc enter");
    assert!(matches!(bench.bench.place(), Place::Form(_)));
}

#[test]
fn the_graph_is_walked_along_its_edges() {
    let mut bench = Bench::open(SMALL);
    bench.keys("g");
    assert!(bench.screen().contains(" api "), "{}", bench.screen());
    bench.keys("right enter");
    assert!(bench.screen().contains("component db"), "{}", bench.screen());
    bench.keys(r#"g v "api" enter enter enter enter"#);
    assert_eq!(parse(bench.text()).0.dependencies.len(), 2, "{}", bench.screen());
}

#[test]
fn the_mouse_selects_scrolls_and_opens() {
    use kneepoint::workbench::{Mouse, MouseAction};
    let mut bench = Bench::open(SHOP);
    bench.keys("2");
    let press = |x, y| Msg::Mouse(Mouse { action: MouseAction::Press, x, y });
    // The fourth row of the table, twice: selected, then edited.
    bench.send(press(40, 6));
    bench.send(press(40, 6));
    assert!(bench.bench.has_overlay());
    bench.keys("esc");
    bench.send(Msg::Mouse(Mouse { action: MouseAction::ScrollDown, x: 40, y: 10 }));
    // A step in the header.
    let column = bench.screen().lines().next().unwrap().chars().position(|c| c == '4').unwrap();
    bench.send(press(column as u16, 0));
    assert_eq!(bench.bench.place(), Place::Step(3));
}

#[test]
fn no_size_panics_and_no_line_is_wider_than_the_screen() {
    let mut bench = Bench::open(SHOP);
    for script in ["2", "g", "f", "m", "c", "W", "1", ": ", "esc ?", "esc 2 a", "esc 2 enter", "esc q"] {
        bench.keys(script);
        for width in (1..=45).chain([60, 80, 100, 120, 200]) {
            for height in (1..=14).chain([24, 36, 60]) {
                bench.resize(width, height);
                let view = bench.view();
                for pane in &view.panes {
                    assert!(pane.area.x + pane.area.width <= width && pane.area.y + pane.area.height <= height);
                }
            }
        }
    }
}

#[test]
fn hostile_names_never_reach_the_screen_raw() {
    let text =
        SMALL.replace("\"db\"", "\"d\\u001b[31mb\\u0007\\u202e\"").replace("\"Small\"", "\"\\u001b]0;owned\\u0007\"");
    let mut bench = Bench::open(&text);
    for script in ["1", "2", "g", "f", "D", "p", "m", "/", "esc 2 down o"] {
        bench.keys(script);
        for pane in &bench.view().panes {
            for piece in pane.lines.iter().chain(&pane.title).flat_map(|line| &line.pieces) {
                assert!(!piece.text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{script}: {:?}", piece.text);
            }
        }
    }
}

#[test]
fn a_paste_never_runs_commands() {
    let mut bench = Bench::open(SMALL);
    bench.send(Msg::Paste("ddduuq\n".to_owned()));
    assert_eq!(bench.text(), SMALL);
    assert!(!bench.ended);
}

#[test]
fn an_empty_folder_offers_templates_and_several_reviews_a_list() {
    use kneepoint::workbench::{Offer, Opened, Start};
    let start = |offers| Start {
        text: String::new(),
        path: None,
        on_disk: None,
        recovered: None,
        offers,
        greeting: None,
        today: jiff::civil::date(2026, 11, 23),
        custom: std::sync::Arc::default(),
    };
    let template = |name: &str, text: &str| Offer::Template(name.to_owned(), "about".to_owned(), text.to_owned());
    let mut bench = Bench::start(start(vec![template("blank", BLANK), template("shop", SMALL)]));
    assert!(bench.screen().contains("Begin with"));
    bench.keys(r#""shop" enter"#);
    assert_eq!(bench.text(), SMALL);
    assert_eq!(bench.file, None, "nothing is written before it is saved");

    let mut bench =
        Bench::start(start(vec![Offer::Review("a.review.toml".into()), Offer::Review("b.review.toml".into())]));
    bench.keys("down enter");
    let Some(Effect::Open { path }) = bench.effects.pop() else { panic!("not opened") };
    bench.send(Msg::Opened(Ok(Opened {
        path,
        text: SMALL.to_owned(),
        recovered: None,
        custom: std::sync::Arc::default(),
    })));
    assert_eq!(bench.text(), SMALL);
    assert!(!bench.bench.session().is_dirty());
}

/// A workbench on a small review with a team's folder.
fn with_folder(checklist: &str, template: Option<&str>) -> Bench {
    use kneepoint::document::files::Overlay;
    let overlay = Overlay {
        folder: ".kneepoint".to_owned(),
        checklists: vec![("checklists/caching.toml".to_owned(), checklist.to_owned())],
        template: template.map(|text| Ok(("reports/review.md.jinja".to_owned(), text.to_owned()))),
        ..Overlay::default()
    };
    Bench::start(kneepoint::workbench::Start {
        text: SMALL.to_owned(),
        path: Some("small.review.toml".into()),
        on_disk: Some(SMALL.to_owned()),
        recovered: None,
        offers: Vec::new(),
        greeting: Some("Good morning.".to_owned()),
        today: jiff::civil::date(2026, 11, 23),
        custom: std::sync::Arc::new(kneepoint::report::Custom::new(overlay)),
    })
}

#[test]
fn an_item_of_the_team_is_asked_and_its_template_previewed() {
    const ITEM: &str =
        "[[item]]\nid = 'region-pinning'\ntext = 'Prices are keyed by region'\nwhy = 'w'\nclass = 'ask'\n";
    let mut bench = with_folder(ITEM, Some("OURS {{ review.title }}\n"));
    assert_eq!(bench.bench.message().as_deref(), Some("Good morning."));
    bench.resize(160, 60);
    bench.keys(r#"/ "region-pinning" enter"#);
    assert!(bench.screen().contains("Prices are keyed by region"), "{}", bench.screen());
    bench.keys("m");
    assert!(bench.screen().contains("OURS Small"), "{}", bench.screen());
    bench.keys("E");
    let Some(Effect::Export { custom, .. }) = bench.effects.last() else { panic!("not exported") };
    assert!(custom.template().is_ok_and(|template| template.text.starts_with("OURS")));
}

#[test]
fn what_is_wrong_in_the_teams_folder_is_said_at_the_start_and_listed_after_the_files_problems() {
    let mut bench = with_folder("[[item]]\nid = 'stampede'\ntxet = 'x'\n", Some("{{ oh no }}"));
    let said = bench.bench.message().unwrap_or_default();
    assert_eq!(said, "! Good morning. There is 1 problem in .kneepoint: p shows what was left out.");
    bench.resize(160, 60);
    bench.keys("p");
    let screen = bench.screen();
    assert!(screen.contains("Problems in the file and in .kneepoint · 1"), "{screen}");
    assert!(screen.contains(".kneepoint/checklists/caching.toml: ") && screen.contains("`text`?"), "{screen}");
    bench.keys("enter");
    assert!(bench.bench.has_overlay() && bench.screen().contains("caching.toml:3"), "{}", bench.screen());
    bench.keys("esc m");
    assert!(bench.screen().contains(".kneepoint/reports/review.md.jinja:1: "), "{}", bench.screen());
}
