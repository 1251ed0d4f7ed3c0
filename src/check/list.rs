//! The cases before anything is run: their addresses, what each sends and expects, and what was meant by an address that
//! there is not.

use super::case::Case;
use super::choose::Choice;
use super::stages::STAGES;
use crate::wire::prose::hanging;
use anstyle::Style;
use std::collections::BTreeSet;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// So many addresses are offered instead of one that there is not.
const NEAREST: usize = 4;

/// One address a line.
pub fn addresses(choice: &Choice<'_>) -> String {
    choice.cases().iter().flat_map(|(_, cases)| cases).map(|case| format!("{}\n", case.address)).collect()
}

/// What would be sent and expected, stage by stage.
pub fn plan(choice: &Choice<'_>, width: usize) -> String {
    let mut text = String::new();
    for (stage, cases) in choice.cases() {
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!(
            "{gap}{BOLD}stage {}, {}:{BOLD:#} a server that {}\n",
            stage.number, stage.name, stage.goal
        ));
        cases.iter().for_each(|case| text.push_str(&planned(case, width)));
    }
    text
}

fn planned(case: &Case, width: usize) -> String {
    let Case { address, requirement, sends, expects, .. } = case;
    let mut text = format!("\n{BOLD}{address}{BOLD:#}  {}  {}\n", case.level.word(), case.section());
    text.push_str(&hanging("  ", requirement, 2, width));
    for (name, words) in [("sends:", sends), ("expects:", expects)] {
        text.push_str(&hanging(&format!("  {DIM}{name:<10}{DIM:#}"), words, 12, width));
    }
    text
}

/// The addresses that are most like the first of these below which there is no case; nothing when all are right.
pub fn unknown<'a>(prefixes: impl Iterator<Item = &'a String>) -> Option<(&'a str, Vec<&'static str>)> {
    let all = || STAGES.iter().flat_map(|stage| stage.cases);
    let mut unknown = prefixes.filter(|prefix| !all().any(|case| case.is_below(prefix)));
    let unknown = unknown.next()?;
    let mut known: Vec<&str> =
        all().flat_map(|case| beginnings(case.address)).collect::<BTreeSet<_>>().into_iter().collect();
    // Those of the same section first. Likeness is from 0 to 1, and a beginning that is the same counts more than an end.
    let likeness = |known: &str| (parts_in_common(unknown, known), strsim::jaro_winkler(unknown, known));
    known.sort_by(|one, other| {
        let (one, other) = (likeness(one), likeness(other));
        other.0.cmp(&one.0).then(other.1.total_cmp(&one.1))
    });
    known.truncate(NEAREST);
    Some((unknown, known))
}

/// How many parts, from the first one on, are the same.
fn parts_in_common(one: &str, other: &str) -> usize {
    one.split('/').zip(other.split('/')).take_while(|(one, other)| one == other).count()
}

/// `ws/5.2/1` begins with `ws/5.2`, too.
fn beginnings(address: &str) -> impl Iterator<Item = &str> {
    address.rsplit_once('/').map(|(section, _)| section).into_iter().chain([address])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Profile;

    fn choice<'a>(stages: &'a [u8], only: &'a [String]) -> Choice<'a> {
        Choice { profile: Profile::Full, stages, only, exclude: &[] }
    }

    #[test]
    fn what_is_listed_is_what_would_be_run() {
        let ping = &STAGES[8];
        let addresses = addresses(&choice(&[9], &[]));
        assert_eq!(
            addresses.lines().collect::<Vec<_>>(),
            ping.cases.iter().map(|case| case.address).collect::<Vec<_>>()
        );
        let case = &ping.cases[0];
        let plan = anstream::adapter::strip_str(&plan(&choice(&[], &[case.address.to_owned()]), 200)).to_string();
        let Case { address, requirement, sends, expects, .. } = case;
        assert_eq!(
            plan,
            format!(
                "stage 9, ping: a server that {}\n\n{address}  {}  {}\n  {requirement}\n  sends:    {sends}\n  expects:  \
                 {expects}\n",
                ping.goal,
                case.level.word(),
                case.section()
            )
        );
    }

    #[test]
    fn an_address_that_there_is_not_brings_the_nearest() {
        let unknown = |prefix: &str| unknown([prefix.to_owned()].iter()).map(|(_, nearest)| nearest);
        assert_eq!(unknown("ws"), None);
        assert_eq!(unknown("ws/5.5.2/"), None);
        for wrong in ["ws/5.5.2/111", "ws5.5.2", "5.5.2"] {
            let nearest = unknown(wrong).expect("nearest");
            assert!(
                nearest.len() <= NEAREST && nearest.iter().any(|near| near.starts_with("ws/5.5.2")),
                "{wrong}: {nearest:?}"
            );
        }
    }
}
