//! How calls are spread over servers. Values in, values out.

use super::call::{Call, Outcome};

/// What stands for a call that nobody answered.
const FAILED: char = '-';

/// What stands for a server without a name.
const UNNAMED: char = '?';

/// The most servers that are told one by one.
const MOST_SHOWN: usize = 8;

/// The names of the servers that answered, in order.
pub fn names(calls: &[Call]) -> Vec<&str> {
    calls.iter().filter_map(Call::name).collect()
}

/// How often each name is there, in the order in which they came first.
pub fn shares(names: &[&str]) -> Vec<(String, usize)> {
    let mut shares: Vec<(String, usize)> = Vec::new();
    for name in names {
        match shares.iter_mut().find(|(known, _)| known == name) {
            Some((_, count)) => *count += 1,
            None => shares.push(((*name).to_owned(), 1)),
        }
    }
    shares
}

/// A letter for each name: the name itself when it is one letter.
#[derive(Debug, Default)]
pub struct Letters(Vec<(char, String)>);

impl Letters {
    /// `ABAB-?`: a letter for each call.
    pub fn row(&mut self, calls: &[Call]) -> String {
        let letter = |call: &Call| match &call.outcome {
            Outcome::Answered(Some(name)) => self.letter(name),
            Outcome::Answered(None) => UNNAMED,
            Outcome::Refused(_) | Outcome::Failed(_) | Outcome::Unmade(_) => FAILED,
        };
        calls.iter().map(letter).collect()
    }

    fn letter(&mut self, name: &str) -> char {
        if let Some((letter, _)) = self.0.iter().find(|(_, known)| known == name) {
            return *letter;
        }
        let is_free = |letter: &char| !self.0.iter().any(|(taken, _)| taken == letter);
        let mut characters = name.chars();
        let own = match (characters.next(), characters.next()) {
            (Some(letter), None) if letter.is_ascii_alphanumeric() => Some(letter),
            _ => None,
        };
        let free = || ('a'..='z').chain('A'..='Z').find(is_free);
        let letter = own.filter(is_free).or_else(free).unwrap_or('*');
        self.0.push((letter, name.to_owned()));
        letter
    }

    /// `A 3, B 2`: how often each was there.
    pub fn words(&mut self, shares: &[(String, usize)]) -> String {
        let each = shares.iter().take(MOST_SHOWN).map(|(name, count)| format!("{} {count}", self.letter(name)));
        let mut words = each.collect::<Vec<_>>().join(", ");
        if let more @ 1.. = shares.len().saturating_sub(MOST_SHOWN) {
            words.push_str(&format!(", and {more} more"));
        }
        words
    }

    /// Which letter is which name, where they differ, a line each.
    pub fn legend(&self) -> Vec<String> {
        let differ = self.0.iter().filter(|(letter, name)| name.chars().ne([*letter]));
        let mut lines: Vec<String> = differ.map(|(letter, name)| format!("  {letter} = {name}")).collect();
        if let more @ 1.. = lines.len().saturating_sub(MOST_SHOWN) {
            lines.truncate(MOST_SHOWN);
            lines.push(format!("  and {more} more"));
        }
        lines
    }
}

/// What the names amount to.
#[derive(Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Nobody says a name.
    NoNames,
    /// One server answered all.
    One(String),
    /// One server has all WebSockets, and others answered requests.
    OneForSockets(String),
    /// So many servers, one after the other.
    InTurn(usize),
    /// So many servers have the WebSockets in turn, and one, which is no busier than they, answers all that is brief.
    Fewest(usize),
    /// So many servers, in no order.
    Spread(usize),
}

impl Pattern {
    /// Finds it. `sockets` and `requests` are names in the order of the calls.
    pub fn of(sockets: &[&str], requests: &[&str]) -> Pattern {
        let all = shares(&[sockets, requests].concat());
        let of_sockets = shares(sockets);
        match (all.as_slice(), of_sockets.as_slice()) {
            ([], _) => Pattern::NoNames,
            ([(name, _)], _) => Pattern::One(name.clone()),
            (_, [(name, count)]) if *count > 1 => Pattern::OneForSockets(name.clone()),
            (_, several) if shares(requests).len() == 1 && requests.len() > 1 && is_in_turn(sockets, several.len()) => {
                Pattern::Fewest(several.len())
            }
            _ if is_in_turn(if sockets.is_empty() { requests } else { sockets }, all.len()) => {
                Pattern::InTurn(all.len())
            }
            _ => Pattern::Spread(all.len()),
        }
    }

