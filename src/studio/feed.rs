//! What the 3D picture shows: the projection, the selection and the scrubbed forecast as one `PlantView`.
//!
//! Pure and one way. Invariant: while a prediction is shown, the live states stay what they are; only the
//! probabilities and causes of the scrubber's time are added.

use super::{desk::Desk, pictures, scene::PlantView};
use crate::twin::LiveView;

/// The picture of this instant.
pub fn plant_view(desk: &Desk, live: &LiveView) -> PlantView {
    let mut view = pictures::live_view(&desk.plant, live);
    for (marked, of) in [(desk.selected, true), (desk.hovered, false)] {
        if let Some(look) = marked.and_then(|id| view.assets.get_mut(id.index())) {
            if of {
                look.selected = true;
            } else {
                look.hovered = true;
            }
        }
    }
    if desk.scrub.heat
        && let Some(forecast) = &live.forecast.answer
        && let Some(alternative) = desk.alternative(forecast)
    {
        pictures::add_forecast(&mut view, forecast, alternative, desk.grid_index(forecast), &live.forecast.origins);
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        studio::{ask::Ask, fixture::Fixture},
        time::Span,
    };

    #[test]
    fn scrubbing_adds_probabilities_and_causes_to_the_live_states() {
        let mut f = Fixture::forecast();
        let live = f.live.clone();
        f.desk.apply(Ask::Scrub(Span::ZERO), &live);
        let start = plant_view(&f.desk, &live);
        f.desk.apply(Ask::Scrub(Span::from_h(8.0)), &live);
        let end = plant_view(&f.desk, &live);
        assert!(start.heat && end.heat && start.causes.is_empty() && !end.causes.is_empty());
        let filler = f.plant.asset_by_id("FI-1").expect("there");
        assert!(start.look(filler).probability < end.look(filler).probability);
        assert_eq!(start.look(filler).status, end.look(filler).status);
        assert!(end.look(f.failed).origin);
        f.desk.apply(Ask::Heat(false), &live);
        let plain = plant_view(&f.desk, &live);
        assert!(!plain.heat && plain.causes.is_empty() && plain.assets.iter().all(|a| a.probability.is_none()));
    }
}
