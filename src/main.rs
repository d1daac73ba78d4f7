//! The `kneepoint` program.

fn main() -> std::process::ExitCode {
    kneepoint::cli::run()
}
