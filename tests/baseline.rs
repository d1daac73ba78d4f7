//! The baseline: what was there before does not count, what is new does, and what has gone is said.

#![expect(clippy::unwrap_used, reason = "the steps that tests share stop at the first surprise")]

#[path = "check/place.rs"]
mod place;

use place::{Place, Ran};

/// Calls without a timeout on a critical flow, one a name.
fn shop(callees: &[&str]) -> String {
    use std::fmt::Write;
    let mut text = String::from("format = 1\n[[component]]\nid = \"api\"\n");
    let mut calls = Vec::new();
    for callee in callees {
        let id = serde_json::to_string(callee).unwrap();
        let _ = write!(text, "[[component]]\nid = {id}\n[[dependency]]\nfrom = \"api\"\nto = {id}\nmode = \"sync\"\n");
        calls.push(format!("{{ from = \"api\", to = {id} }}"));
    }
    let _ =
        write!(text, "[[flow]]\nid = \"checkout\"\nentry = \"api\"\ncritical = true\ncalls = [{}]\n", calls.join(", "));
    text
}

fn check(place: &Place, arguments: &[&str]) -> Ran {
    place.run(&[&["check", "--select", "KP203,KP9", "--as-of", "2026-11-23"], arguments].concat())
}

const WITH: [&str; 3] = ["shop.review.toml", "--baseline", "known"];

