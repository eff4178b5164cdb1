//! The numbers for which a block is expanded: constant between events, compared to know whether anything changed.
//!
//! Scratch memory of the solver; owns no state of a run.

use super::taylor::ORDER;

/// Constants and series of the block being solved. Reused, so that solving allocates nothing once warm.
#[derive(Debug, Clone, Default)]
pub(in crate::sim) struct Workspace {
    /// Constant net inflow of each level [amount/h].
    pub(super) net_per_h: Vec<f64>,
    /// Levels that rest at a limit.
    pub(super) resting: Vec<bool>,
    /// Drains: coefficient of the level, or of its root.
    pub(super) linear: Vec<f64>,
    pub(super) root: Vec<f64>,
    /// Exchange [kW/K].
    pub(super) exchange: Vec<f64>,
    /// Temperatures: heat without cooling [kW], cooling [kW], exchange with ambient [kW/K], held at the set-point.
    pub(super) heat_kw: Vec<f64>,
    pub(super) cooling_kw: Vec<f64>,
    pub(super) ambient_kw_per_k: Vec<f64>,
    pub(super) held: Vec<bool>,
    /// Fixed heat capacity [kJ/K]; 0: by level.
    pub(super) capacity: Vec<f64>,
    /// Flow and temperature of constant inflows, in order of temperatures and their links.
    pub(super) inflow: Vec<f64>,
    pub(super) inflow_c: Vec<f64>,
    /// Slope of the latter where it is the ambient temperature [K/h].
    pub(super) inflow_per_h: Vec<f64>,
    /// Ambient temperature now, its slope [K/h] and its anchor.
    pub(super) ambient_c: f64,
    pub(super) ambient_per_h: f64,
    pub(super) ambient_anchor_c: f64,
    /// Present values.
    pub(super) level: Vec<f64>,
    pub(super) celsius: Vec<f64>,
    /// Series of levels, temperatures, drains and roots of levels; loads of held temperatures [kW].
    pub(super) levels: Vec<Series>,
    pub(super) temperatures: Vec<Series>,
    pub(super) flows: Vec<Series>,
    pub(super) roots: Vec<Series>,
    pub(super) rates: Vec<Series>,
    pub(super) loads: Vec<Series>,
}

/// Coefficients by powers of hours.
pub(super) type Series = [f64; ORDER + 1];

impl Workspace {
    /// Forgets the last block.
    pub(super) fn clear(&mut self) {
        let lists = [
            &mut self.net_per_h,
            &mut self.linear,
            &mut self.root,
            &mut self.exchange,
            &mut self.heat_kw,
            &mut self.cooling_kw,
            &mut self.ambient_kw_per_k,
            &mut self.capacity,
            &mut self.inflow,
            &mut self.inflow_c,
            &mut self.inflow_per_h,
            &mut self.level,
            &mut self.celsius,
        ];
        lists.into_iter().for_each(Vec::clear);
        self.resting.clear();
        self.held.clear();
    }

    /// Everything that the future depends on beside the present values, in a fixed order.
    pub(super) fn inputs(&self) -> impl Iterator<Item = f64> {
        let flags = self.resting.iter().chain(&self.held).map(|f| f64::from(u8::from(*f)));
        let lists = [&self.net_per_h, &self.linear, &self.root, &self.exchange, &self.heat_kw, &self.cooling_kw, &self.capacity, &self.inflow];
        flags.chain(lists.into_iter().flatten().copied()).chain([self.ambient_anchor_c, self.ambient_per_h])
    }

    /// Room for the series of a block.
    pub(super) fn shape(&mut self, levels: usize, temperatures: usize, drains: usize) {
        let zero = [0.0; ORDER + 1];
        for (list, n) in [
            (&mut self.levels, levels),
            (&mut self.roots, levels),
            (&mut self.flows, drains),
            (&mut self.temperatures, temperatures),
            (&mut self.rates, temperatures),
            (&mut self.loads, temperatures),
        ] {
            list.clear();
            list.resize(n, zero);
        }
    }
}
