//! One question after the other, each answered from a keyboard or a pipe, until there are no more answers.
//!
//! What somebody has typed is shown only escaped, and of a line no more than [`LONGEST`] bytes are kept.

use super::{Question, Topic, question, text};
use crate::wire::escape;
use std::io::{self, BufRead, ErrorKind, Write};

/// The longest answer that is read; what follows it in its line is passed over.
pub const LONGEST: usize = 1024;

/// How much of a wrong answer is repeated.
const REPEATED: usize = 60;

/// What is asked, and how.
#[derive(Debug, Clone)]
pub struct Asking {
    /// What the questions are about.
    pub topic: Topic,
    /// How hard they are.
    pub level: u8,
    /// The seed of the first; those of the others follow it.
    pub seed: u64,
    /// How many there are; `None`: as many as are answered.
    pub count: Option<u64>,
    /// Whether answers are repeated behind the prompt: those from a pipe, which nobody has seen being typed.
    pub echo: bool,
    /// In colour.
    pub ink: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Right answers.
    pub right: u64,
    /// Wrong ones.
    pub wrong: u64,
    /// Questions that were passed over with an empty line.
    pub passed: u64,
}

/// Why it could not go on.
#[derive(Debug)]
pub enum Failure {
    /// Answers can't be read.
    Input(io::Error),
    /// Questions can't be written.
    Output(io::Error),
}

/// An error is one of writing unless it is said to be another.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

/// Asks, until the input ends or the last question is answered. Then it writes the score.
pub fn run(asking: &Asking, input: &mut dyn BufRead, out: &mut dyn Write) -> Result<Score, Failure> {
    let Asking { topic, level, seed, .. } = *asking;
    writeln!(out, "{topic}, level {level}, from seed {seed} on")?;
    writeln!(out, "An empty line passes a question over; Ctrl-D ends it.")?;
    let mut score = Score::default();
    for number in 0..asking.count.unwrap_or(u64::MAX) {
        let asked = question(topic, level, seed.wrapping_add(number));
        write!(out, "\n{}\n> ", text::question(&asked, &format!("{}. ", number + 1)))?;
        out.flush()?;
        let Some(Line { bytes: said, is_last }) = read_line(input).map_err(Failure::Input)? else {
            writeln!(out)?;
            break;
        };
        if asking.echo {
            writeln!(out, "{}", escape::text(said.trim_ascii_end()))?;
        } else if is_last {
            // Ctrl-D behind an answer does not move to the next line, as Enter does.
            writeln!(out)?;
        }
        let is_right = std::str::from_utf8(&said).is_ok_and(|said| asked.answer.fits(said));
        if is_right {
            score.right += 1;
            write!(out, "{}", text::why(&asked, "Right. "))?;
        } else {
            corrected(asking, &asked, &said, &mut score, out)?;
        }
        if is_last {
            break;
        }
    }
    writeln!(out, "\n{}", told(&score))?;
    out.flush()?;
    Ok(score)
}

/// Counts an answer that is not right, and says what is.
fn corrected(asking: &Asking, asked: &Question, said: &[u8], score: &mut Score, out: &mut dyn Write) -> io::Result<()> {
    let answer = &asked.answer;
    if said.trim_ascii().is_empty() {
        score.passed += 1;
        writeln!(out, "The answer is: {answer}")?;
    } else {
        score.wrong += 1;
        let said = said.trim_ascii();
        let said = escape::quoted(said, said.len() as u64, REPEATED);
        writeln!(out, "Not {said}. The answer is: {answer}")?;
    }
    write!(out, "{}{}", text::why(asked, ""), text::told_of(asked, asking.ink))
}

/// `7 of 9 right, 1 wrong, 1 passed over`.
fn told(score: &Score) -> String {
    let Score { right, wrong, passed } = *score;
    format!("{right} of {} right, {wrong} wrong, {passed} passed over", right + wrong + passed)
}

/// A line without its end.
struct Line {
    bytes: Vec<u8>,
    /// The input has ended behind it, without an end of line. A terminal would give more after its Ctrl-D.
    is_last: bool,
}

/// The next line; `None`: there is none any more.
fn read_line(input: &mut dyn BufRead) -> io::Result<Option<Line>> {
    let (mut bytes, mut came) = (Vec::new(), false);
    loop {
        let part = match input.fill_buf() {
            Ok(part) => part,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if part.is_empty() {
            return Ok(came.then_some(Line { bytes, is_last: true }));
        }
        came = true;
        let end = part.iter().position(|byte| *byte == b'\n');
        let text = &part[..end.unwrap_or(part.len())];
        bytes.extend_from_slice(&text[..text.len().min(LONGEST - bytes.len())]);
        let used = end.map_or(part.len(), |at| at + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(Some(Line { bytes, is_last: false }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn asked(count: Option<u64>, said: &[u8]) -> (Score, String) {
        let asking = Asking { topic: Topic::Close, level: 1, seed: 0, count, echo: true, ink: false };
        let mut out = Vec::new();
        let score = run(&asking, &mut Cursor::new(said), &mut out).expect("a Vec can be written");
        (score, String::from_utf8(out).expect("text"))
    }

    fn right(seed: u64) -> String {
        question(Topic::Close, 1, seed).answer.to_string()
    }

    #[test]
    fn answers_are_counted() {
        let letter = |seed| right(seed).split(',').next().map(str::to_owned).unwrap_or_default();
        let said = format!("{}\n\nno idea\r\n{}", letter(0), letter(3));
        let (score, told) = asked(None, said.as_bytes());
        assert_eq!(score, Score { right: 2, wrong: 1, passed: 1 });
        assert!(told.ends_with("\n2 of 4 right, 1 wrong, 1 passed over\n"), "{told}");
        assert!(told.contains("Not \"no idea\". The answer is: "), "{told}");
    }

    #[test]
    fn it_ends_where_the_answers_or_the_questions_do() {
        assert_eq!(asked(None, b"").0, Score::default());
        let (score, told) = asked(Some(2), b"x\nx\nx\nx\n");
        assert_eq!(score, Score { right: 0, wrong: 2, passed: 0 });
        assert!(!told.contains("3. "), "{told}");
        // A line without an end is the last: no question is asked that nobody answers.
        let (score, told) = asked(None, b"x\nx");
        assert_eq!(score, Score { right: 0, wrong: 2, passed: 0 });
        assert!(!told.contains("3. "), "{told}");
    }

    #[test]
    fn what_is_typed_moves_nothing_and_fills_nothing() {
        let long = [b"\x1b[2J\xff\x00".as_slice(), &vec![b'a'; 1 << 20], b"\nx\n"].concat();
        let (score, told) = asked(None, &long);
        assert_eq!(score, Score { right: 0, wrong: 2, passed: 0 });
        assert!(!told.contains('\u{1b}') && told.len() < 8 * LONGEST, "{} bytes", told.len());
        assert!(told.contains("\\u{1b}[2J\\xff\\0aaa"));
    }

    #[test]
    fn a_terminal_of_80_columns_is_wide_enough() {
        let asking =
            Asking { seed: u64::MAX, topic: Topic::Handshake, level: 3, count: Some(6), echo: false, ink: false };
        let mut out = Vec::new();
        run(&asking, &mut Cursor::new(b"a\n".repeat(6)), &mut out).expect("a Vec can be written");
        let told = String::from_utf8(out).expect("text");
        // What decode says is as wide as it says it.
        let of_decode = [' ', '0', '='];
        let wide = told.lines().filter(|line| line.len() > 80 && !line.starts_with(of_decode)).collect::<Vec<_>>();
        assert!(wide.is_empty(), "{wide:?}");
    }
}
