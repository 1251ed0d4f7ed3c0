//! What the user gave that nobody else should read: a password, a token, a cookie. A server may repeat it, in its refusal or
//! in a name, and a report is put into tickets.

use super::report::Section;
use super::settings::Settings;
use crate::wire::{escape, secrets};
use data_encoding::BASE64;
use serde_json::Value;

/// A shorter one stands by chance in many a word.
const SHORTEST: usize = 4;

/// The secrets of one run.
#[derive(Clone)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Those of the URL and of the fields.
    pub fn of(settings: &Settings) -> Secrets {
        let users = settings.url.userinfo.iter();
        let users = users
            .flat_map(|(user, password)| [password.clone(), BASE64.encode(format!("{user}:{password}").as_bytes())]);
        let fields = settings.offer.fields.iter().filter(|(name, _)| secrets::is_secret(name));
        let fields = fields.flat_map(|(name, value)| parts(name, value)).map(str::to_owned);
        // As they stand in a report.
        let mut all: Vec<String> = users.chain(fields).map(|secret| escape::text(secret.as_bytes())).collect();
        all.retain(|secret| secret.len() >= SHORTEST);
        // One may be a part of another.
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Secrets(all)
    }

    /// The text with stars in their place.
    pub fn hide(&self, text: &mut String) {
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), &"*".repeat(secret.chars().count()));
            }
        }
    }

    /// All that a section says.
    pub fn hide_in(&self, section: &mut Section) {
        let rows = section.heads.iter_mut().flat_map(|row| row.sent.iter_mut().chain(&mut row.arrived));
        let faults = section.faults.iter_mut().map(|found| &mut found.says);
        let lines = section.evidence.iter_mut().chain(&mut section.notes);
        lines.chain(faults).chain(rows).chain([&mut section.verdict]).for_each(|text| self.hide(text));
        section.facts.values_mut().for_each(|value| self.hide_in_value(value));
    }

    fn hide_in_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => self.hide(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.hide_in_value(value)),
            Value::Object(values) => values.values_mut().for_each(|value| self.hide_in_value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// What is secret of a field's value: of a cookie its value, of `Bearer TOKEN` the token.
fn parts<'a>(name: &str, value: &'a str) -> Vec<&'a str> {
    if name.eq_ignore_ascii_case("cookie") {
        return value.split(';').map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value).trim()).collect();
    }
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    if words.len() > 1 { words[1..].to_vec() } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use crate::probe::{Fault, Name};
    use clap::Parser;
    use serde_json::json;

    fn secrets(words: &[&str]) -> Secrets {
        match Cli::parse_from([&["ws101", "probe"], words].concat()).command {
            Some(Command::Probe(probe)) => Secrets::of(&probe.settings().expect("settings")),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_secret_is_starred_wherever_it_stands() {
        let secrets = secrets(&[
            "-H",
            "Authorization: Bearer abcdefgh",
            "-H",
            "cookie: a=01; sid=hush-hush",
            "-H",
            "X: plain",
            "ws://user:p%C3%A4ss@a/ws",
        ]);
        let base64 = BASE64.encode("user:päss".as_bytes());
        let mut text = format!("no Bearer abcdefgh, no sid=hush-hush and a=01, no päss, no {base64}, X: plain");
        secrets.hide(&mut text);
        let stars = "*".repeat(base64.len());
        assert_eq!(text, format!("no Bearer ********, no sid=********* and a=01, no ****, no {stars}, X: plain"));
    }

    #[test]
    fn nothing_of_a_section_is_left_out() {
        let mut section = Section::new(Name::Handshake);
        section.verdict = "abcdefgh".to_owned();
        section.saw("abcdefgh");
        section.note("abcdefgh");
        section.fault(Fault::Refused, "abcdefgh");
        section.fact("a", json!({ "b": ["abcdefgh"] }));
        section.heads = crate::probe::diff::diff(&["abcdefgh".to_owned()], &["abcdefgh".to_owned()]);
        secrets(&["-H", "Proxy-Authorization: abcdefgh", "ws://a/ws"]).hide_in(&mut section);
        assert!(!format!("{section:?}").contains("abcdefgh"), "{section:?}");
    }
}
