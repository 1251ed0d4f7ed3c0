//! Where Redis is and who asks: `redis://user:password@host:6379/0`. Shown, the password is stars.

use redis::{Client, ConnectionAddr, IntoConnectionInfo};
use std::fmt;

const RIGHT: &str = "right are redis://HOST, redis://HOST:PORT/DATABASE and redis://USER:PASSWORD@HOST";

/// An address that was understood.
#[derive(Clone)]
pub struct Address {
    client: Client,
    shown: String,
}

impl Address {
    /// Reads an address. What is wrong is said without repeating it: it may be a password.
    pub fn parse(text: &str) -> Result<Address, String> {
        if !text.starts_with("redis://") {
            return Err(format!("an address of Redis begins with redis://; {RIGHT}"));
        }
        if text.contains(['?', '#']) {
            return Err(format!("an address of Redis has no ? and no #; in a password they are %3F and %23; {RIGHT}"));
        }
        // The library's own words may repeat a part of the address.
        let info = text.into_connection_info().map_err(|_| format!("this is no address of Redis; {RIGHT}"))?;
        let (ConnectionAddr::Tcp(host, port), settings) = (info.addr(), info.redis_settings()) else {
            return Err(RIGHT.to_owned());
        };
        let user = match (settings.username(), settings.password()) {
            (user, Some(_)) => format!("{}:***@", user.unwrap_or_default()),
            (Some(user), None) => format!("{user}@"),
            (None, None) => String::new(),
        };
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let shown = format!("redis://{user}{host}:{port}/{}", settings.db());
        let client = Client::open(info).map_err(|_| RIGHT.to_owned())?;
        Ok(Address { client, shown })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_write_them() {
        for (written, shown) in [
            ("redis://localhost", "redis://localhost:6379/0"),
            ("redis://10.0.0.7:7000/3", "redis://10.0.0.7:7000/3"),
            ("redis://[::1]:7000", "redis://[::1]:7000/0"),
            ("redis://:s3cret@host", "redis://:***@host:6379/0"),
            ("redis://ann:s3%20cret@host/1", "redis://ann:***@host:6379/1"),
        ] {
            let address = Address::parse(written).expect(written);
            assert_eq!((address.to_string(), format!("{address:?}")), (shown.to_owned(), shown.to_owned()));
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for wrong in [
            "localhost:6379",
            "rediss://:s3cret@host",
            "redis://:s3cret@",
            "redis://:s3cret@host/first",
            "redis://:s3cret@host:port",
            "redis://host?password=s3cret",
            "redis://:s3cret#@host",
            "redis://ann:s3cret@0.0.0.0",
            "unix:///run/redis.sock",
        ] {
            let said = Address::parse(wrong).expect_err(wrong);
            assert!(said.contains("redis://HOST") && !said.contains("s3cret"), "{wrong}: {said}");
        }
    }
}
