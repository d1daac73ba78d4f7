//! What a flow can promise, on numbers computed by hand, on properties that must hold for every review, and on size.

#![expect(clippy::unwrap_used, reason = "the steps that tests share stop at the first surprise")]

use kneepoint::document::parse;
use kneepoint::graph::{FlowIndex, SystemGraph};
use kneepoint::model::{Gravity, Review};
use kneepoint::reliability::{End, FlowReliability, TailBound, Within, answered_within, compute, fitting_timeouts};
use std::fmt::Write;
use std::time::{Duration, Instant};

fn read(text: &str) -> (Review, SystemGraph) {
    let (review, _, problems) = parse(text);
    let errors: Vec<_> = problems.iter().filter(|problem| problem.gravity == Gravity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    let graph = SystemGraph::new(&review);
    (review, graph)
}

/// The figures of the first flow.
fn figures(text: &str) -> FlowReliability {
    let (review, graph) = read(text);
    compute(&review, &graph).flows[0].clone()
}

fn share(text: &str) -> f64 {
    figures(text).availability.unwrap().share.likely
}

fn worst(text: &str) -> f64 {
    figures(text).worst_case.unwrap().seconds.likely
}

fn factor(text: &str) -> f64 {
    figures(text).amplification.unwrap().factor.likely
}

fn mean(text: &str) -> f64 {
    figures(text).minimum.unwrap().mean.likely
}

fn within(text: &str, seconds: f64, objective: f64) -> Within {
    let (review, graph) = read(text);
    answered_within(&review, &graph, FlowIndex(0), End::Likely, seconds, objective).unwrap()
}

#[track_caller]
fn close(is: f64, by_hand: f64) {
    assert!((is - by_hand).abs() <= 1e-9 * by_hand.abs().max(1.0), "{is} is not {by_hand}");
}

const DIAMOND: &str = r#"
component = [{ id = "api", availability = 99.9 }, { id = "a", availability = 99.5 }, { id = "b", availability = 99 }, { id = "db", availability = 98 }]
dependency = [{ from = "api", to = "a" }, { from = "api", to = "b" }, { from = "a", to = "db" }, { from = "b", to = "db" }]
"#;

#[test]
fn what_every_request_needs_is_counted_once() {
    let flow = |calls: &str| {
        let calls = format!("flow = [{{ id = \"f\", entry = \"api\", calls = [{calls}] }}]");
        share(&format!("{DIAMOND}{calls}"))
    };
    let to = |from: &str, to: &str, more: &str| format!("{{ from = \"{from}\", to = \"{to}\"{more} }}, ");
    let both = [to("api", "a", ""), to("api", "b", ""), to("a", "db", ""), to("b", "db", "")].concat();
    close(flow(&both), 0.999 * 0.995 * 0.99 * 0.98);
    let grouped = [to("api", "a", ", group = \"g\""), to("api", "b", ", group = \"g\", count = 7")].concat();
    close(flow(&grouped), 0.999 * 0.995 * 0.99);
    // a is needed by 30 % of the requests, b by half; those of a are among those of b as far as anybody knows.
    let optional = [to("api", "a", ", probability = 0.3"), to("api", "b", ", probability = 0.5")].concat();
    close(flow(&optional), 0.999 * (0.5 + 0.2 * 0.99 + 0.3 * 0.99 * 0.995));
    // A count below 1 is a share as well, and what is behind goes with it.
    let rarely = [to("api", "a", ", count = 0.1"), to("a", "db", "")].concat();
    close(flow(&rarely), 0.999 * (0.9 + 0.1 * 0.995 * 0.98));
    close(flow(&to("api", "a", ", count = 0")), 0.999);
}

#[test]
fn a_hit_does_not_need_the_origin() {
    let text = r#"
component = [{ id = "api", availability = 99.99 }, { id = "cache", kind = "cache", availability = 99.9, cache = { hit_ratio = 0.9 } },
             { id = "db", availability = 99 }, { id = "disk", availability = 99.5 }]
dependency = [{ from = "api", to = "cache" }, { from = "api", to = "db" }, { from = "db", to = "disk" }]
flow = [{ id = "f", entry = "api", calls = [{ from = "api", to = "cache" }, { from = "api", to = "db", on_miss = "cache" }, { from = "db", to = "disk" }] }]
"#;
    close(share(text), 0.9999 * 0.999 * (0.9 + 0.1 * 0.99 * 0.995));
    // Unknown is not 0 and not 1: the origin is left out of the bound, and the cache is named.
    let unknown = text.replace(", cache = { hit_ratio = 0.9 }", "");
    let best = figures(&unknown).availability.unwrap();
    close(best.share.likely, 0.9999 * 0.999);
    assert_eq!((best.without_hit_ratio.len(), best.is_complete()), (1, false));
}

#[test]
fn one_of_two_is_enough_and_what_both_need_is_needed() {
    let text = |more: &str, calls: &str| {
        format!(
            r#"
component = [{{ id = "api", availability = 99.9 }}, {{ id = "visa", availability = 99 }}, {{ id = "bank", availability = 98 }},
             {{ id = "net", availability = 99.5 }}]
dependency = [{{ from = "api", to = "visa", on_failure = "fallback", fallback = "bank" }}, {{ from = "visa", to = "net" }}, {{ from = "api", to = "net" }}{more}]
flow = [{{ id = "f", entry = "api", calls = [{{ from = "api", to = "visa" }}{calls}] }}]
"#
        )
    };
    close(share(&text("", "")), 0.999 * (1.0 - 0.01 * 0.02));
    // What visa needs itself fails with it.
    close(share(&text("", ", { from = \"visa\", to = \"net\" }")), 0.999 * (1.0 - (1.0 - 0.99 * 0.995) * 0.02));
    // Where the flow needs the network anyway, it is counted there and nowhere else.
    let both = ", { from = \"visa\", to = \"net\" }, { from = \"api\", to = \"net\" }";
    close(share(&text("", both)), 0.999 * 0.995 * (1.0 - 0.01 * 0.02));
    // A fallback that is no component of the review counts as there; a soft call needs nothing.
    close(share(&text("", "").replace("fallback = \"bank\"", "fallback = \"the printed list\"")), 0.999);
    close(share(&text("", "").replace("on_failure = \"fallback\"", "criticality = \"soft\"")), 0.999);
    // Half of the requests ask for it.
    let half = text("", "").replace("to = \"visa\" }]", "to = \"visa\", probability = 0.5 }]");
    close(share(&half), 0.999 * (0.5 + 0.5 * (1.0 - 0.01 * 0.02)));
    // Without the stand-in's number the pair has no end below 1, and no less than visa alone.
    let either = figures(&text("", "").replace(", availability = 98", "")).availability.unwrap().either[0].clone();
    close(either.availability.likely, 1.0);
    close(either.at_least, 0.99);
}

#[test]
fn a_failure_answer_and_who_asks_are_left_out() {
    let text = r#"
component = [{ id = "partner", kind = "external", availability = 90 }, { id = "api", availability = 99 }, { id = "db", availability = 95 }, { id = "log", kind = "queue", availability = 50 }]
dependency = [{ from = "partner", to = "api" }, { from = "api", to = "db" }, { from = "api", to = "log" }]
flow = [{ id = "f", entry = "partner", calls = [{ from = "partner", to = "api" }, { from = "api", to = "db" }, { from = "api", to = "log" }] }]
"#;
    close(share(text), 0.99 * 0.95);
    close(share(&format!("{text}[[failure]]\nat = \"db\"\nwhen = \"down\"\nresponse = \"queue\"\n")), 0.99);
    close(
        share(&format!("{text}[[failure]]\nat = \"api -> db\"\nwhen = \"slow\"\nresponse = \"queue\"\n")),
        0.99 * 0.95,
    );
}

#[test]
fn retries_do_not_raise_an_availability_and_say_what_they_might() {
    let text = r#"
component = [{ id = "api", availability = 99.9 }, { id = "db", availability = 99, replicas = 3 }]
dependency = [{ from = "api", to = "db", retry = { attempts = 1 } }]
flow = [{ id = "f", entry = "api", calls = [{ from = "api", to = "db" }] }]
"#;
    let best = figures(text).availability.unwrap();
    close(best.share.likely, 0.999 * 0.99);
    close(best.if_retries_mask.likely, 0.999 * 0.9999);
}

#[test]
fn ranges_in_ranges_out() {
    let text = r#"
component = [{ id = "api", availability = { low = 99, likely = 99.5, high = 99.9 } }, { id = "db", availability = { low = 98, likely = 99, high = 100 } }]
dependency = [{ from = "api", to = "db" }]
flow = [{ id = "f", entry = "api", calls = [{ from = "api", to = "db", probability = { low = 0.1, likely = 0.5, high = 1 } }] }]
"#;
    let share = figures(text).availability.unwrap().share;
    close(share.low, 0.99 * 0.98);
    close(share.likely, 0.995 * 0.995);
    close(share.high, 0.999);
}

#[test]
fn worst_cases_add_up_and_timeouts_cap_what_is_below() {
    let text = |api: &str, db: &str, calls: &str| {
        format!(
            r#"
component = [{{ id = "edge", service_time = "1ms" }}, {{ id = "api", service_time = "10ms" }}, {{ id = "db", service_time = "4ms" }}]
dependency = [{{ from = "edge", to = "api", network = "2ms"{api} }}, {{ from = "api", to = "db", network = "1ms"{db} }}]
flow = [{{ id = "f", entry = "edge", calls = [{{ from = "edge", to = "api" }}, {{ from = "api", to = "db"{calls} }}] }}]
"#
        )
    };
    let retried = ", timeout = \"100ms\", retry = { attempts = 2, backoff = \"constant\", base = \"20ms\" }, pool = { size = 2, wait = \"5ms\" }";
    // 3 × (100 + 5) + 2 × 20 = 355; behind edge -> api, which has no timeout: 2 + 10 + 355; edge itself 1.
    close(worst(&text("", retried, "")), 0.368);
    close(worst(&text("", retried, ", count = 3")), 0.001 + 0.012 + 3.0 * 0.355);
    close(worst(&text("", retried, ", count = 0")), 0.001 + 0.012);
    close(worst(&text("", retried, ", probability = 0.01")), 0.368);
    close(worst(&text(", timeout = \"200ms\"", retried, "")), 0.201);
    close(worst(&text(", timeout = \"2s\"", "", "")), 2.001);
    let open = figures(&text("", "", "")).worst_case.unwrap();
    assert_eq!((open.without_timeout.len(), open.is_bounded()), (2, false));
    close(open.seconds.likely, 0.001 + 0.012 + 0.005);
    let capped = figures(&text(", timeout = \"2s\"", "", "")).worst_case.unwrap();
    assert!(capped.is_bounded());
    // In one process nothing can hang but the callee.
    let inside =
        figures(&text(", timeout = \"2s\"", "", "").replace("network = \"2ms\", timeout = \"2s\"", "network = \"0s\""))
            .worst_case
            .unwrap();
    assert_eq!(inside.without_timeout.len(), 1);
}

#[test]
fn groups_count_by_the_longest() {
    let text = r#"
component = [{ id = "p" }, { id = "a" }, { id = "b" }]
dependency = [{ from = "p", to = "a", timeout = "100ms" }, { from = "p", to = "b", timeout = "70ms" }]
flow = [{ id = "f", entry = "p", calls = [{ from = "p", to = "a" }, { from = "p", to = "b", count = 2 }] }]
"#;
    close(worst(text), 0.24);
    close(
        worst(
            &text
                .replace("to = \"a\" }, {", "to = \"a\", group = \"g\" }, {")
                .replace("count = 2", "count = 2, group = \"g\""),
        ),
        0.14,
    );
}

#[test]
fn attempts_multiply_along_the_worst_way() {
    let text = r#"
component = [{ id = "a" }, { id = "b" }, { id = "c" }, { id = "d" }]
dependency = [{ from = "a", to = "b", retry = { attempts = 3 } }, { from = "b", to = "c", retry = { attempts = 3 } }, { from = "c", to = "d", retry = { attempts = 3 } }, { from = "a", to = "d" }]
flow = [{ id = "f", entry = "a", calls = [{ from = "a", to = "b" }, { from = "b", to = "c" }, { from = "c", to = "d" }, { from = "a", to = "d" }] }]
"#;
    close(factor(text), 64.0);
    assert_eq!(figures(text).amplification.unwrap().way, [0, 1, 2]);
    close(factor(&text.replacen("attempts = 3", "attempts = 3, budget = 0.1", 2)), 1.1 * 1.1 * 4.0);
    close(
        factor(&text.replacen(
            "from = \"b\", to = \"c\", retry",
            "from = \"b\", to = \"c\", mode = \"async\", retry",
            1,
        )),
        4.0,
    );
}

#[test]
fn the_least_time_weighs_misses_and_takes_the_longest_of_a_group() {
    let text = r#"
component = [{ id = "api", service_time = "2ms" }, { id = "cache", kind = "cache", service_time = "1ms", cache = { hit_ratio = 0.8 } },
             { id = "db", service_time = "20ms" }, { id = "x", service_time = "9ms" }]
dependency = [{ from = "api", to = "cache", network = "1ms" }, { from = "api", to = "db", network = "1ms" }, { from = "api", to = "x", network = "1ms" }]
flow = [{ id = "f", entry = "api", calls = [{ from = "api", to = "cache" }, { from = "api", to = "db", on_miss = "cache" }, { from = "api", to = "x", count = 2 }] }]
"#;
    close(mean(text), 0.002 + 0.002 + 0.2 * 0.021 + 0.02);
    let grouped = text
        .replace("on_miss = \"cache\"", "on_miss = \"cache\", group = \"g\"")
        .replace("count = 2", "count = 2, group = \"g\"");
    close(mean(&grouped), 0.002 + 0.002 + 0.02);
    // Unknown hit ratio: a lower bound never pays for a miss.
    close(mean(&text.replace(", cache = { hit_ratio = 0.8 }", "")), 0.002 + 0.002 + 0.02);
}

/// One exponential time of mean m: 99 % take m · ln 100. Three of them: Erlang-3, whose 99th percentile is 8.40595 m.
#[test]
fn percentiles_of_exponential_times_are_bounded_from_below_and_closely() {
    let one = r#"
component = [{ id = "db", service_time = { mean = "30ms", cv = 1 } }]
flow = [{ id = "f", entry = "db" }]
"#;
    let at = within(one, 0.1, 0.99);
    assert_eq!(at.by, TailBound::Exponential);
    let exact = 1.0 - (-0.1_f64 / 0.03).exp();
    assert!(at.share >= exact && at.share < exact + 0.001, "{at:?}, {exact}");
    let exact = 0.03 * 100.0_f64.ln();
    assert!(at.at_least <= exact && at.at_least > exact - 0.000_5, "{at:?}, {exact}");
    let three = r#"
component = [{ id = "api", service_time = { mean = "30ms", cv = 1 } }, { id = "db", service_time = { mean = "30ms", cv = 1 } }]
dependency = [{ from = "api", to = "db" }]
flow = [{ id = "f", entry = "api", calls = [{ from = "api", to = "db", count = 2 }] }]
"#;
    let at = within(three, 0.2, 0.99);
    let exact = 8.405_947 * 0.03;
    assert!(at.at_least <= exact && at.at_least > exact - 0.002, "{at:?}, {exact}");
}

#[test]
fn without_a_shape_only_what_holds_for_every_shape_is_said() {
    let text = r#"
component = [{ id = "db", service_time = { mean = "100ms", cv = 0.5 } }]
flow = [{ id = "f", entry = "db" }]
"#;
    // Cantelli: 50² ÷ (50² + 40²) within 60 ms; 99 % take at least 100 − 50·√(1 ÷ 99).
    let at = within(text, 0.06, 0.99);
    assert_eq!((at.by, at.assumed), (TailBound::AnyShape, false));
    close(at.share, 2500.0 / 4100.0);
    close(at.at_least, 0.1 - 0.05 * (1.0_f64 / 99.0).sqrt());
    close(within(text, 0.1, 0.99).share, 1.0);
    assert!(within(&text.replace(", cv = 0.5", ""), 0.06, 0.99).assumed);
    let constant = text.replace("cv = 0.5", "cv = 0");
    close(within(&constant, 0.1, 0.99).share, 1.0);
    close(within(&constant, 0.099, 0.99).share, 0.0);
}

/// A ladder of diamonds: 2⁴⁰ ways from the first rung to the last.
fn ladder(rungs: usize, availability: &str, retry: &str) -> String {
    let mut text = String::new();
    let mut calls = String::new();
    for rung in 0..=rungs {
        for side in ["m", "l", "r"] {
            writeln!(text, "[[component]]\nid = \"{side}{rung}\"\navailability = {availability}\nservice_time = {{ mean = \"1us\", cv = 1 }}").unwrap();
        }
        if rung < rungs {
            for (from, to) in [("m", "l"), ("m", "r")] {
                writeln!(
                    text,
                    "[[dependency]]\nfrom = \"{from}{rung}\"\nto = \"{to}{rung}\"\ntimeout = \"1s\"\n{retry}"
                )
                .unwrap();
                writeln!(calls, "{{ from = \"{from}{rung}\", to = \"{to}{rung}\" }},").unwrap();
            }
            for side in ["l", "r"] {
                let next = rung + 1;
                writeln!(text, "[[dependency]]\nfrom = \"{side}{rung}\"\nto = \"m{next}\"\n{retry}").unwrap();
                writeln!(calls, "{{ from = \"{side}{rung}\", to = \"m{next}\" }},").unwrap();
            }
        }
    }
    write!(text, "[[flow]]\nid = \"f\"\nentry = \"m0\"\ncalls = [{calls}]\n").unwrap();
    text
}

#[test]
fn a_flow_with_a_trillion_ways_is_computed_at_once_and_right() {
    let text = ladder(40, "99.99", "retry = { attempts = 1 }");
    let (review, graph) = read(&text);
    let start = Instant::now();
    let figures = compute(&review, &graph).flows[0].clone();
    let tail = answered_within(&review, &graph, FlowIndex(0), End::Likely, 0.5, 0.99).unwrap();
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    // 41 + 2 × 40 components, once each; 80 hops of two attempts.
    close(figures.availability.unwrap().share.likely, 0.9999_f64.powi(121));
    close(figures.amplification.unwrap().factor.likely, 80_f64.exp2());
    // Σ 2^k visits of 1 µs: a million seconds and more, none of it within half a second.
    assert!(figures.minimum.unwrap().mean.likely > 1e6 && tail.share < 0.01, "{tail:?}");
    // m0 calls both sides, which have a timeout of 1 s and two attempts.
    close(figures.worst_case.unwrap().seconds.likely, 4.000_001);
}

#[test]
fn hostile_reviews_have_figures_or_none() {
    for text in [
        "flow = [{ id = 'f' }]",
        "flow = [{ id = 'f', entry = 'gone', calls = [{ from = 'gone', to = 'x' }] }]",
        "component = [{ id = 'a' }]\nflow = [{ id = 'f', entry = 'a', calls = [{ from = 'a', to = 'a' }] }]",
        "component = [{ id = 'a' }, { id = 'b' }]\nflow = [{ id = 'f', entry = 'a', calls = [{ from = 'a', to = 'b' }, { from = 'b', to = 'a' }] }, { id = 'f', entry = 'b' }]",
        "component = [{ id = 'a', service_time = '1e300s' }, { id = 'b', service_time = { mean = '1e300s', cv = 1e300 } }]\ndependency = [{ from = 'a', to = 'b', timeout = '1e300s', retry = { attempts = 1e300, backoff = 'exponential', base = '1e300s' } }]\nflow = [{ id = 'f', entry = 'a', calls = [{ from = 'a', to = 'b', count = 1e300 }] }]",
        "component = [{ id = 'a' }, { id = 'b' }]\ndependency = [{ from = 'a', to = 'b', on_failure = 'fallback', fallback = 'a' }]\nflow = [{ id = 'f', entry = 'a', calls = [{ from = 'a', to = 'b' }] }]",
    ] {
        let (review, _, _) = parse(text);
        let graph = SystemGraph::new(&review);
        let figures = compute(&review, &graph);
        for (position, flow) in figures.flows.iter().enumerate() {
            if let Some(best) = &flow.availability {
                assert!((0.0..=1.0).contains(&best.share.likely), "{text}: {best:?}");
            }
            for end in [End::Low, End::Likely, End::High] {
                let tail = answered_within(&review, &graph, FlowIndex(position), end, 0.1, 0.99);
                assert!(tail.is_none_or(|tail| (0.0..=1.0).contains(&tail.share)), "{text}");
            }
            if let (Some(worst), Some(expansion)) = (&flow.worst_case, graph.expansion(FlowIndex(position))) {
                assert!(!worst.seconds.likely.is_nan(), "{text}");
                let fits = fitting_timeouts(&review, expansion, worst, Some(0.3), |_| Some(f64::INFINITY));
                assert!(fits.into_iter().flatten().all(|fit| fit.timeout > 0.0 && fit.timeout.is_finite()), "{text}");
            }
        }
    }
}

/// A small generator of numbers: the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// A review of random components and policies, in which one number stands at each `@`.
fn random_review(seed: u64) -> String {
    let mut random = Random(seed);
    let components = 3 + random.below(7);
    let mut text = String::new();
    for index in 0..components {
        let hit = if random.below(3) == 0 { ", cache = { hit_ratio = 0.7 }" } else { "" };
        writeln!(
            text,
            "component.{index} = {{ id = \"c{index}\", availability = {}{hit} }}",
            90.0 + random.below(100) as f64 / 10.0
        )
        .unwrap();
    }
    let mut lines: Vec<String> = text.lines().map(|line| line.split_once("= ").unwrap().1.to_owned()).collect();
    let mut text = format!("component = [\n{}\n]\n", lines.join(",\n"));
    lines.clear();
    let mut calls = Vec::new();
    for from in 0..components {
        for to in from + 1..components {
            if random.below(3) == 0 {
                continue;
            }
            let answer = match random.below(5) {
                0 => format!(", on_failure = \"fallback\", fallback = \"c{}\"", random.below(components)),
                1 => ", criticality = \"soft\"".to_owned(),
                _ => String::new(),
            };
            let timeout = if random.below(4) == 0 {
                String::new()
            } else {
                format!(", timeout = \"{}ms\"", 1 + random.below(500))
            };
            lines.push(format!("{{ from = \"c{from}\", to = \"c{to}\", mode = \"sync\", retry = {{ attempts = {} }}{answer}{timeout} }}", random.below(3)));
            let share = match random.below(4) {
                0 => format!(", probability = 0.{}", 1 + random.below(9)),
                1 => format!(", on_miss = \"c{}\"", random.below(components)),
                2 => format!(", group = \"g{}\", count = {}", random.below(2), 1 + random.below(3)),
                _ => String::new(),
            };
            calls.push(format!("{{ from = \"c{from}\", to = \"c{to}\"{share} }}"));
        }
    }
    write!(
        text,
        "dependency = [\n{}\n]\nflow = [{{ id = \"f\", entry = \"c0\", calls = [\n{}\n] }}]\n",
        lines.join(",\n"),
        calls.join(",\n")
    )
    .unwrap();
    text
}

/// The availability of a random review by trying every state of its components, the needs of calls independent.
///
/// A call with a probability is made or not in each of so many draws; the bound must not be below what they give.
fn simulated(review: &Review, graph: &SystemGraph, seed: u64) -> f64 {
    let mut random = Random(seed ^ 0x9e37);
    let expansion = graph.expansion(FlowIndex(0)).unwrap();
    let calls = review.flows[0].calls.as_deref().unwrap_or_default();
    let draws = 6_000;
    let mut good = 0;
    for _ in 0..draws {
        let chance = |random: &mut Random| random.below(1_000_000) as f64 / 1e6;
        let up: Vec<bool> = review
            .components
            .iter()
            .map(|c| chance(&mut random) < c.availability.unwrap().likely().value() / 100.0)
            .collect();
        let hit: Vec<bool> = review
            .components
            .iter()
            .map(|c| {
                c.cache.as_ref().is_some_and(|cache| chance(&mut random) < cache.hit_ratio.unwrap().likely().value())
            })
            .collect();
        // From the last callees back: whether a visit answers.
        let mut answers = vec![true; review.components.len()];
        for visit in expansion.components.iter().rev() {
            let mut fine = up[visit.component.0];
            for made in visit.steps.iter().flat_map(kneepoint::graph::Step::calls).map(|call| &expansion.calls[*call]) {
                let call = &calls[made.call];
                let missed = call.on_miss.as_ref().is_none_or(|cache| {
                    let at = graph.component(cache.as_str()).unwrap();
                    review.components[at.0].cache.is_some() && !hit[at.0]
                });
                let likely =
                    call.probability.is_none_or(|probability| chance(&mut random) < probability.likely().value());
                let dependency = &review.dependencies[made.dependency.unwrap().0];
                let soft = dependency.criticality.is_some();
                let other =
                    dependency.fallback.as_ref().and_then(|name| graph.component(name)).filter(|at| *at != made.to);
                let replaced = dependency.on_failure.is_some() && other.is_none_or(|at| up[at.0]);
                fine &= !missed || !likely || soft || answers[made.to.0] || replaced;
            }
            answers[visit.component.0] = fine;
        }
        good += u32::from(answers[0]);
    }
    f64::from(good) / f64::from(draws)
}

trait Value {
    fn value(self) -> f64;
}

impl<Q: kneepoint::units::Quantity> Value for Q {
    fn value(self) -> f64 {
        kneepoint::units::Quantity::value(self)
    }
}

#[test]
fn nothing_exceeds_what_is_called_attainable() {
    for seed in 0..30 {
        let text = random_review(seed);
        let (review, graph) = read(&text);
        let best = compute(&review, &graph).flows[0].availability.clone().unwrap();
        let drawn = simulated(&review, &graph, seed);
        // Four standard errors of 6 000 draws are at most 0.026.
        assert!(drawn <= best.share.likely + 0.026, "seed {seed}: drawn {drawn}, bound {}\n{text}", best.share.likely);
        assert!(best.share.likely <= best.if_retries_mask.likely + 1e-12, "seed {seed}");
    }
}

#[test]
fn more_availability_never_gives_less() {
    for seed in 0..60 {
        let text = random_review(seed);
        let before = share(&text);
        for (at, _) in text.match_indices("availability = ") {
            let start = at + "availability = ".len();
            let end = start + text[start..].find([',', ' ', '}']).unwrap();
            let better = format!("{}100{}", &text[..start], &text[end..]);
            assert!(share(&better) >= before - 1e-12, "seed {seed} at {at}\n{text}");
        }
    }
}

#[test]
fn more_patience_and_more_attempts_never_shorten_the_worst_case_or_lower_the_factor() {
    for seed in 0..60 {
        let text = random_review(seed);
        let (before, factor_before) = (worst(&text), factor(&text));
        for (at, _) in text.match_indices("attempts = ") {
            let start = at + "attempts = ".len();
            let more = format!("{}7{}", &text[..start], &text[start + 1..]);
            assert!(worst(&more) >= before - 1e-12, "seed {seed} at {at}\n{text}");
            assert!(factor(&more) >= factor_before, "seed {seed} at {at}\n{text}");
        }
        for (at, _) in text.match_indices("timeout = \"") {
            let start = at + "timeout = \"".len();
            let longer = format!("{}9{}", &text[..start], &text[start..]);
            assert!(worst(&longer) >= before - 1e-12, "seed {seed} at {at}\n{text}");
        }
    }
}

/// With every timeout set to what was derived, the flow fits its threshold.
#[test]
fn derived_timeouts_fit_together() {
    let mut derived = 0;
    for seed in 0..80 {
        let text = random_review(seed);
        let (review, graph) = read(&text);
        let expansion = graph.expansion(FlowIndex(0)).unwrap();
        let worst = compute(&review, &graph).flows[0].worst_case.clone().unwrap();
        let fits = fitting_timeouts(&review, expansion, &worst, Some(0.3), |_| Some(f64::INFINITY));
        let mut mended = review.clone();
        let mut all = true;
        for (made, fit) in expansion.calls.iter().zip(&fits) {
            let timeout = &mut mended.dependencies[made.dependency.unwrap().0].timeout;
            match fit {
                Some(fit) => {
                    derived += 1;
                    *timeout = Some(kneepoint::units::Estimate::exactly(kneepoint::units::Quantity::new(fit.timeout)));
                }
                None => all = false,
            }
        }
        if all {
            let after = compute(&mended, &SystemGraph::new(&mended)).flows[0].worst_case.clone().unwrap();
            assert!(after.seconds.likely <= 0.3, "seed {seed}: {}\n{text}", after.seconds.likely);
        }
    }
    assert!(derived > 100, "{derived}");
}

/// A second cache is asked on the misses of the first only: both have to miss before the store is asked.
#[test]
fn what_stands_behind_two_caches_is_asked_when_both_miss() {
    let text = r#"
component = [{ id = "a", availability = 100.0 }, { id = "near", kind = "cache", availability = 100.0, cache = { hit_ratio = 0.9 } },
    { id = "far", kind = "cache", availability = 100.0, cache = { hit_ratio = 0.8 } }, { id = "db", availability = 95.0, workers = 10, service_time = "10ms" }]
dependency = [{ from = "a", to = "near", mode = "sync" }, { from = "a", to = "far", mode = "sync" }, { from = "a", to = "db", mode = "sync" }]
[[flow]]
id = "f"
entry = "a"
rate = "1000/s"
calls = [{ from = "a", to = "near" }, { from = "a", to = "far", on_miss = "near" }, { from = "a", to = "db", on_miss = "far" }]
"#;
    let (review, _, problems) = kneepoint::document::parse(text);
    assert!(problems.is_empty(), "{problems:?}");
    let graph = kneepoint::graph::SystemGraph::new(&review);
    let capacity = kneepoint::capacity::compute(&review, &graph, 1.0);
    let db = capacity.resources.iter().find(|resource| resource.element.to_string() == "db").unwrap();
    // 1000/s × 0.1 × 0.2.
    assert!((db.arrival_rate.likely - 20.0).abs() < 1e-9, "{:?}", db.arrival_rate);
    let reliability = kneepoint::reliability::compute(&review, &graph);
    let share = reliability.flows[0].availability.as_ref().unwrap().share.likely;
    // 1 − 0.02 × 0.05.
    assert!((share - 0.999).abs() < 1e-9, "{share}");
}
