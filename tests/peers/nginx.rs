//! nginx between `ws101 connect` and `ws101 serve`: an ordinary process in a folder of its own, ended with the test.

use crate::client::{free_port, wait_for};
use crate::run::to_end;
use crate::tools::{first_of, program};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What each proxy that passes WebSockets on must be told: Upgrade is hop-by-hop.
pub const UPGRADE: &str =
    "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;";

/// A running nginx. Dropping it ends it and removes its folder.
pub struct Nginx {
    child: Child,
    folder: PathBuf,
    pub port: u16,
}

impl Nginx {
    /// Starts it with one server: `listen` stands behind its port, `rules` inside of it.
    pub fn start(name: &str, listen: &str, rules: &str) -> Nginx {
        Nginx::run(name, |port| format!("server {{ listen 127.0.0.1:{port} {listen}; {rules} }}"))
    }

    /// Starts it in front of backends on these ports, in turn, for WebSockets, streams and plain requests.
    #[cfg(target_os = "linux")]
    pub fn in_turn(name: &str, ports: &[u16]) -> Nginx {
        let backends: String = ports.iter().map(|port| format!("server 127.0.0.1:{port}; ")).collect();
        let map = "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }";
        let rules = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
                     proxy_set_header Connection $connection_upgrade;";
        Nginx::run(name, |port| {
            format!(
                "{map}\nupstream backends {{ {backends}}}\n\
                 server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://backends; {rules} }} }}"
            )
        })
    }

    /// Starts it on a port of its own with what `http` makes of that port.
    fn run(name: &str, http: impl FnOnce(u16) -> String) -> Nginx {
        let folder = folder(name);
        let port = free_port();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|kind| format!("{kind}_temp_path {kind};")).join(" ");
        let configuration = format!(
            "daemon off; master_process off; pid pid; error_log stderr warn;\n\
             events {{ }}\n\
             http {{ access_log off; {temporary}\n{} }}\n",
            http(port)
        );
        fs::write(folder.join("nginx.conf"), configuration).expect("the configuration is written");
        // Who is not root has no /usr/sbin on PATH, mostly.
        let mut nginx = Command::new(first_of(&["nginx", "/usr/sbin/nginx"], "bash .ci/peers"));
        nginx.arg("-p").arg(&folder).args(["-c", "nginx.conf", "-e", "stderr"]);
        // Its words go to the test's own stderr: they say why it did not start.
        let child = nginx.stdin(Stdio::null()).spawn().expect("nginx starts");
        let nginx = Nginx { child, folder, port };
        wait_for(port);
        nginx
    }

    pub fn at(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// An empty folder for one test.
pub fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("ws101-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A certificate for 127.0.0.1, signed by an authority made for it: `ca.pem`, `server.pem` and `server.key`.
pub fn certificate(folder: &Path) {
    let extensions = "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";
    fs::write(folder.join("extensions"), extensions).expect("the extensions are written");
    for line in [
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=peers -keyout ca.key -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout server.key -out server.csr",
        "x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile extensions -out server.pem",
    ] {
        let mut openssl = program("openssl", "bash .ci/peers");
        to_end(openssl.current_dir(folder).args(line.split(' ')), b"", 30).succeeded();
    }
}
