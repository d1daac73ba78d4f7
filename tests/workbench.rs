//! The workbench by key scripts: keys in, text and effects out.

#[path = "workbench/harness.rs"]
mod harness;

use harness::Bench;

const SHOP: &str = include_str!("../examples/ecommerce/review.toml");

#[test]
#[ignore]
fn look() {
    let mut bench = Bench::open(SHOP);
    for keys in ["1", "down enter", "esc 2", "tab tab g", "f", "c", "D", "m", "3 tab tab", "?"] {
        bench.keys(keys);
        println!("== {keys}\n{}", bench.screen());
    }
    bench.resize(80, 24);
    println!("{}", bench.keys("esc 2").screen());
}
