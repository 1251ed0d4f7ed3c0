//! Numbers as they are read aloud.

use std::time::Duration;

/// `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A mean of bytes: `3,021`, `98`, `9.4`.
pub fn mean(number: f64) -> String {
    if number < 10.0 { format!("{number:.1}") } else { count(number.round() as u64) }
}

/// How many times as much: `1.2 times`, `37 times`.
pub fn times(factor: f64) -> String {
    if factor < 9.95 { format!("{factor:.1} times") } else { format!("{} times", count(factor.round() as u64)) }
}

/// A delay with three figures at most: `0.21 ms`, `12.5 ms`, `498 ms`, `1.02 s`.
pub fn delay(delay: Duration) -> String {
    let milliseconds = delay.as_secs_f64() * 1000.0;
    match milliseconds {
        ..9.995 => format!("{milliseconds:.2} ms"),
        ..99.95 => format!("{milliseconds:.1} ms"),
        ..999.5 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.2} s", delay.as_secs_f64()),
    }
}

/// An interval as it is written on the command line: `500ms`, `1s`, `1m30s`.
pub fn interval(interval: Duration) -> String {
    humantime::format_duration(interval).to_string().replace(' ', "")
}

/// `1 event`, `2 events`.
pub fn of(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", count(number))
}

/// The text in lines of at most `width`, those after the first with two blanks before them.
pub fn wrapped(text: &str, width: usize) -> String {
    let mut lines = String::new();
    let mut len = 0;
    for word in text.split(' ') {
        let needed = word.chars().count();
        if len > 0 && len + 1 + needed > width {
            lines.push_str("\n ");
            len = 1;
        }
        if len > 0 {
            lines.push(' ');
            len += 1;
        }
        lines.push_str(word);
        len += needed;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_read_them() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([9.44, 98.4, 3020.7].map(mean), ["9.4", "98", "3,021"]);
        assert_eq!([1.04, 9.96, 1234.5].map(times), ["1.0 times", "10 times", "1,235 times"]);
        let delays = [213, 12_540, 498_400, 999_600, 1_023_000].map(|us| delay(Duration::from_micros(us)));
        assert_eq!(delays, ["0.21 ms", "12.5 ms", "498 ms", "1.00 s", "1.02 s"]);
        assert_eq!([500, 1000, 90_000].map(|ms| interval(Duration::from_millis(ms))), ["500ms", "1s", "1m30s"]);
        assert_eq!([of(1, "event"), of(2, "event")], ["1 event", "2 events"]);
    }

    #[test]
    fn lines_are_no_longer_than_asked_for() {
        assert_eq!(wrapped("one two three four", 9), "one two\n  three\n  four");
        assert_eq!(wrapped("seventeen", 5), "seventeen");
    }
}
