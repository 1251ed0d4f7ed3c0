//! Pages whose form is wrong, each in one thing, and the fault that is found.

use super::contents::{citation_faults, definition_faults, glossary_faults, summary_faults, table_faults};
use super::form::{chapter_faults, lab_faults, page_faults};
use super::script::script;
use super::unrun::{self, Manifests};
use crate::rfc;
use std::collections::BTreeMap;

/// A chapter with all that one has. `~` stands for a backtick.
fn chapter() -> String {
    let prose = "word ".repeat(1300);
    let listing = "[close.rs](../src/protocol/close.rs)\n\n<!-- listing: src/protocol/close.rs#may_travel -->\n\
         ~~~rust\nlet a;\n~~~\n";
    let predict = "<details>\n<summary>Answer</summary>\n\nSo.\n\n</details>\n";
    format!(
        "# A\n\nWhy is\nthat so?\n\n~~~mermaid\nsequenceDiagram\n~~~\n\n## B\n\n{prose}\n\n{listing}\n{predict}\n\
         ## Exercises\n\n### 1. X\n\n{predict}\n\
         ### 2. Y\n\n{predict}\n## What to remember\n\n- That.\n\n## Next\n\n[C](02-c.md)\n"
    )
}

#[test]
fn a_chapter_that_lacks_something_is_seen() {
    let seen = |page: &str| {
        let page = page.replace('~', "`");
        [page_faults(&page), chapter_faults(&page, Some("02-c.md"))].concat()
    };
    let right = chapter();
    assert_eq!(seen(&right), [""; 0]);
    for (part, other, fault) in [
        ("so?", "so.", "the first paragraph asks nothing"),
        ("word ", "- ", "10 words of prose"),
        ("word ", "word word ", "2610 words of prose"),
        ("~~~mermaid\nsequenceDiagram\n~~~", "", "no picture"),
        ("sequenceDiagram", "pie", "line 6: an unknown kind of chart"),
        ("<!-- listing: src/protocol/close.rs#may_travel -->\n~~~rust\nlet a;\n~~~\n", "", "no listing"),
        ("](../src/protocol/close.rs)", "]", "line 17: no link to src/protocol/close.rs beside its listing"),
        (
            "<details>\n<summary>Answer</summary>\n\nSo.\n\n</details>\n\n## E",
            "## E",
            "nothing to predict: no <details> with a <summary>",
        ),
        ("## Exercises", "## Questions", "no exercises"),
        ("### 2. Y", "", "1 exercises"),
        ("### 2. Y\n\n<details>", "### 2. Y\n\n### 3. Z\n\n<details>", "the exercise \"2. Y\" has no answer"),
        ("## What to remember", "## To forget", "nothing to remember"),
        ("## Next", "## At last", "the last section is not Next"),
        ("](02-c.md)", "](03-d.md)", "Next has no link to the next chapter"),
        ("</summary>\n\nSo", "</summary>\nSo", "no empty line after the <summary>: it would be shown raw"),
        ("<summary>Answer</summary>", "Answer", "<details> without a <summary> of one line"),
        ("\n</details>\n\n## What", "\n## What", "<details> has no end"),
    ] {
        let found = seen(&right.replace(part, other));
        assert!(right.contains(part) && found.iter().any(|found| found.ends_with(fault)), "{fault}: {found:#?}");
    }
    let last = |link: &str| chapter_faults(&right.replace("](02-c.md)", link).replace('~', "`"), None);
    assert_eq!(last("](exercises/README.md), [S](../src/lib.rs)"), [""; 0]);
    assert_eq!(last("](exercises/README.md)"), ["the last Next has no link to the exercises and the source"]);
}

#[test]
fn an_exercise_that_does_not_say_what_it_takes_is_seen() {
    let right = "# A\n\nWhat it is.\n\n- After: a chapter.\n- Time: an hour.\n- Needs: paper.\n- Hand in: it.\n\
                 - Answers: [here](../../docs/answers/a.md).\n\n## B\n\n- Time: more.\n\n<details>\n<summary>C</summary>\n";
    assert_eq!(lab_faults(right, "a.md"), [""; 0]);
    for (part, other, fault) in [
        ("- Time: an hour.\n", "", "it does not begin with"),
        ("- Needs: paper.\n- Hand in: it.\n", "- Hand in: it.\n- Needs: paper.\n", "it does not begin with"),
        ("answers/a.md", "answers/b.md", "no link to its answers"),
        ("<details>", "<div>", "no hint"),
    ] {
        let found = lab_faults(&right.replacen(part, other, 1), "a.md");
        assert!(found.len() == 1 && found[0].starts_with(fault), "{fault}: {found:?}");
    }
}

