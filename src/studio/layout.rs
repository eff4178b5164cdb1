//! Which panel stands where: the dock's tree as data, one start arrangement per role, saved as RON.
//!
//! Owns no panel and draws nothing. Invariant: every tree holds the viewport exactly once.

use crate::document::{self, DocumentError, Limits};
use egui_tiles::{Container, Linear, LinearDir, SimplificationOptions, Tabs, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A place in the dock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
pub enum Pane {
    /// The hole through which the 3D picture is seen.
    Viewport,
    /// The plant as a tree.
    Outliner,
    /// The selected asset.
    Inspector,
    /// Tags, intake, link, fidelity.
    Health,
    /// What happened.
    Events,
    /// The draft scenario.
    Scenario,
    /// What an ensemble says.
    Forecast,
    /// Responses against doing nothing.
    Comparison,
    /// Proposals that wait for a signature.
    Approvals,
    /// The agents of the cells.
    Agents,
    /// The audit chain.
    Audit,
}

impl Pane {
    /// All but the viewport.
    pub const PANELS: [Pane; 10] = [
        Pane::Outliner,
        Pane::Inspector,
        Pane::Health,
        Pane::Events,
        Pane::Scenario,
        Pane::Forecast,
        Pane::Comparison,
        Pane::Approvals,
        Pane::Agents,
        Pane::Audit,
    ];

    /// Title of the tab.
    pub fn title(self) -> &'static str {
        match self {
            Pane::Viewport => "Plant",
            Pane::Outliner => "Assets",
            Pane::Inspector => "Inspector",
            Pane::Health => "Data health",
            Pane::Events => "Events",
            Pane::Scenario => "Scenario",
            Pane::Forecast => "Forecast",
            Pane::Comparison => "Responses",
            Pane::Approvals => "Approvals",
            Pane::Agents => "Agents",
            Pane::Audit => "Audit",
        }
    }
}

/// A role's start arrangement.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Workspace {
    /// Watches and signs.
    #[default]
    Operator,
    /// Stages scenarios.
    Planner,
    /// Reviews outcomes.
    Executive,
}

impl Workspace {
    /// All.
    pub const ALL: [Workspace; 3] = [Workspace::Operator, Workspace::Planner, Workspace::Executive];

    /// Name in menus and options.
    pub fn name(self) -> &'static str {
        match self {
            Workspace::Operator => "Operator",
            Workspace::Planner => "Planner",
            Workspace::Executive => "Executive",
        }
    }

    /// By its name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.name().eq_ignore_ascii_case(name))
    }
}

/// A saved arrangement.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LayoutFile {
    version: u32,
    root: Node,
}

/// The dock as people write it: panels, tabs, rows and columns with their shares.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
enum Node {
    Panel(Pane),
    Tabs { active: usize, panels: Vec<Node> },
    Row(Vec<(f32, Node)>),
    Column(Vec<(f32, Node)>),
}

impl Node {
    /// From a place in the dock; `None` when the dock is torn.
    fn of(tree: &Tree<Pane>, id: TileId) -> Option<Node> {
        Some(match tree.tiles.get(id)? {
            Tile::Pane(p) => Node::Panel(*p),
            Tile::Container(Container::Tabs(t)) => Node::Tabs {
                active: t.children.iter().position(|c| Some(*c) == t.active).unwrap_or(0),
                panels: t.children.iter().filter_map(|c| Node::of(tree, *c)).collect(),
            },
            Tile::Container(Container::Linear(l)) => {
                let parts = l.children.iter().filter_map(|c| Some((l.shares[*c], Node::of(tree, *c)?))).collect();
                if l.dir == LinearDir::Horizontal { Node::Row(parts) } else { Node::Column(parts) }
            }
            Tile::Container(Container::Grid(g)) => Node::Tabs { active: 0, panels: g.children().filter_map(|c| Node::of(tree, *c)).collect() },
        })
    }

