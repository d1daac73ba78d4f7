//! References of a review into the method's knowledge: questions that are answered, patterns that are used, rules that
//! decisions and actions speak of.
//!
//! The document layer cannot check these: it must not know the method.

use crate::knowledge::Knowledge;
use crate::model::{Name, Problem, ProblemKind, Review, nearest, quote};
use crate::rules::registry;

/// Everything that refers to something the method does not have, in the order of the text.
///
/// A nearest name is looked for only so many times: it costs a walk over the whole method.
pub(super) fn problems(review: &Review, knowledge: &Knowledge) -> Vec<Problem> {
    let mut found = Found { problems: Vec::new(), helped: 0 };
    for question in review.answers.iter().filter_map(|answer| answer.question.as_ref()) {
        if !question.as_str().is_empty() && knowledge.question(question.as_str()).is_none() {
            let all = || knowledge.questions().map(|question| question.id.as_str()).collect();
            found.dangling("question", &question.0, all);
        }
    }
    for decision in &review.decisions {
        if let Some(pattern) = decision.pattern.as_ref().filter(|pattern| knowledge.pattern(pattern.as_str()).is_none())
        {
            let all = || knowledge.patterns().iter().map(|pattern| pattern.id.as_str()).collect();
            found.dangling("pattern", &pattern.0, all);
        }
        for finding in decision.findings.as_deref().unwrap_or_default() {
            let code = finding.as_str().split('@').next().unwrap_or_default().trim();
            if !code.contains('*') && registry::find(code).is_none() {
                let all = || registry::infos().flat_map(|info| [info.code, info.name]).collect();
                found.unknown_rule(code, &finding.0, all);
            }
        }
    }
    found.problems.sort_by_key(|problem| problem.span.start);
    found.problems
}

struct Found {
    problems: Vec<Problem>,
    helped: usize,
}

/// Beyond this many dangling references nobody reads the suggestions.
const HELPED: usize = 50;

impl Found {
    fn dangling<'a>(&mut self, called: &str, name: &Name, all: impl FnOnce() -> Vec<&'a str>) {
        let message = format!("the method has no {called} {}", quote(name.as_str()));
        self.push(message, name.as_str(), name, all);
    }

    fn unknown_rule<'a>(&mut self, code: &str, name: &Name, all: impl FnOnce() -> Vec<&'a str>) {
        self.push(format!("there is no rule {}", quote(code)), code, name, all);
    }

    fn push<'a>(&mut self, message: String, typed: &str, name: &Name, all: impl FnOnce() -> Vec<&'a str>) {
        self.helped += 1;
        let help = if self.helped <= HELPED { nearest(typed, all()) } else { None };
        self.problems.push(
            Problem::warning(ProblemKind::DanglingReference, name.span, message)
                .with_help(help.map(|help| format!("did you mean `{help}`?"))),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    #[test]
    fn what_the_method_does_not_have_is_said_with_what_was_meant() {
        let knowledge = Knowledge::embedded();
        let question = knowledge.questions().next().unwrap().id.clone();
        let pattern = knowledge.patterns().first().unwrap().id.clone();
        let text = format!(
            "[[answer]]\nquestion = '{question}'\n[[answer]]\nquestion = '{question}x'\n[[decision]]\nid = 'd'\npattern = '{pattern}'\n\
             findings = ['KP203@api->payments', 'missing-timeout@a->b', 'KP2O3@a']\n[[decision]]\nid = 'e'\npattern = '{pattern}z'\n"
        );
        let (review, _, _) = parse(&text);
        let said: Vec<_> = problems(&review, knowledge)
            .into_iter()
            .map(|problem| format!("{} ({})", problem.message, problem.help.unwrap_or_default()))
            .collect();
        assert_eq!(
            said,
            [
                format!("the method has no question `{question}x` (did you mean `{question}`?)"),
                "there is no rule `KP2O3` (did you mean `KP203`?)".to_owned(),
                format!("the method has no pattern `{pattern}z` (did you mean `{pattern}`?)"),
            ]
        );
    }
}
