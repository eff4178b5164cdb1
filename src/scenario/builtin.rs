//! The scenarios that come with the program, embedded so that the binary runs from anywhere.

const ALL: [(&str, &str); 9] = [
    ("chiller-outage", include_str!("../../scenarios/chiller-outage.scenario.ron")),
    ("mcc2-outage", include_str!("../../scenarios/mcc2-outage.scenario.ron")),
    ("network-outage", include_str!("../../scenarios/network-outage.scenario.ron")),
    ("late-syrup", include_str!("../../scenarios/late-syrup.scenario.ron")),
    ("vehicles-offline", include_str!("../../scenarios/vehicles-offline.scenario.ron")),
    ("working-day", include_str!("../../scenarios/working-day.scenario.ron")),
    ("heat-wave", include_str!("../../scenarios/heat-wave.scenario.ron")),
    ("heat-wave-chiller", include_str!("../../scenarios/heat-wave-chiller.scenario.ron")),
    ("crew-absent", include_str!("../../scenarios/crew-absent.scenario.ron")),
];

/// Text of a built-in scenario.
pub fn builtin(name: &str) -> Option<&'static str> {
    ALL.iter().find(|s| s.0 == name).map(|s| s.1)
}

/// Names of the built-in scenarios, in order of display.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|s| s.0)
}
