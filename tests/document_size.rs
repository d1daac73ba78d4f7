//! Large and hostile files: the time they take grows with their size, not with its square.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "what fails in a test fails the test")]

use kneepoint::document::{Document, parse};
use kneepoint::model::{EntityKind, EntityRef};
use std::fmt::Write;
use std::time::{Duration, Instant};

fn system(components: usize) -> String {
    let mut text = "format = 1\n".to_owned();
    for i in 0..components {
        write!(text, "\n[[component]]\nid = \"c{i}\"\nkind = \"service\"\nworkers = {i}\nservice_time = \"6ms\"\n")
            .unwrap();
        write!(text, "\n[component.cache]\nttl = \"5m\"\n\n[[dependency]]\nfrom = \"c{i}\"\nto = \"c{}\"\n", i / 2 + 1)
            .unwrap();
    }
    text
}

fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let result = work();
    (started.elapsed(), result)
}

#[track_caller]
fn grows_with_its_size(make: impl Fn(usize) -> String, name: &str) {
    let (small, _) = time(|| parse(&make(500)));
    let (large, _) = time(|| parse(&make(5_000)));
    eprintln!("{name}: {small:?} {large:?}");
    // Ten times the size: quadratic work would take a hundred times as long.
    assert!(large < small.max(Duration::from_millis(20)) * 40, "{name}: {small:?} {large:?}");
}

#[test]
fn reading_is_linear() {
    grows_with_its_size(system, "a system");
    grows_with_its_size(|n| (0..n).fold(String::new(), |text, i| text + &format!("k{i} = {i}\n")), "keys at the top");
    grows_with_its_size(
        |n| (0..n).fold("[prometheus.headers_env]\n".to_owned(), |text, i| text + &format!("k{i} = \"{i}\"\n")),
        "keys of a map",
    );
    grows_with_its_size(|n| (0..n).fold(String::new(), |text, i| text + &format!("[t{i}]\n")), "tables");
    grows_with_its_size(|n| "[[component]]\nid = \"a\"\nreplcas = 3\nto = = 1\n".repeat(n), "slips");
    grows_with_its_size(|n| "calls = [\n[[flow]]\n".repeat(n), "open lists");
    grows_with_its_size(|n| "x = \"\"\"\n[[flow]]\n".repeat(n), "open strings");
    grows_with_its_size(|n| "[".repeat(n), "brackets");
    grows_with_its_size(|n| format!("x = {{{}}}", "a.b={".repeat(n)), "braces");
    grows_with_its_size(|n| format!("{}x = 1\n", "a.".repeat(n)), "dots");
    grows_with_its_size(
        |n| {
            (0..n).fold(String::new(), |text, i| {
                text + &format!("[[component]]\nid = \"c{i}\"\n[[slo]]\nid = \"s{i}\"\ncomponent = \"cc{i}\"\n")
            })
        },
        "dangling references",
    );
}

#[test]
fn an_edit_of_a_large_file_is_quick() {
    let mut document = Document::new(system(1_000));
    let component = EntityRef::new(EntityKind::Component, 500);
    let (took, result) = time(|| document.set(component, &["workers"], "7"));
    result.unwrap();
    eprintln!("set in 1,000 components: {took:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    let (took, result) = time(|| document.rename(EntityKind::Component, "c500", "renamed"));
    result.unwrap();
    eprintln!("rename in 1,000 components: {took:?}");
    assert!(took < Duration::from_secs(4), "{took:?}");
}
