//! The quiz: the same question for ever, and an answer that somebody else finds as well.
//!
//! A question is taken as it is printed. Its bytes are read out of the text, and the answer is found again from them: by
//! `decode`, by the client, by arithmetic that stands here.
//!
//! BLESS=1 cargo test --test quiz      rewrites tests/data/quiz.txt. That changes sheets that teachers have printed.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/fences.rs"]
mod fences;

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{Cursor, Write};
use std::process::{Command, Stdio};
use tungstenite::protocol::Role;
use ws101::client::{self, Offer, Url, response};
use ws101::decode::input::{Form, Input};
use ws101::decode::{self, Settings};
use ws101::protocol::close;
use ws101::quiz::answer::Answer;
use ws101::quiz::text::{self, Sheet};
use ws101::quiz::{LEVELS, Material, Question, Topic, json, question};
use ws101::wire::hex;

/// How many seeds are tried at each level of each topic.
const SEEDS: u64 = 1500;

fn everything() -> impl Iterator<Item = (Topic, u8)> {
    Topic::ALL.into_iter().flat_map(|topic| LEVELS.map(move |level| (topic, level)))
}

fn questions() -> impl Iterator<Item = Question> {
    everything().flat_map(|(topic, level)| (0..SEEDS).map(move |seed| question(topic, level, seed)))
}

// --- the same for ever ---

#[test]
fn the_questions_are_those_of_the_last_release() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/quiz.txt");
    let mut text = String::new();
    for (topic, level) in everything() {
        let few: BTreeSet<u64> = (0..topic.kinds(level).count() as u64).chain([123_456_789, u64::MAX]).collect();
        // Nothing but this list holds what is so by rule and by no code: all of it stands here.
        let by_rule = (0..100).filter(|seed| ["situation", "who"].contains(&question(topic, level, *seed).kind));
        let mut asked_before = BTreeSet::new();
        for seed in few.iter().copied().chain(by_rule.filter(|seed| !few.contains(seed))) {
            let asked = question(topic, level, seed);
            if !asked_before.insert(printed(&asked)) {
                continue;
            }
            let _ = writeln!(text, "--- {topic} {level} {seed}: {}\n", asked.kind);
            let _ = writeln!(text, "{}\nAnswer: {}\n", text::question(&asked, ""), asked.answer);
        }
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    for (kept, now) in kept.split("--- ").zip(text.split("--- ")) {
        assert_eq!(now, kept, "a question has changed, and a sheet that was printed has other answers now");
    }
    assert_eq!(text.len(), kept.len());
}

#[test]
fn a_seed_repeats_its_question_and_another_seed_has_another() {
    for (topic, level) in everything() {
        let texts: Vec<String> = (0..500).map(|seed| printed(&question(topic, level, seed))).collect();
        assert_eq!(texts, (0..500).map(|seed| printed(&question(topic, level, seed))).collect::<Vec<_>>());
        // `close` asks about few codes, and about a few things that happen.
        let least = if topic == Topic::Close { 60 } else { 350 };
        let different = texts.iter().collect::<BTreeSet<_>>().len();
        assert!(different >= least, "{topic} {level}: {different} different questions of 500");
        let twice = texts.windows(2).filter(|pair| pair[0] == pair[1]).count();
        assert!(twice <= 5, "{topic} {level}: {twice} times one twice in a row");
    }
    let first = |topic| printed(&question(topic, 3, 1));
    assert!(Topic::ALL.iter().collect::<Vec<_>>().windows(2).all(|pair| first(*pair[0]) != first(*pair[1])));
}

fn printed(asked: &Question) -> String {
    text::question(asked, "")
}

// --- the right answer, found again ---

