//! Random edits of a realistic file: nothing but what was asked changes, and all of it can be taken back.

use kneepoint::document::{Document, Merge, literal, plain};
use kneepoint::model::{EntityKind, EntityRef, FieldSpec, ProblemKind, Shape};
use proptest::prelude::*;

const WHOLE: &str = include_str!("data/whole-format.toml");

/// The same file in the forms in which files come.
fn base(form: u8) -> String {
    match form % 5 {
        0 => WHOLE.to_owned(),
        1 => WHOLE.replace('\n', "\r\n"),
        2 => WHOLE.trim_end().to_owned(),
        3 => format!("{WHOLE}\n[broken\nkey = = 1\n\n[[component]]\nid = \"last\"\n"),
        _ => "format = 1\n\n[[component]]\nid = \"a\"\ncache.ttl = \"5m\"\n\n[[flow]]\nid = \"f\"\n\n[[flow.calls]]\nfrom = \"a\"\nto = \"b\"\n".to_owned(),
    }
}

/// Something a person may type for a shape; sometimes nonsense.
fn typed(shape: Shape, n: u16) -> String {
    let pick = |all: &[&str]| all[n as usize % all.len()].to_owned();
    match shape {
        Shape::Text => pick(&[
            "plain",
            "with \"quotes\" and \\",
            "two\nlines",
            "#no comment",
            "'",
            "  ",
            "ü → \u{202e}",
            "[x]",
            "a = 1",
        ]),
        Shape::Id => format!("id-{n}"),
        Shape::Reference(_) => pick(&["api", "orders-db", "api -> payments", "KP203@api->payments", "nobody"]),
        Shape::Boolean => pick(&["yes", "false", "maybe"]),
        Shape::Quantity { .. } => {
            pick(&["3", "0.5", "250ms", "1s..2s", "4..6..12", "85%", "400/s", "4KiB", "many", "{ low = 1, high = 2 }"])
        }
        Shape::Date => pick(&["2026-01-31", "2026-02-31", "soon"]),
        Shape::Choice(words, _) => pick(words),
        Shape::List(Shape::Table(fields)) => format!("[{}]", typed(Shape::Table(fields), n)),
        Shape::List(inner) => format!("{}, {}", typed(*inner, n), typed(*inner, n / 3)),
        Shape::Table([]) | Shape::Map(_) => pick(&["a = 1", "{ b = 2, c = 3 }"]),
        Shape::Table(fields) => {
            let field = &fields[n as usize % fields.len()];
            let value = literal(field.shape, &typed(field.shape, n / 7)).unwrap_or_else(|_| "1".to_owned());
            format!("{{ {} = {value} }}", field.name)
        }
        Shape::ServiceTime => pick(&["6ms", "6ms cv 1.5", "4ms..6ms..12ms", "6"]),
    }
}

#[derive(Debug, Clone)]
struct Step {
    what: u8,
    kind: u8,
    index: u8,
    field: u8,
    inner: u8,
    n: u16,
}

fn step() -> impl Strategy<Value = Step> {
    (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), any::<u16>())
        .prop_map(|(what, kind, index, field, inner, n)| Step { what, kind, index, field, inner, n })
}

/// Performs a step; whether it was accepted.
fn perform(document: &mut Document, step: &Step) -> bool {
    let kind = EntityKind::ALL[step.kind as usize % EntityKind::ALL.len()];
    let count = document.review().count(kind).max(1);
    let entity = EntityRef::new(kind, step.index as usize % count);
    let field: &FieldSpec = &kind.fields()[step.field as usize % kind.fields().len()];
    let inner = match field.shape {
        Shape::Table(fields) => Some(&fields[step.inner as usize % fields.len()]),
        _ => None,
    };
    match step.what % 16 {
        0..=4 => document.set(entity, &[field.name], &typed(field.shape, step.n)).is_ok(),
        5 | 6 => match inner {
            Some(inner) => document.set(entity, &[field.name, inner.name], &typed(inner.shape, step.n)).is_ok(),
            None => document.unset(entity, &[field.name]).is_ok(),
        },
        7 => match inner {
            Some(inner) => document.unset(entity, &[field.name, inner.name]).is_ok(),
            None => document.unset(entity, &[field.name]).is_ok(),
        },
        8 => {
            let value = typed(field.shape, step.n);
            document.add(kind, &[("id", &format!("new-{}", step.n)), (field.name, &value)]).is_ok()
                || document.add(kind, &[(field.name, &value)]).is_ok()
        }
        9 => document.remove(entity).is_ok(),
        10 => document.duplicate(entity, &format!("copy-{}", step.n)).is_ok(),
        11 | 12 => match field.shape {
            Shape::List(shape) => {
                document.insert_item(entity, &[field.name], step.inner as usize % 4, &typed(*shape, step.n)).is_ok()
            }
            _ => false,
        },
        13 => document.remove_item(entity, &[field.name], step.inner as usize % 4).is_ok(),
        14 => document.move_item(entity, &[field.name], step.inner as usize % 4, step.n as usize % 4).is_ok(),
        _ => {
            let id = document.map().value(entity, &["id"]).and_then(|node| node.text()).map(str::to_owned);
            id.is_some_and(|id| document.rename(kind, &id, &format!("renamed-{}", step.n)).is_ok())
        }
    }
}

fn syntax(document: &Document) -> usize {
    document.problems().iter().filter(|problem| problem.kind == ProblemKind::Syntax).count()
}

