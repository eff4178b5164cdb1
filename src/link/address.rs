//! Broker addresses: `mqtt://[user[:password]@]host[:port]`.
//!
//! Owns the parsing and the redaction of the password. Does not resolve names or open sockets.

use std::fmt;

/// Where a broker listens. `Display` and `Debug` never show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    /// Host name or IP address (an IPv6 address without its brackets).
    pub host: String,
    /// TCP port, default 1883.
    pub port: u16,
    /// User name, if the address carries one.
    pub user: Option<String>,
    password: Option<String>,
}

/// Why a text is not a usable broker address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Encrypted schemes.
    #[error("{0} needs TLS, which this version does not speak yet; use mqtt://host:port on a trusted network or a local TLS tunnel")]
    TlsUnsupported(String),
    /// Another scheme or none.
    #[error("{0:?} is not a broker address; write mqtt://host:port")]
    Scheme(String),
    /// No host, or characters that a host cannot have.
    #[error("the broker address has no usable host name; write mqtt://host:port")]
    Host,
    /// Not 1..=65535.
    #[error("{0:?} is not a port number from 1 to 65535")]
    Port(String),
}

impl BrokerAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressError`] when the scheme is not `mqtt` (or `tcp`), or host or port are missing or malformed.
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let url = url.trim();
        let (scheme, rest) = url.split_once("://").ok_or_else(|| AddressError::Scheme(shortened(url)))?;
        match scheme {
            "mqtt" | "tcp" => {}
            "mqtts" | "ssl" | "wss" => return Err(AddressError::TlsUnsupported(format!("{scheme}://"))),
            _ => return Err(AddressError::Scheme(format!("{}://", shortened(scheme)))),
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (credentials, authority) = match rest.rsplit_once('@') {
            Some((c, a)) => (Some(c), a),
            None => (None, rest),
        };
        let (user, password) = match credentials.map(|c| c.split_once(':').unwrap_or((c, ""))) {
            None => (None, None),
            Some((u, p)) => (Some(u.to_owned()), (!p.is_empty()).then(|| p.to_owned())),
        };
        let (host, port) = host_and_port(authority)?;
        Ok(Self { host, port, user, password })
    }

    pub(super) fn credentials(&self) -> Option<(&str, &str)> {
        self.user.as_deref().map(|u| (u, self.password.as_deref().unwrap_or("")))
    }
}

fn host_and_port(authority: &str) -> Result<(String, u16), AddressError> {
    let (host, port) = if let Some(v6) = authority.strip_prefix('[') {
        let (host, rest) = v6.split_once(']').ok_or(AddressError::Host)?;
        (host, rest.strip_prefix(':').unwrap_or(rest))
    } else {
        authority.rsplit_once(':').unwrap_or((authority, ""))
    };
    let usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
    if host.is_empty() || host.len() > 253 || !host.chars().all(usable) {
        return Err(AddressError::Host);
    }
    let port = match port {
        "" => 1883,
        text => text.parse().ok().filter(|p| *p > 0).ok_or_else(|| AddressError::Port(shortened(text)))?,
    };
    Ok((host.to_owned(), port))
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

impl fmt::Display for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.as_deref().map(|u| format!("{u}@")).unwrap_or_default();
        if self.host.contains(':') {
            write!(f, "mqtt://{user}[{}]:{}", self.host, self.port)
        } else {
            write!(f, "mqtt://{user}{}:{}", self.host, self.port)
        }
    }
}
impl fmt::Debug for BrokerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hosts_ports_and_credentials() {
        for (text, host, port) in [
            ("mqtt://127.0.0.1:1884", "127.0.0.1", 1884),
            ("mqtt://plant.example", "plant.example", 1883),
            ("tcp://h:1/", "h", 1),
            ("mqtt://[::1]:2000", "::1", 2000),
            ("mqtt://[::1]", "::1", 1883),
        ] {
            let a = BrokerAddress::parse(text).unwrap();
            assert_eq!((a.host.as_str(), a.port), (host, port), "{text}");
        }
        let a = BrokerAddress::parse("mqtt://ann:s3cr:et@h:7").unwrap();
        assert_eq!(a.credentials(), Some(("ann", "s3cr:et")));
        assert!(!format!("{a} {a:?}").contains("s3cr"), "a password is never shown");
    }

    #[test]
    fn refuses_with_the_reason() {
        assert!(matches!(BrokerAddress::parse("mqtts://h:1"), Err(AddressError::TlsUnsupported(_))));
        assert!(matches!(BrokerAddress::parse("http://h"), Err(AddressError::Scheme(_))));
        assert!(matches!(BrokerAddress::parse("h:1883"), Err(AddressError::Scheme(_))));
        assert_eq!(BrokerAddress::parse("mqtt://"), Err(AddressError::Host));
        assert_eq!(BrokerAddress::parse("mqtt://a b:1"), Err(AddressError::Host));
        for port in ["0", "65536", "-1", "x"] {
            assert!(matches!(BrokerAddress::parse(&format!("mqtt://h:{port}")), Err(AddressError::Port(_))), "{port}");
        }
    }
}
