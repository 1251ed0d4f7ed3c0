//! `wss://`: who is trusted, what is told of TLS, and how an end is told from a cut.

use crate::common::client::{Client, Finished};
use crate::common::script::{self, Script, frame};
use crate::common::tls::{Authority, Identity, Stream, config, self_signed, serve_tls};
use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread::JoinHandle;

/// A file with a root of trust. Dropping it removes it.
struct Roots(PathBuf);

impl Roots {
    fn of(authority: &Authority, name: &str) -> Roots {
        let path = std::env::temp_dir().join(format!("ws101-connect-{}-{name}.pem", std::process::id()));
        fs::write(&path, authority.pem()).unwrap();
        Roots(path)
    }
}

impl Drop for Roots {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A server of TLS that grants the upgrade and then does what the script says.
fn upgraded<T: Send + 'static>(
    identity: Identity,
    script: impl FnOnce(&mut Script<Stream>) -> T + Send + 'static,
) -> (SocketAddr, JoinHandle<T>) {
    serve_tls(config(identity), |stream| {
        let mut server = Script::of(stream);
        server.upgrade("", b"");
        script(&mut server)
    })
}

fn to(server: SocketAddr) -> Client {
    Client::with(&[&format!("wss://localhost:{}/ws", server.port())])
}

#[test]
fn a_server_that_the_system_trusts_is_talked_to() {
    let authority = Authority::new();
    let roots = Roots::of(&authority, "good");
    let (server, script) = upgraded(authority.issue(&["localhost"]), |server| {
        let asked = server.text();
        server.send(frame(0x81, asked.as_bytes()));
        (asked, server.closes(), server.rest())
    });
    let run = to(server).args("-1 -x Hello").env("SSL_CERT_FILE", &roots.0).run();
    let talk = run.talk();
    assert_eq!((run.code, run.data().as_str()), (Some(0), "Hello\n"), "{talk}");
    // Which cipher it is belongs to rustls.
    let (open, rest) = talk.split_once('\n').unwrap();
    assert!(open.starts_with("= open, connected to ") && open.contains(", TLSv1.3, "), "{talk}");
    assert_eq!(rest, "> Close 1000 normal closure\n= closed: 1000 normal closure, answered by the server\n");
    assert_eq!(script.join().unwrap(), ("Hello".to_owned(), "1000".to_owned(), Vec::new()));
}

#[test]
fn insecure_takes_any_certificate_and_json_tells_of_tls() {
    let (server, script) = upgraded(self_signed(&["example.org"], |_| {}), |server| server.closes());
    let run = to(server).args("-k -w 0 --json").run();
    script.join().unwrap();
    assert_eq!(run.code, Some(0), "{}", run.data());
    let open: serde_json::Value = serde_json::from_str(run.data().lines().next().unwrap()).unwrap();
    assert!(open["tls"].as_str().unwrap().starts_with("TLSv1.3, "), "{open}");
}

/// What is told of a certificate by who trusts one authority.
fn refused(trusted: &Authority, name: &str, identity: Identity) -> Finished {
    let roots = Roots::of(trusted, name);
    let (server, script) = serve_tls(config(identity), |mut stream| {
        let _ = stream.read(&mut [0; 100]);
    });
    let run = to(server).env("SSL_CERT_FILE", &roots.0).run();
    script.join().unwrap();
    assert_eq!((run.code, run.data().as_str()), (Some(1), ""), "{}", run.talk());
    run
}

#[test]
fn whom_nobody_trusts_is_named_with_the_way_out() {
    let authority = Authority::new();
    let talk = refused(&authority, "unknown", Authority::new().issue(&["localhost"])).talk();
    assert!(talk.starts_with("! TLS: the certificate is not trusted: its issuer is unknown here"), "{talk}");
    assert!(talk.contains("-k"), "{talk}");
    let talk = refused(&authority, "self", self_signed(&["localhost"], |_| {})).talk();
    assert!(talk.starts_with("! TLS: the certificate is not trusted") && talk.contains("-k"), "{talk}");
    let talk = refused(&authority, "name", authority.issue(&["example.org"])).talk();
    assert!(talk.starts_with("! TLS: the certificate is not valid for localhost: it is for example.org; "), "{talk}");
}

