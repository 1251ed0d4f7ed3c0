//! "Fill the frame": each file fails unsolved, passes solved, and notices what students get wrong.
