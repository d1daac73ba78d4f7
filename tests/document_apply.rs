//! Changes as values, made in a text: all or nothing, one step of undo.

use kneepoint::document::Document;
use kneepoint::model::{Change, EntityKind, EntityRef};

const TEXT: &str = r#"# the shop
[[component]]
id = "api"        # the front

[[component]]
id = "db"
kind = "database"

[[dependency]]
from = "api"
to = "db"
retry = { attempts = 2 } # why two?
"#;

fn set(entity: EntityRef, key: &str, value: &str) -> Change {
    Change::Set { entity, key: key.to_owned(), value: value.to_owned() }
}

fn edge() -> EntityRef {
    EntityRef::new(EntityKind::Dependency, 0)
}

#[test]
fn several_changes_are_one_step() {
    let mut document = Document::new(TEXT.to_owned());
    let failure = Change::Add {
        kind: EntityKind::Failure,
        fields: vec![("at".to_owned(), "api -> db".to_owned()), ("when".to_owned(), "down".to_owned())],
    };
    let changes = [set(edge(), "timeout", "250ms"), set(edge(), "retry.jitter", "true"), failure];
    document.apply("mend api -> db", &changes).unwrap();
    assert_eq!(
        document.text(),
        TEXT.replace("{ attempts = 2 } # why two?", "{ attempts = 2, jitter = true } # why two?\ntimeout = \"250ms\"")
            + "\n[[failure]]\nat = \"api -> db\"\nwhen = \"down\"\n"
    );
    assert!(document.problems().is_empty(), "{:?}", document.problems());
    assert_eq!(document.undo().map(|label| label.text), Some("mend api -> db".to_owned()));
    assert_eq!(document.text(), TEXT);
    assert!(document.undo().is_none());
}

#[test]
fn one_wrong_value_leaves_everything_as_it_was() {
    for wrong in [
        set(edge(), "timeout", "soon"),
        set(edge(), "no-such-key", "1"),
        set(EntityRef::new(EntityKind::Flow, 3), "id", "x"),
    ] {
        let mut document = Document::new(TEXT.to_owned());
        assert!(document.apply("mend", &[set(edge(), "timeout", "250ms"), wrong]).is_err());
        assert_eq!(document.text(), TEXT);
        assert!(document.next_undo().is_none());
    }
}

#[test]
fn a_taken_id_is_refused() {
    let mut document = Document::new(TEXT.to_owned());
    let add = Change::Add { kind: EntityKind::Component, fields: vec![("id".to_owned(), "db".to_owned())] };
    assert!(document.apply("add", &[add]).is_err());
    assert_eq!(document.text(), TEXT);
}
