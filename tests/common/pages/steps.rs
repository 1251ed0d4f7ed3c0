//! A fence of commands, cut into its commands.

/// A command and what it is to print.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// The command, of one line or of several that a backslash joins.
    pub command: String,
    /// Its output, without empty lines at the end.
    pub wanted: Vec<String>,
    /// The line of the fence, counted from 0, on which its output begins, or would begin.
    pub at: usize,
}

/// The commands of a fence, in order.
pub fn steps(lines: &[String]) -> Vec<Step> {
    let mut found: Vec<Step> = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        match (line.strip_prefix("$ "), found.last_mut()) {
            (Some(command), _) => {
                found.push(Step { command: command.to_owned(), wanted: Vec::new(), at: number + 1 });
            }
            (None, Some(step)) if step.wanted.is_empty() && step.command.ends_with('\\') => {
                step.command.push_str(&format!("\n{line}"));
                step.at = number + 1;
            }
            (None, Some(step)) => step.wanted.push(line.clone()),
            (None, None) => panic!("no command before {line:?}"),
        }
    }
    found.iter_mut().for_each(|step| trim_end(&mut step.wanted));
    found
}

/// Takes empty lines from the end.
pub fn trim_end(lines: &mut Vec<String>) {
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
}
