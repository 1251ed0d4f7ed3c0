//! The connections that somebody watches, or is about to watch: by the token that both know.
//!
//! What nobody has wanted for a minute goes when the next one comes, and so does what somebody has waited for in vain.

use crate::wire::watch::{Token, Watch};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All of them.
#[derive(Debug)]
pub struct Watches {
    most: usize,
    by_token: Mutex<HashMap<Token, Arc<Watch>>>,
}

impl Watches {
    /// Room for so many.
    pub fn new(most: usize) -> Watches {
        Watches { most, by_token: Mutex::default() }
    }

    /// The one with this token, or a new one. `None`: there is no room.
    pub fn find_or_make(&self, token: Token) -> Option<Arc<Watch>> {
        let mut by_token = self.lock();
        if let Some(watch) = by_token.get(&token) {
            return Some(Arc::clone(watch));
        }
        by_token.retain(|_, watch| {
            let is_forgotten = watch.is_forgotten();
            // Whoever has it besides this map counts or watches, or is about to.
            Arc::strong_count(watch) > 1 || !is_forgotten
        });
        let is_room = by_token.len() < self.most;
        is_room.then(|| Arc::clone(by_token.entry(token).or_default()))
    }

    /// The one with this token, if there is one.
    pub fn find(&self, token: Token) -> Option<Arc<Watch>> {
        self.lock().get(&token).map(Arc::clone)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Token, Arc<Watch>>> {
        // The map is whole at every moment at which a thread could panic.
        self.by_token.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many() {
        let watches = Watches::new(2);
        let token = |digit: char| Token::parse(&digit.to_string().repeat(32)).expect("a token");
        let first = watches.find_or_make(token('a')).expect("room");
        watches.find_or_make(token('b')).expect("room").count_request(1);
        assert!(watches.find_or_make(token('c')).is_none());
        assert!(Arc::ptr_eq(&first, &watches.find_or_make(token('a')).expect("the same")));
        assert!(watches.find(token('c')).is_none() && watches.find(token('b')).is_some());
    }

    #[test]
    fn who_waits_in_vain_has_a_place_only_while_waiting() {
        let watches = Watches::new(1);
        let [first, second] = ['a', 'b'].map(|digit| Token::parse(&digit.to_string().repeat(32)).expect("a token"));
        let waits = watches.find_or_make(first).expect("room");
        assert!(watches.find_or_make(second).is_none());
        drop(waits);
        assert!(watches.find_or_make(second).is_some());
        assert!(watches.find(first).is_none());
    }
}
