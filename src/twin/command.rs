//! What people may ask of the runtime. Panels and the demo write these messages; only `twin` reads them.

use crate::{
    plant::{Action, AssetId},
    scenario::Scenario,
    time::Span,
};
use bevy::prelude::Message;

/// A request to the runtime, handled in the next chain step.
#[derive(Message, Clone, Debug)]
pub enum TwinCommand {
    /// Run a what-if from the live state (or from the scenario's own start); replaces a running one.
    RunForecast(Box<Scenario>),
    /// Cancel the running what-if.
    CancelForecast,
    /// Put an alternative of the newest forecast (index ≥ 1) forward as a proposal.
    ProposeAlternative {
        /// Index in [`super::ForecastView::plans`].
        index: usize,
    },
    /// Put single actions forward as a proposal.
    ProposeActions {
        /// One line.
        title: String,
        /// After approval, in order.
        actions: Vec<(Span, Action)>,
    },
    /// Sign a proposal.
    Approve {
        /// Its id.
        proposal: String,
        /// Who signs.
        identity: String,
        /// Their password; dropped after use.
        password: Secret,
        /// Typed reason, required for high risk.
        reason: String,
    },
    /// Refuse a proposal.
    Refuse {
        /// Its id.
        proposal: String,
        /// Who.
        identity: String,
        /// Their password; dropped after use.
        password: Secret,
        /// Why.
        reason: String,
    },
    /// Stop dispatch and automatic rollback at once. No identity needed.
    Hold {
        /// Who pressed it, if known.
        by: String,
    },
    /// Release the hold: guarded and signed.
    ReleaseHold {
        /// Who.
        identity: String,
        /// Their password; dropped after use.
        password: Secret,
        /// Why.
        reason: String,
    },
    /// Mark an event as seen from an asset (kept in the event list).
    Note {
        /// Whose.
        asset: Option<AssetId>,
        /// Text.
        text: String,
    },
}

/// A password on its way to the signer: never printed, wiped when dropped.
#[derive(Clone, Default)]
pub struct Secret(pub zeroize::Zeroizing<String>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl From<String> for Secret {
    fn from(s: String) -> Self {
        Secret(zeroize::Zeroizing::new(s))
    }
}
