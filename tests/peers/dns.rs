//! A DNS server with one table of names, as Docker's is for the containers of a network: A records, and nothing else.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often it looks whether it should end.
const TURN: Duration = Duration::from_millis(100);

/// Docker's own answers are good for that many seconds, they say.
const TTL: u32 = 600;

/// The longest question that UDP carries.
const LONGEST: usize = 512;

type Table = Arc<Mutex<BTreeMap<String, Vec<Ipv4Addr>>>>;

/// A running server. Dropping it ends it.
pub struct Dns {
    pub addr: SocketAddr,
    table: Table,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Dns {
    pub fn start() -> Dns {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.set_read_timeout(Some(TURN)).expect("a timeout");
        let addr = socket.local_addr().expect("its address");
        let (table, stop) = (Table::default(), Arc::new(AtomicBool::new(false)));
        let (known, end) = (Arc::clone(&table), Arc::clone(&stop));
        let serve = move || {
            let mut question = [0; LONGEST];
            while !end.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut question) else { continue };
                if let Some(answer) = answer(&question[..length], &known) {
                    let _ = socket.send_to(&answer, from);
                }
            }
        };
        let thread = thread::Builder::new().name("dns".into()).spawn(serve).expect("a thread");
        Dns { addr, table, stop, thread: Some(thread) }
    }

    /// From now on the name has these addresses.
    pub fn set(&self, name: &str, last: &[u8]) {
        let addresses = last.iter().map(|last| Ipv4Addr::new(127, 0, 0, *last)).collect();
        self.table.lock().expect("the table").insert(name.to_owned(), addresses);
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The question with its answers behind it (RFC 1035 s4.1); nothing, if it is none.
fn answer(question: &[u8], table: &Table) -> Option<Vec<u8>> {
    let (name, end) = name(question)?;
    let is_for_a = question.get(end..end + 4)? == [0, 1, 0, 1];
    let known = table.lock().ok()?.get(&name).cloned();
    // NXDOMAIN for who is not there, and no error but no answer for what is asked besides A.
    let code = if known.is_some() { 0 } else { 3 };
    let addresses = known.filter(|_| is_for_a).unwrap_or_default();
    let mut all = question[..2].to_vec();
    all.extend([0x81, 0x80 | code, 0, 1, 0, u8::try_from(addresses.len()).ok()?, 0, 0, 0, 0]);
    all.extend(&question[12..end + 4]);
    for address in addresses {
        // The name stands at byte 12; type A, class IN.
        all.extend([0xc0, 12, 0, 1, 0, 1]);
        all.extend(TTL.to_be_bytes());
        all.extend([0, 4]);
        all.extend(address.octets());
    }
    Some(all)
}

/// The name that is asked for, and where it ends.
fn name(question: &[u8]) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(question.get(at..at + length)?).into_owned());
        at += length;
    }
}
