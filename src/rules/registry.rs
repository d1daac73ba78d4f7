//! Every rule, found by code or name.

use super::checks;
use super::rule::{Rule, RuleInfo};
use std::sync::LazyLock;

static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let mut all: Vec<&'static Rule> = checks::FAMILIES.iter().copied().flatten().copied().collect();
    all.sort_by_key(|rule| rule.info.code);
    all
});

/// Every rule, by code.
pub fn all() -> &'static [&'static Rule] {
    &ALL
}

/// What is known about every rule, by code.
pub fn infos() -> impl Iterator<Item = &'static RuleInfo> {
    all().iter().map(|rule| &rule.info)
}

/// The rule of a code or name; case does not matter.
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    let wanted = code_or_name.trim();
    all()
        .iter()
        .copied()
        .find(|rule| rule.info.code.eq_ignore_ascii_case(wanted) || rule.info.name.eq_ignore_ascii_case(wanted))
}

/// The nearest rule to a code or name that is not one, as a sentence ("did you mean …").
pub fn meant(code_or_name: &str) -> Option<String> {
    super::select::meant(code_or_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EntityKind, field_at};
    use crate::rules::rule::SECTIONS;

    #[test]
    fn codes_ascend_and_names_are_unique_kebab_case() {
        let codes: Vec<_> = infos().map(|info| info.code).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
        let mut names: Vec<_> = infos().map(|info| info.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        for info in infos() {
            assert!(info.code.len() == 5 && info.code.starts_with("KP"), "{}", info.code);
            assert!(crate::model::is_id(info.name), "{}", info.name);
        }
    }

    #[test]
    fn every_rule_is_documented_in_every_section() {
        for info in infos() {
            assert!(!info.summary.ends_with('.') && info.summary.len() > 15, "{}", info.code);
            for ((title, text), wanted) in info.sections.iter().zip(SECTIONS) {
                assert_eq!(*title, wanted);
                assert!(text.trim().len() > 30, "{}: {title} is empty", info.code);
            }
            let example = info.sections[2].1;
            assert_eq!(example.matches("```toml\n").count(), 1, "{}: one example", info.code);
            for setting in info.settings {
                assert!(!setting.about.is_empty() && !setting.source.is_empty(), "{}", info.code);
            }
        }
    }

    #[test]
    fn every_key_a_rule_reads_is_one_of_the_format() {
        for info in infos() {
            assert!(!info.reads.is_empty(), "{}", info.code);
            for key in info.reads {
                let mut parts = key.split('.');
                let kind =
                    EntityKind::of_table(parts.next().unwrap()).unwrap_or_else(|| panic!("{}: {key}", info.code));
                let keys: Vec<_> = parts.collect();
                assert!(field_at(kind, &keys).is_some(), "{}: {key}", info.code);
            }
        }
    }

    #[test]
    fn a_rule_is_found_by_code_and_by_name() {
        for rule in all() {
            assert_eq!(find(rule.info.code).map(|found| found.info.code), Some(rule.info.code));
            assert_eq!(find(rule.info.name).map(|found| found.info.code), Some(rule.info.code));
        }
        assert!(find("KP000").is_none());
    }
}
