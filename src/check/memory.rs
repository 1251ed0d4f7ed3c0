//! How much memory a server holds. Linux tells it in `/proc`, to whoever may see the process; elsewhere nobody does, and
//! the answer is `None`.
//!
//! A server may be several processes: one that listens and starts others before it serves. All that descend from it
//! are counted together, and memory that two of them share is counted twice.

use std::collections::BTreeMap;
use std::fs;

/// Whose memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Process {
    /// A process and all that descend from it.
    One(u32),
    /// All of a process group, and what descends from them.
    Group(u32),
}

/// The memory in use, in bytes. `None` when there is no such process any more, or nobody tells.
pub fn resident(whose: &Process) -> Option<u64> {
    let sizes: Vec<u64> = members(whose, &all()).into_iter().filter_map(size).collect();
    // A process that has ended, and that nobody has asked for its status yet, has no memory.
    if sizes.is_empty() { None } else { Some(sizes.iter().sum()) }
}

/// Whether there is no such process any more that lives. Where nobody tells of processes it is not known to be gone.
pub(super) fn is_gone(whose: &Process) -> bool {
    let all = all();
    let lives = |pid: &u32| all.get(pid).is_some_and(|kin| !kin.has_ended);
    !all.is_empty() && !members(whose, &all).iter().any(lives)
}

/// All of these that are there.
pub(super) fn processes(whose: &Process) -> Vec<u32> {
    members(whose, &all())
}

/// The processes of a group that live, without those that have left it.
pub(super) fn group(leader: u32) -> Vec<u32> {
    all().into_iter().filter(|(_, kin)| kin.group == leader && !kin.has_ended).map(|(pid, _)| pid).collect()
}

/// Whether all of a group have ended, and wait for somebody to ask for their status. A container has often nobody who
/// does, and to signals they are there.
#[cfg(unix)]
pub(super) fn has_ended(leader: u32) -> bool {
    let all = all();
    let mut members = all.values().filter(|kin| kin.group == leader).peekable();
    members.peek().is_some() && members.all(|kin| kin.has_ended)
}

/// Whose child a process is, and in which group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kin {
    parent: u32,
    group: u32,
    has_ended: bool,
}

fn all() -> BTreeMap<u32, Kin> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // One that ends between the two looks is left out.
    pids.filter_map(|pid: u32| Some((pid, kin(&fs::read(format!("/proc/{pid}/stat")).ok()?)?))).collect()
}

/// Reads `17 (its name) S 1 17 ...`: behind the name stand state, parent and group. The name is what the program calls
/// itself, and may have spaces, brackets and line breaks in it; nothing behind it has a bracket.
fn kin(stat: &[u8]) -> Option<Kin> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let mut fields = std::str::from_utf8(&stat[end + 1..]).ok()?.split_ascii_whitespace();
    let has_ended = matches!(fields.next()?, "Z" | "X");
    Some(Kin { parent: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()?, has_ended })
}

/// Children may have lower numbers than their parents, so it is gone through until nobody is added.
fn members(whose: &Process, all: &BTreeMap<u32, Kin>) -> Vec<u32> {
    let is_first = |pid: u32, kin: &Kin| match whose {
        Process::One(one) => pid == *one,
        Process::Group(leader) => kin.group == *leader,
    };
    let mut found: Vec<u32> = all.iter().filter(|(pid, kin)| is_first(**pid, kin)).map(|(pid, _)| *pid).collect();
    let mut seen = 0;
    while seen < found.len() {
        let parent = found[seen];
        let children = all.iter().filter(|(_, kin)| kin.parent == parent).map(|(pid, _)| *pid);
        let new: Vec<u32> = children.filter(|pid| !found.contains(pid)).collect();
        found.extend(new);
        seen += 1;
    }
    found
}

/// `VmRSS:      1234 kB`. A name cannot forge that line: in this file Linux writes a line break of a name as `\n`.
fn size(pid: u32) -> Option<u64> {
    let status = fs::read(format!("/proc/{pid}/status")).ok()?;
    let line = status.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"VmRSS:"))?;
    let kibibytes: u64 = std::str::from_utf8(line).ok()?.trim().strip_suffix(" kB")?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_anything() {
        for name in ["cat", "a b", "a) S 1 2", "((", ")\n) R 9 9 ", "caf\u{e9}", ""] {
            let stat = format!("17 ({name}) S 4 5 5 0 -1 4194304");
            assert_eq!(kin(stat.as_bytes()), Some(Kin { parent: 4, group: 5, has_ended: false }), "{name:?}");
        }
        assert_eq!(kin(b"17 (\xff\xfe) S 4 5 5"), Some(Kin { parent: 4, group: 5, has_ended: false }));
        assert!(kin(b"17 (cat) Z 4 5 5").is_some_and(|kin| kin.has_ended));
        for odd in ["", "17", "17 (cat)", "17 (cat) S", "17 (cat) S 4", "17 (cat) S -1 5"] {
            assert_eq!(kin(odd.as_bytes()), None, "{odd:?}");
        }
    }

    #[test]
    fn who_descends_is_counted_whatever_its_number() {
        let kin = |parent, group| Kin { parent, group, has_ended: false };
        let all = BTreeMap::from([
            (1, kin(0, 1)),
            (3, kin(9, 7)),
            (7, kin(1, 7)),
            (8, kin(7, 8)),
            (9, kin(8, 8)),
            (20, kin(1, 20)),
        ]);
        let sorted = |whose| {
            let mut found = members(&whose, &all);
            found.sort_unstable();
            found
        };
        assert_eq!(sorted(Process::One(8)), [3, 8, 9]);
        assert_eq!(sorted(Process::Group(7)), [3, 7, 8, 9]);
        assert_eq!(sorted(Process::One(2)), [0; 0]);
        // Nothing that Linux writes is a circle; if it were one, it would end.
        let circle = BTreeMap::from([(5, kin(6, 5)), (6, kin(5, 6))]);
        assert_eq!(members(&Process::One(5), &circle), [5, 6]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_has_memory_and_a_number_that_nobody_has_has_none() {
        let before = resident(&Process::One(std::process::id())).expect("this process is there");
        let held = vec![1_u8; 64 << 20];
        let after = resident(&Process::One(std::process::id())).expect("this process is there");
        assert!(after > before + (48 << 20), "{before} and then {after}");
        drop(held);
        assert_eq!(resident(&Process::One(u32::MAX)), None);
        assert_eq!(resident(&Process::Group(u32::MAX)), None);
    }
}
