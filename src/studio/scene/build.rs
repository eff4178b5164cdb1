//! Spawns the plant's entities from its model, anew whenever the plant, the style or the backdrop changes.
//!
//! Entities are one-way projections: nothing is read back from them. Owns [`Stage`] and the materials.

use super::{
    api::{Backdrop, SceneInput, Style},
    kit,
    model::SceneModel,
    palette::Tint,
    route::Route,
    solid, stage,
};
use crate::plant::{AssetId, MediumId, Plant};
use bevy::{asset::AssetPath, gltf::GltfAssetLabel, prelude::*, world_serialization::WorldAssetRoot};
use std::{collections::BTreeMap, sync::Arc};

/// The asset that an entity shows.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug)]
pub struct AssetRef(pub AssetId);

/// The medium whose pipes an entity shows.
#[derive(Component, Clone, Copy, PartialEq, Eq, Debug)]
pub struct MediumRef(pub MediumId);

/// What is being shown: the plant and its still model.
#[derive(Resource)]
pub struct Stage {
    /// The plant on the stage.
    pub plant: Arc<Plant>,
    /// Its still model.
    pub model: SceneModel,
    root: Entity,
}

impl Stage {
    /// Half the diagonal of the plant's floor [m], at least 5.
    pub fn reach(&self) -> f32 {
        ((self.model.bounds.1 - self.model.bounds.0).length() / 2.0).max(5.0)
    }

    /// The entity under which everything hangs.
    pub fn root(&self) -> Entity {
        self.root
    }
}

/// Shared materials by tint, made when first used.
#[derive(Resource, Default)]
pub(super) struct Materials(BTreeMap<Tint, Handle<StandardMaterial>>);

impl Materials {
    /// The material of a tint.
    pub fn get(&mut self, tint: Tint, store: &mut Assets<StandardMaterial>) -> Handle<StandardMaterial> {
        self.0.entry(tint).or_insert_with(|| store.add(matte(tint))).clone()
    }
}

fn matte(tint: Tint) -> StandardMaterial {
    let alpha_mode = if tint == Tint::Stale { AlphaMode::Blend } else { AlphaMode::Opaque };
    StandardMaterial { base_color: tint.colour(), perceptual_roughness: 0.82, reflectance: 0.28, alpha_mode, ..default() }
}

/// Run condition: the stage shows something else than the input asks for.
pub(super) fn outdated(input: Option<Res<SceneInput>>, stage: Option<Res<Stage>>, style: Res<Style>, backdrop: Res<Backdrop>) -> bool {
    let Some(input) = input else { return false };
    style.is_changed() || backdrop.is_changed() || stage.is_none_or(|s| !Arc::ptr_eq(&s.plant, &input.plant))
}

/// Tears the old stage down and sets the new one up.
pub(super) fn rebuild(
    input: Res<SceneInput>,
    style: Res<Style>,
    backdrop: Res<Backdrop>,
    old: Option<Res<Stage>>,
    assets: Res<AssetServer>,
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut store: ResMut<Assets<StandardMaterial>>,
    mut materials: ResMut<Materials>,
) {
    if let Some(old) = old {
        commands.entity(old.root).despawn();
    }
    let (plant, model) = (&input.plant, SceneModel::new(&input.plant));
    let plain = materials.get(Tint::Plain, &mut store);
    let root = commands.spawn((Name::new("Plant"), Transform::default(), Visibility::default())).id();
    let blend = store.add(StandardMaterial { unlit: true, alpha_mode: AlphaMode::Blend, ..default() });
    let ground = store.add(StandardMaterial { perceptual_roughness: 0.95, reflectance: 0.1, ..default() });
    commands.spawn((ChildOf(root), Name::new("Floor"), Mesh3d(meshes.add(stage::floor(plant, &model, *backdrop))), MeshMaterial3d(ground)));
    commands.spawn((
        ChildOf(root),
        Name::new("Contact shadows"),
        Mesh3d(meshes.add(solid::contact_shadows(&model))),
        MeshMaterial3d(blend),
        stage::without_shadow(),
    ));
    for place in &model.places {
        let asset = plant.asset(place.asset);
        let pose = Transform::from_translation(place.position).with_rotation(Quat::from_rotation_y(place.yaw));
        let mut e = commands.spawn((ChildOf(root), Name::new(asset.id.clone()), AssetRef(place.asset), pose, Visibility::default()));
        match &asset.body.gltf {
            Some(file) => {
                e.insert(WorldAssetRoot(assets.load(GltfAssetLabel::Scene(0).from_asset(AssetPath::from(file.clone())))));
            }
            None => {
                e.insert((Mesh3d(meshes.add(solid::body(&kit::silhouette(&asset.body), *style))), MeshMaterial3d(plain.clone())));
            }
        }
    }
    for k in 0..plant.media.len() as u32 {
        let routes: Vec<&Route> = model.routes.iter().filter(|r| r.medium == MediumId(k)).collect();
        if !routes.is_empty() {
            let mesh = meshes.add(solid::pipes(plant, &model, &routes, *style));
            commands.spawn((
                ChildOf(root),
                Name::new(plant.media[k as usize].id.clone()),
                MediumRef(MediumId(k)),
                Mesh3d(mesh),
                MeshMaterial3d(plain.clone()),
            ));
        }
    }
    commands.insert_resource(Stage { plant: input.plant.clone(), model, root });
}
