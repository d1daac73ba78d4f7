//! Which rules run: codes, names and prefixes, and what was probably meant where one is unknown.

use super::registry;
use super::rule::Rule;
use crate::model::{did_you_mean, quote};

/// A selector that names no rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSelector {
    /// As it was written.
    pub selector: String,
    /// What was probably meant, as a sentence.
    pub help: Option<String>,
}

impl std::fmt::Display for UnknownSelector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no rule {}", quote(&self.selector))?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// Whether a selector names a rule: its code, its name, or the beginning of its code (`KP2`); case does not matter.
pub fn selects(selector: &str, rule: &Rule) -> bool {
    let selector = selector.trim();
    if selector.eq_ignore_ascii_case("all") || selector.eq_ignore_ascii_case(rule.info.name) {
        return true;
    }
    // `K` or the empty text would be everything by accident.
    selector.len() >= 2
        && rule.info.code.get(..selector.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(selector))
}

/// The rules to run, in the order of the registry, and the selectors that name none.
///
/// An empty `select` is all; `ignore` wins over `select`.
pub fn chosen(select: &[String], ignore: &[String]) -> (Vec<&'static Rule>, Vec<UnknownSelector>) {
    let named = |selectors: &[String], rule: &Rule| selectors.iter().any(|selector| selects(selector, rule));
    let rules = registry::all()
        .iter()
        .copied()
        .filter(|rule| (select.is_empty() || named(select, rule)) && !named(ignore, rule))
        .collect();
    let unknown = select
        .iter()
        .chain(ignore)
        .filter(|selector| !registry::all().iter().any(|rule| selects(selector, rule)))
        .map(|selector| UnknownSelector { selector: selector.clone(), help: meant(selector) })
        .collect();
    (rules, unknown)
}

/// What a text that names no rule probably means.
pub(crate) fn meant(text: &str) -> Option<String> {
    let infos = registry::all().iter().map(|rule| &rule.info);
    did_you_mean(text.trim(), infos.flat_map(|info| [info.code, info.name]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(select: &[&str], ignore: &[&str]) -> Vec<&'static str> {
        let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        chosen(&owned(select), &owned(ignore)).0.iter().map(|rule| rule.info.code).collect()
    }

    #[test]
    fn codes_names_and_prefixes_select_and_ignore_wins() {
        assert_eq!(codes(&["kp203"], &[]), ["KP203"]);
        assert_eq!(codes(&["missing-timeout"], &[]), ["KP203"]);
        assert!(codes(&["KP2"], &[]).iter().all(|code| code.starts_with("KP2")));
        assert!(!codes(&["KP2"], &["missing-timeout"]).contains(&"KP203"));
        assert_eq!(codes(&[], &["KP"]), [""; 0]);
        assert_eq!(codes(&[], &[]).len(), registry::all().len());
    }

    #[test]
    fn a_selector_that_names_nothing_is_said() {
        let (rules, unknown) = chosen(&["mising-timeout".to_owned(), "K".to_owned(), String::new()], &[]);
        assert!(rules.is_empty());
        assert_eq!(unknown.len(), 3);
        assert!(unknown[0].to_string().contains("did you mean `missing-timeout`?"));
    }
}
