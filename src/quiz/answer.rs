//! The short answer to a question, and whether what somebody has written is it.
//!
//! An answer is a word, a number, bytes, a text or one of several choices, so that it can be compared. The comparison is
//! lenient where writing is concerned: case, blanks, `0x`, a full stop, `5 bytes` for `5`. It is never lenient about what was
//! meant: a number is not taken out of a sentence.

use crate::wire::hex;
use std::fmt;

/// Words that may stand around an answer and say nothing of their own.
const FILLERS: [&str; 24] = [
    "a", "an", "and", "by", "byte", "bytes", "code", "field", "frame", "frames", "from", "header", "is", "it",
    "length", "long", "message", "messages", "of", "payload", "sent", "status", "the", "-",
];

/// The right answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// One of these sentences, which are lettered from `a` on: this one.
    Choice(Vec<String>, usize),
    /// One of these words, which the question names: this one.
    Word(&'static [&'static str], usize),
    /// A number.
    Number(u64),
    /// Bytes, to be written in hex.
    Bytes(Vec<u8>),
    /// A word or text that the question does not name.
    Text(String),
    /// Several answers in a row.
    Parts(Vec<Answer>),
}

impl Answer {
    /// Yes, or no.
    pub fn yes(is_so: bool) -> Answer {
        Answer::Word(&["yes", "no"], usize::from(!is_so))
    }

    /// What is to be written, in few words: `a number`, `yes or no`.
    pub fn form(&self) -> String {
        match self {
            Answer::Choice(..) => "a letter".to_owned(),
            Answer::Word(words, _) => listed(words),
            Answer::Number(_) => "a number".to_owned(),
            Answer::Bytes(_) => "bytes in hex".to_owned(),
            Answer::Text(_) => "a word".to_owned(),
            Answer::Parts(parts) => parts.iter().map(Answer::form).collect::<Vec<_>>().join("; then "),
        }
    }

    /// Whether `said` is this answer.
    pub fn fits(&self, said: &str) -> bool {
        match self {
            Answer::Choice(choices, right) => chosen(choices, said) == Some(*right),
            Answer::Bytes(bytes) => hex::parse(bare(said)).is_ok_and(|read| read == *bytes),
            Answer::Word(..) | Answer::Number(_) | Answer::Text(_) => {
                matches!(&words(said)[..], [word] if self.is_word(word))
            }
            Answer::Parts(parts) => {
                let words = words(said);
                words.len() == parts.len() && parts.iter().zip(&words).all(|(part, word)| part.is_word(word))
            }
        }
    }

    /// Whether one word of an answer, in lower case, is this one.
    fn is_word(&self, word: &str) -> bool {
        match self {
            Answer::Word(words, right) => {
                let is_right = |name: &&str| name.eq_ignore_ascii_case(word);
                // Nobody writes `yes` in full who could write `y`.
                let is_short = *words == ["yes", "no"] && word.len() == 1;
                words.get(*right).is_some_and(|name| is_right(name) || is_short && name.starts_with(word))
            }
            Answer::Number(number) => self::number(word) == Some(*number),
            Answer::Text(text) => text.eq_ignore_ascii_case(word),
            other => other.fits(word),
        }
    }
}

/// The answer as it is printed.
impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Choice(choices, right) => {
                let sentence = choices.get(*right).map_or("", String::as_str);
                write!(out, "{}, {sentence}", letter(*right))
            }
            Answer::Word(words, right) => write!(out, "{}", words.get(*right).unwrap_or(&"")),
            Answer::Number(number) => write!(out, "{number}"),
            Answer::Bytes(bytes) => write!(out, "{}", hex::pairs(bytes)),
            Answer::Text(text) => write!(out, "{text}"),
            Answer::Parts(parts) => {
                let parts: Vec<String> = parts.iter().map(Answer::to_string).collect();
                write!(out, "{}", parts.join(", "))
            }
        }
    }
}