    /// Back into the dock.
    fn plant(&self, tiles: &mut Tiles<Pane>) -> TileId {
        let grow = |parts: &[(f32, Node)], dir, tiles: &mut Tiles<Pane>| {
            let ids: Vec<(TileId, f32)> = parts.iter().map(|(share, n)| (n.plant(tiles), share.clamp(0.01, 100.0))).collect();
            linear(tiles, dir, &ids)
        };
        match self {
            Node::Panel(p) => tiles.insert_pane(*p),
            Node::Tabs { active, panels } => {
                let ids: Vec<TileId> = panels.iter().map(|n| n.plant(tiles)).collect();
                let mut t = Tabs::new(ids.clone());
                t.active = ids.get(*active).or(ids.first()).copied();
                tiles.insert_container(Container::Tabs(t))
            }
            Node::Row(parts) => grow(parts, LinearDir::Horizontal, tiles),
            Node::Column(parts) => grow(parts, LinearDir::Vertical, tiles),
        }
    }
}

/// Why an arrangement cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The file.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Written by a newer program.
    #[error("{0} has layout version {1}; this program reads version 1: save the layout anew")]
    Version(String, u32),
    /// The plant would not be visible.
    #[error("{0} shows the viewport {1} times instead of once: save the layout anew")]
    Viewport(String, usize),
    /// The dock has no root.
    #[error("the panels are not arranged; choose a workspace and save again")]
    Torn,
    /// Cannot be written as text.
    #[error("the layout cannot be written as text: {0}")]
    Text(#[from] ron::Error),
}

/// How the dock tidies up after a drag.
pub const SIMPLIFY: SimplificationOptions = SimplificationOptions {
    prune_empty_tabs: true,
    prune_empty_containers: true,
    prune_single_child_tabs: false,
    prune_single_child_containers: true,
    all_panes_must_have_tabs: false,
    join_nested_linear_containers: true,
    flatten_tabs_in_tabs: true,
};

fn tabs(tiles: &mut Tiles<Pane>, panes: &[Pane]) -> TileId {
    let ids: Vec<TileId> = panes.iter().map(|p| tiles.insert_pane(*p)).collect();
    let mut tabs = Tabs::new(ids.clone());
    tabs.active = ids.first().copied();
    tiles.insert_container(Container::Tabs(tabs))
}

fn linear(tiles: &mut Tiles<Pane>, dir: LinearDir, parts: &[(TileId, f32)]) -> TileId {
    let mut l = Linear::new(dir, parts.iter().map(|p| p.0).collect());
    for (id, share) in parts {
        l.shares.set_share(*id, *share);
    }
    tiles.insert_container(Container::Linear(l))
}

/// The start arrangement of a role.
pub fn tree(workspace: Workspace) -> Tree<Pane> {
    use LinearDir::{Horizontal, Vertical};
    let mut t = Tiles::default();
    let viewport = t.insert_pane(Pane::Viewport);
    let root = match workspace {
        Workspace::Operator => {
            let left = tabs(&mut t, &[Pane::Outliner]);
            let below = tabs(&mut t, &[Pane::Events, Pane::Approvals, Pane::Forecast, Pane::Comparison, Pane::Agents, Pane::Audit]);
            let middle = linear(&mut t, Vertical, &[(viewport, 0.64), (below, 0.36)]);
            let right = tabs(&mut t, &[Pane::Inspector, Pane::Health, Pane::Scenario]);
            linear(&mut t, Horizontal, &[(left, 0.155), (middle, 0.61), (right, 0.235)])
        }
        Workspace::Planner => {
            let left = tabs(&mut t, &[Pane::Scenario, Pane::Outliner]);
            let below = tabs(&mut t, &[Pane::Forecast, Pane::Comparison, Pane::Events, Pane::Approvals, Pane::Agents, Pane::Audit]);
            let middle = linear(&mut t, Vertical, &[(viewport, 0.56), (below, 0.44)]);
            let right = tabs(&mut t, &[Pane::Inspector, Pane::Health]);
            linear(&mut t, Horizontal, &[(left, 0.215), (middle, 0.575), (right, 0.21)])
        }
        Workspace::Executive => {
            let below = tabs(&mut t, &[Pane::Forecast]);
            let middle = linear(&mut t, Vertical, &[(viewport, 0.62), (below, 0.38)]);
            let right = tabs(&mut t, &[Pane::Comparison, Pane::Approvals, Pane::Events]);
            linear(&mut t, Horizontal, &[(middle, 0.66), (right, 0.34)])
        }
    };
    Tree::new("dock", root, t)
}

