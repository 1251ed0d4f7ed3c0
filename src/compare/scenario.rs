//! How often something happens: `20/s`, `1/s`, `1/m`, `1/h`.

use std::fmt;
use std::time::Duration;

/// The most a second: the publisher waits for each answer, so there is no use in more.
const MOST_A_SECOND: u32 = 1000;

/// So many events in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    events: u32,
    per: Per,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Per {
    Second,
    Minute,
    Hour,
}

impl Per {
    fn seconds(self) -> u32 {
        match self {
            Per::Second => 1,
            Per::Minute => 60,
            Per::Hour => 3600,
        }
    }
}

impl Rate {
    /// Reads `20/s`. The error says what would be right.
    pub fn parse(text: &str) -> Result<Rate, String> {
        let form = || "a rate is a number of events in a second, a minute or an hour: 20/s, 1/m, 1/h".to_owned();
        let (events, per) = text.split_once('/').ok_or_else(form)?;
        let per = match per {
            "s" => Per::Second,
            "m" => Per::Minute,
            "h" => Per::Hour,
            _ => return Err(form()),
        };
        let is_number = events.bytes().all(|byte| byte.is_ascii_digit());
        let events = events.parse().ok().filter(|events| is_number && *events > 0).ok_or_else(form)?;
        if events > MOST_A_SECOND * per.seconds() {
            return Err(format!("more than {MOST_A_SECOND} events a second"));
        }
        Ok(Rate { events, per })
    }

    /// How many events that makes. At least one: without any there is nothing to measure.
    pub fn events_in(&self, time: Duration) -> u64 {
        (self.exactly_in(time).round() as u64).max(1)
    }

    /// Whether the time is too short for one event at this rate.
    pub fn is_too_slow_for(&self, time: Duration) -> bool {
        self.exactly_in(time) < 0.95
    }

    fn exactly_in(&self, time: Duration) -> f64 {
        f64::from(self.events) * time.as_secs_f64() / f64::from(self.per.seconds())
    }

    /// `once a second`, `20 times a minute`.
    pub fn words(&self) -> String {
        let per = match self.per {
            Per::Second => "a second",
            Per::Minute => "a minute",
            Per::Hour => "an hour",
        };
        match self.events {
            1 => format!("once {per}"),
            2 => format!("twice {per}"),
            events => format!("{events} times {per}"),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.per {
            Per::Second => 's',
            Per::Minute => 'm',
            Per::Hour => 'h',
        };
        write!(out, "{}/{unit}", self.events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Rate {
        Rate::parse(text).expect(text)
    }

    #[test]
    fn rates_as_people_write_them() {
        for (text, words) in [("1/s", "once a second"), ("20/s", "20 times a second"), ("2/h", "twice an hour")] {
            assert_eq!((rate(text).to_string().as_str(), rate(text).words().as_str()), (text, words));
        }
        for wrong in
            ["", "1", "s", "1/", "/s", "0/s", "-1/s", "+1/s", "1.5/s", "1/d", "1/s/s", "1001/s", "99999999999/s"]
        {
            assert!(Rate::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn there_is_always_one_event() {
        let ten = Duration::from_secs(10);
        assert_eq!(["1/s", "20/s", "1/m", "1/h"].map(|text| rate(text).events_in(ten)), [10, 200, 1, 1]);
        assert_eq!(rate("1/s").events_in(Duration::from_millis(300)), 1);
        assert!(rate("1/m").is_too_slow_for(ten) && !rate("1/m").is_too_slow_for(6 * ten));
    }
}
