//! The embedded broker: so that nothing needs installing. A convenience on loopback, not part of the safety path.
//!
//! Owns a named thread with its own runtime; dropping the [`Broker`] stops both. Nothing is persisted.

use mqtt5::broker::{BrokerConfig, MqttBroker};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How to start the embedded broker.
#[derive(Clone, Debug)]
pub struct BrokerOptions {
    /// Where to listen; port 0 takes a free one. Loopback unless you know why not: there is no authentication.
    pub listen: SocketAddr,
    /// Access list in the form of the mqtt5 crate, if any.
    pub acl_file: Option<PathBuf>,
}

impl Default for BrokerOptions {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), acl_file: None }
    }
}

/// Why the embedded broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The port is taken or not allowed.
    #[error("cannot listen on {listen}: {reason}; another broker may run there: choose another port, or use it with --broker mqtt://{listen}")]
    Listen {
        /// Where.
        listen: SocketAddr,
        /// What the system said.
        reason: String,
    },
    /// No thread or runtime.
    #[error("cannot start the broker's thread: {0}")]
    Thread(#[source] std::io::Error),
}

/// A running embedded broker.
pub struct Broker {
    address: SocketAddr,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    join: Option<std::thread::JoinHandle<()>>,
}

impl Broker {
    /// On a free loopback port.
    ///
    /// # Errors
    /// [`BrokerError`].
    pub fn start_on_free_port() -> Result<Self, BrokerError> {
        Self::start(BrokerOptions::default())
    }

    /// As asked.
    ///
    /// # Errors
    /// [`BrokerError::Listen`] when the port is taken.
    pub fn start(options: BrokerOptions) -> Result<Self, BrokerError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(BrokerError::Thread)?;
        let listen = options.listen;
        let refused = move |reason: String| BrokerError::Listen { listen, reason };
        let broker = runtime.block_on(MqttBroker::with_config(config(&options))).map_err(|e| refused(e.to_string()))?;
        let address = broker.local_addr().ok_or_else(|| refused("no address".into()))?;
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let serve = move || {
            runtime.block_on(serve(broker, stopped));
            runtime.shutdown_timeout(Duration::from_millis(200));
        };
        let join = std::thread::Builder::new().name("plantcast-broker".into()).spawn(serve).map_err(BrokerError::Thread)?;
        Ok(Self { address, stop: Some(stop), join: Some(join) })
    }

    /// `mqtt://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("mqtt://{}", self.address)
    }
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(mut broker: MqttBroker, stopped: tokio::sync::oneshot::Receiver<()>) {
    let shutdown = broker.shutdown_handle();
    let running = broker.run();
    tokio::pin!(running);
    tokio::select! {
        outcome = &mut running => {
            if let Err(error) = outcome {
                tracing::error!("the embedded broker ended: {error}");
            }
        }
        _ = stopped => {
            shutdown.shutdown();
            let _ = tokio::time::timeout(Duration::from_millis(500), running).await;
        }
    }
}

fn config(options: &BrokerOptions) -> BrokerConfig {
    let mut config = BrokerConfig {
        bind_addresses: vec![options.listen],
        max_clients: 64,
        session_expiry_interval: Duration::from_secs(60),
        max_packet_size: super::MAX_PACKET_BYTES as usize,
        topic_alias_maximum: 0,
        max_retained_messages: 10_000,
        sys_topics_enabled: false,
        ..BrokerConfig::default()
    };
    config.storage_config.enable_persistence = false;
    config.auth_config.allow_anonymous = true;
    config.auth_config.acl_file = options.acl_file.clone();
    config
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(join) = self.join.take() {
            let _ = join.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_said_clearly() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = taken.local_addr().unwrap();
        let error = Broker::start(BrokerOptions { listen, acl_file: None }).err().unwrap();
        let text = error.to_string();
        assert!(text.contains(&listen.to_string()) && text.contains("--broker"), "{text}");
    }

    #[test]
    fn starts_on_a_free_port_and_frees_it_when_dropped() {
        let broker = Broker::start_on_free_port().unwrap();
        let address = broker.address();
        assert!(std::net::TcpStream::connect(address).is_ok());
        drop(broker);
        let again = Broker::start(BrokerOptions { listen: address, acl_file: None }).unwrap();
        assert_eq!(again.url(), format!("mqtt://{address}"));
    }
}
