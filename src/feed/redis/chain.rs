//! What follows from the next entry: whether it is the one that comes after the last. Pure.

use super::entry::{Content, Entry};
use crate::feed::Event;

/// How far the stream was read, and the mark that was found there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// The last number that was read.
    pub last: u64,
    /// The mark of that entry. Empty: it is not known.
    pub mark: String,
}

/// What to do about an entry.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// An event. Numbers that are missing before it are lost.
    Event(Event),
    /// No event: the numbers up to this one are taken. With a reason if that is somebody else's doing.
    Skip(u64, Option<&'static str>),
    /// It does not follow what was read before: this is another stream, or the same as it was some time ago.
    Broken,
}

impl Chain {
    /// Looks at the next entry, and has read it unless the chain is broken.
    pub fn step(&mut self, entry: Entry) -> Step {
        // Where numbers are missing, entries were trimmed away or never written by us: the gap is told by the numbers.
        let is_next = entry.number == self.last + 1;
        let is_ours = matches!(entry.content, Content::Event(_)) && !entry.mark.is_empty();
        if is_next && is_ours && !self.mark.is_empty() && entry.prev != self.mark {
            return Step::Broken;
        }
        self.last = entry.number;
        self.mark = entry.mark;
        match entry.content {
            Content::Event(event) => Step::Event(event),
            Content::Lost => Step::Skip(entry.number, None),
            Content::Foreign(why) => Step::Skip(entry.number, Some(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64, mark: &str, prev: &str, content: Option<Content>) -> Entry {
        let event = Event { id: number, at: 0, text: String::new() };
        Entry {
            number,
            content: content.unwrap_or(Content::Event(event)),
            mark: mark.to_owned(),
            prev: prev.to_owned(),
        }
    }

    fn chain(last: u64, mark: &str) -> Chain {
        Chain { last, mark: mark.to_owned() }
    }

    #[test]
    fn each_entry_names_the_one_before() {
        let mut chain = chain(41, "a");
        assert!(matches!(chain.step(entry(42, "b", "a", None)), Step::Event(event) if event.id == 42));
        assert!(matches!(chain.step(entry(43, "c", "b", None)), Step::Event(_)));
        assert_eq!(chain.step(entry(44, "d", "x", None)), Step::Broken);
        assert_eq!(chain, super::Chain { last: 43, mark: "c".to_owned() }, "it was not read");
    }

    #[test]
    fn what_is_lost_is_passed_over() {
        let mut chain = chain(41, "a");
        assert_eq!(chain.step(entry(44, "b", "x", Some(Content::Lost))), Step::Skip(44, None));
        assert!(matches!(chain.step(entry(45, "c", "b", None)), Step::Event(_)));
        let foreign = entry(46, "", "", Some(Content::Foreign("why")));
        assert_eq!(chain.step(foreign), Step::Skip(46, Some("why")));
        assert!(matches!(chain.step(entry(47, "d", "", None)), Step::Event(_)), "after what has no mark, any is right");
    }

    #[test]
    fn what_can_not_be_compared_is_read() {
        assert!(matches!(chain(41, "").step(entry(42, "b", "x", None)), Step::Event(_)), "nothing is known yet");
        assert!(matches!(chain(41, "a").step(entry(60, "b", "x", None)), Step::Event(_)), "the numbers tell the gap");
    }
}
