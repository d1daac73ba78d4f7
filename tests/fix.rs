//! `check --fix`: the safe fixes are made in the file, everything else of it stays, and what is left is said.

#![expect(clippy::unwrap_used, reason = "the steps that tests share stop at the first surprise")]

#[path = "check/place.rs"]
mod place;

use kneepoint::analysis::{Settings, mend};
use kneepoint::document::Document;
use kneepoint::model::Evidence;
use place::{Place, Ran};

/// Two calls whose retries lack jitter, one whose retries lack backoff as well; comments and odd spacing.
const SHOP: &str = r#"# the shop
format = 1

[[component]]
id = "api"     # the front
[[component]]
id = "db"
[[component]]
id = "tax"

[[dependency]]
to   = "db"
from = "api"
retry = { attempts = 2, backoff = "exponential", base = "10ms" } # why two?
# below it

[[dependency]]
from = "api"
to = "tax"
retry.attempts = 1
retry.backoff = "constant"

[[dependency]]
from = "tax"
to = "db"
retry = { attempts = 1 }
"#;

fn mended() -> String {
    SHOP.replace("base = \"10ms\" } # why", "base = \"10ms\", jitter = true } # why")
        .replace("retry.backoff = \"constant\"\n", "retry.backoff = \"constant\"\nretry.jitter = true\n")
}

fn check(place: &Place, arguments: &[&str]) -> Ran {
    place.run(&[&["check", "--select", "KP401", "--fail-on", "medium"], arguments].concat())
}

