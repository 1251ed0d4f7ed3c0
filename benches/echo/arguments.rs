//! The benchmark's command line.

use clap::{Parser, ValueEnum};

#[derive(Parser)]
#[command(name = "echo", about = "ws101 beside a bare TCP echo and a plain tungstenite echo")]
pub struct Arguments {
    /// Run only the rows whose name contains this
    #[arg(default_value = "")]
    pub row: String,

    /// Few and short rounds: is it still about right?
    #[arg(long)]
    pub quick: bool,

    /// Be one of the servers measured (the benchmark starts itself so)
    #[arg(long, hide = true)]
    pub be: Option<Echo>,

    /// What `cargo bench` passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Echo {
    Bare,
    Tungstenite,
}