/// `a` for the first choice.
pub fn letter(at: usize) -> char {
    char::from(b'a'.saturating_add(at as u8))
}

/// `client or server`, `text, binary or close`.
fn listed(words: &[&str]) -> String {
    match words {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => words.concat(),
    }
}

/// The choice that is meant: its letter, its sentence, or both as the answer is printed. Case decides only where two
/// sentences differ in nothing else.
fn chosen(choices: &[String], said: &str) -> Option<usize> {
    // A telephone writes its own apostrophe.
    let said = said.replace('\u{2019}', "'");
    let said = bare(&said);
    let is_said = |(at, choice): (usize, &String)| choice == said || behind_letter(said, at) == Some(choice.as_str());
    if let Some(at) = choices.iter().enumerate().position(is_said) {
        return Some(at);
    }
    let is_letter =
        |at: &usize| said.len() == 1 && said.starts_with(|one: char| one.eq_ignore_ascii_case(&letter(*at)));
    if let Some(at) = (0..choices.len()).find(is_letter) {
        return Some(at);
    }
    let mut same = choices.iter().enumerate().filter(|(_, choice)| choice.eq_ignore_ascii_case(said));
    match (same.next(), same.next()) {
        (Some((at, _)), None) => Some(at),
        _ => None,
    }
}

/// `going away` of `b, going away`, `b) going away` or `B going away`, when `at` is the place of b.
fn behind_letter(said: &str, at: usize) -> Option<&str> {
    let mut letters = said.chars();
    let is_letter = letters.next().is_some_and(|one| one.eq_ignore_ascii_case(&letter(at)));
    let rest = letters.as_str();
    let sentence = rest.trim_start_matches([',', '.', ')', ':', ' ']);
    (is_letter && sentence.len() < rest.len()).then_some(sentence)
}

/// Without blanks and quotes around it, and without a full stop, a colon, a comma or a bracket behind it.
fn bare(said: &str) -> &str {
    let is_around = |one: char| one.is_whitespace() || matches!(one, '"' | '\'' | '`' | '(' | ')');
    said.trim_matches(is_around).trim_end_matches(['.', ':', ',', ')']).trim_matches(is_around)
}

/// The words of an answer in lower case, without the fillers. Where nothing else is said, a filler is a word.
fn words(said: &str) -> Vec<String> {
    let is_between = |one: char| one.is_whitespace() || matches!(one, ',' | ';' | '/');
    let said = without_thousands(said).to_lowercase();
    let all = said.split(is_between).map(bare).filter(|word| !word.is_empty());
    all.filter(|word| !FILLERS.contains(word)).map(str::to_owned).collect()
}

/// `65,536` is 65536, and `1, 2` stays as it is: a comma between thousands has three digits behind it and no blank.
fn without_thousands(said: &str) -> String {
    let is_number = |word: &str| {
        let mut groups = word.split(',');
        let first = groups.next().unwrap_or_default();
        let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
        (1..=3).contains(&first.len()) && is_digits(first) && groups.all(|group| group.len() == 3 && is_digits(group))
    };
    let joined = |word: &str| if is_number(word) { word.replace(',', "") } else { word.to_owned() };
    said.split_whitespace().map(joined).collect::<Vec<_>>().join(" ")
}

