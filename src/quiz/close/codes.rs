//! Level 1: what a close code says, and whether it may be sent.

use super::super::answer::Answer;
use super::super::dice::Dice;
use super::super::draft::Draft;
use crate::protocol::close;

/// The codes that have a meaning of their own: those of s7.4.1, and what was registered later.
const KNOWN: [u16; 16] =
    [1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015];

/// Codes by range (s7.4.2).
const BY_RANGE: [(u64, u64); 5] = [(0, 999), (1016, 2999), (3000, 3999), (4000, 4999), (5000, 65_535)];

/// Codes and ranges of codes about which it is asked whether they may be sent: about as many may as may not.
const TRAVEL: [(u64, u64); 20] = [
    (0, 999),
    (1000, 1000),
    (1001, 1001),
    (1003, 1003),
    (1004, 1004),
    (1005, 1005),
    (1006, 1006),
    (1007, 1007),
    (1008, 1008),
    (1011, 1011),
    (1012, 1012),
    (1014, 1014),
    (1015, 1015),
    (1016, 1100),
    (1016, 2999),
    (2000, 2999),
    (3000, 3999),
    (4000, 4999),
    (5000, 9999),
    (5000, 65_535),
];

/// The same without 1004: "reserved" is said of others as well (s7.4.1, s7.4.2).
const NAMED: [u16; 15] = [1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015];

const CHOICES: usize = 4;
const NEVER: &str = "never sent in a frame";

/// What stands in a log or a table for a code. What says whether it may be sent is left out: that is another question.
fn meaning_of(code: u16) -> &'static str {
    let whole = close::meaning(code);
    whole.strip_suffix(NEVER).map_or(whole, |before| before.trim_end_matches("; "))
}

/// Whether somebody who knows the RFC could say this of a code too, so that it is no wrong choice. Reserved is what the RFC
/// calls 1004, all codes that are only reported, and the ranges from 1000 on; and what is reserved is not used either.
fn may_be_said_of(words: &str, code: u16) -> bool {
    let is_vague = ["reserved", "not used", "unassigned", "outside the ranges"].contains(&words);
    let is_of_a_range = ["reserved", "unassigned", "a library's own", "an application's own"].contains(&words);
    match code {
        1005 | 1006 | 1015 => ["reserved", "not used"].contains(&words),
        3000..=4999 => is_of_a_range,
        0..=999 | 1004 | 1016..=2999 | 5000.. => is_vague,
        _ => false,
    }
}

/// Where a code is explained.
fn section(code: u16) -> &'static str {
    match code {
        1012..=1014 => "IANA's registry, RFC 6455 s11.7",
        1000..=1015 => "RFC 6455 s7.4.1",
        _ => "RFC 6455 s7.4.2",
    }
}

fn some_code(dice: &mut Dice) -> u16 {
    if dice.below(3) > 0 {
        return dice.one_of(&KNOWN);
    }
    let (low, high) = dice.one_of(&BY_RANGE);
    dice.between(low, high) as u16
}

/// From the code to its meaning.
pub(super) fn meaning(dice: &mut Dice) -> Draft {
    let code = if dice.below(4) > 0 { dice.turn_of(&KNOWN) } else { some_code(dice) };
    let mut choices = vec![meaning_of(code).to_owned()];
    while choices.len() < CHOICES {
        let other = meaning_of(some_code(dice)).to_owned();
        if !choices.contains(&other) && !may_be_said_of(&other, code) {
            choices.push(other);
        }
    }
    dice.shuffle(&mut choices);
    let right = choices.iter().position(|choice| *choice == meaning_of(code)).unwrap_or(CHOICES);
    Draft::new(format!("What does the close code {code} say?"), Answer::Choice(choices, right))
        .because(format!("{code} stands for: {}.", close::meaning(code)), section(code))
}

/// From the meaning to the code.
pub(super) fn code(dice: &mut Dice) -> Draft {
    let code = dice.turn_of(&NAMED);
    let ask = format!("Which close code stands for \"{}\"?", meaning_of(code));
    Draft::new(ask, Answer::Number(u64::from(code)))
        .because(format!("{code} stands for: {}.", close::meaning(code)), section(code))
}

/// Whether a Close frame may carry it.
pub(super) fn travel(dice: &mut Dice) -> Draft {
    let (low, high) = dice.turn_of(&TRAVEL);
    let code = dice.between(low, high) as u16;
    let may = close::may_travel(code);
    let why = match code {
        1004 => "1004 is reserved: it has no meaning yet.".to_owned(),
        1005 | 1006 | 1015 => format!("{code} is what a program reports when no Close frame has said how it ended."),
        _ if may => format!("{code} stands for: {}.", close::meaning(code)),
        _ => format!("{code} is in no range that an end may send from: 1000 to 1015 with gaps, and 3000 to 4999."),
    };
    Draft::new(format!("May a Close frame carry the code {code}?"), Answer::yes(may)).because(why, section(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 999, both "not used" and "outside the ranges" are true.
    #[test]
    fn only_one_choice_is_true() {
        const TRUE_TOGETHER: [&str; 4] = ["reserved", "not used", "unassigned", "outside the ranges"];
        for seed in 0..3000 {
            let Draft { answer: Answer::Choice(choices, right), ask, .. } = meaning(&mut Dice::new(seed)) else {
                continue;
            };
            let is_vague = |words: &&String| TRUE_TOGETHER.contains(&words.as_str());
            let vague = choices.iter().filter(is_vague).count();
            assert!(!is_vague(&&choices[right]) || vague == 1, "{ask} {choices:?}");
            let own = choices.iter().filter(|words| words.ends_with("'s own")).count();
            assert!(!choices[right].ends_with("'s own") || own == 1, "{ask} {choices:?}");
        }
    }
}
