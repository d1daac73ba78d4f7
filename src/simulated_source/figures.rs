//! Which number each query gets: derived from the analysis, rippling a little with time.
//!
//! A query is known by its exact text. Nothing here is measured; the shapes are the usual ones, so that the numbers hang
//! together: rate × time is what is in flight, and waiting grows with utilisation. Three measures of a review are made to
//! stand out, because a reading of declared beside measured is learnt on differences: one is a third higher than
//! computed, one has no observations, one has no series.

use super::load::Load;
use crate::capacity::Capacity;
use crate::graph::SystemGraph;
use crate::metrics::{DIALECTS, Place, WINDOW, query_of};
use crate::model::{Element, Measure, Review};
use std::collections::HashMap;

/// The ripple keeps a number this close to its figure, as a share.
const RIPPLE: f64 = 0.03;
/// The ripple changes this often, in seconds: a usual interval between two scrapes.
const SLOT: f64 = 15.0;
/// What the measure that differs is multiplied with.
const DIFFERS: f64 = 1.3;
/// A review with fewer measures than this shows them all as they are.
const ENOUGH_TO_STAND_OUT: usize = 4;

/// What a query is answered with, before the ripple.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Figure {
    /// A number; `most` is what it cannot be larger than, and a count has no fractions.
    Number { likely: f64, most: f64, count: bool },
    /// A series whose value is NaN.
    NotANumber,
    /// No such series.
    NoSeries,
}

/// What a query is answered with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Reading {
    /// A finite number.
    Value(f64),
    /// The series is there and has no number.
    NotANumber,
    /// Nothing is known under this text.
    NoSeries,
}

/// The figure of every query that is known.
#[derive(Debug, Default)]
pub(super) struct Figures {
    known: HashMap<String, Figure>,
}

impl Figures {
    /// Of a review and its capacity picture. Where two measures share a text, the first counts.
    pub(super) fn of(review: &Review, capacity: &Capacity) -> Self {
        let graph = SystemGraph::new(review);
        let load = |element: &Element| Load::of(review, &graph, capacity, element);
        let figure = |measure: &Measure| {
            let signal = measure.signal.as_deref().unwrap_or_default();
            let query = measure.query.as_deref().unwrap_or_default();
            review.element(measure.at()).map_or(Figure::NoSeries, |element| of_signal(signal, query, &load(&element)))
        };
        let mut figures: Vec<Figure> = review.measures.iter().map(figure).collect();
        stand_out(review, capacity, &mut figures);
        let mut known = HashMap::new();
        for (measure, figure) in review.measures.iter().zip(figures) {
            if let Some(query) = query_of(review, measure) {
                known.entry(query.trim().to_owned()).or_insert(figure);
            }
        }
        // What is full first stands first: of several pools of one component the busiest answers for all.
        let full_first = capacity.resources.iter().map(|resource| resource.element.clone());
        let components = review.components.iter().map(|component| Element::Component(component.id().to_owned()));
        for element in full_first.chain(components) {
            let (service, place) = match &element {
                Element::Component(id) => (id, Place::Component),
                Element::Dependency(from, _) => (from, Place::Pool),
                _ => continue,
            };
            let load = load(&element);
            for query in DIALECTS.iter().flat_map(|dialect| dialect.queries).filter(|query| query.place == place) {
                let text = query.text(service, WINDOW);
                let figure = of_signal(query.signal, &text, &load);
                known.entry(text).or_insert(figure);
            }
        }
        Self { known }
    }

    /// The answer to a query at a time in unix seconds.
    pub(super) fn read(&self, query: &str, at: f64) -> Reading {
        match self.known.get(query.trim()) {
            None | Some(Figure::NoSeries) => Reading::NoSeries,
            Some(Figure::NotANumber) => Reading::NotANumber,
            Some(Figure::Number { likely, most, count }) => {
                let value = (likely * (1.0 + RIPPLE * ripple(query.trim(), (at / SLOT).floor()))).min(*most);
                Reading::Value(if *count { value.round() } else { value })
            }
        }
    }
}