#[test]
fn the_answer_to_every_question_is_found_from_what_is_printed() {
    for asked in questions() {
        let text = printed(&asked);
        let found = match asked.topic {
            Topic::Frame => frame_answer(&asked, &text),
            Topic::Handshake => handshake_answer(&asked, &text),
            Topic::Close => close_answer(&asked, &text),
        };
        let name = format!("{} {} {} ({})", asked.topic, asked.level, asked.seed, asked.kind);
        assert!(asked.answer.fits(&found), "{name}: found {found}\n{text}\n{}", asked.answer);
        assert!(asked.answer.fits(&short(&asked.answer)), "{name}: its own answer is not taken\n{text}");
        assert!(!asked.answer.fits("") && !asked.answer.fits("something else"), "{name}");
    }
}

/// The answer as a student writes it: of a choice the letter.
fn short(answer: &Answer) -> String {
    let told = answer.to_string();
    if matches!(answer, Answer::Choice(..)) { told[..1].to_owned() } else { told }
}

/// The rows of hex of a question.
fn bytes_of(text: &str) -> Vec<u8> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("    "));
    let rows: Vec<&str> = rows.take_while(|row| !row.starts_with("a  ")).collect();
    hex::parse(&rows.join(" ")).unwrap_or_default()
}

/// The lines of the heads of a question, as they were on the wire.
fn heads_of(text: &str) -> Vec<u8> {
    let start = text.find("\n\n").unwrap() + 2;
    let mut heads = Vec::new();
    for line in text[start..].lines() {
        match line.strip_prefix("    ") {
            Some(line) => heads.extend_from_slice(format!("{line}\r\n").as_bytes()),
            None if line.is_empty() => heads.extend_from_slice(b"\r\n"),
            None => break,
        }
    }
    heads
}

/// What `ws101 decode --json` says, an object a line.
fn decoded(bytes: &[u8], from: Option<Role>) -> Vec<Value> {
    let settings = Settings { from, json: true, ..Settings::default() };
    let mut out = Vec::new();
    let mut input = Input::new(Box::new(Cursor::new(bytes.to_vec())), Some(Form::Raw));
    decode::run(&mut input, &settings, &mut out).expect("bytes at hand");
    String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_type<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["type"] == kind).collect()
}

/// All faults, and in which object.
fn faults(objects: &[Value]) -> Vec<(usize, &Value)> {
    let each = objects.iter().enumerate();
    each.flat_map(|(at, object)| object["faults"].as_array().into_iter().flatten().map(move |fault| (at, fault)))
        .collect()
}

fn sender(text: &str) -> Role {
    let is_client = text.contains("A client sent") || text.contains("May a client");
    if is_client { Role::Client } else { Role::Server }
}

