//! The `kneepoint` program.

fn main() {}
