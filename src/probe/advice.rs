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
        Hop::Two(near, far) => return fix_two(fault, near, far),
        Hop::Nginx(_) => nginx::lines(fault),
        Hop::HaProxy => haproxy::lines(fault),
        Hop::Envoy => envoy::lines(fault),
        Hop::Caddy => caddy::lines(fault),
        Hop::Nothing => straight::lines(fault),
        Hop::Other(_) | Hop::Http | Hop::Bytes | Hop::Unseen => general::lines(fault),
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// Either may be the one, but for an upgrade that was lost: HAProxy and Envoy never lose it without a word.
fn fix_two(fault: Fault, near: &Hop, far: &Hop) -> Vec<String> {
    if matches!(fault, Fault::NoUpgrade | Fault::Http10) {
        let loses = if matches!(far, Hop::Nginx(_)) { far } else { near };
        return fix(fault, loses);
    }
    let mut lines = vec![format!("Either of two hops can be the one. The nearer, {}:", near.words())];
    lines.extend(fix(fault, near));
    lines.push(format!("The one behind it, {}:", far.words()));
    lines.extend(fix(fault, far));
    lines
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
            Hop::Two(Box::new(Hop::HaProxy), Box::new(Hop::Nginx(named("nginx")))),
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

    #[test]
    fn of_two_hops_both_are_told_of_and_an_upgrade_is_lost_by_nginx() {
        let (haproxy, nginx) = (Hop::HaProxy, Hop::Nginx("nginx".to_owned()));
        for two in [(&haproxy, &nginx), (&nginx, &haproxy)] {
            let hop = Hop::Two(Box::new(two.0.clone()), Box::new(two.1.clone()));
            assert_eq!(fix(Fault::NoUpgrade, &hop), fix(Fault::NoUpgrade, &nginx));
            let lines = fix(Fault::IdleLimit, &hop);
            for configuration in ["  timeout tunnel 1h", "  proxy_read_timeout 1h;"] {
                assert!(lines.iter().any(|line| line == configuration), "{lines:?}");
            }
        }
    }
}