#[test]
fn safe_fixes_are_made_and_shown() {
    let place = Place::new();
    place.write("shop.review.toml", SHOP);
    let ran = check(&place, &["shop.review.toml", "--fix"]);
    assert_eq!(place.read("shop.review.toml"), mended());
    assert!(ran.out.starts_with("--- a/shop.review.toml\n+++ b/shop.review.toml\n@@ "), "{}", ran.out);
    assert!(ran.out.contains("\n-retry = { attempts = 2, backoff = \"exponential\", base = \"10ms\" } # why two?\n+retry = { attempts = 2, backoff = \"exponential\", base = \"10ms\", jitter = true } # why two?\n"), "{}", ran.out);
    assert!(ran.out.contains("\n+retry.jitter = true\n"), "{}", ran.out);
    assert!(ran.err.contains("fixed KP401@api->db: set retry.jitter = true"), "{}", ran.err);
    assert!(ran.err.ends_with("shop.review.toml: fixed 2 findings\n"), "{}", ran.err);
    // What is left decides the code, and says how it could be mended.
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.ends_with("1 medium.\n") && ran.out.contains("to be agreed: `--fix --suggested` makes it"),
        "{}",
        ran.out
    );
    let again = check(&place, &["shop.review.toml", "--fix"]);
    assert!(again.out.starts_with("tax -> db\n") && again.err.ends_with("fixed 0 findings\n"), "{}", again.out);
    let ran = check(&place, &["shop.review.toml", "--fix", "--suggested"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(
        ran.out.ends_with("No findings.\n") && place.read("shop.review.toml").contains("# the front"),
        "{}",
        ran.out
    );
}

#[test]
fn the_diff_is_one_that_patch_takes() {
    let place = Place::new();
    place.write("shop.review.toml", SHOP);
    let ran = check(&place, &["shop.review.toml", "--diff"]);
    assert_eq!(ran.code, 1, "something would change: {}", ran.err);
    assert_eq!(place.read("shop.review.toml"), SHOP, "nothing is written");
    assert_eq!(patched(SHOP, &ran.out), mended());
    assert!(ran.err.contains("would fix KP401@api->db"), "{}", ran.err);
    place.write("fine.review.toml", "format = 1\n[[component]]\nid = \"a\"\n");
    let ran = check(&place, &["fine.review.toml", "--diff"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    let ran = place.run(&["check", "shop.review.toml", "--diff", "--select", "KP401", "--fail-on", "never"]);
    assert_eq!(ran.code, 1, "a difference is one whatever the gate");
}

/// A unified diff, made as `patch` does, strictly.
fn patched(text: &str, diff: &str) -> String {
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut out, mut at) = (String::new(), 0);
    for line in diff.split_inclusive('\n').skip(2) {
        if let Some(header) = line.strip_prefix("@@ -") {
            let start: usize = header.split([',', ' ']).next().unwrap().parse().unwrap();
            out.extend(old[at..start - 1].iter().copied());
            at = start - 1;
            continue;
        }
        let (sign, rest) = line.split_at(1);
        if sign != "+" {
            assert_eq!(old[at], rest);
            at += 1;
        }
        if sign != "-" {
            out.push_str(rest);
        }
    }
    out.extend(old[at..].iter().copied());
    out
}

#[test]
fn stdin_comes_out_mended() {
    let place = Place::new();
    let fix = ["check", "-", "--select", "KP401", "--fix"];
    let ran = place.run_on(&fix, SHOP);
    assert_eq!((ran.code, ran.out.as_str()), (0, mended().as_str()));
    assert!(ran.err.contains("+++ b/<stdin>") && ran.err.contains("1 medium."), "{}", ran.err);
    // Line ends and a byte order mark are as they were.
    let windows = format!("\u{feff}{}", SHOP.replace('\n', "\r\n"));
    assert_eq!(place.run_on(&fix, &windows).out, format!("\u{feff}{}", mended().replace('\n', "\r\n")));
    let ran = place.run_on(&[&fix[..], &["--format", "json"]].concat(), SHOP);
    assert!(ran.code == 2 && ran.out.is_empty(), "{}", ran.err);
    let ran = place.run_on(&[&fix[..], &["--format", "json", "--out", "left.json"]].concat(), SHOP);
    assert_eq!((ran.code, ran.out.as_str()), (0, mended().as_str()), "{}", ran.err);
    assert!(place.read("left.json").contains("\"medium\": 1"));
    place.write("shop.review.toml", SHOP);
    assert_eq!(place.run_on(&[&fix[..], &["shop.review.toml"]].concat(), SHOP).code, 2);
}

#[test]
fn programs_get_their_format_and_the_diff_goes_aside() {
    let place = Place::new();
    place.write("shop.review.toml", SHOP);
    let ran = check(&place, &["shop.review.toml", "--fix", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&json["summary"]["medium"], &json["summary"]["fixable"]), (&1.into(), &1.into()));
    assert!(ran.err.contains("+++ b/shop.review.toml"), "{}", ran.err);
}

#[test]
fn what_was_decided_about_is_left_alone() {
    let place = Place::new();
    let decided = format!("{SHOP}[[triage]]\nfinding = \"KP401@api->db\"\nstatus = \"accepted\"\nreason = \"r\"\n");
    place.write("shop.review.toml", &decided);
    place.write("known", "KP401@api->tax\n");
    check(&place, &["shop.review.toml", "--fix", "--baseline", "known"]);
    assert_eq!(place.read("shop.review.toml"), decided);
}

#[test]
fn a_file_with_errors_is_not_touched() {
    let place = Place::new();
    let broken = format!("{SHOP}[[component]\nid = \"x\"\n");
    place.write("broken.review.toml", &broken);
    place.write("shop.review.toml", SHOP);
    let ran = check(&place, &["broken.review.toml", "shop.review.toml", "--fix"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("broken.review.toml: nothing is fixed where the file has errors"), "{}", ran.err);
    assert_eq!(place.read("broken.review.toml"), broken);
    assert_eq!(place.read("shop.review.toml"), mended(), "the others are");
    let ran = place.run_on(&["check", "-", "--fix"], &broken);
    assert_eq!((ran.code, ran.out.as_str()), (2, broken.as_str()), "what was read comes out");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_written_stays_and_is_said() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let place = Place::new();
    place.write("real.toml", SHOP);
    symlink("real.toml", place.0.path().join("shop.review.toml")).unwrap();
    check(&place, &["shop.review.toml", "--fix", "--quiet"]);
    assert!(place.0.path().join("shop.review.toml").is_symlink());
    assert_eq!(place.read("real.toml"), mended());
    place.write("closed.review.toml", SHOP);
    let closed = place.0.path().join("closed.review.toml");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o444)).unwrap();
    let ran = check(&place, &["closed.review.toml", "--fix"]);
    assert!(ran.code == 2 && ran.err.contains("closed.review.toml"), "{}", ran.err);
    assert_eq!(place.read("closed.review.toml"), SHOP);
    let left: Vec<_> = std::fs::read_dir(place.0.path()).unwrap().collect();
    assert_eq!(left.len(), 3, "no half-written file");
}

#[test]
fn nothing_of_a_diff_reaches_the_terminal() {
    let place = Place::new();
    place.write("x.review.toml", SHOP.replace("# why two?", "# \u{1b}[2J \u{9b} \u{202e} why"));
    let ran = check(&place, &["x.review.toml", "--fix"]);
    assert!(ran.out.contains("jitter = true } # ␛[2J"), "{}", ran.out);
    assert!(!ran.out.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{}", ran.out);
    assert!(place.read("x.review.toml").contains("jitter = true } # \u{1b}[2J \u{9b} \u{202e} why\n"), "byte for byte");
}

#[test]
fn flags_that_contradict_each_other_are_2() {
    let place = Place::new();
    place.write("shop.review.toml", SHOP);
    for flags in [&["--fix", "--diff"][..], &["--fix", "--write-baseline", "--baseline", "x"], &["--suggested"]] {
        assert_eq!(check(&place, &[&["shop.review.toml"][..], flags].concat()).code, 2, "{flags:?}");
    }
    assert_eq!(place.read("shop.review.toml"), SHOP);
}

/// Whatever the rules offer, making it comes to an end, adds no error, and making it again changes nothing.
#[test]
fn fixes_of_every_example_settle() {
    use kneepoint::assets::{EXAMPLES, REVIEW_TEMPLATES};
    for asset in EXAMPLES.iter().chain(REVIEW_TEMPLATES) {
        for suggested in [false, true] {
            let settings = Settings::new(jiff::civil::date(2026, 11, 23));
            let mut document = Document::new(asset.text.to_owned());
            let problems = document.problems().len();
            let mended = mend(&mut document, &Evidence::default(), &settings, suggested);
            assert!(!mended.unsettled && mended.refused.is_empty(), "{}: {mended:?}", asset.path);
            assert!(document.problems().len() <= problems, "{}: {:?}", asset.path, document.problems());
            let once = document.text().to_owned();
            let again = mend(&mut document, &Evidence::default(), &settings, suggested);
            assert_eq!(document.text(), once, "{}: {again:?}", asset.path);
        }
    }
}
