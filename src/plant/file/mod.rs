//! The scene file as it is written: raw structs, field by field, nothing resolved.
//!
//! Owns the format (version 1) and its JSON Schema. Does not judge meaning: ids are strings here and numbers may be
//! absurd; `check` turns this into a [`super::Plant`]. Invariant: every struct denies unknown fields, so a typing
//! error is an error with its line.
//!
//! A scene is RON: `(version: 1, id: "bottling", …)`. Spans are texts (`"45min"`), options need no `Some(..)`.

mod asset;
mod coupling;
mod profile;
mod reliability;
mod scene;
mod tag;
mod upkeep;

pub use asset::{
    ActionFile, AssetFile, BodyFile, ConditionFile, ControlFile, FacetsFile, GiveFile, InputFile, KindFile, NeedFile, OutputFile, ProcessFile,
    StartFile, StorageFile, ThermalFile,
};
pub use coupling::{DrainFile, ExchangeFile, ExchangeLaw};
pub use profile::ProfileFile;
pub use reliability::FailureFile;
pub use scene::{AreaFile, CellFile, CrewFile, FlowFile, GroupFile, KindsFile, LinkFile, MediumFile, MoneyFile, SceneFile, ViewFile};
pub use tag::{QuantityFile, TagFile};
pub use upkeep::{MaintenanceFile, RestoreFile, ShiftFile, SpareFile};
