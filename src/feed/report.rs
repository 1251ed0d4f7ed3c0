//! What the ticker says: a football match that never was, minute by minute. Some names are not ASCII, so that a text's
//! length in bytes and in characters differ now and then.

use fastrand::Rng;

const HOME: (&str, [&str; 4]) = ("Harbour", ["Okafor", "Muñoz", "Lindqvist", "Abe"]);
const AWAY: (&str, [&str; 4]) = ("Hill", ["Kowalczyk", "Çelik", "Duarte", "Nguyễn"]);

const HALF_TIME: u32 = 45;
const FULL_TIME: u32 = 90;

/// A match in progress.
#[derive(Debug)]
pub struct MatchReport {
    random: Rng,
    state: State,
    goals: [u32; 2],
}

#[derive(Debug, Clone, Copy)]
enum State {
    Over,
    Playing(u32),
    HalfTime,
}

impl MatchReport {
    /// The match that these draws make.
    pub fn new(random: Rng) -> MatchReport {
        MatchReport { random, state: State::Over, goals: [0, 0] }
    }

    /// The next line: `23' Harbour 1:0 Hill. Muñoz wins a corner`. When a match is over, another one begins.
    pub fn next_line(&mut self) -> String {
        match self.state {
            State::Over => {
                (self.state, self.goals) = (State::Playing(1), [0, 0]);
                self.line(1, "Kick-off")
            }
            State::HalfTime => {
                self.state = State::Playing(HALF_TIME + 1);
                self.line(HALF_TIME + 1, "The second half begins")
            }
            State::Playing(minute) => self.play_on(minute),
        }
    }

    fn play_on(&mut self, before: u32) -> String {
        let minute = before + self.random.u32(1..=4);
        if before < HALF_TIME && minute >= HALF_TIME {
            self.state = State::HalfTime;
            return self.line(HALF_TIME, "Half-time");
        }
        if minute >= FULL_TIME {
            self.state = State::Over;
            return self.line(FULL_TIME, "Full time");
        }
        self.state = State::Playing(minute);
        self.something_happens(minute)
    }

    fn something_happens(&mut self, minute: u32) -> String {
        let side = self.random.usize(0..2);
        let (team, players) = if side == 0 { HOME } else { AWAY };
        let player = players[self.random.usize(0..players.len())];
        let what = match self.random.u32(0..12) {
            0 => {
                self.goals[side] += 1;
                format!("Goal for {team}! {player} scores")
            }
            1 => format!("Yellow card for {player}"),
            2 | 3 => format!("{player} wins a corner"),
            4 => format!("Offside, {player}"),
            5 => format!("Throw-in for {team}, taken by {player}"),
            6 | 7 => format!("{player} shoots, and the keeper holds it"),
            8 => format!("{player} hits the post!"),
            9 => format!("Free kick for {team} after a foul on {player}"),
            _ => format!("{team} have the ball; {player} looks for space"),
        };
        self.line(minute, &what)
    }

    fn line(&self, minute: u32, what: &str) -> String {
        let [home, away] = self.goals;
        format!("{minute}' {} {home}:{away} {}. {what}", HOME.0, AWAY.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_has_a_beginning_a_middle_and_an_end() {
        let mut report = MatchReport::new(Rng::with_seed(1));
        let lines: Vec<String> = (0..400).map(|_| report.next_line()).collect();
        assert_eq!(lines[0], "1' Harbour 0:0 Hill. Kick-off");
        let position = |what: &str| lines.iter().position(|line| line.ends_with(what)).expect(what);
        let (half, second, full) = (position("Half-time"), position("The second half begins"), position("Full time"));
        assert!(half + 1 == second && second < full);
        assert_eq!(lines[full + 1], lines[0]);
        assert!(lines.iter().any(|line| line.contains("Goal for")) && lines.iter().any(|line| !line.is_ascii()));
    }

    #[test]
    fn a_seed_repeats_a_match() {
        let lines = |seed| {
            let mut report = MatchReport::new(Rng::with_seed(seed));
            (0..50).map(|_| report.next_line()).collect::<Vec<_>>()
        };
        assert_eq!(lines(3), lines(3));
        assert_ne!(lines(3), lines(4));
    }
}
