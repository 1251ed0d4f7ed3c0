//! A bug: what it is called, which rule it breaks, and how it is found in the list.

use super::list::{BUGS, Id};

/// A server that breaks one rule, or none.
#[derive(Debug)]
pub struct Bug {
    /// The `if` that makes the difference.
    pub id: Id,
    /// As on the command line.
    pub name: &'static str,
    /// The stage of building a server that it belongs to, 1 to 14. 0 is that of [`NONE`].
    pub stage: u8,
    /// Where the rule stands; a dash where it is a rule of good sense alone.
    pub section: &'static str,
    /// The rule that it breaks.
    pub rule: &'static str,
    /// What is wrong in the code.
    pub hint: &'static str,
    /// Options without which `check` does not find it, or nothing.
    pub flags: &'static str,
}

/// The server that is right in everything.
pub const NONE: Bug = Bug {
    id: Id::None,
    name: "none",
    stage: 0,
    section: "-",
    rule: "It keeps all rules.",
    hint: "Nothing is wrong.",
    flags: "",
};

/// The bug of this name, or [`NONE`].
pub fn find(name: &str) -> Option<&'static Bug> {
    std::iter::once(&NONE).chain(BUGS).find(|bug| bug.name == name)
}

/// The name that is most like this one, for whoever has mistyped it; none where no name is like it.
pub fn nearest(name: &str) -> Option<&'static str> {
    let names = std::iter::once(&NONE).chain(BUGS).map(|bug| bug.name);
    let nearest = names.map(|known| (distance(name, known), known)).min()?;
    (nearest.0 <= nearest.1.len() / 3).then_some(nearest.1)
}

/// How many letters must be put in, left out or changed to make one of the other (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, wanted) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(letter != wanted);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

/// The bug that a seed stands for: one of those that show without further options.
pub fn chosen_by(seed: u64) -> &'static Bug {
    let plain: Vec<&Bug> = BUGS.iter().filter(|bug| bug.flags.is_empty()).collect();
    fastrand::Rng::with_seed(seed).choice(plain).unwrap_or(&NONE)
}

/// A line of the list: name of the `if`, name on the command line, stage, section; then the rule, the hint and the flags.
macro_rules! bugs {
    ($($id:ident $name:literal $stage:literal $section:literal $rule:literal $hint:literal $($flags:literal)?;)+) => {
        /// One for each `if` in the source of the server.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Id {
            /// It keeps all rules.
            None,
            $(#[doc = $rule] $id,)+
        }

        /// All of them, in the order of their stages.
        pub const BUGS: &[$crate::broken::Bug] = &[$($crate::broken::Bug {
            id: Id::$id,
            name: $name,
            stage: $stage,
            section: $section,
            rule: $rule,
            hint: $hint,
            flags: concat!($($flags)?),
        },)+];
    };
}
pub(super) use bugs;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_stages_in_order() {
        let names: BTreeSet<&str> = BUGS.iter().map(|bug| bug.name).collect();
        assert_eq!(names.len(), BUGS.len());
        assert!(BUGS.is_sorted_by_key(|bug| bug.stage));
        assert!(BUGS.iter().all(|bug| (1..=14).contains(&bug.stage)));
    }

    #[test]
    fn each_has_its_if() {
        let source = [
            include_str!("mod.rs"),
            include_str!("answer.rs"),
            include_str!("closing.rs"),
            include_str!("control.rs"),
            include_str!("frame.rs"),
            include_str!("head.rs"),
            include_str!("header.rs"),
            include_str!("session.rs"),
            include_str!("shared.rs"),
            include_str!("input.rs"),
            include_str!("utf8.rs"),
        ]
        .concat();
        let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let code = code.join("\n");
        let words: BTreeSet<&str> = code.split(|letter: char| !letter.is_alphanumeric()).collect();
        let lost: Vec<_> = BUGS.iter().filter(|bug| !words.contains(format!("{:?}", bug.id).as_str())).collect();
        assert!(lost.is_empty(), "{lost:?}");
    }

    #[test]
    fn a_name_with_a_slip_is_known() {
        assert_eq!(nearest("no-umask"), Some("no-unmask"));
        assert_eq!(nearest("close1005"), Some("close-1005"));
        assert_eq!(nearest("NONE"), None);
        assert_eq!(nearest("something else"), None);
        assert_eq!((distance("", "abc"), distance("abc", ""), distance("kitten", "sitting")), (3, 3, 3));
    }

    #[test]
    fn a_seed_chooses_one_that_shows() {
        let chosen: BTreeSet<&str> = (0..1000).map(|seed| chosen_by(seed).name).collect();
        assert!(chosen.len() > BUGS.len() / 2);
        assert!((0..1000).all(|seed| chosen_by(seed).flags.is_empty() && chosen_by(seed).stage > 0));
    }
}