#[test]
fn a_fence_that_nobody_would_run_is_seen() {
    for (page, fault) in [
        ("```text\na\n```", "line 1: a fence of \"text\" without a comment that says what it is"),
        ("```\na\n```", "line 1: a fence of \"\" without a comment that says what it is"),
        ("```sh\n$ a\n```", "line 1: a fence of \"sh\" without a comment that says what it is"),
        ("```http\nHTTP/1.1 200 OK\n```", "line 1: a fence of \"http\" without a comment that says what it is"),
        ("<!-- log -->\n\nText.\n\n```console\n$ a\n```", "line 1: no fence after <!-- log -->"),
        ("<!-- log -->", "line 1: no fence after <!-- log -->"),
        ("<!-- prints -->\n```text\na\n```", "line 2: no commands just before <!-- prints -->"),
        (
            "```console\n$ a\na\n```\n<!-- prints -->\n```text\na\n```",
            "line 6: the commands before <!-- prints --> print something already",
        ),
        ("a <!-- window a: Ctrl-C -->", "line 1: a comment is a line of its own: <!-- what it is -->"),
        ("<!--window a: Ctrl-C -->", "line 1: a comment is a line of its own: <!-- what it is -->"),
        ("<!-- log -->\n```text\n...\n[..]\n```", "line 2: what <!-- log --> shows would fit anything"),
        ("<!-- window a shows -->\n```text\n...\n```", "line 2: what <!-- window a shows --> shows would fit anything"),
        ("<!-- listing: a#b -->\n```rust\n// ...\n```", "line 2: what <!-- listing: a#b --> shows would fit anything"),
        (
            "```console\n$ b\n```\n<!-- prints -->\n```text\n[..] -> [..]\n```",
            "line 5: what <!-- prints --> shows would fit anything",
        ),
        ("```console\n$ a\n[..]\n$ b\n...\n\n...\n```", "line 1: what `b` prints would fit anything"),
        (
            "```console\n$ curl -A me a; curl b\n```\n<!-- log -->\n```text\nws-1 = ended; bytes: 12 in\n```",
            "line 5: bytes that depend on curl's version: `-A me`, or [..]",
        ),
        ("<!-- server: Ctrl-Y -->", "line 1: no fence after <!-- server: Ctrl-Y -->"),
        ("<!-- logs -->\n```text\n```", "line 2: <!-- logs --> before a fence of \"text\" means nothing"),
        (
            "<!-- window a types -->\n```console\n$ a\n```",
            "line 2: <!-- window a types --> before a fence of \"console\" means nothing",
        ),
        ("<!-- server -->\n```console\n$ a\n$ b\n```", "line 2: more than one command"),
        ("```console\na\n```", "line 1: no command before Some(\"a\")"),
        ("<!-- file: ../a -->\n```sh\n```", "line 2: <!-- file: ../a --> before a fence of \"sh\" means nothing"),
        ("- a\n  ```console\n  $ a\n  ```", "line 2: a fence that is not at the line's begin is run by nobody"),
        (
            "<!-- not run: needs Docker -->\n```console\n$ docker ps\nCONTAINER ID\n```",
            "line 2: nobody has seen what `docker ps` prints",
        ),
        (
            "<!-- not run: needs Docker -->\n```console\n$ docker ps\n```",
            "line 2: above it stands no \"*Needs Docker. Our test does not run this.*\"",
        ),
        (
            "*Needs Docker. Our test does not run this.*\n\nText.\n\n<!-- not run: needs Docker -->\n```console\n$ a\n```",
            "line 6: above it stands no \"*Needs Docker. Our test does not run this.*\"",
        ),
        ("<!-- not run: needs time -->\n```console\n$ a\n```", "line 2: what needs \"time\"?"),
        (
            "<!-- listing: a.yaml#b -->\n```json\nb\n```",
            "line 2: <!-- listing: a.yaml#b --> before a fence of \"json\" means nothing",
        ),
        ("~~~console\n$ a\n~~~", "line 1: a fence that is not at the line's begin is run by nobody"),
        ("```console\n$ a\n", "a fence has no end"),
        ("<!-- picture -->\n```text\nDEBUG ws-1 > a\n```", "line 2: a picture that looks like a transcript"),
        ("<!-- picture -->\n```text\n$ a\n```", "line 2: a picture that looks like a transcript"),
        ("a <details>b</details>", "line 1: <details> not on a line of its own"),
        ("</details>", "line 1: </details> without its begin"),
    ] {
        let found = page_faults(page);
        assert!(found.iter().any(|found| found == fault), "{page}\n{found:#?}");
    }
    let right = "*Needs Docker. Our test does not run this.*\n\n<!-- not run: needs Docker -->\n```console\n$ docker ps\n```\n\
         ```sh\ncargo install\n```\n<!-- rumdl-disable MD013 -->\n\n<!-- window a: Ctrl-C -->\n```js\nws = 1\n```\n";
    assert_eq!((page_faults(right).len(), script(right).0.len()), (0, 2));
}

