//! The options of `broken`, and what they mean to it.

use super::values::address;
use crate::broken::{self, Bug};
use clap::Args;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Examples:
  ws101 broken no-unmask                    an echo server that leaves the mask on
  ws101 broken --list                       all of them: what each breaks, and what is wrong in its code
  ws101 broken none                         the same server, right in everything
  ws101 broken any --seed 7                 one of them, and it does not say which
  ws101 broken any --seed 7 --reveal        which one that was

Status 0: it ended on a signal, or the list was printed. 1: it could not listen. 2: wrong use.";

/// Options of `broken`.
#[derive(Debug, Clone, Args)]
pub struct Broken {
    /// Which server: a name of the list, or none, or any
    #[arg(value_name = "NAME")]
    pub name: Option<String>,

    /// Address to listen on; with port 0 the system chooses one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9001", value_parser = address)]
    pub listen: String,

    /// Print the names, with stage, section, rule, what is wrong, and the options of check that show it
    #[arg(long, conflicts_with_all = ["name", "seed", "reveal"])]
    pub list: bool,

    /// What any stands for: the same number is the same server
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Say which one any stands for, and start nothing
    #[arg(long, requires = "seed")]
    pub reveal: bool,
}

impl Broken {
    /// The server that is meant, `seed` choosing one for `any`. An error says what would be right.
    pub fn bug(&self, seed: u64) -> Result<&'static Bug, String> {
        match self.name.as_deref() {
            None => Err("which server? `ws101 broken --list` names them, `ws101 broken any` chooses one".to_owned()),
            Some("any") => Ok(broken::chosen_by(seed)),
            Some(_) if self.seed.is_some() => Err("--seed chooses for `any`, and here is a name".to_owned()),
            Some(name) => broken::find(name).ok_or_else(|| unknown(name)),
        }
    }
}

fn unknown(name: &str) -> String {
    let nearest = broken::nearest(name).map_or(String::new(), |known| format!(" Is it {known}?"));
    let name = crate::wire::escape::text(name.as_bytes());
    format!("no server is called '{name}'.{nearest} `ws101 broken --list` names them")
}
