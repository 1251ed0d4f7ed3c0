//! A head as lines of text, as it was sent or as it is told to have arrived: the request line, then `Name: value`.

/// The name of a field in lower case. A request line has none.
pub fn name(line: &str) -> String {
    line.split_once(':').map_or(String::new(), |(name, _)| name.trim().to_ascii_lowercase())
}

/// All values of a field, in order, whatever the case of its name. The first line is the request line.
pub fn values<'a>(lines: &'a [String], wanted: &'a str) -> impl Iterator<Item = &'a str> {
    let fields = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
    fields.filter(move |(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
}

/// Whether a list field has this token.
pub fn has_token(lines: &[String], name: &str, token: &str) -> bool {
    values(lines, name).flat_map(|value| value.split(',')).any(|element| element.trim().eq_ignore_ascii_case(token))
}

/// The names that have a capital letter, and all that there are.
pub fn capitals<'a>(names: impl Iterator<Item = &'a str>) -> (usize, usize) {
    names.fold((0, 0), |(capital, all), name| {
        (capital + usize::from(name.bytes().any(|byte| byte.is_ascii_uppercase())), all + 1)
    })
}

/// The names of the fields as they stand there.
pub fn names(lines: &[String]) -> impl Iterator<Item = &str> {
    lines.iter().skip(1).filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim())
}

/// A head from text, for tests.
#[cfg(test)]
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_line_is_no_field() {
        let head = lines("GET http://a/ HTTP/1.1\nHost: a:80\nconnection: keep-alive, Upgrade\nCONNECTION: x");
        assert_eq!(values(&head, "get http").count(), 0);
        assert_eq!(values(&head, "host").collect::<Vec<_>>(), ["a:80"]);
        assert!(has_token(&head, "Connection", "upgrade") && has_token(&head, "Connection", "X"));
        assert!(!has_token(&head, "Connection", "close"));
        assert_eq!(capitals(names(&head)), (2, 3));
    }
}
