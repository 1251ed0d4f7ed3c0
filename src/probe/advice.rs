//! What to do about a fault, in the words of the proxy that has it: lines of its configuration, ready to be copied, and where
//! they belong. Where a proxy can't have the fault by itself, that is said, and where to look instead.

mod caddy;
mod envoy;
mod general;
mod haproxy;
mod nginx;
mod straight;

use super::fault::Fault;
use super::hop::Hop;

/// Lines of advice. What begins with two spaces is configuration; the rest is prose.
pub fn fix(fault: Fault, hop: &Hop) -> Vec<String> {
    let lines = match hop {
        Hop::Nginx(_) => nginx::lines(fault),
        Hop::HaProxy => haproxy::lines(fault),
        Hop::Envoy => envoy::lines(fault),
        Hop::Caddy => caddy::lines(fault),
        Hop::Nothing => straight::lines(fault),
        Hop::Other(_) | Hop::Http | Hop::Bytes | Hop::Unseen => general::lines(fault),
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_advice_for_every_fault_of_every_hop() {
        let named = |name: &str| name.to_owned();
        for hop in [
            Hop::Nginx(named("nginx")),
            Hop::HaProxy,
            Hop::Envoy,
            Hop::Caddy,
            Hop::Other(named("awselb/2.0")),
            Hop::Http,
            Hop::Bytes,
            Hop::Nothing,
            Hop::Unseen,
        ] {
            for fault in Fault::ALL {
                let lines = fix(fault, &hop);
                assert!(lines.iter().any(|line| !line.starts_with("  ")), "{fault:?} {hop:?}: no prose");
                for line in lines {
                    let most = if line.starts_with("  ") { 120 } else { 240 };
                    assert!(!line.trim().is_empty() && line.len() <= most, "{fault:?} {hop:?}: {line}");
                }
            }
        }
    }
}
