//! Numbers that look random and are the same everywhere: a seed makes the same question on any machine and in the next
//! release.
//!
//! The generator is SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014), written out
//! here because the stream of a library may change with its version. Nobody's secret hangs on it.

/// The step of the paper: 2^64 divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of numbers.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
    /// What the order of [`Dice::turn_of`] is drawn by, and how often it was somebody's turn before.
    deck: u64,
    round: u64,
}

impl Dice {
    /// The stream that belongs to this seed.
    pub fn new(seed: u64) -> Dice {
        Dice { state: seed, deck: 0, round: 0 }
    }

    /// The stream that belongs to all of these numbers, in this order.
    pub fn of(numbers: &[u64]) -> Dice {
        Dice::new(numbers.iter().fold(0, |seed, number| Dice::new(seed ^ *number).draw()))
    }

    /// The same stream for the `round`th question of a kind, whose lists are in the order of this deck.
    #[must_use]
    pub fn dealt(self, deck: u64, round: u64) -> Dice {
        Dice { deck, round, ..self }
    }

    /// Any number of 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to `bound`, without it; 0 when that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product lies below the bound; for bounds as small as ours all values are as likely.
        ((u128::from(self.draw()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both of them included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True half of the time.
    pub fn coin(&mut self) -> bool {
        self.below(2) == 1
    }

    /// One of `things`, of which there must be one.
    pub fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len() as u64) as usize]
    }

    /// The one of `things` whose turn it is, of which there must be one: each comes once in as many rounds as there are
    /// things, so that a sheet does not ask the same again.
    pub fn turn_of<T: Copy>(&self, things: &[T]) -> T {
        let count = things.len() as u64;
        let mut order: Vec<usize> = (0..things.len()).collect();
        Dice::of(&[self.deck]).shuffle(&mut order);
        things[order[(self.round % count) as usize]]
    }

    /// Puts `things` into any order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: u64) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }

    /// A masking key in which no byte is 0: that would leave a byte of the payload as it was.
    pub fn key(&mut self) -> [u8; 4] {
        [(); 4].map(|()| self.between(1, 255) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of the seed 1234567, as the reference implementation gives them.
    #[test]
    fn the_stream_is_that_of_the_paper() {
        let mut dice = Dice::new(1_234_567);
        let drawn = [(); 5].map(|()| dice.draw());
        assert_eq!(
            drawn,
            [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821]
        );
    }

    #[test]
    fn numbers_stay_within_their_bounds_and_reach_them() {
        let mut dice = Dice::new(1);
        let drawn: std::collections::BTreeSet<u64> = (0..1000).map(|_| dice.between(3, 6)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [3, 4, 5, 6]);
        assert_eq!(dice.below(0), 0);
        assert!((0..1000).all(|_| !dice.key().contains(&0)));
    }

    #[test]
    fn each_has_its_turn() {
        let things = [1, 2, 3, 4, 5];
        let turns = |deck: u64, from: u64| -> Vec<u32> {
            (from..from + 5).map(|round| Dice::new(from).dealt(deck, round).turn_of(&things)).collect()
        };
        for from in 0..20 {
            let mut drawn = turns(7, from);
            drawn.sort_unstable();
            assert_eq!(drawn, things);
        }
        assert_ne!(turns(7, 0), turns(8, 0));
    }

    #[test]
    fn nothing_is_lost_in_a_shuffle() {
        let mut things: Vec<u32> = (0..20).collect();
        Dice::new(2).shuffle(&mut things);
        assert_ne!(things, (0..20).collect::<Vec<_>>());
        things.sort_unstable();
        assert_eq!(things, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn the_order_of_what_makes_a_stream_counts() {
        let first = |numbers: &[u64]| Dice::of(numbers).draw();
        assert_ne!(first(&[1, 2]), first(&[2, 1]));
        assert_ne!(first(&[1, 2]), first(&[1, 3]));
    }
}
