//! A benchmark's command line.

use clap::Parser;

#[derive(Parser)]
#[command(about = "ws101 beside servers that do less")]
pub struct Arguments {
    /// Run only the rows whose name contains this
    #[arg(default_value = "")]
    pub row: String,

    /// Few and short rounds: is it still about right?
    #[arg(long)]
    pub quick: bool,

    /// Be one of the servers measured (the benchmark starts itself so)
    #[arg(long, hide = true)]
    pub be: Option<String>,

    /// What `cargo bench` passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}
