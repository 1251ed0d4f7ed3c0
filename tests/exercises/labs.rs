//! The labs: their pages are run, and their answers are what happens.