fn lines(place: &Place) -> Vec<String> {
    place.read("known").lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn only_what_is_new_counts() {
    let place = Place::new();
    place.write("shop.review.toml", shop(&["tax", "mail"]));
    let ran = check(&place, &[&WITH[..], &["--write-baseline"]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("wrote known: 2 findings, 2 of them new; 0 lines taken out"), "{}", ran.err);
    assert_eq!(lines(&place), ["KP203@api->mail", "KP203@api->tax"], "sorted, one id a line");
    let written = place.read("known");
    let ran = check(&place, &WITH);
    assert_eq!((ran.code, ran.out.as_str()), (0, "No findings · 2 baselined.\n"));
    assert!(check(&place, &[&WITH[..], &["--verbose"]].concat()).out.contains("missing-timeout (baselined)"));
    // One more: it alone counts, and nothing was written.
    place.write("shop.review.toml", shop(&["tax", "mail", "geo"]));
    let ran = check(&place, &WITH);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("KP203 missing-timeout: api waits for geo") && ran.out.ends_with("1 high · 2 baselined.\n")
    );
    assert!(!ran.out.contains("waits for tax"), "{}", ran.out);
    assert_eq!(place.read("known"), written);
    let json: serde_json::Value =
        serde_json::from_str(&check(&place, &[&WITH[..], &["--format", "json"]].concat()).out).unwrap();
    assert_eq!((&json["summary"]["high"], &json["summary"]["baselined"]), (&1.into(), &2.into()));
    assert_eq!(json["baseline"]["ids"], 2);
    let standing = |id: &str| {
        let finding = json["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == id).unwrap();
        (finding["status"].as_str().unwrap().to_owned(), finding["counts"].as_bool().unwrap())
    };
    assert_eq!(standing("KP203@api->tax"), ("baselined".to_owned(), false));
    assert_eq!(standing("KP203@api->geo"), ("open".to_owned(), true));
    // Renamed titles and another order change no id.
    let moved = shop(&["geo", "mail", "tax"]).replace("id = \"tax\"", "name = \"Tax service\"\nid = \"tax\"");
    place.write("shop.review.toml", moved);
    assert!(check(&place, &WITH).out.ends_with("1 high · 2 baselined.\n"));
    // On stdin, too.
    let ran = place.run_on(&["check", "-", "--select", "KP203", "--baseline", "known"], &shop(&["tax"]));
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn stale_lines_are_said_and_stay_until_they_are_to_go() {
    let place = Place::new();
    place.write("shop.review.toml", shop(&["tax", "mail"]));
    let text = "# why we have this\n\n# the old ones\nKP203@api->mail # until May\nKP203@api->gone\nKP201@f:a->…->b\nKP999@x\n# end\nKP203@api->tax\n";
    place.write("known", text);
    let ran = check(&place, &WITH);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.err.contains("warning: known:5: KP203@api->gone is stale and 1 more"), "{}", ran.err);
    assert!(ran.out.contains("line 5 of known is stale: KP203@api->gone: it is not found any more"), "{}", ran.out);
    assert!(ran.out.contains("line 7 of known is stale: KP999@x: there is no such rule"), "{}", ran.out);
    assert!(!ran.out.contains("KP201"), "a rule that did not run proves nothing: {}", ran.out);
    assert!(ran.out.ends_with("No findings · 2 baselined · 2 stale lines in the baseline.\n"), "{}", ran.out);
    for format in ["json", "sarif", "junit", "github", "markdown"] {
        let ran = check(&place, &[&WITH[..], &["--format", format]].concat());
        assert!(ran.out.contains("KP203@api-") && ran.out.contains("gone"), "{format}: {}", ran.out);
        assert!(ran.out.contains("it is not found any more"), "{format}: {}", ran.out);
    }
    assert_eq!(place.read("known"), text, "never rewritten unless told");
    let ran = check(&place, &[&WITH[..], &["--write-baseline"]].concat());
    assert_eq!((ran.code, ran.out.as_str()), (0, "No findings · 2 baselined.\n"));
    assert_eq!(
        place.read("known"),
        "# why we have this\n\nKP201@f:a->…->b\n# the old ones\nKP203@api->mail # until May\n# end\nKP203@api->tax\n"
    );
    assert!(check(&place, &[&WITH[..], &["--write-baseline"]].concat()).err.contains("known is up to date"));
}

#[test]
fn the_ledger_goes_before_the_baseline() {
    let place = Place::new();
    let triaged = |extra: &str| {
        let entry = format!("[[triage]]\nfinding = \"KP203@api->tax\"\nreason = \"r\"\n{extra}");
        place.write("shop.review.toml", shop(&["tax", "mail"]) + &entry);
    };
    triaged("status = \"accepted\"\n");
    place.write("known", "");
    check(&place, &[&WITH[..], &["--write-baseline"]].concat());
    assert_eq!(lines(&place), ["KP203@api->mail"], "what was decided about is not written");
    place.write("known", "KP203@api->tax\nKP203@api->mail\n");
    let ran = check(&place, &WITH);
    assert!(ran.code == 0 && ran.out.contains("KP203@api->tax: the ledger has an entry for it"), "{}", ran.out);
    // An acceptance that has run out counts, whatever stands in the baseline.
    triaged("status = \"accepted\"\nexpires = 2026-11-22\n");
    let ran = check(&place, &WITH);
    assert!(ran.code == 1 && ran.out.contains("missing-timeout (expired)"), "{}", ran.out);
    // Discussing something old does not make it new.
    triaged("status = \"in-discussion\"\n");
    assert_eq!(check(&place, &WITH).code, 0);
}

#[test]
fn a_baseline_that_cannot_be_used_is_2() {
    let place = Place::new();
    place.write("shop.review.toml", shop(&["tax"]));
    let ran = check(&place, &WITH);
    assert!(ran.code == 2 && ran.err.contains("there is no file `known`") && ran.out.is_empty(), "{}", ran.err);
    assert!(ran.err.contains("--write-baseline"), "{}", ran.err);
    place.write("known", "KP203@api->tax\nKP203@*->tax\nsome words\n");
    let ran = check(&place, &WITH);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("line 2: `KP203@*->tax` has a wildcard") && ran.err.contains("line 3: "), "{}", ran.err);
    place.write("known", b"\xff\xfe");
    assert_eq!(check(&place, &WITH).code, 2);
    assert_eq!(check(&place, &["shop.review.toml", "--baseline", "."]).code, 2);
    assert_eq!(check(&place, &["shop.review.toml", "--baseline", "-"]).code, 2);
    assert_eq!(check(&place, &["shop.review.toml", "--write-baseline"]).code, 2, "which file?");
    // What cannot be read whole would be taken for mended.
    place.write("known", "KP203@api->tax\n");
    place.write("shop.review.toml", "format = 1\n[[component]\nid = 'x'\n");
    let ran = check(&place, &[&WITH[..], &["--write-baseline"]].concat());
    assert!(ran.code == 2 && ran.err.contains("was not written"), "{}", ran.err);
    assert_eq!(place.read("known"), "KP203@api->tax\n");
}

#[test]
fn one_file_serves_several_reviews() {
    let place = Place::new();
    std::fs::create_dir(place.0.path().join("docs")).unwrap();
    place.write("docs/a.review.toml", shop(&["tax"]));
    place.write("docs/b.review.toml", shop(&["tax", "geo"]));
    let both = ["./docs/a.review.toml", "docs/b.review.toml", "--baseline", "known"];
    assert_eq!(check(&place, &[&both[..], &["--write-baseline"]].concat()).code, 0);
    assert_eq!(
        lines(&place),
        ["docs/a.review.toml#KP203@api->tax", "docs/b.review.toml#KP203@api->geo", "docs/b.review.toml#KP203@api->tax"]
    );
    assert_eq!(check(&place, &both).code, 0);
    // One of them alone, by another way to the same file: lines of the other are not stale.
    let whole = place.0.path().join("docs/a.review.toml").canonicalize().unwrap();
    let ran = check(&place, &[whole.to_str().unwrap(), "--baseline", "known"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "No findings · 1 baselined.\n", ""));
    // What is known in one review is new in the other.
    place.write("docs/a.review.toml", shop(&["tax", "geo"]));
    let ran = check(&place, &both);
    assert!(ran.code == 1 && ran.out.contains("1 high · 3 baselined"), "{}", ran.out);
    // A line without a review is for all of them, and stale only where none has it.
    place.write("known", "KP203@api->tax\nKP203@api->geo\nKP203@api->gone\n");
    let ran = check(&place, &both);
    assert!(ran.code == 0 && ran.out.contains("4 baselined · 1 stale line"), "{}", ran.out);
}

#[test]
fn hostile_ids_come_back() {
    let place = Place::new();
    let names = ["a\nKP203@x->y", "#x", " b ", "c*", "\u{1b}[2J", "\\u{41}", "d # e"];
    place.write("shop.review.toml", shop(&names));
    // Names like these are warnings or errors of the file: the baseline is not written over those.
    let ran = check(&place, &[&WITH[..], &["--write-baseline"]].concat());
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(!place.0.path().join("known").exists());
}

#[test]
fn what_is_new_does_not_vanish_behind_what_is_known() {
    let place = Place::new();
    let names: Vec<String> = (0..1_500).map(|number| format!("c{number}")).collect();
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    place.write("shop.review.toml", shop(&known));
    let ran = check(&place, &WITH);
    assert_eq!(ran.code, 2);
    check(&place, &[&WITH[..], &["--write-baseline", "--quiet"]].concat());
    assert_eq!(lines(&place).len(), 1_500, "listed or not");
    place.write("shop.review.toml", shop(&[&known[..], &["zz"]].concat()));
    let ran = check(&place, &WITH);
    assert!(ran.code == 1 && ran.out.contains("api waits for zz"), "{}", ran.out);
    assert!(ran.out.ends_with("1 high · 1,500 baselined.\n"), "{}", ran.out);
}
