//! Who says too much, or does not listen: memory stays bounded, and the run ends.

use crate::common::client::{Client, Running};
use crate::common::script::{self, Script, close, frame};
use crate::common::{PATIENCE, serve, spawn};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, mpsc};
use std::thread::{JoinHandle, park_timeout};
use std::time::{Duration, Instant};
use ws101::server::Config;

/// More than a run that keeps nothing needs, in KiB, and much less than what is offered.
const LITTLE: u64 = 64 * 1024;

/// A server whose script ends when the test lets it.
fn holding<T: Send + 'static>(
    script: impl FnOnce(&mut Script, Receiver<()>) -> T + Send + 'static,
) -> (SocketAddr, SyncSender<()>, JoinHandle<T>) {
    let (hold, held) = sync_channel(1);
    let (server, thread) = script::upgraded(move |server| script(server, held));
    (server, hold, thread)
}

/// Watches how much memory it uses until it has ended.
#[cfg(target_os = "linux")]
fn watch(running: &Running) -> JoinHandle<u64> {
    let path = format!("/proc/{}/status", running.pid());
    spawn("watch", move || {
        let mut most = 0;
        // Of a process that has ended there is no such line.
        while let Some(now) = peak(&path) {
            most = most.max(now);
            park_timeout(Duration::from_millis(5));
        }
        most
    })
}