/// A number in a text, behind these words.
fn number_behind(text: &str, words: &str) -> u64 {
    let text = text.replace('\n', " ");
    let rest = text.split(words).nth(1).unwrap_or_else(|| panic!("{words}: {text}"));
    rest.chars()
        .take_while(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap_or_else(|_| panic!("{words}: {text}"))
}

fn frame_answer(asked: &Question, text: &str) -> String {
    let bytes = bytes_of(text);
    match asked.kind {
        "write" | "mask" | "pong" | "write-header" => return written_answer(asked, text),
        // A header cut off after two bytes.
        "whole" | "header" => {
            let (is_masked, seven) = (bytes[1] & 0x80 != 0, u64::from(bytes[1] & 0x7f));
            let header =
                2 + if is_masked { 4 } else { 0 } + [0, 2, 8][[125, 126].iter().filter(|most| seven > **most).count()];
            return (header + if asked.kind == "whole" { seven } else { 0 }).to_string();
        }
        _ => {}
    }
    let masked = bytes[1] & 0x80 != 0;
    let from = match asked.kind {
        "kind" | "length" | "sender" | "all" | "text" | "extended" if masked => Role::Client,
        "kind" | "length" | "sender" | "all" | "text" | "extended" => Role::Server,
        _ => sender(text),
    };
    let objects = decoded(&bytes, Some(from));
    let frames: Vec<&Value> =
        objects.iter().filter(|object| object["type"] == "frame" || object["of"] == "payload").collect();
    let who = if from == Role::Client { "client" } else { "server" };
    let first = frames[0];
    match asked.kind {
        "kind" => first["name"].as_str().unwrap().to_owned(),
        "length" | "extended" => first["length"].to_string(),
        "sender" => who.to_owned(),
        "all" => format!("{who} {} {}", first["name"].as_str().unwrap(), first["length"]),
        "text" | "unmask" | "fragments" => of_type(&objects, "message")[0]["text"].as_str().unwrap().to_owned(),
        "count" => format!("{} {}", frames.len(), of_type(&objects, "message").len()),
        _ => fault_answer(asked, &objects, &frames),
    }
}

/// What is wrong, by what `decode` says.
fn fault_answer(asked: &Question, objects: &[Value], frames: &[&Value]) -> String {
    let found = faults(objects);
    assert!(found.len() <= 1, "{}: more than one thing is wrong: {found:?}", printed(asked));
    let fault = found.first().map(|(_, fault)| *fault);
    match asked.kind {
        "wrong" => fault.map_or("nothing is wrong", |fault| sentence(fault["why"].as_str().unwrap())).to_owned(),
        "legal" => if fault.is_none() { "yes" } else { "no" }.to_owned(),
        // What stands behind a Close is discarded: the Close is what is answered.
        "code" | "fault" if fault.is_some_and(|fault| fault["why"].as_str().unwrap().contains("after the Close")) => {
            panic!("no code answers that:\n{}", printed(asked))
        }
        "code" | "fault" => fault.map_or("0".to_owned(), |fault| fault["close_code"].to_string()),
        "which" => {
            let wrong = frames.iter().position(|frame| frame["faults"].as_array().is_some_and(|all| !all.is_empty()));
            wrong.map_or(0, |at| at + 1).to_string()
        }
        other => panic!("nobody finds the answer to {other}"),
    }
}

/// The words of the choice that say what `decode` says.
fn sentence(why: &str) -> &'static str {
    let all = [
        ("RSV bits", "a reserved bit is set"),
        ("reserved opcode", "the opcode is reserved"),
        ("from a client must be masked", "a client's frame is not masked"),
        ("from a server must not be masked", "a server's frame is masked"),
        ("over 125", "a control frame is longer than 125 bytes"),
        ("may not be fragmented", "a control frame is fragmented"),
        ("minimal form", "the length is not in its shortest form"),
        ("text is not UTF-8", "text is not UTF-8"),
        ("ends inside a character", "text is not UTF-8"),
        ("must not be sent in a frame", "a close code may not be sent"),
        ("a Close of one byte", "a Close has half a code"),
        ("no message to continue", "a continuation continues nothing"),
        ("inside an unfinished one", "a new message begins inside an unfinished one"),
        ("after", "a message is sent after a Close"),
    ];
    all.iter().find(|(part, _)| why.contains(part)).unwrap_or_else(|| panic!("no sentence for {why}")).1
}

/// The bytes that the words ask for, put together here.
fn written_answer(asked: &Question, text: &str) -> String {
    let text = text.replace('\n', " ");
    let quoted = |text: &str| text.split('`').nth(1).unwrap_or_default().as_bytes().to_vec();
    let frame = |first: u8, payload: &[u8]| [&[first, payload.len() as u8], payload].concat();
    let close = |code: u64| frame(0x88, &(code as u16).to_be_bytes());
    let bytes = match asked.kind {
        "write" if text.contains("a Ping with") => frame(0x89, &quoted(&text)),
        "write" if text.contains("a Pong without") => frame(0x8a, b""),
        "write" if text.contains("a Close with") => close(number_behind(&text, "the code ")),
        "write" if text.contains("the text message") => frame(0x81, &quoted(&text)),
        "mask" => {
            let key = text.split("masking key ").nth(1).unwrap().split('.').next().unwrap();
            let key = hex::parse(key).unwrap();
            let masked: Vec<u8> = quoted(&text).iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
            [&[0x81, 0x80 | masked.len() as u8], &key[..], &masked].concat()
        }
        "pong" => {
            let ping = bytes_of(&printed(asked));
            let plain: Vec<u8> =
                ping[6..].iter().zip(ping[2..6].iter().cycle()).map(|(byte, key)| byte ^ key).collect();
            frame(0x8a, &plain)
        }
        "write-header" => match number_behind(&text, "message of ") {
            length @ 126..=65_535 => [&[0x82, 126], &(length as u16).to_be_bytes()[..]].concat(),
            length => [&[0x82, 127], &length.to_be_bytes()[..]].concat(),
        },
        other => panic!("nobody finds the answer to {other}: {text}"),
    };
    hex::pairs(&bytes)
}