    /// For a program.
    pub fn word(&self) -> &'static str {
        match self {
            Pattern::NoNames => "no-names",
            Pattern::One(_) => "one",
            Pattern::OneForSockets(_) => "one-for-sockets",
            Pattern::InTurn(_) => "in-turn",
            Pattern::Fewest(_) => "fewest",
            Pattern::Spread(_) => "spread",
        }
    }

    /// For a person.
    pub fn words(&self) -> String {
        match self {
            Pattern::NoNames => "the servers have no names".to_owned(),
            Pattern::One(name) => {
                format!("{name} answers all: the only server, or the one for this client's address or cookie")
            }
            Pattern::OneForSockets(name) => format!(
                "{name} has all WebSockets, and others answer requests: sticky by address, or it is the only one for \
                 WebSockets"
            ),
            Pattern::InTurn(count) => format!("{count} servers in turn: round robin, or the fewest connections"),
            Pattern::Fewest(count) => {
                format!("{count} servers have WebSockets in turn and one has all requests: by the fewest connections")
            }
            Pattern::Spread(count) => format!("{count} servers, in no order that a client sees"),
        }
    }
}

/// Whether all of so many names come before the first comes again, round after round, at least twice.
fn is_in_turn(names: &[&str], count: usize) -> bool {
    let round = names.get(..count).unwrap_or_default();
    names.len() >= 2 * count
        && shares(round).len() == count
        && names.iter().zip(round.iter().cycle()).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(row: &str) -> Vec<&str> {
        row.split("").filter(|letter| !letter.is_empty()).collect()
    }

    #[test]
    fn patterns() {
        for (sockets, requests, pattern) in [
            ("", "", Pattern::NoNames),
            ("AAAA", "AAAA", Pattern::One("A".to_owned())),
            ("AAAA", "", Pattern::One("A".to_owned())),
            ("AAAA", "ABAB", Pattern::OneForSockets("A".to_owned())),
            ("ABABAB", "ABABAB", Pattern::InTurn(2)),
            ("BCABCABC", "", Pattern::InTurn(3)),
            ("", "ABAB", Pattern::InTurn(2)),
            ("ABABAB", "BBBBBB", Pattern::Fewest(2)),
            ("ABBA", "ABAB", Pattern::Spread(2)),
            ("AB", "", Pattern::Spread(2)),
            // A server that only requests see: the WebSockets are not in turn over all.
            ("ABABAB", "ABCABC", Pattern::Spread(3)),
        ] {
            assert_eq!(Pattern::of(&each(sockets), &each(requests)), pattern, "{sockets} {requests}");
        }
    }

    #[test]
    fn a_thousand_servers_are_not_all_told() {
        let mut letters = Letters::default();
        let name = |number| Call { outcome: Outcome::Answered(Some(format!("host-{number}"))), cookies: Vec::new() };
        let calls: Vec<Call> = (0..1000).map(name).collect();
        assert_eq!(letters.row(&calls).chars().filter(|letter| *letter == '*').count(), 1000 - 52);
        let (legend, words) = (letters.legend(), letters.words(&shares(&names(&calls))));
        assert_eq!(legend[7..], ["  h = host-7", "  and 992 more"]);
        assert!(words.ends_with("h 1, and 992 more"), "{words}");
    }

    #[test]
    fn a_row_has_a_letter_for_each_call() {
        let call = |outcome| Call { outcome, cookies: Vec::new() };
        let answered = |name: &str| call(Outcome::Answered(Some(name.to_owned())));
        let calls = [
            answered("a"),
            answered("host-1"),
            answered("B"),
            call(Outcome::Answered(None)),
            call(Outcome::Failed("502".to_owned())),
            answered("host-1"),
        ];
        let mut letters = Letters::default();
        assert_eq!(letters.row(&calls), "abB?-b");
        assert_eq!(letters.legend(), ["  b = host-1"]);
        assert_eq!(letters.words(&shares(&names(&calls))), "a 1, b 2, B 1");
        assert_eq!(shares(&names(&calls)), [("a".to_owned(), 1), ("host-1".to_owned(), 2), ("B".to_owned(), 1)]);
    }
}