/// A number as people write it: `65536`, `65_536`, `0x1f`.
fn number(word: &str) -> Option<u64> {
    let digits = word.replace('_', "");
    let (digits, radix) = digits.strip_prefix("0x").map_or((digits.as_str(), 10), |hex| (hex, 16));
    let is_number = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(digits, radix).ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_is_compared_leniently() {
        let number = Answer::Number(65_536);
        for said in ["65536", " 65536 ", "65536 bytes", "65,536", "0x10000", "65_536.", "It is 65536", "0X10000"] {
            assert!(number.fits(said), "{said}");
        }
        let bytes = Answer::Bytes(vec![0x81, 0x05]);
        for said in ["81 05", "8105", "0x81, 0x05", "81:05", "(81 05)", "81 05."] {
            assert!(bytes.fits(said), "{said}");
        }
        let server = Answer::Word(&["client", "server"], 1);
        assert!(server.fits("Server") && server.fits("the server.") && server.fits("\"server\""));
        assert!(Answer::yes(true).fits("Y") && Answer::yes(false).fits("no") && Answer::yes(false).fits("N"));
        assert!(Answer::Text("hive".to_owned()).fits("\"Hive\""));
        let field = Answer::Text("Host".to_owned());
        assert!(field.fits("host:") && field.fits("the Host field") && field.fits("Host header"));
        assert!(Answer::Number(1002).fits("code 1002") && Answer::Number(5).fits("5 bytes long"));
    }

    #[test]
    fn what_was_meant_is_not() {
        let number = Answer::Number(5);
        for said in ["", "6", "5 6", "5 or 6", "55", "5e", "-5", "+5", "five", "0x", "5,000", "\u{1b}[2J5"] {
            assert!(!number.fits(said), "{said}");
        }
        assert!(!Answer::yes(true).fits("no") && !Answer::yes(true).fits("yes no") && !Answer::yes(true).fits("e"));
        assert!(!Answer::Word(&["client", "server"], 1).fits("s"), "a letter is no word");
        assert!(!Answer::Bytes(vec![0x81, 0x05]).fits("81 5"));
        assert!(!Answer::Text("hive".to_owned()).fits("hives") && !Answer::Text("hive".to_owned()).fits("hive bee"));
        assert!(!Answer::Text("Host".to_owned()).fits("Host: example.com"));
    }

    #[test]
    fn several_answers_stand_in_a_row() {
        let kinds: &[&str] = &["text", "ping"];
        let parts =
            Answer::Parts(vec![Answer::Word(&["client", "server"], 0), Answer::Word(kinds, 1), Answer::Number(3)]);
        assert_eq!(parts.to_string(), "client, ping, 3");
        assert_eq!(parts.form(), "client or server; then text or ping; then a number");
        for said in
            ["client ping 3", "the client, a ping; 3 bytes", "Client,Ping,3", "client/ping/3", "client - ping - 3"]
        {
            assert!(parts.fits(said), "{said}");
        }
        for said in ["client ping", "ping client 3", "client ping 3 3", "client text 3"] {
            assert!(!parts.fits(said), "{said}");
        }
    }

    #[test]
    fn a_choice_has_a_letter_or_its_own_words() {
        let choice = Answer::Choice(vec!["chat".to_owned(), "Chat".to_owned(), "nothing".to_owned()], 1);
        assert_eq!(choice.to_string(), "b, Chat");
        for said in ["b", "B", "b)", "(b)", "Chat"] {
            assert!(choice.fits(said), "{said}");
        }
        for said in ["a", "chat", "CHAT", "d", "", "ab", "nothing"] {
            assert!(!choice.fits(said), "{said}");
        }
        assert!(Answer::Choice(vec!["Nothing".to_owned()], 0).fits("nothing."));
        let choice = Answer::Choice(vec!["going away".to_owned(), "a library's own".to_owned()], 1);
        for said in [&choice.to_string(), "b) a library's own", "B a library's own", "a library\u{2019}s own"] {
            assert!(choice.fits(said), "{said}");
        }
        for said in ["b, going away", "a, a library's own", "a", "b or a", "bgoing away", "b,"] {
            assert_eq!(choice.fits(said), said == "b,", "{said}");
        }
    }

    #[test]
    fn the_form_says_what_to_write() {
        assert_eq!(Answer::yes(true).form(), "yes or no");
        assert_eq!(Answer::Word(&["a", "b", "c"], 0).form(), "a, b or c");
        assert_eq!((letter(0), letter(3)), ('a', 'd'));
    }
}