fn handshake_answer(asked: &Question, text: &str) -> String {
    let heads = heads_of(text);
    if asked.level == 3 {
        return exchange_answer(asked, &heads);
    }
    let objects = decoded(&heads, None);
    let found = faults(&objects);
    let fault = found.first().map(|(_, fault)| fault["why"].as_str().unwrap());
    let head = of_type(&objects, "head")[0];
    let is_right = head["handshake"] == true && fault.is_none();
    let yes_or_no = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
    let values = |name: &str| -> Vec<String> {
        let lines = String::from_utf8(heads.clone()).unwrap();
        let fields = lines.lines().filter_map(|line| line.split_once(": "));
        fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).collect()
    };
    match asked.kind {
        "right" | "tokens" | "key" => {
            assert!(found.len() <= 1 || asked.kind == "right", "{text}: {found:?}");
            yes_or_no(is_right)
        }
        "missing" => {
            let needed = ["Host", "Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key"];
            let missing: Vec<&str> = needed.into_iter().filter(|name| values(name).is_empty()).collect();
            assert!(missing.len() == 1 && found.len() == 1, "{text}: {found:?}");
            missing[0].to_owned()
        }
        "status" => match fault {
            None => "101",
            Some(why) if why.contains("not POST") => "405",
            Some(why)
                if ["HTTP/1.0", "no Upgrade", "Connection does not", "asked for"]
                    .iter()
                    .any(|part| why.contains(part)) =>
            {
                "426"
            }
            Some(_) => "400",
        }
        .to_owned(),
        "subprotocol" => {
            let words = text.replace('\n', " ");
            let spoken = words.split("The server speaks ").nth(1).unwrap().split(", and takes").next().unwrap();
            let spoken: Vec<&str> = spoken.split(" and ").collect();
            let offered = values("Sec-WebSocket-Protocol").join(", ");
            offered.split(", ").find(|name| spoken.contains(name)).unwrap_or("none of them").to_owned()
        }
        "origin" => yes_or_no(match &values("Origin")[..] {
            [] => true,
            [origin] => origin.eq_ignore_ascii_case("https://example.com"),
            _ => false,
        }),
        other => panic!("nobody finds the answer to {other}"),
    }
}

/// What this crate's client says to the answer of a server.
fn exchange_answer(asked: &Question, heads: &[u8]) -> String {
    let heads = String::from_utf8(heads.to_vec()).unwrap();
    let (request, answer) = heads.split_once("\r\n\r\n").unwrap();
    let fields = request.lines().skip(1).map(|line| Offer::field(line).unwrap()).collect();
    let sent = Offer { fields, ..Offer::default() }.request(&Url::parse("ws://example.com").unwrap()).unwrap();
    let response::Parsed::Complete(head, _) = response::parse(answer.as_bytes()) else { panic!("{answer}") };
    let judged = client::handshake::judge(&head, &sent);
    match asked.kind {
        "go-on" => if head.status == 101 && judged.is_ok() { "yes" } else { "no" }.to_owned(),
        "agreed" => judged.unwrap().unwrap_or("none".to_owned()),
        "why-not" => {
            let Err((section, why)) = judged else { return "nothing is wrong".to_owned() };
            let is_missing = why.starts_with("there is no ");
            match (section, is_missing) {
                ("s4.1, 2", true) => "Upgrade is missing",
                ("s4.1, 2", false) => "Upgrade names another protocol",
                ("s4.1, 3", true) => "Connection is missing",
                ("s4.1, 3", false) => "Connection lists something else, and not Upgrade",
                ("s4.1, 4", true) => "Sec-WebSocket-Accept is missing",
                ("s4.1, 4", false) => "Sec-WebSocket-Accept has a wrong value",
                ("s4.1, 5", _) => "an extension was not offered",
                ("s4.1, 6", _) => "a subprotocol was not offered",
                other => panic!("{other:?}: {why}"),
            }
            .to_owned()
        }
        other => panic!("nobody finds the answer to {other}"),
    }
}

