//! WHAT the plant is: assets made of facets, media, links, tags with contracts, actions, cells, crews, money.
//!
//! Parse, don't validate: scene file → raw structs (`file`) → [`Plant`] (`check`). Past that point every id
//! resolves and every number is finite. Nothing here evolves in time (that is `sim`).

mod check;
mod coupling;
mod facets;
pub mod file;
mod form;
mod model;
mod profile;
mod reliability;
mod scenes;
mod telemetry;
mod upkeep;

pub use check::STATE_LIMIT;
pub use coupling::{Coupling, Drain, DrainLaw, Exchange, Mixing};
pub use facets::{Condition, ControlRule, Effect, Give, Input, Need, OnShort, Output, Process, Start, Storage, Thermal};
pub use form::{Blocking, CycleLaw, Form};
pub use model::{
    Action, ActionClass, ActionKind, ActionSpec, Area, AreaId, Asset, AssetId, Autonomy, Body, Cell, CellId, Crew, CrewId, Flow, Group, GroupId,
    InitialMode, Link, Medium, MediumId, Money, Plant, Pose, SafetyClass, SavedView, Shape, SpareId,
};
pub use profile::{Between, Profile, Profiles};
pub use reliability::{Ageing, Covariate, Degradation, FailureMode, Hazard, Renewal, Repair};
pub use scenes::{builtin, builtin_names, scene_schema, validate_file};
pub use telemetry::{Encoding, Quantity, Tag, TagId};
pub use upkeep::{Day, Maintenance, ShiftEnd, Spare, Week, week_position};
