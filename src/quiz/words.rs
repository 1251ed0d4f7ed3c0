//! Short words for payloads and names: all of them lower case, so that a table of ASCII is not needed, and none of them a
//! word that a question asks for. A word is never taken out of a list or moved: that would change the questions.

use super::dice::Dice;

/// How to read a text without a table.
pub(super) const ASCII: &str = "In ASCII 61 is a, 62 is b, and so on to 7a, which is z.";

const SHORT: [&str; 40] = [
    "ant", "bat", "bee", "cat", "cod", "cow", "crab", "crow", "deer", "dog", "dove", "duck", "eel", "elk", "fox",
    "frog", "goat", "hare", "hawk", "hen", "jay", "kiwi", "lark", "lion", "lynx", "mole", "moth", "mule", "newt",
    "owl", "ox", "pike", "puma", "ram", "seal", "swan", "toad", "wasp", "wolf", "yak",
];

const LONG: [&str; 32] = [
    "antelope", "badger", "beaver", "buffalo", "camel", "caribou", "cheetah", "cricket", "dolphin", "donkey", "falcon",
    "ferret", "giraffe", "gorilla", "hamster", "hedgehog", "herring", "jackal", "leopard", "lobster", "magpie",
    "monkey", "octopus", "ostrich", "panther", "pelican", "penguin", "rabbit", "salmon", "sparrow", "squirrel",
    "walrus",
];

/// A word of two to four letters.
pub(super) fn short(dice: &mut Dice) -> &'static str {
    dice.one_of(&SHORT)
}

/// A word of five to eight letters.
pub(super) fn long(dice: &mut Dice) -> &'static str {
    dice.one_of(&LONG)
}