fn peak(path: &str) -> Option<u64> {
    let status = std::fs::read_to_string(path).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn watch(_: &Running) -> JoinHandle<u64> {
    spawn("watch", || 1)
}

fn is_little(watching: JoinHandle<u64>) {
    let most = watching.join().unwrap();
    assert!((1..LITTLE).contains(&most), "{most} KiB");
}

#[test]
fn a_server_that_does_not_read_holds_the_input_back_and_is_given_up() {
    let (server, hold, script) = holding(|_, held| held.recv().is_err());
    let mut running = Client::to(server).args("--write-timeout 1s").start();
    let watching = watch(&running);
    let mut stdin = running.take_stdin();
    let feeding = spawn("feed", move || {
        let lines = format!("{}\n", "x".repeat(1023)).repeat(1024);
        // 64 MiB, or as much as it takes.
        (0..64).try_for_each(|_| stdin.write_all(lines.as_bytes()))
    });
    let run = running.ended();
    run.expect(
        1,
        "",
        "= open, connected to ADDRESS\n\
         ! the server did not take what was written in 1s: it does not read, or the network is cut\n",
    );
    assert!(feeding.join().unwrap().is_err(), "it was never taken whole");
    is_little(watching);
    drop(hold);
    script.join().unwrap();
}

/// Short lines may wait in numbers, long ones may not.
#[test]
fn long_lines_do_not_pile_up() {
    let (server, hold, script) = holding(|_, held| held.recv().is_err());
    let mut running = Client::to(server).args("--write-timeout 1s").start();
    let watching = watch(&running);
    let mut stdin = running.take_stdin();
    let feeding = spawn("feed", move || {
        let line = [vec![b'x'; (16 << 20) - 1], vec![b'\n']].concat();
        (0..40).try_for_each(|_| stdin.write_all(&line))
    });
    assert_eq!(running.ended().code, Some(1));
    assert!(feeding.join().unwrap().is_err(), "it was never taken whole");
    // A line that is read, one that waits, and one on its way through masking to the socket.
    let most = watching.join().unwrap();
    assert!((1..224 * 1024).contains(&most), "{most} KiB");
    drop(hold);
    script.join().unwrap();
}

/// Its Pongs have nowhere to go.
#[test]
fn a_flood_of_pings_from_a_server_that_does_not_read_ends() {
    let (server, hold, script) = holding(|server, held| {
        let pings = frame(0x89, &[b'x'; 125]).repeat(8192);
        // 512 MiB, or as much as it takes.
        let result = (0..512).try_for_each(|_| server.try_send(&pings));
        let _ = held.recv();
        result
    });
    let running = Client::to(server).args("-q -w forever --write-timeout 1s").start();
    let watching = watch(&running);
    let run = running.ended();
    run.expect(1, "", "! the server did not take what was written in 1s: it does not read, or the network is cut\n");
    drop(hold);
    assert!(script.join().unwrap().is_err(), "it was never taken whole");
    is_little(watching);
}

#[test]
fn a_flood_of_pings_that_are_answered_is_survived() {
    let (server, script) = script::upgraded(|server| {
        let mut writer = server.stream.try_clone().unwrap();
        let pings = frame(0x89, b"ping").repeat(50_000);
        let writing = spawn("pings", move || writer.write_all(&pings).unwrap());
        for _ in 0..50_000 {
            assert_eq!(server.frame(), (0x8a, b"ping".to_vec()));
        }
        writing.join().unwrap();
        server.send(script::close(1000, ""));
        server.finish();
        server.close()
    });
    let running = Client::to(server).args("-q -w forever").start();
    let watching = watch(&running);
    running.ended().expect(0, "", "");
    assert_eq!(script.join().unwrap(), "1000");
    is_little(watching);
}

/// Offers a GiB of messages, as fast as they are taken, until the client says Close, and answers that.
fn flood(server: &mut Script) -> (u64, String) {
    let closed = Arc::new(AtomicBool::new(false));
    let is_closed = Arc::clone(&closed);
    let mut writer = server.stream.try_clone().unwrap();
    let writing = spawn("flood", move || {
        let message = frame(0x81, format!("{}\n", "x".repeat(16 * 1024 - 1)).as_bytes());
        let mut written = 0;
        while written < 1 << 30 && !is_closed.load(Ordering::SeqCst) {
            if writer.write_all(&message).is_err() {
                break;
            }
            written += message.len() as u64;
        }
        let _ = writer.write_all(&script::close(1000, ""));
        written
    });
    let close = server.close();
    closed.store(true, Ordering::SeqCst);
    let written = writing.join().unwrap();
    server.finish();
    (written, close)
}

/// `ws101 connect ... | head -1`
#[test]
fn a_reader_that_has_seen_enough_ends_a_flood_in_order() {
    let (server, script) = script::upgraded(flood);
    let (running, stdout) = Client::to(server).args("-w forever").start_unread();
    let watching = watch(&running);
    let mut first = String::new();
    let mut stdout = BufReader::new(stdout);
    stdout.read_line(&mut first).unwrap();
    drop(stdout);
    assert_eq!(first.len(), 16 * 1024);
    running.ended().expect(
        0,
        "",
        "= open, connected to ADDRESS\n> Close 1000 normal closure\n\
         = closed: 1000 normal closure, answered by the server\n",
    );
    let (written, close) = script.join().unwrap();
    assert_eq!(close, "1000");
    assert!(written < 1 << 30, "it did not take the whole flood");
    is_little(watching);
}

/// Waits until a server has nothing written for a while: then everything in between is full.
fn wait_until_stuck(progress: &mpsc::Receiver<()>) {
    let deadline = Instant::now() + PATIENCE;
    while progress.recv_timeout(Duration::from_millis(700)).is_ok() {
        assert!(Instant::now() < deadline, "it takes and takes");
    }
}

/// A server that floods and says when something was taken, and the run that it floods, whose stdout is full.
fn stuffed() -> (Running, std::process::ChildStdout, JoinHandle<io::Result<()>>) {
    let (says, progress) = sync_channel(1);
    let (server, script) = script::upgraded(move |server| {
        let message = frame(0x81, &[b'x'; 16 * 1024]);
        (0..1 << 16).try_for_each(|_| {
            server.try_send(&message)?;
            let _ = says.try_send(());
            Ok(())
        })
    });
    let (running, stdout) = Client::to(server).args("-w forever").start_unread();
    wait_until_stuck(&progress);
    (running, stdout, script)
}

#[test]
fn a_stdout_that_nobody_reads_slows_the_server_down() {
    let (running, mut stdout, script) = stuffed();
    let most = peak(&format!("/proc/{}/status", running.pid()));
    assert!(most.is_none_or(|most| most < LITTLE), "{most:?} KiB");
    // And it goes on where it stopped.
    let mut some = vec![0; 4 << 20];
    stdout.read_exact(&mut some).unwrap();
    assert!(some.iter().all(|byte| matches!(byte, b'x' | b'\n')));
    drop(running);
    assert!(script.join().unwrap().is_err());
}

/// It waits for stdout and hears nothing else. Whoever insists is heard all the same.
#[cfg(unix)]
#[test]
fn two_signals_end_a_run_whose_stdout_nobody_reads() {
    let (running, _stdout, script) = stuffed();
    running.signal("INT");
    // Of two of one kind the system may make one.
    running.signal("TERM");
    let run = running.ended();
    assert_eq!(run.code, Some(1), "{}", run.talk());
    script.join().unwrap().unwrap_err();
}

/// Lines longer than what may wait for the writer: while one is written, answers to the one before it must be read, or
/// both ends wait for each other.
#[test]
fn long_lines_are_echoed_by_a_server_that_does_one_thing_at_a_time() {
    let server = serve(Config::default());
    let line = format!("{}\n", "x".repeat(6_000_000));
    let run = Client::to(server.addr).args("--quiet").feed(line.repeat(4));
    assert_eq!((run.code, run.talk().as_str()), (Some(0), ""));
    assert!(run.stdout == line.repeat(4).as_bytes(), "{} bytes came", run.stdout.len());
}

#[test]
fn a_close_is_heard_while_there_is_much_to_say() {
    let (server, hold, script) = holding(|server, held| {
        server.send(close(1009, "too big"));
        held.recv().is_err()
    });
    let lines = format!("{}\n", "x".repeat(6_000_000)).repeat(4);
    let run = Client::to(server).args("--close-timeout 300ms").feed(lines);
    run.expect(0, "", "= open, connected to ADDRESS\n= server closed: 1009 message too big \"too big\"\n");
    drop(hold);
    script.join().unwrap();
}
