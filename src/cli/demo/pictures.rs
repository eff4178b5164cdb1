//! The demo's pictures: the plant as it is at the end, and the predicted cascade at two times.

use super::{DemoArgs, report::Report};
use crate::{plant::Plant, twin::LiveView};
use std::sync::Arc;

/// Writes the pictures; a machine without a Vulkan adapter gets a sentence instead, and the demo still counts.
#[cfg(feature = "studio")]
pub fn write(plant: &Arc<Plant>, seen: &LiveView, args: &DemoArgs, report: &mut Report) {
    let folder = args.out.clone().unwrap_or_else(|| "plantcast-demo".into());
    if let Err(e) = std::fs::create_dir_all(&folder) {
        report.step("pictures", format!("none: {}: {e}", folder.display()));
        return;
    }
    match super::super::render::demo_pictures(plant, seen, &folder) {
        Ok(files) => {
            let names: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
            report.step("pictures", names.join(", "));
            report.figure("pictures", names);
        }
        Err(e) => report.step("pictures", format!("none: {e}")),
    }
}

/// This build cannot draw.
#[cfg(not(feature = "studio"))]
pub fn write(_: &Arc<Plant>, _: &LiveView, _: &DemoArgs, report: &mut Report) {
    report.step("pictures", "none: this build has no 3D (built without the studio feature)");
}
