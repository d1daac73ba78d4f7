//! The graph layer: laws that every layout and every picture keeps, and what the pictures look like.

#[path = "graph/follow.rs"]
mod follow;
#[path = "graph/laws.rs"]
mod laws;
#[path = "graph/pictures.rs"]
mod pictures;
#[path = "graph/quality.rs"]
mod quality;
#[path = "graph/samples.rs"]
mod samples;
