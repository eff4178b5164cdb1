//! MQTT 3.1.1, reading only: enough of the protocol to follow a plant whose broker does not speak MQTT 5.
//!
//! Owns the bytes of CONNECT, SUBSCRIBE (QoS 0), PINGREQ and the parsing of what comes back (OASIS MQTT 3.1.1, 2014). It has no
//! function that publishes: 3.1.1 acknowledges a denied publish like a successful one, so nothing may command over it.
//! *Invariant:* a packet longer than the limit or malformed ends the session with an error, never with a panic.

use super::MAX_PACKET_BYTES;
use super::address::BrokerAddress;
use std::io::{Error, ErrorKind, Result};
use std::time::Duration;
use tokio::net::TcpStream;

/// How long the broker may take to answer CONNECT.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// A connected, subscribed 3.1.1 session.
pub(super) struct LegacySession {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What arrives.
pub(super) enum Arrived {
    Publish { topic: String, payload: Vec<u8>, retained: bool },
    Other,
}

impl LegacySession {
    /// Connects and subscribes; an error when the broker does not accept 3.1.1 either.
    pub async fn open(address: &BrokerAddress, client_id: &str, keep_alive_s: u16, filters: &[String]) -> Result<Self> {
        let open = async {
            let stream = TcpStream::connect((address.host.as_str(), address.port)).await?;
            let mut session = Self { stream, buffer: Vec::new() };
            session.write(&connect_packet(address, client_id, keep_alive_s)).await?;
            match session.packet().await? {
                (0x20, body) if body.get(1) == Some(&0) => {}
                (0x20, body) => return Err(invalid(format!("CONNACK return code {:?}", body.get(1)))),
                (other, _) => return Err(invalid(format!("packet {other:#x} instead of CONNACK"))),
            }
            for (i, chunk) in filters.chunks(100).enumerate() {
                session.write(&subscribe_packet(i as u16 + 1, chunk)).await?;
            }
            Ok(session)
        };
        tokio::time::timeout(CONNECT_WITHIN, open).await.map_err(|_| Error::from(ErrorKind::TimedOut))?
    }

    /// The next packet. Cancel-safe: what was read stays in the buffer.
    pub async fn next(&mut self) -> Result<Arrived> {
        let (header, body) = self.packet().await?;
        if header & 0xf0 != 0x30 {
            return Ok(Arrived::Other);
        }
        publish(header, &body).ok_or_else(|| invalid("malformed PUBLISH".into()))
    }

    pub async fn ping(&mut self) -> Result<()> {
        self.write(&[0xc0, 0]).await
    }

    async fn write(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            self.stream.writable().await?;
            match self.stream.try_write(bytes) {
                Ok(n) => bytes = &bytes[n..],
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    async fn packet(&mut self) -> Result<(u8, Vec<u8>)> {
        loop {
            if let Some((header, start, end)) = frame(&self.buffer)? {
                let body = self.buffer[start..end].to_vec();
                self.buffer.drain(..end);
                return Ok((header, body));
            }
            self.stream.readable().await?;
            let mut chunk = [0u8; 8192];
            match self.stream.try_read(&mut chunk) {
                Ok(0) => return Err(Error::from(ErrorKind::UnexpectedEof)),
                Ok(n) => self.buffer.extend_from_slice(&chunk[..n]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e),
            }
        }
    }
}

fn invalid(brief: String) -> Error {
    Error::new(ErrorKind::InvalidData, brief)
}

/// Header byte and body range of the first complete packet.
fn frame(buffer: &[u8]) -> Result<Option<(u8, usize, usize)>> {
    let mut length = 0usize;
    for i in 0..4 {
        let Some(byte) = buffer.get(1 + i) else { return Ok(None) };
        length |= usize::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            if length > MAX_PACKET_BYTES as usize {
                return Err(invalid(format!("a packet of {length} bytes")));
            }
            let start = 2 + i;
            return Ok((buffer.len() >= start + length).then_some((buffer[0], start, start + length)));
        }
    }
    Err(invalid("malformed remaining length".into()))
}

fn publish(header: u8, body: &[u8]) -> Option<Arrived> {
    let length = usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?]));
    let topic = std::str::from_utf8(body.get(2..2 + length)?).ok()?.to_owned();
    let start = 2 + length + if header & 0x06 == 0 { 0 } else { 2 };
    Some(Arrived::Publish { topic, payload: body.get(start..)?.to_vec(), retained: header & 1 == 1 })
}

fn text(out: &mut Vec<u8>, s: &str) {
    let bytes = &s.as_bytes()[..s.len().min(65_535)];
    out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn packet_of(header: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![header];
    let mut rest = body.len();
    loop {
        let byte = (rest % 128) as u8;
        rest /= 128;
        out.push(if rest > 0 { byte | 0x80 } else { byte });
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(body);
    out
}

fn connect_packet(address: &BrokerAddress, client_id: &str, keep_alive_s: u16) -> Vec<u8> {
    let mut body = Vec::new();
    text(&mut body, "MQTT");
    let credentials = address.credentials();
    body.extend_from_slice(&[4, if credentials.is_some() { 0xc2 } else { 0x02 }]);
    body.extend_from_slice(&keep_alive_s.to_be_bytes());
    text(&mut body, client_id);
    if let Some((user, password)) = credentials {
        text(&mut body, user);
        text(&mut body, password);
    }
    packet_of(0x10, &body)
}

fn subscribe_packet(id: u16, filters: &[String]) -> Vec<u8> {
    let mut body = id.to_be_bytes().to_vec();
    for filter in filters {
        text(&mut body, filter);
        body.push(0);
    }
    packet_of(0x82, &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn packets_are_framed_whatever_the_split() {
        let packet = packet_of(0x31, &[&[0, 3][..], b"a/b", &[7; 300]].concat());
        for cut in 0..packet.len() {
            assert!(frame(&packet[..cut]).unwrap().is_none(), "{cut}");
        }
        let (header, start, end) = frame(&packet).unwrap().unwrap();
        let Some(Arrived::Publish { topic, payload, retained }) = publish(header, &packet[start..end]) else { panic!("a publish") };
        assert_eq!((topic.as_str(), payload.len(), retained), ("a/b", 300, true));
        assert!(frame(&[0x30, 0xff, 0xff, 0xff, 0x7f]).is_err(), "a claimed length of 256 MB is refused at once");
        assert!(frame(&[0x30, 0xff, 0xff, 0xff, 0xff]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = frame(&bytes);
            let _ = publish(bytes.first().copied().unwrap_or(0x32), &bytes);
        }
    }
}