/// The figure of a signal at a place; no series where the analysis knows nothing to derive it from.
fn of_signal(signal: &str, query: &str, load: &Load) -> Figure {
    let number = |likely: Option<f64>, most: f64| match likely.filter(|likely| likely.is_finite() && *likely >= 0.0) {
        Some(likely) => Figure::Number { likely, most, count: false },
        None => Figure::NoSeries,
    };
    let backlog = |seconds: f64| match load.arrival {
        Some(arrival) => Figure::Number { likely: (arrival * seconds).max(1.0), most: f64::MAX, count: true },
        None => Figure::NoSeries,
    };
    let with = |time: Option<f64>| Some(load.arrival? * time?);
    match signal {
        "rate" => number(load.arrival, f64::MAX),
        "mean" => number(load.time_with_waiting(), f64::MAX),
        "p50" | "p90" | "p95" | "p99" | "p999" => number(load.percentile(signal), f64::MAX),
        "busy" | "pool-busy" => number(load.utilisation, 1.0),
        "in-flight" => number(with(load.time_with_waiting()), f64::MAX),
        "pool-wait" => number(load.wait(), f64::MAX),
        "pool-wait-share" => number(load.wait_share(), 1.0),
        "errors" => number(load.arrival.map(|_| load.refused().max(0.0008)), 1.0),
        "queue" => number(with(load.wait()), f64::MAX),
        // A lag is a number of messages, or the age of the oldest where the metric says seconds.
        "lag" if !query.contains("seconds") => backlog(0.05),
        "lag" | "lag-time" => number(load.arrival.map(|_| 0.4), f64::MAX),
        _ => Figure::NoSeries,
    }
}

/// Makes one measure differ from what the review says, one without observations, one without a series.
fn stand_out(review: &Review, capacity: &Capacity, figures: &mut [Figure]) {
    if figures.len() < ENOUGH_TO_STAND_OUT {
        return;
    }
    let signal = |index: usize| review.measures[index].signal.as_deref().unwrap_or_default();
    let first_of = |figures: &[Figure], wanted: &[&str], fits: &dyn Fn(usize) -> bool| {
        wanted.iter().find_map(|wanted| {
            (0..figures.len()).find(|index| {
                signal(*index) == *wanted && matches!(figures[*index], Figure::Number { .. }) && fits(*index)
            })
        })
    };
    let computed = |index: usize| {
        let element = review.element(review.measures[index].at());
        capacity.resources.iter().any(|resource| Some(&resource.element) == element.as_ref())
    };
    let roomy = |index: usize| match figures[index] {
        Figure::Number { likely, most, .. } => likely * DIFFERS * (1.0 + RIPPLE) < most,
        _ => false,
    };
    let higher =
        first_of(figures, &["in-flight", "busy", "pool-busy", "rate"], &|index| computed(index) && roomy(index));
    let other = |index: usize| Some(index) != higher;
    // Nobody waited in the window, or nobody called; an errors' series is born with the first error.
    let kind = |index: usize| review.element(review.measures[index].at());
    let of_call = |index: usize| other(index) && matches!(kind(index), Some(Element::Dependency(..)));
    let of_part = |index: usize| other(index) && !matches!(kind(index), Some(Element::Flow(_)));
    let percentiles = ["p50", "p999", "p95", "p99"];
    let empty = first_of(figures, &["pool-wait", "pool-wait-share"], &other)
        .or_else(|| first_of(figures, &percentiles, &of_call))
        .or_else(|| first_of(figures, &percentiles, &of_part))
        .or_else(|| first_of(figures, &percentiles, &other));
    let still = |index: usize| other(index) && Some(index) != empty;
    let missing = if figures.contains(&Figure::NoSeries) {
        None
    } else {
        first_of(figures, &["errors", "queue", "lag", "lag-time", "rate", "busy", "p95"], &still)
    };
    if let Some(Figure::Number { likely, .. }) = higher.and_then(|index| figures.get_mut(index)) {
        *likely *= DIFFERS;
    }
    for (index, figure) in [(empty, Figure::NotANumber), (missing, Figure::NoSeries)] {
        if let Some(place) = index.and_then(|index| figures.get_mut(index)) {
            *place = figure;
        }
    }
}

