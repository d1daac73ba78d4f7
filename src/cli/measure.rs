//! `measure`: what the review declares beside what its metrics server says.

use super::arguments::{Measure, TextOrJson};
use super::exit::{Exit, Failure};
use super::load::{Judged, load, today};
use super::output::Output;
use crate::analysis::Settings as Judging;
use crate::metrics::{self, Answer, Client, Connection, Query, Settings, Source, Unit, query_of, source_of};
use crate::model::{Element, Indicator, Measure as Wanted, Review};
use crate::report::{Measured, measure_json, measure_text};

pub(super) fn measure(measure: &Measure, offline: bool, output: &Output) -> Result<Exit, Failure> {
    let judged = load(&measure.path, output)?.judge(&Judging::new(today()));
    let mut exit = judged.say_problems(output);
    let review = judged.subject().review;
    if offline {
        return Err(Failure::unusable("`--offline` opens no connection, and measuring needs one"));
    }
    let source = source(measure, review)?;
    if review.measures.is_empty() {
        return Err(Failure::unusable("the review has no [[measure]]")
            .hint("say what to ask: [[measure]] with `at`, `signal` and, where the dialect has none, `query`"));
    }
    let texts: Vec<Option<String>> = review.measures.iter().map(|wanted| query_of(review, wanted)).collect();
    let queries: Vec<Query> = texts
        .iter()
        .enumerate()
        .filter_map(|(index, text)| Some(Query::new(index.to_string(), text.clone()?)))
        .collect();
    output.detail(&format!("asking {} for {} numbers", source.shown(), queries.len()));
    let shown = source.shown();
    let (answers, connection) = Client::new(source, Settings::default()).ask_all(&queries, measure.at);
    let mut rows = Vec::new();
    for (index, (wanted, text)) in review.measures.iter().zip(texts).enumerate() {
        let answer = answers.iter().find(|(id, _)| *id == index.to_string()).map(|(_, answer)| answer);
        if answer.is_none_or(|answer| answer.failure().is_some()) {
            exit = exit.or_worse(Exit::Unusable);
        }
        rows.push(row(&judged, wanted, text, answer));
    }
    let failed = match &connection {
        Connection::Failed { .. } => true,
        Connection::Degraded { failed, .. } => *failed > 0,
        _ => false,
    };
    output.result(&match measure.format {
        TextOrJson::Text => measure_text(&shown, &rows, output.style),
        TextOrJson::Json => measure_json(&shown, &rows),
    })?;
    if failed {
        // An address that is none was never asked: that is the input's fault, not the server's.
        let unusable = matches!(&connection, Connection::Failed { failure: metrics::Failure::BadAddress { .. }, .. });
        let code = if unusable { Exit::Unusable } else { Exit::SourceFailed };
        return Err(Failure { code, message: connection.long(), hints: Vec::new() });
    }
    Ok(exit)
}

fn source(measure: &Measure, review: &Review) -> Result<Source, Failure> {
    let own = source_of(review);
    match (&measure.prometheus, own) {
        // Secrets of one server are not sent to another.
        (Some(url), own) => Ok(own.filter(|own| own.url == *url).unwrap_or_else(|| Source::new(url.clone()))),
        (None, Some(own)) => Ok(own),
        (None, None) => Err(Failure::unusable("no metrics server is named")
            .hint("`--prometheus http://…`, or [prometheus] with `url` in the review")),
    }
}

fn row(judged: &Judged, wanted: &Wanted, query: Option<String>, answer: Option<&Answer>) -> Measured {
    let signal = wanted.signal.clone().unwrap_or_default();
    let unit = Unit::of_signal(&signal);
    let state = match answer {
        None => "no-query",
        Some(Answer::Value(_)) => "value",
        Some(Answer::Zero(_)) => "zero",
        Some(Answer::Series { .. }) => "series",
        Some(Answer::NoSeries) => "no-series",
        Some(Answer::NotANumber { .. }) => "not-a-number",
        Some(Answer::Infinite { .. }) => "infinite",
        Some(Answer::Partial { .. }) => "partial",
        Some(Answer::Failed(_)) => "failed",
    };
    let no_query = "It has no query, and the dialect has none for it.".to_owned();
    Measured {
        element: wanted.at().to_owned(),
        declared: declared(judged, wanted.at(), &signal),
        query: query.unwrap_or_default(),
        state,
        value: answer.and_then(Answer::number),
        short: answer.map_or_else(|| "no query".to_owned(), |answer| answer.short(unit)),
        long: answer.map_or(no_query, |answer| answer.long(unit)),
        at: answer.and_then(Answer::at),
        signal,
    }
}

/// What the review declares for a signal at a place, or what follows from it.
fn declared(judged: &Judged, at: &str, signal: &str) -> Option<String> {
    let review = judged.subject().review;
    let element = review.element(at)?;
    if let Element::Flow(id) = &element {
        let slo = |indicator| {
            let slos = || review.slos.iter().filter(|slo| slo.indicator == Some(indicator));
            slos().find(|slo| slo.flow.as_ref().is_some_and(|flow| flow.as_str() == id))
        };
        return match signal {
            "rate" => review.flow(id)?.rate.map(|rate| rate.to_string()),
            "p50" | "p90" | "p95" | "p99" | "p999" => slo(Indicator::Latency).map(crate::report::target),
            "errors" => slo(Indicator::Availability).map(crate::report::target),
            _ => None,
        };
    }
    let resource = judged.analysis.capacity.resources.iter().find(|resource| resource.element == element)?;
    match signal {
        "rate" => Some(format!("{} (computed)", Unit::PerSecond.show(resource.arrival_rate.likely))),
        "busy" => {
            Some(format!("{} (computed, {})", Unit::Ratio.show(resource.utilisation.likely), resource.kind.called()))
        }
        _ => None,
    }
}
