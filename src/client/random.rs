//! Masking keys for frames that no session masks.

use rustls::crypto::SecureRandom;

/// Four bytes that nobody can foresee. RFC 6455 s5.3: the masking key "needs to be unpredictable; thus, the masking key MUST
/// be derived from a strong source of entropy".
///
/// # Errors
/// The system has no random numbers to give.
pub fn masking_key() -> Result<[u8; 4], String> {
    let mut key = [0; 4];
    let random: &dyn SecureRandom = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut key).map_err(|_| "the system gives no random numbers".to_owned())?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ() {
        let keys: Vec<[u8; 4]> = (0..4).map(|_| masking_key().expect("a key")).collect();
        // That four of them are the same happens once in 2^96 runs.
        assert!(keys.iter().any(|key| *key != keys[0]));
    }
}
