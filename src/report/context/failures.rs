//! What happens when a dependency is slow or down: what was decided, what the policies do by themselves, and what
//! nobody decided.

use crate::model::{Dependency, Element, Failure, FailureMode, Mode, Review};
use serde::Serialize;
use std::collections::HashMap;

/// What happens when something fails in one way.
#[derive(Debug, Clone, Serialize)]
pub struct FailurePath {
    /// `api -> payments`, or a component.
    pub at: String,
    /// `slow`, `down`, `wrong`, `overloaded`.
    pub when: &'static str,
    /// Whether nobody decided what is done then.
    pub undecided: bool,
    /// What is done: the decision, then the policies that act by themselves.
    pub what: String,
    /// What the user sees, word for word.
    pub user_sees: Option<String>,
    /// What notices it.
    pub detected_by: Option<String>,
    /// When it was last tried on purpose.
    pub tested: Option<String>,
}

pub(super) fn failures(review: &Review) -> Vec<FailurePath> {
    let mut answers: HashMap<String, Vec<&Failure>> = HashMap::new();
    for failure in &review.failures {
        answers.entry(place(failure.at())).or_default().push(failure);
    }
    let mut rows = Vec::new();
    for dependency in &review.dependencies {
        if dependency.from().is_empty() || dependency.to().is_empty() {
            continue;
        }
        let at = format!("{} -> {}", dependency.from(), dependency.to());
        let given = answers.remove(&at).unwrap_or_default();
        let waits = dependency.mode.unwrap_or(Mode::Sync) == Mode::Sync;
        let expected: &[FailureMode] =
            if waits { &[FailureMode::Slow, FailureMode::Down] } else { &[FailureMode::Down] };
        for mode in [FailureMode::Slow, FailureMode::Down, FailureMode::Wrong, FailureMode::Overloaded] {
            let before = rows.len();
            rows.extend(
                given
                    .iter()
                    .filter(|failure| failure.when == Some(mode))
                    .map(|failure| decided(&at, mode, failure, Some(dependency))),
            );
            if rows.len() == before && expected.contains(&mode) {
                rows.push(by_policy(&at, mode, dependency));
            }
        }
        rows.extend(given.iter().filter(|failure| failure.when.is_none()).map(|failure| unsaid(&at, failure)));
    }
    // Answers about components, and about edges that are not declared, in file order.
    for failure in &review.failures {
        let at = place(failure.at());
        if answers.contains_key(&at) {
            match failure.when {
                Some(mode) => rows.push(decided(&at, mode, failure, None)),
                None => rows.push(unsaid(&at, failure)),
            }
        }
    }
    rows
}

fn place(at: &str) -> String {
    match Element::ends(at) {
        Some((from, to)) => format!("{from} -> {to}"),
        None => at.trim().to_owned(),
    }
}

fn decided(at: &str, mode: FailureMode, failure: &Failure, dependency: Option<&Dependency>) -> FailurePath {
    let policies = dependency.map(|dependency| policies(dependency, mode)).unwrap_or_default();
    let mut what: Vec<String> = failure.response.iter().map(|response| response.word().to_owned()).collect();
    what.extend(policies);
    FailurePath {
        at: at.to_owned(),
        when: mode.word(),
        undecided: failure.response.is_none(),
        what: if failure.response.is_none() {
            format!("undecided; {}", what.join("; ")).trim_end_matches("; ").to_owned()
        } else {
            what.join("; ")
        },
        user_sees: failure.user_sees.clone(),
        detected_by: failure.detected_by.clone(),
        tested: failure.tested.map(|date| date.to_string()),
    }
}

fn unsaid(at: &str, failure: &Failure) -> FailurePath {
    FailurePath { when: "unsaid", ..decided(at, FailureMode::Down, failure, None) }
}

/// What the dependency's own policies do where nothing was decided.
fn by_policy(at: &str, mode: FailureMode, dependency: &Dependency) -> FailurePath {
    let mut what = policies(dependency, mode);
    // A slow callee reaches `on_failure` only through something that ends the wait.
    let bounded = dependency.timeout.is_some() || dependency.mode.is_some_and(|mode| mode != Mode::Sync);
    let decided = match (dependency.on_failure, mode) {
        (Some(_), FailureMode::Slow) => bounded,
        (response, _) => response.is_some(),
    };
    if !decided {
        what.insert(0, "undecided".to_owned());
    }
    FailurePath {
        at: at.to_owned(),
        when: mode.word(),
        undecided: !decided,
        what: what.join("; "),
        user_sees: None,
        detected_by: None,
        tested: None,
    }
}

fn policies(dependency: &Dependency, mode: FailureMode) -> Vec<String> {
    let mut what = Vec::new();
    let waits = dependency.mode.unwrap_or(Mode::Sync) == Mode::Sync;
    if mode == FailureMode::Slow && waits {
        what.push(dependency.timeout.map_or_else(
            || "the caller waits without a limit".to_owned(),
            |timeout| format!("gives up after {timeout}"),
        ));
    }
    if matches!(mode, FailureMode::Slow | FailureMode::Down) {
        if let Some(attempts) = dependency.retry.as_ref().and_then(|retry| retry.attempts) {
            what.push(format!("{} attempts", crate::units::significant(attempts.value() + 1.0, 4)));
        }
        if let Some(breaker) = &dependency.breaker {
            let at = breaker.error_ratio.map(|share| format!(" at {share} errors")).unwrap_or_default();
            let open = breaker.open_for.map(|time| format!(", open {time}")).unwrap_or_default();
            what.push(format!("breaker{at}{open}"));
        }
        if let Some(response) = dependency.on_failure {
            let fallback = dependency.fallback.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
            what.push(format!("then {response}{fallback}"));
        }
    }
    what
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<String> {
        let (review, _, _) = crate::document::parse(text);
        failures(&review).iter().map(|row| format!("{} {} {} {}", row.at, row.when, row.undecided, row.what)).collect()
    }

    #[test]
    fn a_dependency_has_two_rows_and_what_nobody_decided_says_so() {
        assert_eq!(
            rows(
                "[[dependency]]\nfrom=\"a\"\nto=\"b\"\n[[dependency]]\nfrom=\"a\"\nto=\"c\"\ntimeout=\"1s\"\nretry={attempts=2}\non_failure=\"degrade\"\n"
            ),
            [
                "a -> b slow true undecided; the caller waits without a limit",
                "a -> b down true undecided",
                "a -> c slow false gives up after 1 s; 3 attempts; then degrade",
                "a -> c down false 3 attempts; then degrade",
            ]
        );
    }

    #[test]
    fn a_fallback_that_no_timeout_reaches_is_not_an_answer_to_slowness() {
        assert_eq!(
            rows("[[dependency]]\nfrom=\"a\"\nto=\"b\"\non_failure=\"degrade\"\n"),
            [
                "a -> b slow true undecided; the caller waits without a limit; then degrade",
                "a -> b down false then degrade"
            ]
        );
    }

    #[test]
    fn answers_win_and_answers_about_nothing_declared_are_kept() {
        assert_eq!(
            rows(
                "[[dependency]]\nfrom=\"a\"\nto=\"b\"\nmode=\"async\"\n[[failure]]\nat=\"a->b\"\nwhen=\"slow\"\nresponse=\"queue\"\n[[failure]]\nat=\"db\"\nwhen=\"overloaded\"\nresponse=\"degrade\"\n"
            ),
            ["a -> b slow false queue", "a -> b down true undecided", "db overloaded false degrade"]
        );
    }
}
