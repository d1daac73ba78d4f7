//! KP903: what a step of the review asks and nobody answered.

use crate::knowledge::{Class, Question, Step};
use crate::model::{ActionStatus, AnswerWord, Element, ReviewStatus};
use crate::rules::context::Context;
use crate::rules::finding::{Figure, Severity};
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use foldhash::{HashMap, HashMapExt, HashSet};

declare_rule! {
    "KP903" "question-unanswered", Low, Certain;
    summary: "questions of a step that only people can answer, and nobody did";
    reads: ["answer.question", "answer.answer", "action.from", "review.status"];
    settings: [];
    detects: "Questions of the five steps that the model does not answer by itself and that have no `[[answer]]`, one finding a step. While a review \
        is a draft only those are listed that nobody but people knows, as a note, and only once somebody has begun to answer; in a \
        review that is `in-review` or `approved` those that people confirm count too. `unknown` is an answer as long as an open \
        `[[action]]` comes `from` the question; `not-applicable` always is.";
    why: "A question that is left out looks in the document like one that was fine. What nobody knew in the room is what nobody knows at night.";
    example: [
        "In review, with one question of the fourth step answered:",
        "",
        "```toml",
        "review = { title = \"Shop\", status = \"in-review\" }",
        "answer = [{ question = \"failure.premortem\", answer = \"yes\" }]",
        "```",
    ];
    remedy: "Answer them in the workbench: yes, no or partly in one key; `-` where it does not apply, with the reason; `!` where nobody knows, which makes an action to find out.";
    verify: "`kneepoint check --select KP903` says nothing; the step has its full circle in the header.";
    accept: "For a quick review that leaves a step out on purpose: accept the finding of that step, with the reason.";
    references: "The steps and their questions (`1` to `5` in the workbench). `docs/method.md`.";
}

/// So many questions are named.
const NAMED: usize = 4;

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    let review = context.review;
    let status = review.head.status;
    let finished = matches!(status, Some(ReviewStatus::InReview | ReviewStatus::Approved));
    if status == Some(ReviewStatus::Superseded) || (!finished && review.answers.is_empty()) {
        return;
    }
    let mut answers: HashMap<&str, Option<AnswerWord>> = HashMap::new();
    for answer in &review.answers {
        answers.insert(answer.question().trim(), answer.answer);
    }
    let open = review.actions.iter().filter(|action| matches!(action.status, None | Some(ActionStatus::Open)));
    let asked: HashSet<&str> = open.filter_map(|action| action.from.as_deref()).map(str::trim).collect();
    let is_answered = |question: &Question| match answers.get(question.id.as_str()) {
        Some(Some(AnswerWord::Unknown)) => asked.contains(question.id.as_str()),
        // An answer without a word may still hold a note: the file says that it is incomplete.
        Some(_) => true,
        None => false,
    };
    let applies = |question: &Question| match question.class {
        Class::Derived => false,
        Class::Ask => true,
        Class::Confirm => finished,
    };
    for step in context.knowledge.steps() {
        let unanswered: Vec<&Question> = step
            .questions
            .iter()
            .filter(|question| applies(question) || answers.contains_key(question.id.as_str()))
            .filter(|question| !is_answered(question))
            .collect();
        if unanswered.is_empty() {
            report.pass();
        } else {
            report.find(found(step, &unanswered, finished));
        }
    }
}

fn found(step: &Step, unanswered: &[&Question], finished: bool) -> Draft {
    let named: Vec<&str> = unanswered.iter().take(NAMED).map(|question| question.id.as_str()).collect();
    let more = unanswered.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let them = if unanswered.len() == 1 { "it" } else { "them" };
    let questions = if unanswered.len() == 1 { "question" } else { "questions" };
    let ids = unanswered.iter().map(|question| question.id.clone()).collect();
    Draft::new(
        Element::Other("step", step.id.clone()),
        format!(
            "{} {questions} of step {} ({}) without an answer: {}{more}",
            unanswered.len(),
            step.number,
            step.title,
            named.join(", ")
        ),
        format!("answer {them} in step {}: yes, no, not applicable because …, or an action to find out", step.number),
    )
    .severity(if finished { Severity::Low } else { Severity::Note })
    .fact("questions", Figure::List(ids))
}