fn close_answer(asked: &Question, text: &str) -> String {
    let bytes = bytes_of(text);
    let words = text.replace('\n', " ");
    let code = |bytes: &[u8]| u16::from_be_bytes([bytes[2], bytes[3]]);
    match asked.kind {
        "meaning" => {
            let meaning = close::meaning(number_behind(&words, "the close code ") as u16);
            meaning.split("; never sent").next().unwrap().split("never sent").next().unwrap().to_owned()
        }
        "code" => {
            let meaning = words.split('"').nth(1).unwrap();
            (1000..1016).find(|code| close::meaning(*code).starts_with(meaning)).unwrap().to_string()
        }
        "travel" => if close::may_travel(number_behind(&words, "the code ") as u16) { "yes" } else { "no" }.to_owned(),
        "read" => code(&bytes).to_string(),
        "reason" => String::from_utf8(bytes[4..].to_vec()).unwrap(),
        "write" => {
            let [high, low] = (number_behind(&words, "the code ") as u16).to_be_bytes();
            hex::pairs(&[0x88, 2, high, low])
        }
        "reply" => {
            let plain: Vec<u8> = bytes[6..].iter().zip(&bytes[2..6]).map(|(byte, key)| byte ^ key).collect();
            hex::pairs(&[&[0x88, plain.len() as u8], &plain[..]].concat())
        }
        "legal" => if faults(&decoded(&bytes, Some(Role::Server))).is_empty() { "yes" } else { "no" }.to_owned(),
        "fault" => fault_answer(asked, &decoded(&bytes, Some(sender(text))), &[]),
        "limit" => {
            let limit = number_behind(&words, "messages of up to ");
            let sent = words.split("a binary message").nth(1).unwrap().split("Which code").next().unwrap();
            let sizes: Vec<&str> = sent.split(" KiB").collect();
            let number = |before: &&str| before.rsplit(' ').next().and_then(|word| word.parse::<u64>().ok());
            let total: u64 = sizes.iter().filter_map(number).sum();
            if total > limit { "1009" } else { "0" }.to_owned()
        }
        // By rule and not by code: these are read, and the section stands beside them.
        "situation" | "who" => short(&asked.answer),
        other => panic!("nobody finds the answer to {other}"),
    }
}

// --- what a question must be ---

#[test]
fn choices_differ_and_lines_fit_on_paper() {
    for asked in questions() {
        let text = printed(&asked);
        if let Answer::Choice(choices, right) = &asked.answer {
            let different: BTreeSet<String> = choices.iter().cloned().collect();
            assert!(different.len() == choices.len() && *right < choices.len() && choices.len() >= 3, "{text}");
        }
        assert!(text.lines().all(|line| line.chars().count() <= 78), "{text}");
        assert!(text.ends_with('\n') && !text.contains("\n\n\n") && !text.contains('\r'), "{text:?}");
        let why = text::why(&asked, "");
        assert!(why.len() > 20 && !asked.section.is_empty() && !why.contains(" ()"), "{text}: {why}");
        // A sentence ends with one full stop.
        assert!(!asked.why.contains("..") && asked.why.ends_with(['.', ')']), "{text}: {why}");
    }
}