/// Brings a panel to the front, adding it beside the other tabs when the arrangement lacks it.
pub fn show(tree: &mut Tree<Pane>, pane: Pane) {
    if tree.make_active(|_, tile| matches!(tile, Tile::Pane(p) if *p == pane)) {
        return;
    }
    if tree.tiles.find_pane(&pane).is_some() {
        return;
    }
    let home = tree.tiles.iter().filter(|(_, t)| matches!(t, Tile::Container(Container::Tabs(_)))).map(|(id, _)| *id).max_by_key(|id| id.0);
    let id = tree.tiles.insert_pane(pane);
    if let Some(home) = home {
        tree.move_tile_to_container(id, home, usize::MAX, true);
        tree.make_active(|_, tile| matches!(tile, Tile::Pane(p) if *p == pane));
    }
}

/// Saves the arrangement.
///
/// # Errors
/// [`LayoutError`] when the file cannot be written.
pub fn save(tree: &Tree<Pane>, path: &Path) -> Result<(), LayoutError> {
    let root = tree.root().and_then(|id| Node::of(tree, id)).ok_or(LayoutError::Torn)?;
    let text = ron::ser::to_string_pretty(&LayoutFile { version: 1, root }, ron::ser::PrettyConfig::default())?;
    Ok(document::write_atomic(path, &text)?)
}

/// Loads an arrangement.
///
/// # Errors
/// [`LayoutError`] when the file cannot be read, is of another version, or hides the plant.
pub fn load(path: &Path) -> Result<Tree<Pane>, LayoutError> {
    let (file, _) = document::read_ron::<LayoutFile>(path, &Limits::default())?;
    let shown = path.display().to_string();
    if file.version != 1 {
        return Err(LayoutError::Version(shown, file.version));
    }
    let mut tiles = Tiles::default();
    let root = file.root.plant(&mut tiles);
    let viewports = tiles.tiles().filter(|t| matches!(t, Tile::Pane(Pane::Viewport))).count();
    if viewports != 1 {
        return Err(LayoutError::Viewport(shown, viewports));
    }
    Ok(Tree::new("dock", root, tiles))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panes(tree: &Tree<Pane>) -> Vec<Pane> {
        let mut v: Vec<Pane> = tree.tiles.tiles().filter_map(|t| if let Tile::Pane(p) = t { Some(*p) } else { None }).collect();
        v.sort();
        v
    }

    #[test]
    fn arrangements_survive_the_file_and_show_the_plant_once() {
        let dir = tempfile::tempdir().unwrap();
        for w in Workspace::ALL {
            let t = tree(w);
            assert_eq!(panes(&t).iter().filter(|p| **p == Pane::Viewport).count(), 1);
            let path = dir.path().join("layout.ron");
            save(&t, &path).unwrap();
            let again = load(&path).unwrap();
            assert_eq!(panes(&again), panes(&t), "{w:?}");
            let node = |t: &Tree<Pane>| Node::of(t, t.root().unwrap());
            assert_eq!(node(&again), node(&t), "{w:?}: same places, same shares, same tabs in front");
        }
    }

    #[test]
    fn a_layout_without_the_plant_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("layout.ron");
        let mut t = Tiles::default();
        let only = t.insert_pane(Pane::Audit);
        save(&Tree::new("dock", only, t), &path).unwrap();
        assert!(matches!(load(&path), Err(LayoutError::Viewport(_, 0))));
    }

    #[test]
    fn a_missing_panel_is_added_once() {
        let mut t = tree(Workspace::Executive);
        assert!(!panes(&t).contains(&Pane::Audit));
        show(&mut t, Pane::Audit);
        show(&mut t, Pane::Audit);
        assert_eq!(panes(&t).iter().filter(|p| **p == Pane::Audit).count(), 1);
    }
}