/// The lines that went and came between the first and the last difference.
fn changed_lines(before: &str, after: &str) -> (usize, usize) {
    let before: Vec<_> = before.lines().collect();
    let after: Vec<_> = after.lines().collect();
    let start = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let most = before.len().min(after.len()) - start;
    let end = before.iter().rev().zip(after.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    (before.len() - start - end, after.len() - start - end)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn all_edits_can_be_taken_back_and_made_again(form: u8, steps in prop::collection::vec(step(), 1..25)) {
        let base = base(form);
        let mut document = Document::new(base.clone());
        let broken = syntax(&document);
        let mut accepted = 0;
        let mut texts = vec![base.clone()];
        for step in &steps {
            let before = document.text().to_owned();
            let revision = document.revision();
            if perform(&mut document, step) {
                prop_assert!(syntax(&document) <= broken, "{step:?}\n{}", document.text());
                let kind = EntityKind::ALL[step.kind as usize % EntityKind::ALL.len()];
                let shape = kind.fields()[step.field as usize % kind.fields().len()].shape;
                // A whole table that stood under its own header, far from the entity's lines, is another matter.
                let whole = matches!(shape, Shape::Table(_) | Shape::Map(_));
                if step.what % 16 <= 4 && !whole && document.revision() > revision {
                    let (went, came) = changed_lines(&before, document.text());
                    // One line, or a new table with a blank line around it; a list or table over several lines may
                    // become one line.
                    prop_assert!(came <= 4, "{step:?}: {went} {came}");
                }
            } else {
                prop_assert_eq!(document.text(), before);
            }
            if document.revision() > revision {
                accepted += 1;
                texts.push(document.text().to_owned());
            }
        }
        prop_assert_eq!(document.is_dirty(), document.text() != base);
        for text in texts.iter().rev().skip(1) {
            prop_assert!(document.undo().is_some());
            prop_assert_eq!(document.text(), text);
        }
        prop_assert!(document.undo().is_none());
        prop_assert_eq!(document.text(), &base);
        prop_assert!(!document.is_dirty());
        for _ in 0..accepted {
            prop_assert!(document.redo().is_some());
        }
        prop_assert!(document.redo().is_none());
        prop_assert_eq!(document.text(), texts.last().unwrap());
    }

    #[test]
    fn a_cell_shows_what_can_be_typed_again(kind: u8, field: u8, n: u16) {
        let kind = EntityKind::ALL[kind as usize % EntityKind::ALL.len()];
        let field = &kind.fields()[field as usize % kind.fields().len()];
        if let Ok(toml) = literal(field.shape, &typed(field.shape, n)) {
            let shown = plain(field.shape, &toml);
            let again = literal(field.shape, &shown);
            prop_assert!(again.is_ok(), "{shown}: {again:?}");
            prop_assert_eq!(plain(field.shape, &again.unwrap()), shown);
        }
    }

    #[test]
    fn any_text_is_read_and_edited_without_a_panic(text in "(\\[\\[?(component|flow|growth|x)\\]?\\]?|id|calls|cache\\.ttl|=|\\{|\\}|\\[|\\]|,|\"|'''|\"\"\"|\"a\"|3|#|\\n|\\r\\n| |é|\u{1b}){0,60}", steps in prop::collection::vec(step(), 1..6)) {
        let mut document = Document::new(text.clone());
        for step in &steps {
            perform(&mut document, step);
        }
        while document.undo().is_some() {}
        prop_assert_eq!(document.text(), text);
    }

    #[test]
    fn a_merge_keeps_both_sides_or_asks(ours in prop::collection::vec(step(), 1..4), theirs in prop::collection::vec(step(), 1..4)) {
        let edited = |steps: &[Step]| {
            let mut document = Document::new(WHOLE.to_owned());
            for step in steps { perform(&mut document, step); }
            document
        };
        let (ours, theirs) = (edited(&ours), edited(&theirs));
        let merge = Merge::new(WHOLE, ours.text(), theirs.text());
        if merge.conflicts().is_empty() {
            let merged = merge.text(&[]);
            prop_assert!(merged.is_ok(), "{merged:?}");
            // What the merge made of both is what the other order makes of both.
            let other = Merge::new(WHOLE, theirs.text(), ours.text());
            prop_assert!(other.conflicts().is_empty(), "{:?}", other.conflicts());
            let (a, b) = (Document::new(merged.unwrap()), Document::new(other.text(&[]).unwrap()));
            for kind in EntityKind::ALL {
                prop_assert_eq!(a.review().count(*kind), b.review().count(*kind));
            }
            prop_assert_eq!(syntax(&a), 0);
        }
    }
}

#[test]
fn random_edits_are_mostly_edits() {
    let mut document = Document::new(WHOLE.to_owned());
    let (mut accepted, mut kinds) = (0, std::collections::BTreeSet::new());
    let mut seed = 1_u64;
    for _ in 0..400 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let byte = |shift: u32| (seed >> shift) as u8;
        let step = Step {
            what: byte(16),
            kind: byte(24),
            index: byte(32),
            field: byte(40),
            inner: byte(48),
            n: byte(56).into(),
        };
        let revision = document.revision();
        if perform(&mut document, &step) && document.revision() > revision {
            accepted += 1;
            kinds.insert(step.what % 16);
        }
    }
    assert!(accepted > 150, "{accepted}");
    assert!(kinds.len() >= 14, "{kinds:?}");
    assert_eq!(syntax(&document), 0);
}