#[test]
fn the_wrong_scheme_is_noticed_both_ways() {
    let (server, script) = script::serve(|server| {
        let _ = server.stream.read(&mut [0; 4096]);
        let _ = server.try_send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        server.rest();
    });
    let run = to(server).args("-k").run();
    script.join().unwrap();
    assert!(run.code == Some(1) && run.talk().starts_with("! TLS: ") && run.talk().contains("ws://"), "{}", run.talk());

    let (server, script) = serve_tls(config(self_signed(&["localhost"], |_| {})), |mut stream| {
        assert!(stream.read(&mut [0; 100]).is_err(), "that is no TLS");
        let _ = stream.conn.write_tls(&mut stream.sock);
        let _ = stream.sock.shutdown(std::net::Shutdown::Write);
        while matches!(stream.sock.read(&mut [0; 100]), Ok(1..)) {}
    });
    let run = Client::to(server).run();
    script.join().unwrap();
    assert!(run.code == Some(1) && run.talk().ends_with(": it looks like TLS, so try wss://\n"), "{}", run.talk());
}

/// A run against a server that does this behind its upgrade.
fn ended(script: impl FnOnce(&mut Script<Stream>) + Send + 'static) -> Finished {
    let (server, script) = upgraded(self_signed(&["localhost"], |_| {}), script);
    let run = to(server).args("-k -w forever -x Hello").run();
    script.join().unwrap();
    run
}

#[test]
fn an_end_that_was_cut_off_on_the_way_is_told() {
    let run = ended(|server| {
        server.send(frame(0x81, b"the last"));
        server.cut();
        server.rest();
    });
    assert_eq!((run.code, run.data().as_str()), (Some(1), "the last\n"));
    let words = "! server sent FIN without a Close frame after TIME of silence (1006), and TLS was not ended either: \
                 cut off on the way: the server ended or crashed, or a proxy in between gave up\n";
    assert!(run.talk().ends_with(words), "{}", run.talk());
}

/// TCP goes on behind close_notify, and nothing can come through it.
#[test]
fn the_end_of_tls_is_an_end() {
    let run = ended(|server| {
        use crate::common::script::Pipe;
        server.stream.say_the_end();
        server.rest();
    });
    assert_eq!(run.code, Some(1));
    let words = "! server ended TLS (close_notify) without a Close frame after TIME of silence (1006): \
                 the server ended or crashed, or a proxy in between gave up\n";
    assert!(run.talk().ends_with(words), "{}", run.talk());
}

#[test]
fn after_both_closes_it_does_not_matter_how_tcp_ends() {
    let run = ended(|server| {
        assert_eq!(server.text(), "Hello");
        server.send(script::close(1000, ""));
        assert_eq!(server.close(), "1000");
        server.cut();
        server.rest();
    });
    assert_eq!(run.code, Some(0), "{}", run.talk());
}

#[test]
fn a_record_that_no_key_has_made_is_told() {
    let run = ended(|server| {
        use std::io::Write;
        // Now it is open for certain, and what follows does not come with the 101.
        server.text();
        let (conn, sock) = (&mut server.stream.conn, &mut server.stream.sock);
        // A good record before it, in the same write.
        conn.writer().write_all(&frame(0x81, b"good")).unwrap();
        let mut records = Vec::new();
        conn.write_tls(&mut records).unwrap();
        records.extend([0x17, 3, 3, 0, 32]);
        records.extend([7; 32]);
        sock.write_all(&records).unwrap();
        server.rest();
    });
    assert_eq!((run.code, run.data().as_str()), (Some(1), "good\n"));
    let last = run.talk().lines().last().unwrap().to_owned();
    assert!(last.starts_with("! TLS: ") && last.contains("changed on its way") && last.ends_with("(1006)"), "{last}");
}