#[test]
fn the_answer_is_not_in_the_question() {
    for asked in questions() {
        let prose = format!("{} {}", asked.before, asked.ask).to_lowercase();
        let words: BTreeSet<&str> = prose.split(|one: char| !one.is_ascii_alphanumeric()).collect();
        let shown = match &asked.answer {
            Answer::Text(word) => words.contains(word.to_lowercase().as_str()),
            Answer::Bytes(bytes) => prose.contains(&hex::pairs(bytes)),
            // 0 and 1 are named as what to write, and those of a sum stand there.
            Answer::Number(number) => *number > 3 && words.contains(number.to_string().as_str()),
            // What the question lists, or asks yes or no about, is in it by its nature.
            Answer::Choice(..) | Answer::Word(..) | Answer::Parts(_) => false,
        };
        assert!(!shown, "{}: {}", printed(&asked), asked.answer);
        if let (Answer::Bytes(bytes), Material::Bytes(shown)) = (&asked.answer, &asked.material) {
            assert_ne!(bytes, shown, "{}", printed(&asked));
        }
        assert!(!printed(&asked).contains("Answer"), "{}", printed(&asked));
    }
}

/// Who always says yes, or always takes the same letter, must not do well.
#[test]
fn no_answer_is_right_most_of_the_time() {
    let mut answers: BTreeMap<(String, u8, &str), BTreeMap<String, u64>> = BTreeMap::new();
    for asked in questions() {
        let kind = (asked.topic.to_string(), asked.level, asked.kind);
        *answers.entry(kind).or_default().entry(short(&asked.answer)).or_default() += 1;
    }
    let kinds: usize = everything().map(|(topic, level)| topic.kinds(level).count()).sum();
    assert_eq!(answers.len(), kinds);
    for (kind, counts) in answers {
        let (all, most) = (counts.values().sum::<u64>(), *counts.values().max().unwrap());
        assert!(counts.len() > 1 && most * 100 <= all * 70, "{kind:?}: {counts:?}");
    }
}

// --- the program ---

