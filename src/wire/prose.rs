//! Words in lines that fit: for a terminal, and for whoever reads them.

/// The shortest that lines are wrapped to.
const NARROW: usize = 40;

/// So much of a line at least is left when it is cut at a gap.
const LEAST: usize = 10;

/// The words behind what they begin with, wrapped; further lines begin at this column. A word that is too long for a line
/// stays whole. `begin` may have colours, which take no room.
pub fn hanging(begin: &str, words: &str, column: usize, width: usize) -> String {
    let mut text = begin.to_owned();
    let mut len = visible(begin);
    let width = width.max(column + NARROW);
    for (at, word) in words.split(' ').enumerate() {
        let needed = visible(word);
        if at > 0 && len > column && len + 1 + needed > width {
            text.push_str(&format!("\n{:column$}", ""));
            len = column;
        } else if at > 0 {
            text.push(' ');
            len += 1;
        }
        text.push_str(word);
        len += needed;
    }
    text.push('\n');
    text
}

/// A line that was set by somebody else, such as a row of bits, cut where it is too long: best at a gap between columns,
/// else between words. What is cut off stands below, at this column.
pub fn folded(line: &str, column: usize, width: usize) -> String {
    let width = width.max(column + NARROW);
    let (mut text, mut rest, mut column_now) = (String::new(), line.to_owned(), 0);
    while column_now + visible(&rest) > width {
        let (head, tail) = cut(&rest, width - column_now);
        text.push_str(&format!("{:column_now$}{}\n", "", head));
        rest = tail;
        column_now = column;
    }
    format!("{text}{:column_now$}{rest}\n", "")
}

/// The last place in so many columns where a line may end: what stands before it, and behind it. A line without a gap is
/// cut where it is full.
fn cut(line: &str, most: usize) -> (String, String) {
    let nth = |most: usize| line.char_indices().nth(most).map_or(line.len(), |(at, _)| at);
    let begin = line.len() - line.trim_start().len();
    let is_late = |at: &usize| line[..*at].trim().chars().count() >= LEAST;
    let gap = |gap: &str| line[begin..nth(most + 1)].rfind(gap).map(|at| begin + at).filter(is_late);
    let at = gap("  ").or_else(|| gap(" ")).unwrap_or(nth(most));
    (line[..at].trim_end().to_owned(), line[at..].trim_start().to_owned())
}

/// How many columns of a terminal a text takes, without its colours.
pub fn visible(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_wrapped_below_each_other() {
        let told =
            hanging("  cause:  ", "a word and another one and so on and so forth until the line is full", 10, 50);
        assert_eq!(told, "  cause:  a word and another one and so on and so\n          forth until the line is full\n");
        assert_eq!(hanging("", "", 0, 0), "\n");
        let long = "x".repeat(90);
        assert_eq!(hanging("a ", &long, 2, 50), format!("a {long}\n"));
        assert_eq!(hanging("\u{1b}[1ma\u{1b}[0m ", &"b ".repeat(23), 2, 46).lines().count(), 2);
    }

    #[test]
    fn a_row_is_cut_between_its_columns() {
        let row = "    7f 9f 4d 51 -> 48 65 6c 6c  payload, unmasked: \"Hell\"";
        assert_eq!(folded(row, 6, 80), format!("{row}\n"));
        assert_eq!(folded(row, 6, 50), "    7f 9f 4d 51 -> 48 65 6c 6c\n      payload, unmasked: \"Hell\"\n");
        let long = "x".repeat(90);
        assert_eq!(folded(&long, 6, 50), format!("{}\n      {}\n", "x".repeat(50), "x".repeat(40)));
        for most in 0..120 {
            let folded = folded(
                "é 日本 \u{301} a  b   日本語日本語日本語日本語 c d e f g h i j k l m n o p q r s t u v w x y z",
                2,
                most,
            );
            assert!(folded.lines().all(|line| line.chars().count() <= most.max(NARROW + 2)), "{folded}");
        }
    }
}
