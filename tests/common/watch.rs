//! Who watches a connection: the records of `GET /watch/TOKEN`, one after the other.
//!
//! It is strict: records have the numbers 1, 2, 3 and so on, a gap says which of them are missing, times never go back, and
//! each event of the stream has its record's number as its id.

use super::feed::request;
use super::peer::Peer;
use serde_json::Value;
use std::net::SocketAddr;

/// A token that is easy to tell from others.
pub fn token(digit: char) -> String {
    digit.to_string().repeat(32)
}

/// `/ws` with a token.
pub fn watched(path: &str, token: &str) -> String {
    format!("{path}?watch={token}")
}

/// What was counted under a token: requests, connections, bytes in, bytes out. `None`: nothing is known of it.
pub fn counted(addr: SocketAddr, token: &str) -> Option<[u64; 4]> {
    let response = Peer::get(addr, &watched("/connections", token));
    let told: Value = serde_json::from_str(response.text()).expect("JSON");
    let counts = &told["watched"][0];
    let count = |name| counts[name].as_u64().unwrap_or_else(|| panic!("no {name} in {counts}"));
    (!counts.is_null()).then(|| ["requests", "connections", "bytes_in", "bytes_out"].map(count))
}

/// How many records a gap says are missing.
pub fn missing(gap: &Value) -> u64 {
    gap["to"].as_u64().expect("the last") + 1 - gap["from"].as_u64().expect("the first")
}

/// The bytes of a record, which stand there in hex.
pub fn bytes(record: &Value) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(record["bytes"].as_str().expect("bytes").as_bytes()).expect("hex")
}

/// A stream of records.
pub struct Watching {
    pub peer: Peer,
    chunked: bool,
    /// What has come and is no whole event yet.
    cut: String,
    /// The number of the last record, and its time.
    seen: u64,
    at: f64,
    over: bool,
}

impl Watching {
    /// Watches from the beginning.
    pub fn start(addr: SocketAddr, token: &str) -> Watching {
        Watching::over(Peer::connect(addr), &request(&format!("/watch/{token}"), &[]), 0)
    }

    /// Sends a request to watch from after record `seen`.
    pub fn over(mut peer: Peer, request: &str, seen: u64) -> Watching {
        let chunked = request.contains("HTTP/1.1");
        peer.send(request);
        let head = peer.head();
        assert_eq!((head.status.as_str(), head.field("Content-Type")), ("200 OK", "text/event-stream"));
        assert_eq!((head.field("Cache-Control"), head.field("Connection")), ("no-store", "close"));
        assert_eq!(head.field("Transfer-Encoding"), if chunked { "chunked" } else { "" });
        let mut watching = Watching { peer, chunked, cut: String::new(), seen, at: 0.0, over: false };
        assert_eq!(watching.event().as_deref(), Some("retry: 1000\n\n"));
        watching
    }

    /// The next record.
    pub fn next(&mut self) -> Value {
        self.try_next().expect("a record before the end of the stream")
    }

    /// The next record, which is of this type.
    pub fn expect(&mut self, kind: &str) -> Value {
        let record = self.next();
        assert_eq!(record["type"], kind, "{record}");
        record
    }

    /// The three records of an opening handshake that was granted, and before them what connection it is.
    pub fn opening(&mut self) -> Value {
        let connection = self.expect("connection");
        assert_eq!(self.expect("head")["sender"], "client");
        assert_eq!(self.expect("decision")["granted"], true);
        assert_eq!(self.expect("head")["sender"], "server");
        connection
    }

    /// The next record, which is this frame.
    pub fn frame(&mut self, sender: &str, line: &str) -> Value {
        let frame = self.expect("frame");
        assert_eq!((frame["sender"].as_str(), frame["line"].as_str()), (Some(sender), Some(line)));
        frame
    }

    /// The next record, which is this line of the log.
    pub fn told(&mut self, mark: &str, text: &str) {
        let told = self.expect("told");
        assert_eq!((told["mark"].as_str(), told["text"].as_str()), (Some(mark), Some(text)));
    }

    /// All records to the end of the stream, which is one in order.
    pub fn rest(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.try_next()).collect()
    }

    /// The last record, and the end of the stream right after it.
    pub fn last(&mut self, kind: &str) -> Value {
        let record = self.expect(kind);
        assert_eq!(self.rest(), Vec::<Value>::new());
        self.peer.ends();
        record
    }

    fn try_next(&mut self) -> Option<Value> {
        while let Some(event) = self.event() {
            if event == ": still here\n\n" {
                continue;
            }
            let record = self.record(&event);
            return Some(record);
        }
        None
    }

    /// The next event of the stream as it is written, with the empty line that ends it. `None`: the stream has ended.
    fn event(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.cut.find("\n\n") {
                let rest = self.cut.split_off(end + 2);
                return Some(std::mem::replace(&mut self.cut, rest));
            }
            if self.over {
                assert_eq!(self.cut, "", "half an event at the end");
                return None;
            }
            self.hear();
        }
    }

    fn hear(&mut self) {
        let part = if self.chunked {
            self.peer.chunk().expect("a chunk")
        } else {
            // One byte at a time: how many there will be, nobody says.
            self.peer.try_take(1).unwrap_or_default()
        };
        self.over = part.is_empty();
        self.cut.push_str(std::str::from_utf8(&part).expect("UTF-8"));
    }

    fn record(&mut self, event: &str) -> Value {
        let lines: Vec<&str> = event.trim_end().lines().collect();
        let (id, data) = match lines[..] {
            [data] => (None, data),
            [id, data] => (Some(id.strip_prefix("id: ").expect("an id").parse().expect("a number")), data),
            _ => panic!("no event: {event:?}"),
        };
        let json = data.strip_prefix("data: ").expect("data");
        let record: Value = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
        self.check(id, &record);
        record
    }

    fn check(&mut self, id: Option<u64>, record: &Value) {
        let number = |name: &str| record[name].as_u64().unwrap_or_else(|| panic!("no {name} in {record}"));
        match record["type"].as_str() {
            Some("connection" | "end" | "none") => assert_eq!(id, None, "{record}"),
            Some("gap") => {
                let (from, to) = (number("from"), number("to"));
                assert_eq!(from, self.seen + 1, "{record}");
                assert!(from <= to, "{record}");
                self.seen = to;
                assert_eq!(id, Some(to), "{record}");
            }
            _ => {
                self.seen += 1;
                assert_eq!((id, number("n")), (Some(self.seen), self.seen), "{record}");
                let at = record["at"].as_f64().unwrap_or_else(|| panic!("no time in {record}"));
                assert!(at >= self.at, "{at} comes after {} in {record}", self.at);
                self.at = at;
            }
        }
    }
}
