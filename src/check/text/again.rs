//! The command that runs one case again, as its user would write it.

use crate::check::settings::{Profile, Settings};
use crate::wire::{escape, secrets};
use std::time::Duration;

/// How a run was called.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is checked, for the title: the URL, with stars for a password.
    pub server: String,
    /// The settings.
    pub settings: Settings,
    /// The options that say which server: `--run '...'`, and a URL.
    pub target: Vec<String>,
}

impl Call {
    /// A run against a server that runs already.
    pub fn new(settings: &Settings) -> Call {
        let server = settings.url.to_string();
        Call { server: server.clone(), settings: settings.clone(), target: vec![server] }
    }

    /// The command for one case: with what matters to it, stars for secrets, and quotes where a shell needs them.
    pub fn alone(&self, address: &str) -> String {
        let mut words: Vec<String> = ["ws101", "check", "--only", address].map(str::to_owned).to_vec();
        let settings = &self.settings;
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if settings.seed != 0 {
            option("--seed", settings.seed.to_string());
        }
        if settings.profile == Profile::Strict {
            option("--profile", settings.profile.word().to_owned());
        }
        if settings.timeout != Duration::from_secs(2) {
            option("--timeout", humantime::format_duration(settings.timeout).to_string().replace(' ', ""));
        }
        for (name, value) in &settings.offer.fields {
            option("-H", field(name, value));
        }
        if let Some(origin) = &settings.offer.origin {
            option("--origin", origin.clone());
        }
        if !settings.offer.protocols.is_empty() {
            option("--protocol", settings.offer.protocols.join(","));
        }
        if settings.trust.insecure {
            words.push("-k".to_owned());
        }
        words.extend(self.target.iter().cloned());
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

/// As `-H` takes it.
fn field(name: &str, value: &str) -> String {
    let value = secrets::starred_value(name, value.as_bytes());
    match (name.strip_suffix(';'), value.as_slice()) {
        (Some(_), _) => name.to_owned(),
        (None, []) => format!("{name}:"),
        (None, value) => format!("{name}: {}", String::from_utf8_lossy(value)),
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,@%+=".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    // What a terminal must not be given can't be copied from it either.
    let shown = escape::again(word);
    format!("'{}'", shown.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Url;

    fn settings(url: &str) -> Settings {
        Settings::new(Url::parse(url).expect("a URL"))
    }

    #[test]
    fn the_command_has_what_matters_and_nothing_else() {
        let call = Call::new(&settings("ws://localhost:9001/"));
        assert_eq!(call.alone("ws/5.3/1"), "ws101 check --only ws/5.3/1 ws://localhost:9001/");
        let mut settings = Settings {
            seed: 7,
            profile: Profile::Strict,
            timeout: Duration::from_millis(1500),
            ..settings("wss://me:secret@a/ws?b=c&d")
        };
        settings.trust.insecure = true;
        settings.offer.origin = Some("https://a".to_owned());
        settings.offer.protocols = vec!["chat".to_owned(), "talk".to_owned()];
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        settings.offer.fields =
            vec![field("Cookie", "a=b; c"), field("Origin", ""), field("X;", ""), field("Y", "it's")];
        assert_eq!(
            Call::new(&settings).alone("ws/5.3/1"),
            "ws101 check --only ws/5.3/1 --seed 7 --profile strict --timeout 1s500ms -H 'Cookie: **** *' -H Origin: \
             -H 'X;' -H 'Y: it'\\''s' --origin https://a --protocol chat,talk -k 'wss://****@a/ws?b=c&d'"
        );
    }
}
