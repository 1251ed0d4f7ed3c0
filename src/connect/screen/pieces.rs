//! Text that waits, in pieces of whole lines, so that what is in doubt of it is never much.

use std::collections::VecDeque;
use std::time::Duration;

/// How many bytes a piece has at most, unless one line has more. A slow terminal shows them in half a second.
const PIECE: usize = 2 << 10;

/// A terminal that shows fewer bytes in a second, or nothing for so long, is taken for one that shows nothing.
const SLOWEST: u64 = 4 << 10;
const LONGEST: Duration = Duration::from_secs(10);

/// Lines in order.
#[derive(Default)]
pub struct Pieces {
    pieces: VecDeque<String>,
    bytes: usize,
}

impl Pieces {
    /// Adds text, of one line or several. A line stays in one piece: rustyline ends each with a line break.
    pub fn push(&mut self, text: &str) {
        for line in text.split_inclusive('\n') {
            self.bytes += line.len();
            match self.pieces.back_mut() {
                Some(piece) if piece.len() + line.len() <= PIECE => piece.push_str(line),
                _ => self.pieces.push_back(line.to_owned()),
            }
        }
    }

    /// Takes the first piece.
    pub fn pop(&mut self) -> Option<String> {
        let piece = self.pieces.pop_front()?;
        self.bytes -= piece.len();
        Some(piece)
    }

    /// Takes all of it.
    pub fn take(&mut self) -> String {
        self.bytes = 0;
        self.pieces.drain(..).collect()
    }

    /// How many bytes wait.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

/// How long a slow terminal may need for so many bytes.
pub fn time_for(bytes: usize) -> Duration {
    Duration::from_millis((bytes as u64).saturating_mul(1000) / SLOWEST).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_whole_and_pieces_small() {
        let mut pieces = Pieces::default();
        let lines: Vec<String> = (0..1000).map(|number| format!("line {number}\n")).collect();
        pieces.push(&lines[..600].concat());
        lines[600..].iter().for_each(|line| pieces.push(line));
        assert_eq!(pieces.len(), lines.concat().len());
        let all: Vec<String> = std::iter::from_fn(|| pieces.pop()).collect();
        assert_eq!(all.concat(), lines.concat());
        assert!(all.iter().all(|piece| piece.len() <= PIECE && piece.ends_with('\n')));
        assert!(all.len() <= lines.concat().len() / PIECE + 1, "pieces are filled");
        assert_eq!((pieces.is_empty(), pieces.len()), (true, 0));
    }

    #[test]
    fn a_long_line_is_a_piece() {
        let mut pieces = Pieces::default();
        let long = "x".repeat(3 * PIECE) + "\n";
        for text in ["a\n", &long, "b\n", "c\n"] {
            pieces.push(text);
        }
        assert_eq!(pieces.pop().as_deref(), Some("a\n"));
        assert_eq!(pieces.pop(), Some(long));
        assert_eq!((pieces.len(), pieces.take().as_str()), (4, "b\nc\n"));
        assert_eq!((pieces.len(), pieces.pop()), (0, None));
    }

    #[test]
    fn a_long_line_is_not_waited_for_for_ever() {
        assert_eq!(time_for(0), Duration::ZERO);
        assert_eq!(time_for(PIECE), Duration::from_millis(500));
        assert_eq!(time_for(usize::MAX), LONGEST);
    }
}
