//! A question for programs, with its answer: one JSON object a line.
//!
//! `bytes` are lower-case hex, without blanks, of whatever the question shows; `choices` is empty where none are shown.

use super::answer::Answer;
use super::{Material, Question};
use crate::wire::escape;
use serde_json::{Value, json};

/// The object, with a line break behind it.
pub fn line(asked: &Question) -> String {
    let (bytes, is_head) = match &asked.material {
        Material::Nothing => (None, false),
        Material::Bytes(bytes) => (Some(bytes), false),
        Material::Heads(bytes) => (Some(bytes), true),
    };
    let choices = match &asked.answer {
        Answer::Choice(choices, _) => choices.clone(),
        _ => Vec::new(),
    };
    let head = bytes.filter(|_| is_head).map(|bytes| String::from_utf8_lossy(bytes));
    let told = asked.told.iter().map(|told| json!({ "title": told.title(), "text": told.text(false) }));
    let members: [(&str, Value); 14] = [
        ("topic", asked.topic.to_string().into()),
        ("level", asked.level.into()),
        ("seed", asked.seed.into()),
        ("kind", asked.kind.into()),
        ("before", asked.before.clone().into()),
        ("bytes", bytes.map(|bytes| data_encoding::HEXLOWER.encode(bytes)).into()),
        ("head", head.into()),
        ("question", asked.ask.clone().into()),
        ("form", asked.answer.form().into()),
        ("choices", choices.into()),
        ("answer", value(&asked.answer)),
        ("explanation", asked.why.clone().into()),
        ("section", asked.section.clone().into()),
        ("told", told.collect::<Vec<_>>().into()),
    ];
    // Written member by member, so that they stand in this order.
    let written: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    escape::json(&format!("{{{}}}\n", written.join(",")))
}

/// A number as a number, several answers as a list, and a choice as its sentence.
fn value(answer: &Answer) -> Value {
    match answer {
        Answer::Choice(choices, right) => choices.get(*right).cloned().into(),
        Answer::Number(number) => (*number).into(),
        Answer::Bytes(bytes) => data_encoding::HEXLOWER.encode(bytes).into(),
        Answer::Parts(parts) => parts.iter().map(value).collect::<Vec<_>>().into(),
        Answer::Word(..) | Answer::Text(_) => answer.to_string().into(),
    }
}
