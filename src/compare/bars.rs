//! Figures as bars, to be seen from the last row.
//!
//! A bar's length is proportional to its figure, from nought. On a terminal it is drawn in eighths of a character; in a
//! file, or with `NO_COLOR`, in `#`.

use super::figures::{Column, Round};
use super::words;
use anstyle::{AnsiColor, Style};
use std::time::Duration;

/// The longest bar, so that with a label and a figure it fits into 80 columns.
const LONGEST: f64 = 48.0;

/// A figure: how long its bar is beside the others, and what stands behind it.
type Figure = (String, f64, String);

/// What a bar is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Block characters in colour.
    Blocks,
    /// ASCII without colour.
    Plain,
}

/// Bytes an event and delays, a bar for each transport.
pub fn lines(round: &Round, ink: Ink) -> Vec<String> {
    let mut lines = vec!["bytes an event".to_owned()];
    let bytes = |column: &Column| {
        let bytes = column.bytes_an_event()?;
        Some((column.kind.label(), bytes, words::mean(bytes)))
    };
    lines.extend(bars(round.columns.iter().filter_map(bytes).collect(), ink));
    lines.push(String::new());
    lines.push("delay p50".to_owned());
    let delays = |column: &Column| {
        let p50: Duration = column.delay?.p50;
        Some((column.kind.label(), p50.as_secs_f64(), words::delay(p50)))
    };
    lines.extend(bars(round.columns.iter().filter_map(delays).collect(), ink));
    lines
}

fn bars(figures: Vec<Figure>, ink: Ink) -> Vec<String> {
    let largest = figures.iter().map(|(_, figure, _)| *figure).fold(0.0, f64::max);
    let width = figures.iter().map(|(label, ..)| label.chars().count()).max().unwrap_or_default();
    let style = if ink == Ink::Blocks { AnsiColor::Cyan.on_default() } else { Style::new() };
    let line = |(label, figure, text): Figure| {
        let share = if largest > 0.0 { figure / largest } else { 0.0 };
        format!("  {label:<width$}  {style}{}{style:#} {text}", bar(share, ink))
    };
    figures.into_iter().map(line).collect()
}

/// A bar for a share from 0 to 1. The smallest is still a mark.
fn bar(share: f64, ink: Ink) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    match ink {
        Ink::Plain => "#".repeat(((share * LONGEST).round() as usize).max(1)),
        Ink::Blocks => {
            let eighths = ((share * LONGEST * 8.0).round() as usize).max(1);
            format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_figures() {
        let figures =
            || [("a", 96.0), ("bb", 48.0), ("c", 1.0), ("d", 0.0)].map(|(l, f)| (l.to_owned(), f, f.to_string()));
        let plain = bars(figures().into(), Ink::Plain);
        assert_eq!(plain[0], format!("  a   {} 96", "#".repeat(48)));
        assert_eq!(plain[1], format!("  bb  {} 48", "#".repeat(24)));
        assert_eq!((plain[2].as_str(), plain[3].as_str()), ("  c   # 1", "  d   # 0"));
        let blocks = bars(figures().into(), Ink::Blocks);
        assert!(blocks[1].contains(&"█".repeat(24)) && blocks[2].contains('▌') && blocks[3].contains('▏'));
        assert!(bars(Vec::new(), Ink::Plain).is_empty());
    }
}