/// From −1 to 1, the same for one text in one slot of time.
fn ripple(query: &str, slot: f64) -> f64 {
    // FNV-1a over the text and the slot, then the finaliser of SplitMix64, so that neighbouring slots are unlike.
    let bytes = query.bytes().chain((slot as i64).to_le_bytes());
    let mut hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    (hash >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Settings, analyze};
    use crate::document::parse;
    use crate::model::Evidence;

    fn figures(text: &str) -> Figures {
        let (review, _, problems) = parse(text);
        assert!(problems.is_empty(), "{problems:?}");
        let analysis = analyze(&review, &Evidence::default(), &Settings::new(jiff::civil::date(2026, 11, 23)));
        Figures::of(&review, &analysis.capacity)
    }

    const PAIR: &str = r#"format = 1
        [[component]]
        id = "api"
        kind = "service"
        workers = 8
        service_time = "10ms"
        [[component]]
        id = "db"
        kind = "database"
        workers = 20
        service_time = "20ms"
        [[dependency]]
        from = "api"
        to = "db"
        network = "0ms"
        pool = { size = 8 }
        [[flow]]
        id = "read"
        entry = "api"
        rate = "100/s"
        calls = [{ from = "api", to = "db", count = 2 }]
        [[measure]]
        at = "api"
        signal = "rate"
        query = "  the rate "
        [[measure]]
        at = "api -> db"
        signal = "busy"
        [[measure]]
        at = "db"
        signal = "temperature"
        query = "heat"
    "#;

    fn number(figures: &Figures, query: &str, at: f64) -> f64 {
        match figures.read(query, at) {
            Reading::Value(value) => value,
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn numbers_follow_from_the_analysis_within_the_ripple() {
        let figures = figures(PAIR);
        let pool = |signal: &str| DIALECTS[0].query(signal, Place::Pool).unwrap().text("api", WINDOW);
        let component = |signal: &str, id: &str| DIALECTS[0].query(signal, Place::Component).unwrap().text(id, WINDOW);
        for (query, wanted) in [
            ("the rate".to_owned(), 100.0),
            (component("rate", "db"), 200.0),
            // 200 calls a second of 20 ms each, on 8 connections.
            (pool("busy"), 0.5),
        ] {
            let read: Vec<f64> = (0..200).map(|slot| number(&figures, &query, f64::from(slot) * SLOT)).collect();
            let (low, high) = read.iter().fold((f64::MAX, 0.0_f64), |(low, high), v| (low.min(*v), high.max(*v)));
            assert!(low >= wanted * 0.97 && high <= wanted * 1.03, "{query}: {low}–{high} of {wanted}");
            assert!(high - low > wanted * 0.03, "{query} hardly moves");
        }
        // 100 a second, each held 10 ms + 2 × 20 ms, and a little waiting on top.
        let in_flight = number(&figures, &component("in-flight", "api"), 0.0);
        assert!((4.85..6.2).contains(&in_flight), "{in_flight}");
        let quantiles = ["p50", "p95", "p99"].map(|signal| number(&figures, &component(signal, "db"), 0.0));
        assert!(quantiles.is_sorted() && quantiles[0] > 0.01 && quantiles[2] < 0.1, "{quantiles:?}");
        assert_eq!(figures.read("heat", 0.0), Reading::NoSeries, "an unknown signal");
        assert_eq!(figures.read("The rate", 0.0), Reading::NoSeries, "another text");
    }

    #[test]
    fn a_slot_of_time_has_one_number() {
        let figures = figures(PAIR);
        let at = |time| number(&figures, "the rate", time);
        assert_eq!(at(30.0).to_bits(), at(44.9).to_bits());
        assert_ne!(at(30.0).to_bits(), at(45.0).to_bits());
        assert_eq!(at(30.0).to_bits(), number(&figures, "\n the rate", 31.0).to_bits());
        for time in [-1e11, 1e11, 0.0] {
            assert!(at(time).is_finite());
        }
    }

    #[test]
    fn a_review_that_says_nothing_has_no_series_instead_of_zeros() {
        let empty = figures(
            "format = 1\n[[component]]\nid = \"api\"\n[[measure]]\nat = \"api\"\nsignal = \"rate\"\nquery = \"q\"\n",
        );
        assert_eq!(empty.read("q", 0.0), Reading::NoSeries);
        let p99 = DIALECTS[0].query("p99", Place::Component).unwrap().text("api", WINDOW);
        assert_eq!(empty.read(&p99, 0.0), Reading::NoSeries);
    }
}
