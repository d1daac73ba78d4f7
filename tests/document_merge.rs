//! Two edits of one file: combined where they touch different things, laid open where they collide.
#![expect(clippy::unwrap_used, reason = "what fails in a test fails the test")]

use kneepoint::document::{Document, Merge, Side};
use kneepoint::model::{EntityKind, EntityRef};

const WHOLE: &str = include_str!("data/whole-format.toml");
const BASE: &str = "format = 1\n\n# the api\n[[component]]\nid = \"api\"       # short\nworkers = 64\nzones = 3\n\n[[component]]\nid = \"db\"\ncache = { ttl = \"5m\", pattern = \"cache-aside\" }\n";

#[track_caller]
fn merged(base: &str, ours: &str, theirs: &str) -> String {
    let merge = Merge::new(base, ours, theirs);
    assert_eq!(merge.conflicts(), []);
    merge.text(&[]).unwrap()
}

#[test]
fn edits_of_different_entities_are_both_kept() {
    let ours = BASE.replace("ttl = \"5m\"", "ttl = \"9m\"");
    let theirs = BASE.replace("workers = 64", "workers = 128  # measured").replace("# the api", "# THE api");
    let both = theirs.replace("ttl = \"5m\"", "ttl = \"9m\"");
    assert_eq!(merged(BASE, &ours, &theirs), both);
    assert_eq!(merged(BASE, &theirs, &ours), both);
    assert_eq!(merged(BASE, BASE, &theirs), theirs);
    assert_eq!(merged(BASE, &ours, BASE), ours);
    assert_eq!(merged(BASE, &ours, &ours), ours);
}

#[test]
fn edits_of_different_keys_of_one_entity_are_both_kept() {
    let ours = BASE.replace("workers = 64", "workers = 65");
    let theirs = BASE.replace("zones = 3\n", "zones = 2  # lost one\nreplicas = 4\n");
    let both = theirs.replace("workers = 64", "workers = 65");
    assert_eq!(merged(BASE, &ours, &theirs), both);
    let ours = BASE.replace("ttl = \"5m\"", "ttl = \"6m\"");
    let theirs = BASE.replace("cache-aside", "read-through");
    assert_eq!(merged(BASE, &ours, &theirs), ours.replace("cache-aside", "read-through"));
}

#[test]
fn entities_added_and_removed_on_both_sides_come_together() {
    let mut ours = Document::new(BASE.to_owned());
    ours.add(EntityKind::Component, &[("id", "ours")]).unwrap();
    ours.remove(EntityRef::new(EntityKind::Component, 0)).unwrap();
    let theirs = format!(
        "{BASE}\n# comes from the other\n[[component]]\nid = \"theirs\"\n\n[[dependency]]\nfrom = \"api\"\nto = \"db\"\n"
    );
    let text = merged(BASE, ours.text(), &theirs);
    assert_eq!(
        text,
        "format = 1\n\n[[component]]\nid = \"db\"\ncache = { ttl = \"5m\", pattern = \"cache-aside\" }\n\n# comes from the other\n[[component]]\nid = \"theirs\"\n\n[[component]]\nid = \"ours\"\n\n[[dependency]]\nfrom = \"api\"\nto = \"db\"\n"
    );
}

#[test]
fn one_key_changed_on_both_sides_is_a_question() {
    let ours = BASE.replace("workers = 64", "workers = 65").replace("zones = 3", "zones = 1");
    let theirs = BASE.replace("workers = 64", "workers = 66 # theirs");
    let merge = Merge::new(BASE, &ours, &theirs);
    let [conflict] = merge.conflicts() else { panic!("{:?}", merge.conflicts()) };
    assert_eq!(conflict.entity.as_deref(), Some("component api"));
    assert_eq!((conflict.key.as_str(), conflict.base.as_deref()), ("workers", Some("64")));
    assert_eq!((conflict.ours.as_deref(), conflict.theirs.as_deref()), (Some("65"), Some("66")));
    let one_zone = theirs.replace("zones = 3", "zones = 1");
    assert_eq!(merge.text(&[Side::Theirs]).unwrap(), one_zone);
    assert_eq!(merge.text(&[Side::Ours]).unwrap(), one_zone.replace("66", "65"));
    // The same on both sides is no question.
    assert_eq!(
        merged(BASE, &theirs.replace("zones = 3", "zones = 9"), &theirs),
        theirs.replace("zones = 3", "zones = 9")
    );
}

#[test]
fn removed_here_and_changed_there_is_a_question() {
    let mut ours = Document::new(BASE.to_owned());
    ours.remove(EntityRef::new(EntityKind::Component, 0)).unwrap();
    let theirs = BASE.replace("workers = 64", "workers = 66");
    let merge = Merge::new(BASE, ours.text(), &theirs);
    let [conflict] = merge.conflicts() else { panic!("{:?}", merge.conflicts()) };
    assert_eq!((conflict.key.as_str(), conflict.ours.as_deref()), ("", None));
    assert_eq!(merge.text(&[Side::Theirs]).unwrap(), theirs);
    assert_eq!(merge.text(&[Side::Ours]).unwrap(), ours.text());
    let merge = Merge::new(BASE, &theirs, ours.text());
    assert_eq!(merge.text(&[Side::Theirs]).unwrap(), ours.text());
    let text = merge.text(&[Side::Ours]).unwrap();
    assert!(text.contains("# the api\n[[component]]\nid = \"api\"       # short\nworkers = 66\nzones = 3\n"), "{text}");
    let taken = BASE.replace("cache = { ttl = \"5m\", pattern = \"cache-aside\" }\n", "");
    let merge = Merge::new(BASE, &BASE.replace("5m", "6m"), &taken);
    assert_eq!(merge.conflicts().len(), 1);
    assert_eq!(merge.text(&[Side::Theirs]).unwrap(), taken);
    assert_eq!(merge.text(&[Side::Ours]).unwrap(), BASE.replace("5m", "6m"));
}

#[test]
fn comments_that_cannot_be_kept_on_both_sides_are_a_question_too() {
    let ours = BASE.replace("# short", "# ours").replace("workers = 64", "workers = 64 # ours");
    let theirs = BASE.replace("workers = 64", "workers = 1 # theirs");
    assert_eq!(merged(BASE, &BASE.replace("# short", "# ours"), &theirs), theirs.replace("# short", "# ours"));
    let merge = Merge::new(BASE, &ours, &theirs);
    let [conflict] = merge.conflicts() else { panic!("{:?}", merge.conflicts()) };
    assert_eq!(conflict.entity, None);
    assert_eq!(merge.text(&[Side::Ours]).unwrap(), ours.replace("workers = 64", "workers = 1"));
    assert_eq!(merge.text(&[Side::Theirs]).unwrap(), theirs);
}

#[test]
fn a_merge_in_the_whole_format_keeps_every_byte_of_theirs() {
    let mut ours = Document::new(WHOLE.to_owned());
    ours.set(EntityRef::new(EntityKind::Dependency, 0), &["timeout"], "300ms").unwrap();
    ours.set(EntityRef::new(EntityKind::Decision, 0), &["trigger", "below"], "0.5").unwrap();
    let theirs = WHOLE.replace("replicas     = 6\n", "replicas     = 7   # since Monday\n").replace("# by hand", "");
    let expected =
        theirs.replace("timeout     = \"250ms\"", "timeout     = \"300ms\"").replace("below = 0.60", "below = 0.5");
    assert_eq!(merged(WHOLE, ours.text(), &theirs), expected);
}