fn quiz(arguments: &str, stdin: &[u8]) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ws101"))
        .arg("quiz")
        .args(arguments.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who ends after two answers leaves the others unread.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_program_prints_a_sheet_and_its_answers() {
    let (code, sheet, _) = quiz("frame --level 2 --seed 5 --count 3", b"");
    assert_eq!(code, Some(0));
    let sheet_of =
        |answers| Sheet { topic: Topic::Frame, level: 2, seed: 5, count: 3, answers, brief: false, ink: false };
    assert_eq!(sheet, sheet_of(false).parts().collect::<String>());
    assert!(sheet.starts_with("frame, level 2, seeds 5 to 7\n\n1. ") && sheet.contains("\n3. "), "{sheet}");
    // Its last line is the command that prints the answers.
    let command = sheet.lines().last().unwrap().strip_prefix("The answers: ws101 quiz ").unwrap();
    let (code, answers, _) = quiz(command, b"");
    assert_eq!((code, answers.as_str()), (Some(0), sheet_of(true).parts().collect::<String>().as_str()));
    for (number, seed) in (1..).zip(5..8) {
        let right = question(Topic::Frame, 2, seed).answer;
        assert!(answers.contains(&format!("{number}. Answer: {right}\n")), "{answers}");
    }
    let (code, brief, _) = quiz(&format!("{command} --brief"), b"");
    let rights: String = (1..)
        .zip(5..8)
        .map(|(number, seed)| format!("{number}. {}\n", question(Topic::Frame, 2, seed).answer))
        .collect();
    assert_eq!((code, brief), (Some(0), format!("frame, level 2, seeds 5 to 7: the answers\n\n{rights}")));
}

#[test]
fn a_seed_that_was_drawn_is_named() {
    let (code, text, _) = quiz("close", b"");
    assert_eq!(code, Some(0));
    let seed = text.lines().next().unwrap().strip_prefix("close, level 1, seed ").unwrap();
    assert_eq!(quiz(&format!("close --seed {seed}"), b"").1, text);
}

/// The commands of the answers, typed: they print what the answer says they print.
#[test]
fn the_words_of_the_other_commands_are_theirs() {
    let mut ran = 0;
    for (topic, level) in everything() {
        for seed in 0..topic.kinds(level).count() as u64 {
            for told in question(topic, level, seed).told {
                let title = told.title();
                let Some(command) = title.strip_prefix("ws101 ").filter(|words| !words.ends_with(':')) else {
                    continue;
                };
                let output = Command::new(env!("CARGO_BIN_EXE_ws101")).args(fences::words(command)).output().unwrap();
                assert_eq!(String::from_utf8(output.stdout).unwrap(), told.text(false), "{title}");
                ran += 1;
            }
        }
    }
    assert!(ran > 20, "{ran}");
}

#[test]
fn heads_are_told_as_decode_tells_them() {
    let asked = question(Topic::Handshake, 1, 1);
    let Material::Heads(bytes) = &asked.material else { panic!("{asked:?}") };
    let mut child = Command::new(env!("CARGO_BIN_EXE_ws101"))
        .args(["decode", "--input", "raw"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), asked.told[0].text(false));
}

#[test]
fn answers_come_from_a_pipe_and_are_counted() {
    let answer = |seed| short(&question(Topic::Frame, 1, seed).answer);
    let said = format!("{}\nno idea\n\n{}", answer(7), answer(10));
    let (code, text, error) = quiz("frame --seed 7 --ask", said.as_bytes());
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert!(text.ends_with("\n2 of 4 right, 1 wrong, 1 passed over\n"), "{text}");
    assert_eq!(text.matches("\nRight. ").count(), 2, "{text}");
    assert!(text.contains("\nNot \"no idea\". The answer is: "), "{text}");
    let (code, text, _) = quiz("frame --seed 7 --ask --count 1", said.as_bytes());
    assert!(code == Some(0) && text.ends_with("\n1 of 1 right, 0 wrong, 0 passed over\n"), "{text}");
    let (code, text, _) = quiz("frame --ask", b"");
    assert!(code == Some(0) && text.ends_with("\n0 of 0 right, 0 wrong, 0 passed over\n"), "{text}");
    let (_, text, _) = quiz("frame --ask", b"\x1b[2J\xff\n");
    assert!(!text.contains('\u{1b}') && text.contains("\\u{1b}[2J\\xff"), "{text}");
}

#[test]
fn a_program_gets_one_object_a_line() {
    let (code, text, _) = quiz("handshake --level 2 --seed 3 --count 4 --json", b"");
    assert_eq!((code, text.lines().count()), (Some(0), 4));
    for (line, seed) in text.lines().zip(3..) {
        let object: Value = serde_json::from_str(line).unwrap();
        let asked = question(Topic::Handshake, 2, seed);
        assert_eq!(format!("{line}\n"), json::line(&asked));
        assert_eq!((object["seed"].as_u64(), object["kind"].as_str()), (Some(seed), Some(asked.kind)));
        assert_eq!(object["question"], asked.ask.as_str());
        let Material::Heads(bytes) = &asked.material else { panic!("{asked:?}") };
        assert_eq!(hex::parse(object["bytes"].as_str().unwrap()).as_ref(), Ok(bytes));
        let answer = object["answer"].as_str().unwrap();
        assert!(asked.answer.fits(answer), "{object}");
        assert!(object["choices"].as_array().unwrap().is_empty() || object["choices"].to_string().contains(answer));
    }
}

#[test]
fn wrong_use_is_refused() {
    for wrong in [
        "",
        "frames",
        "frame --level 0",
        "frame --level 4",
        "frame --seed x",
        "frame --count 0 --seed 1",
        "frame --count 10001",
        "frame --answer",
        "frame --seed 1 --brief",
        "frame --seed 1 --ask --answer",
        "frame --seed 1 --ask --brief",
        "frame --seed 1 --json --brief",
        "frame --ask --json",
        "frame --json --answer --seed 1",
    ] {
        let (code, text, error) = quiz(wrong, b"");
        assert!(code == Some(2) && text.is_empty() && !error.is_empty(), "{wrong}: {code:?} {error}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_an_error() {
    for arguments in [&["frame"][..], &["frame", "--ask"], &["frame", "--json"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output =
            Command::new(env!("CARGO_BIN_EXE_ws101")).arg("quiz").args(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(String::from_utf8(output.stderr).unwrap().starts_with("ws101: "), "{arguments:?}");
    }
}
