//! KP907: a review that is older than what it is about.

use super::verification::day_of;
use crate::model::{DecisionStatus, Element, ReviewStatus, quote};
use crate::rules::context::Context;
use crate::rules::finding::Figure;
use crate::rules::report::{Draft, Report};
use crate::rules::rule::declare_rule;
use jiff::civil::Date;

declare_rule! {
    "KP907" "review-stale", Low, Certain;
    summary: "a review, or a decision, that nobody has looked at for longer than was meant";
    reads: ["review.date", "review.status", "meeting.date", "decision.date", "decision.review_by", "answer.date", "load_test.date", "failure.tested", "component.recovery.last_drill"];
    settings: [
        days = 180.0, "A review is stale from so many days after its date, or its newest meeting, on.", "Twice a year: the horizon of a growth figure is a year, and half of it is the last time at which a plan can still be changed.";
        grace = 30.0, "Newer decisions, answers, tests and measurements make it stale from so many days after its date on.", "The actions of a meeting are usually done and tried within a month of it.";
    ];
    detects: "A review whose `date` (or newest `[[meeting]]`) lies `days` or more before today; or something it rests on is newer by `grace` days or \
        more: a decision, an answer, a load test, a drill, a tried failure, a recorded measurement. And an accepted decision whose \
        `review_by` has passed. A review that is superseded is left alone; one that is `in-review` or `approved` and has no date at all cannot be told.";
    why: "Load, limits and people change every quarter; a review that is read as if it were of today gives confidence in numbers that nobody would give now.";
    example: [
        "A review of two years ago:",
        "",
        "```toml",
        "review = { title = \"Shop\", status = \"approved\", date = 2024-03-01 }",
        "```",
    ];
    remedy: "Meet for the part that has changed: the promise line, the newest findings, the decisions whose day has come. Then set the new date, or mark the review superseded.";
    verify: "`kneepoint check --select KP907` says nothing; the next date is in a calendar.";
    accept: "For a system that does not change and whose load does not grow, with the date of the next look as `expires`.";
    references: "`KP902` acceptance-expired, `KP904` decision-without-measure, `KP905` action-overdue.";
}

fn days_between(from: Date, to: Date) -> i32 {
    to.since(from).map_or(0, |span| span.get_days())
}

fn check(context: &Context<'_>, report: &mut Report<'_>) {
    if context.review.head.status == Some(ReviewStatus::Superseded) {
        return;
    }
    review(context, report);
    for decision in context.review.decisions.iter().filter(|decision| !decision.id().is_empty()) {
        let Some(day) = decision.review_by.filter(|_| decision.status == Some(DecisionStatus::Accepted)) else {
            continue;
        };
        if day >= context.today {
            report.pass();
            continue;
        }
        let days = days_between(day, context.today);
        let who = decision.decider.as_deref().map(|role| format!(" with {}", quote(role))).unwrap_or_default();
        report.find(
            Draft::new(
                Element::Other("decision", decision.id().to_owned()),
                format!("the decision {} was to be looked at again by {day}", quote(decision.id())),
                format!("look at it again{who}: does what it was made for still hold? Then set the next day"),
            )
            .fact("review_by", Figure::Text(day.to_string()))
            .fact("days", Figure::Count(f64::from(days)))
            .key("review_by"),
        );
    }
}

fn review(context: &Context<'_>, report: &mut Report<'_>) {
    let head = &context.review.head;
    let met = context.review.meetings.iter().filter_map(|meeting| meeting.date);
    let Some(looked) = met.chain(head.date).filter(|day| *day <= context.today).max() else {
        // A date to come is the day of the meeting that is being prepared.
        let planned = head.date.is_some() || context.review.meetings.iter().any(|meeting| meeting.date.is_some());
        if !planned && matches!(head.status, Some(ReviewStatus::InReview | ReviewStatus::Approved)) {
            report.cannot_tell(Element::Review, "review.date");
        }
        return;
    };
    let age = days_between(looked, context.today);
    let newest = newest(context);
    let lead = newest.as_ref().map_or(0, |(day, _)| days_between(looked, *day));
    let is_old = f64::from(age) >= report.threshold("days");
    let is_behind = f64::from(lead) >= report.threshold("grace").max(1.0);
    if !is_old && !is_behind {
        report.pass();
        return;
    }
    let behind = newest.filter(|_| is_behind);
    let message = match &behind {
        Some((day, what)) => {
            format!("the review was last looked at on {looked}, {age} days ago, and {what} is of {day}")
        }
        None => format!("the review was last looked at on {looked}, {age} days ago"),
    };
    let mut draft = Draft::new(
        Element::Review,
        message,
        "meet for what has changed since, then set `review.date`; or mark the review superseded",
    )
    .fact("last_looked_at", Figure::Text(looked.to_string()))
    .fact("days", Figure::Count(f64::from(age)))
    .key("date");
    if let Some((day, _)) = behind {
        draft = draft.fact("newest", Figure::Text(day.to_string()));
    }
    report.find(draft);
}

/// The newest thing that the review rests on, and what it is. Days to come do not count.
fn newest(context: &Context<'_>) -> Option<(Date, String)> {
    let review = context.review;
    let decisions = review.decisions.iter().filter_map(|d| Some((d.date?, format!("the decision {}", quote(d.id())))));
    let answers =
        review.answers.iter().filter_map(|a| Some((a.date?, format!("the answer to {}", quote(a.question())))));
    let tests = review.load_tests.iter().filter_map(|test| {
        let flow = test.flow.as_ref().map_or("", |flow| flow.as_str());
        Some((test.date?, format!("the load test of {}", quote(flow))))
    });
    let failures = review.failures.iter().filter_map(|f| Some((f.tested?, format!("the trial of {}", quote(f.at())))));
    let drills = review
        .components
        .iter()
        .filter_map(|c| Some((c.recovery.as_ref()?.last_drill?, format!("the drill of {}", quote(c.id())))));
    let measured = context.evidence.measurements.iter().filter(|measurement| measurement.value.is_some());
    let measured = measured.filter_map(|m| Some((day_of(m.at)?, format!("the measurement of {}", m.element))));
    let all = decisions.chain(answers).chain(tests).chain(failures).chain(drills).chain(measured);
    all.filter(|(day, _)| *day <= context.today).max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(&a.1)))
}