#[test]
fn a_command_that_nobody_runs_is_looked_at() {
    let known = Manifests::of(
        "kind: Deployment # one\nmetadata:\n  name: ws101\n  labels:\n    app: ws101\nspec: {}\n\
         ---\nkind: Kustomization\nnamespace: ws101\n---\nservices:\n  # three\n  ws:\n    image: ws101:latest\n",
    );
    for (command, part) in [
        ("docker build -t ws101:latest -f deploy/nginx/right.conf .", ""),
        ("docker run --rm -p 8080:8080 ws101:latest --name host | grep hello", ""),
        ("docker compose up --scale ws=3", ""),
        ("docker service scale ws101_ws=3", ""),
        ("kubectl -n ws101 get pods -l app=ws101", ""),
        ("kubectl -n istio-system get service/istio-ingressgateway", ""),
        ("kubectl -n ws101 logs deployment/ws101 && sleep 1", ""),
        ("ADDRESS=$(kubectl get -o jsonpath='{.a.b}'); ws101 connect -1 -x Hello \"ws://$ADDRESS/ws\"", ""),
        ("kubectl run probe --image=ws101:latest -- /ws101 connect -q \\\n  ws://ws101:8080/ws", ""),
        ("docker build -f deploy/Dockerfiel .", "there is no deploy/Dockerfiel"),
        ("docker build --file=deploy/Dockerfiel .", "there is no deploy/Dockerfiel"),
        ("docker run ws101:latest --names host", "ws101 --names host: error: unexpected argument '--names' found"),
        ("docker ps; ws101 talk", "ws101 talk: error: unrecognized subcommand 'talk'"),
        ("kubectl run a -- /ws101 probe --just idle", "error: unexpected argument '--just' found"),
        ("docker compose up --scale web=3", "no file has the service \"web\""),
        ("docker service logs ws101_web", "no file has the service \"web\""),
        ("kubectl -n ws102 get pods", "no manifest has the namespace \"ws102\""),
        ("kubectl get pods -l app=ws102", "no manifest has the label \"app=ws102\""),
        ("kubectl logs deployment/ws102", "no manifest has deployment/ws102"),
        ("kubectl get service/ws101", "no manifest has service/ws101"),
        ("ls; sleep 1", "the program \"ls\" is not in our lists"),
        ("sleep 1 | head", "it could be run"),
    ] {
        let found = unrun::faults(&[command.to_owned()], &known).join("; ");
        assert!(if part.is_empty() { found.is_empty() } else { found.contains(part) }, "{command}: {found}");
    }
}

#[test]
fn a_wrong_summary_is_seen() {
    let page = |title: &str| format!("# {title}\n\ntext\n");
    let named =
        |files: &[&str]| files.iter().map(|file| ((*file).to_owned(), page(&file[..4]))).collect::<BTreeMap<_, _>>();
    let pages = named(&["00-a.md", "01-b.md", "what.md"]);
    let right = "# Summary\n\n- [00-a](00-a.md)\n  - [01-b](01-b.md)\n\n[what](what.md)\n";
    assert_eq!(summary_faults(right, &pages), [""; 0]);
    let seen = |part: &str, other: &str| summary_faults(&right.replace(part, other), &pages).join("; ");
    assert_eq!(seen("[what](what.md)", ""), "what.md is not named once");
    assert_eq!(seen("[what](what.md)", "[what](what.md)\n[what](what.md)"), "what.md is not named once");
    assert_eq!(seen("[01-b]", "[01-c]"), "01-b.md is called \"# 01-b\"");
    assert!(seen("what.md", "that.md").contains("there is no that.md"));
    let turned = summary_faults("[01-b](01-b.md)\n[00-a](00-a.md)\n[what](what.md)\n", &pages);
    assert!(turned[0].starts_with("not in the order"), "{turned:?}");
}

