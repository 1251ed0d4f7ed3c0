//! The fourteen stages in which a server is built, and the cases of each. A file a stage; to add a case, add an entry to
//! its `CASES`.
//!
//! They are cumulative: what a case needs and does not ask about belongs to an earlier stage.

pub mod accept;
pub mod clients;
pub mod close;
pub mod fragment;
pub mod length;
pub mod limit;
pub mod listen;
pub mod ping;
pub mod refuse;
pub mod send;
pub mod stream;
pub mod unmask;
pub mod upgrade;
pub mod utf8;

use super::case::Case;

/// A stage.
#[derive(Debug)]
pub struct Stage {
    /// From 1 to 14.
    pub number: u8,
    /// One word.
    pub name: &'static str,
    /// What a server can do when it has passed it.
    pub goal: &'static str,
    /// Its cases, in the order in which they are run.
    pub cases: &'static [Case],
    /// Whether its cases are run one at a time, whatever `--jobs` says: they look at memory, or at who is served.
    pub alone: bool,
}

const fn stage(number: u8, name: &'static str, goal: &'static str, cases: &'static [Case]) -> Stage {
    Stage { number, name, goal, cases, alone: number >= 13 }
}

/// All of them.
pub static STAGES: [Stage; 14] = [
    stage(1, "listen", "listens, and reads a whole request however it comes", listen::CASES),
    stage(2, "upgrade", "knows a request for a WebSocket from any other", upgrade::CASES),
    stage(3, "accept", "answers a key with its hash", accept::CASES),
    stage(4, "refuse", "refuses what it can't do, and promises nothing that it does not do", refuse::CASES),
    stage(5, "send", "sends a frame", send::CASES),
    stage(6, "unmask", "unmasks what comes, and sends it back", unmask::CASES),
    stage(7, "length", "reads and writes all three forms of a length", length::CASES),
    stage(8, "stream", "finds frames in a stream of bytes, wherever it is cut", stream::CASES),
    stage(9, "ping", "answers a Ping", ping::CASES),
    stage(10, "fragment", "puts a message together, with control frames in between", fragment::CASES),
    stage(11, "utf8", "takes text that is UTF-8, and no other", utf8::CASES),
    stage(12, "close", "ends a connection the way both ends agree on", close::CASES),
    stage(13, "limit", "refuses what it has no meaning for, or no room", limit::CASES),
    stage(14, "clients", "serves several clients at once", clients::CASES),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_address_is_one_of_a_kind_and_says_where_its_rule_stands() {
        let mut seen = BTreeSet::new();
        for case in STAGES.iter().flat_map(|stage| stage.cases) {
            assert!(seen.insert(case.address), "{} stands there twice", case.address);
            let parts: Vec<&str> = case.address.split('/').collect();
            let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let is_right = match parts.as_slice() {
                ["ws", section, number] | ["course", section, number] => is_number(section) && is_number(number),
                ["http", rfc, section, number] => is_number(rfc) && is_number(section) && is_number(number),
                _ => false,
            };
            assert!(is_right, "{}", case.address);
        }
    }

    #[test]
    fn the_words_of_a_case_are_a_sentence_and_two_phrases() {
        for case in STAGES.iter().flat_map(|stage| stage.cases) {
            assert!(case.requirement.ends_with('.'), "{}: {}", case.address, case.requirement);
            for phrase in [case.sends, case.expects] {
                assert!(!phrase.is_empty() && !phrase.ends_with('.'), "{}: {phrase}", case.address);
            }
        }
    }

    #[test]
    fn the_stages_are_numbered_in_their_order() {
        assert!(STAGES.iter().enumerate().all(|(at, stage)| usize::from(stage.number) == at + 1));
    }
}
