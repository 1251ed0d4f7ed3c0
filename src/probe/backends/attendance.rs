//! Who is there: servers that answer regularly, and did until now. A value; calls in, changes out.

/// A server leaves when so many calls went to others, for each server that is there.
const PATIENCE: u64 = 8;

/// So many calls at least.
const LEAST: u64 = 12;

/// The most servers that are remembered.
const MOST: usize = 1000;

/// Who answered when.
#[derive(Debug, Default)]
pub struct Attendance {
    calls: u64,
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    name: String,
    /// The call that it answered last.
    last: u64,
    is_here: bool,
}

impl Attendance {
    /// A call was answered by this server, or by nobody with a name. Answers what has changed, in words.
    pub fn call(&mut self, name: Option<&str>) -> Vec<String> {
        self.calls += 1;
        let mut changes: Vec<String> = name.and_then(|name| self.saw(name)).into_iter().collect();
        let here = self.known.iter().filter(|known| known.is_here).count() as u64;
        let patience = (PATIENCE * here).max(LEAST);
        for known in self.known.iter_mut().filter(|known| known.is_here) {
            let missed = self.calls - known.last;
            if missed > patience {
                known.is_here = false;
                changes.push(format!("{} leaves: {missed} calls since it answered one", known.name));
            }
        }
        changes
    }

    fn saw(&mut self, name: &str) -> Option<String> {
        let last = self.calls;
        if let Some(known) = self.known.iter_mut().find(|known| known.name == name) {
            known.last = last;
            let was_here = std::mem::replace(&mut known.is_here, true);
            return (!was_here).then(|| format!("{name} comes back"));
        }
        if self.known.len() == MOST {
            self.known.retain(|known| known.is_here);
        }
        if self.known.len() < MOST {
            self.known.push(Known { name: name.to_owned(), last, is_here: true });
        }
        Some(format!("{name} comes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_seen_for_long_has_left() {
        let mut attendance = Attendance::default();
        assert_eq!(attendance.call(Some("A")), ["A comes"]);
        assert_eq!(attendance.call(Some("B")), ["B comes"]);
        for _ in 0..100 {
            assert!(attendance.call(Some("A")).is_empty() && attendance.call(Some("B")).is_empty());
        }
        let changes: Vec<String> = (0..30).flat_map(|_| attendance.call(Some("A"))).collect();
        assert_eq!(changes, ["B leaves: 17 calls since it answered one"]);
        assert_eq!(attendance.call(Some("B")), ["B comes back"]);
    }

    #[test]
    fn when_nobody_answers_all_have_left() {
        let mut attendance = Attendance::default();
        attendance.call(Some("A"));
        let changes: Vec<String> = (0..20).flat_map(|_| attendance.call(None)).collect();
        assert_eq!(changes, ["A leaves: 13 calls since it answered one"]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut attendance = Attendance::default();
        for number in 0..2 * MOST {
            attendance.call(Some(&number.to_string()));
        }
        assert!(attendance.known.len() <= MOST);
    }
}
