//! The limits of the system around a program with many connections: file descriptors. All that is Unix alone stands here.

use log::{debug, warn};

/// Descriptors that are not connections: listeners, the log, standard streams, the spare one of the acceptor.
const OTHERS: u64 = 32;

/// Raises this process's soft limit of open files to the hard one.
pub fn raise_open_files() {
    // Where it can't be raised, it stays.
    let _ = raise();
}

/// Raises this process's soft limit of open files to the hard one, and says when that is too few for
/// `max_connections`: each takes one.
pub fn raise_fd_limit(max_connections: usize) {
    let Some(limit) = raise() else { return };
    let needed = max_connections as u64 + OTHERS;
    if limit < needed {
        warn!(
            "server ! at most {limit} files may be open here, too few for {max_connections} connections: \
             raise the limit (ulimit -Hn) or lower --max-connections"
        );
    } else {
        debug!("server = up to {limit} open files, enough for {max_connections} connections");
    }
}

#[cfg(unix)]
fn raise() -> Option<u64> {
    rlimit::increase_nofile_limit(u64::MAX).ok()
}

#[cfg(not(unix))]
fn raise() -> Option<u64> {
    None
}