#[test]
fn a_term_that_is_explained_elsewhere_is_seen() {
    let pages = |first: &str, second: &str| {
        let page = |file: &str, text: &str| (file.to_owned(), format!("# A\n\n{text}\n"));
        BTreeMap::from([page("01-a.md", first), page("02-b.md", second), page("exercises/README.md", "A **hop**.")])
    };
    let seen = |term: &str, first: &str, second: &str| {
        let glossary = format!("# Glossary\n\n**{term}**: what it is.\n([B](02-b.md))\n");
        definition_faults(&glossary, &pages(first, second)).join("; ")
    };
    assert_eq!(seen("hop", "A word.", "**Hops** are\nexplained."), "");
    assert_eq!(seen("next hop", "A word.", "The next\nhop is a word here."), "");
    assert_eq!(
        seen("hop", "A **hop** is this.", "A hop."),
        "hop is marked in 01-a.md, and the glossary leads to 02-b.md"
    );
    let twice = "hop is marked in 01-a.md and 02-b.md, and the glossary leads to 02-b.md";
    assert_eq!(seen("hop", "A **hop** is this.", "A **hop** is that."), twice);
    assert_eq!(seen("hop (of hares)", "A **hop** is this.", "A **hop** is that."), "");
    assert_eq!(seen("hop", "A hop.", "Nothing."), "hop is no word of 02-b.md");
}

#[test]
fn a_wrong_glossary_or_table_is_seen() {
    let term = |number: usize| format!("**term {number:03}**: what it is\n([A](01-a.md)).\n\n");
    let right = format!("# Glossary\n\n{}", (0..40).map(term).collect::<String>());
    assert_eq!(glossary_faults(&right), [""; 0]);
    let seen = |part: &str, other: &str| glossary_faults(&right.replacen(part, other, 1)).join("; ");
    assert_eq!(seen("**term 007**", "**term 005a**"), "term 005a stands too late");
    assert_eq!(seen("([A](01-a.md))", ""), "term 000 leads to no chapter");
    assert_eq!(seen(&term(0), ""), "39 terms");
    assert_eq!(seen("**term 001**:", "**term 001** is"), "no term in \"**term 001** is what it is\\n([A](01-a.md)).\"");

    let row = "| `a \\| b` | c | §5.2 | [A](01-a.md) |\n";
    let right = format!("| one | two | three | four |\n|---|---|---|---|\n{}", row.repeat(15));
    assert_eq!(table_faults(&right), [""; 0]);
    assert_eq!(table_faults(&right.replacen("§5.2", "there", 1)).len(), 1);
    assert_eq!(table_faults(&right.replacen(row, "", 1)), ["14 rows"]);
}

#[test]
fn a_wrong_citation_is_seen() {
    let of = |text: &str| BTreeMap::from([("a.md".to_owned(), text.to_owned())]);
    let table = "RFC 9110  7.8  Upgrade\nRFC 9112  9.3  Persistence\n";
    let right = "RFC 9110 s7.8, §5.2, RFC 6455 s5.3; (RFC 9112\n§9.3) and §5.4";
    assert_eq!(citation_faults(table, &of(right)), [""; 0]);
    let seen = |part: &str, other: &str| citation_faults(table, &of(&right.replace(part, other))).join("; ");
    assert_eq!(seen("§5.2", "§5.9"), "a.md: RFC 6455 has no s5.9");
    assert_eq!(seen("RFC 6455 s5.3", "RFC 6455 §5.10"), "a.md: RFC 6455 has no s5.10");
    assert_eq!(seen("RFC 9110 s7.8", ""), "nobody cites RFC 9110 s7.8");
    assert_eq!(seen("and §5.4", "and RFC 9112 s9.9"), "a.md: RFC 9112 s9.9 is not in the table");
    assert_eq!(citation_faults("RFC 9110  7.8\n", &of("RFC 9110 s7.8")).len(), 2);
}

#[test]
fn a_section_belongs_to_the_rfc_right_before_it() {
    let cited = |text: &str| {
        let found = rfc::citations(text).into_iter();
        found.map(|citation| format!("{} {}", citation.rfc, citation.section)).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(cited("RFC 9112 s9.6, s9.7 and s9.8. (s5.1)"), "9112 9.6, 9112 9.7, 9112 9.8, 6455 5.1");
    assert_eq!(cited("(`RFC 9110 s7.8`) | RFC 9110\n/// s1.4; §3, s4."), "9110 7.8, 9110 1.4, 6455 3, 6455 4");
    assert_eq!(cited("RFC 9112 s6.3, §5.2 and RFC 9112 §6.4"), "9112 6.3, 6455 5.2, 9112 6.4");
    assert_eq!(cited("ws101 10s s3pP ms5 x§1 RFC 9110 says: s5"), "6455 5");
}
