//! Every check of the scene format, shown to refuse: one edit of a valid scene, the line and the hint it must give.

use super::super::model::Plant;
use crate::document::DocumentError;
use std::fmt::Write;

/// A small valid scene; every case edits one place of it.
const SCENE: &str = r#"(
    version: 1,
    id: "mini",
    name: "Mini",
    media: [
        (id: "power", unit: "kW"),
        (id: "cooling", unit: "kW"),
        (id: "water", unit: "m3", flow: Material),
        (id: "can", unit: "{can}", flow: Material),
    ],
    areas: [(id: "hall", rect: (0, 0, 10, 10))],
    assets: [
        (id: "G-1", at: (0, 0, 0), area: "hall", gives: [(medium: "power", capacity: 100)]),
        (id: "C-1", at: (2, 0, 0), gives: [(medium: "cooling", capacity: 50, from: [(medium: "power", per_unit: 0.25)])]),
        (id: "S-1", at: (4, 0, 0), process: (unit: "m3", rate_per_h: 6, outputs: [(medium: "water")])),
        (id: "T-1", at: (6, 0, 0), storage: (medium: "water", capacity: 10, initial: 5), tags: [(measures: Level, unit: "L")]),
        (id: "F-1", at: (8, 0, 0),
            needs: [
                (medium: "power", amount: 10, idle_fraction: 0.5),
                (medium: "cooling", amount: 20, on_short: HeatUp),
            ],
            thermal: (capacity_kj_per_k: 900, heat_kw: 18, setpoint_c: 4, trip_c: 10, reset_c: 6),
            process: (rate_per_h: 6000, inputs: [(medium: "water", per_unit: 0.0005)], scrap: 0.01),
            reliability: [(id: "jam", hazard: Exponential(mttf: "200h"), repair: Fixed("30min"), skill: "mechanic")],
            control: [(id: "dry", when: LevelBelow(asset: "T-1", fraction: 0.05), then: Inhibit, via: "G-1")],
            actions: [(kind: SetRate(0.3))],
            tags: [(measures: Mode), (measures: Temperature, noise: 0.2)],
        ),
    ],
    links: [
        (medium: "power", from: "G-1", to: ["C-1", "F-1"]),
        (medium: "cooling", from: "C-1", to: ["F-1"]),
        (medium: "water", from: "S-1", to: ["T-1"]),
        (medium: "water", from: "T-1", to: ["F-1"]),
    ],
    groups: [(id: "one", k: 1, members: ["C-1"])],
    crews: [(id: "maint", skills: ["mechanic"])],
    cells: [(id: "cell", members: ["C-1", "F-1"], levels: ["T-1"], temperatures: ["F-1"], bins: 5)],
)"#;

/// (what is replaced, by what, line of the issue, what its text contains)
type Case<'a> = (&'a str, &'a str, u32, &'a str);

fn refused(text: &str) -> DocumentError {
    match Plant::parse(text, "t.ron") {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(e) => e,
    }
}

fn check(cases: &[Case<'_>]) {
    for (from, to, line, expected) in cases {
        assert_eq!(SCENE.matches(from).count(), 1, "{from:?} must stand once");
        let told = refused(&SCENE.replace(from, to)).to_string();
        let hit = told.lines().any(|l| l.starts_with(&format!("t.ron:{line}:")) && l.contains(expected));
        assert!(hit, "{from:?} -> {to:?}: expected line {line} with {expected:?}, got\n{told}");
    }
}

#[test]
fn the_scene_itself_is_valid() {
    let plant = Plant::parse(SCENE, "t.ron").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((plant.assets.len(), plant.links.len(), plant.tags.len()), (5, 5, 3));
    assert_eq!(plant.tags[0].topic, "plantcast/mini/tele/T-1/level");
    assert_eq!((plant.tags[0].unit.as_str(), plant.tags[0].published_unit.as_str()), ("m3", "L"));
    assert_eq!(plant.assets[4].impact_epsilon, 0.05);
    assert_ne!(plant.hash, [0; 32]);
}

#[test]
fn names() {
    check(&[
        ("version: 1,", "version: 2,", 2, "version 2 is not known"),
        ("id: \"mini\"", "id: \"mi/ni\"", 3, "not an id"),
        ("(id: \"S-1\"", "(id: \"g-1\"", 15, "stands twice"),
        ("(id: \"cooling\", unit", "(id: \"power\", unit", 7, "stands twice"),
        ("(id: \"cell\", members: [\"C-1\"", "(id: \"cell\", members: [\"C-9\"", 38, "did you mean \"C-1\""),
        ("area: \"hall\"", "area: \"hal\"", 13, "did you mean \"hall\""),
        ("amount: 20, on", "amounts: 20, on", 20, "amounts"),
        ("asset: \"T-1\", fraction", "asset: \"T-9\", fraction", 25, "there is no asset \"T-9\""),
        ("via: \"G-1\"", "via: \"PLC\"", 25, "there is no asset \"PLC\""),
        ("at: (2, 0, 0)", "at: (2, 0, 0), kind: \"chilller\"", 14, "did you mean \"chiller\""),
        ("(medium: \"cooling\", from: \"C-1\"", "(medium: \"coolin\", from: \"C-1\"", 32, "there is no medium"),
    ]);
}

#[test]
fn numbers() {
    check(&[
        ("rate_per_h: 6000", "rate_per_h: -6000", 23, "must be more than 0"),
        ("scrap: 0.01", "scrap: 1.5", 23, "between 0 and 1"),
        ("idle_fraction: 0.5", "idle_fraction: 1.5", 19, "between 0 and 1"),
        ("amount: 10", "amount: -1", 19, "0 or more"),
        ("amount: 10", "amount: 1e300", 19, "within"),
        ("amount: 10", "amount: 1e999", 19, "not a finite number"),
        ("at: (4, 0, 0)", "at: (4, NaN, 0)", 15, "not a finite number"),
        ("at: (4, 0, 0)", "at: (4, -inf, 0)", 15, "not a finite number"),
        ("initial: 5", "initial: 11", 16, "more than the capacity"),
        ("reset_c: 6", "reset_c: 12", 22, "resets below"),
        ("setpoint_c: 4", "setpoint_c: 8", 22, "could never reset"),
        ("capacity: 100", "capacity: 0", 13, "more than 0"),
        ("rect: (0, 0, 10, 10)", "rect: (0, 0, 0, 10)", 11, "empty"),
        ("bins: 5", "bins: 1", 38, "2 to 50"),
        ("mttf: \"200h\"", "mttf: \"0h\"", 24, "a time of zero"),
        ("mttf: \"200h\"", "mttf: \"200 hours\"", 24, "not a time span"),
        ("SetRate(0.3)", "SetRate(3)", 26, "between 0 and 1"),
        ("at: (6, 0, 0)", "at: (6, 0, 0), body: (size: (0, 1, 1))", 16, "more than 0"),
        ("at: (6, 0, 0)", "at: (6, 0, 0), start: (failure_probability: 0.1)", 16, "nothing says how it is repaired"),
    ]);
}

#[test]
fn laws_of_failure_and_repair() {
    const H: &str = "hazard: Exponential(mttf: \"200h\")";
    const R: &str = "repair: Fixed(\"30min\")";
    check(&[
        (H, "hazard: Weibull(shape: -1, scale: \"9h\")", 24, "more than 0"),
        (H, "hazard: Weibull(shape: 0.01, scale: \"9h\")", 24, "shape between 0.1 and 100"),
        (H, "hazard: Bathtub(early_shape: 1.2, early_scale: \"9h\", mttf: \"9h\", wear_shape: 3, wear_scale: \"9h\")", 24, "early_shape is below 1"),
        (H, "hazard: Bathtub(early_shape: 0.5, early_scale: \"9h\", mttf: \"9h\", wear_shape: 0.9, wear_scale: \"9h\")", 24, "wear_shape is above 1"),
        (H, "hazard: Bathtub(early_shape: 0.5, early_scale: \"0h\", mttf: \"9h\", wear_shape: 3, wear_scale: \"9h\")", 24, "a time of zero"),
        (H, "hazard: Exponential(mttf: \"200h\"), covariates: [Load(exponent: -2, reference: 1)]", 24, "0 or more"),
        (H, "hazard: Exponential(mttf: \"200h\"), covariates: [Load(exponent: 2, reference: 0)]", 24, "more than 0"),
        (H, "hazard: Exponential(mttf: \"200h\"), covariates: [Temperature(per_k: 7, reference_c: 40)]", 24, "at most 2"),
        (H, "hazard: Exponential(mttf: \"200h\"), covariates: [Arrhenius(activation_ev: 70, reference_c: 40)]", 24, "electron volts"),
        (H, "hazard: Exponential(mttf: \"200h\"), covariates: [Arrhenius(activation_ev: 0.7, reference_c: -300)]", 24, "-273.15"),
        (R, "repair: Fixed(\"30min\"), effect: StuckAt(1.5)", 24, "between 0 and 1"),
        (R, "repair: Fixed(\"30min\"), effect: Leak(per_h: 2)", 24, "a leak without a storage"),
        (R, "repair: Fixed(\"30min\"), effect: Bias()", 24, "a bias of nothing"),
        (R, "repair: Fixed(\"30min\"), effect: Bias(level: 2)", 24, "a biased level without a storage"),
        (H, "hazard: Never, covariates: [Temperature(per_k: 0.1, reference_c: 40)]", 24, "multiply a hazard of Never"),
        (H, "hazard: Exponential(mttf: \"200h\"), renewal: Partial(1.5)", 24, "between 0 and 1"),
        (R, "repair: Gamma(mean: \"1h\", shape: 0)", 24, "more than 0"),
        (R, "repair: Gamma(mean: \"1h\", shape: 1e6)", 24, "between 0.01 and 10000"),
        (R, "repair: Weibull(shape: 1.5, scale: \"0s\")", 24, "a time of zero"),
        (R, "repair: Lognormal(median: \"1h\", sigma: 9)", 24, "sigma is that of the logarithm"),
    ]);
}

#[test]
fn controls_that_undo_themselves() {
    const RULE: &str = "(id: \"dry\", when: LevelBelow(asset: \"T-1\", fraction: 0.05), then: Inhibit, via: \"G-1\")";
    check(&[
        (RULE, "(id: \"dry\", when: Running(asset: \"F-1\"), then: Inhibit)", 25, "would chatter"),
        (RULE, "(id: \"dry\", when: Running(asset: \"F-1\"), then: SetRate(0), delay: \"1ms\")", 25, "would chatter"),
    ]);
}

#[test]
fn upkeep() {
    const CREW: &str = "(id: \"maint\", skills: [\"mechanic\"])";
    const SKILL: &str = "skill: \"mechanic\")]";
    const END: &str = "crews: [";
    check(&[
        (CREW, "(id: \"maint\", skills: [\"mechanic\"], size: 0)", 37, "can do no work"),
        (CREW, "(id: \"maint\", skills: [\"mechanic\"], speed_m_per_s: 300)", 37, "0.05 to 50"),
        (CREW, "(id: \"maint\", skills: [\"mechanic\"], base: (0, 0, 0))", 37, "without a speed"),
        (CREW, "(id: \"maint\", skills: [\"mechanic\"], shifts: [(from: \"6h\", to: \"30h\")])", 37, "since midnight"),
        (CREW, "(id: \"maint\", skills: [\"mechanic\"], shifts: [(from: \"6h\", to: \"6h\")])", 37, "whole day"),
        (CREW, "(id: \"maint\", skills: [\"mechanic\"], shifts: [(days: [], from: \"6h\", to: \"9h\")])", 37, "at least one day"),
        (SKILL, "skill: \"mechanic\", spare: \"seal\")]", 24, "there is no spare \"seal\""),
        (END, "spares: [(id: \"s\", lead: Fixed(\"0h\"))], crews: [", 37, "a time of zero"),
        (END, "spares: [(id: \"s\", lead: Fixed(\"9h\"), order: 0, reorder_at: 1)], crews: [", 37, "reordering nothing"),
        (END, "spares: [(id: \"s\", lead: Fixed(\"9h\"), order: 0, stock: 0)], crews: [", 37, "no part ever"),
        (END, "begins: \"9d\", crews: [", 37, "within a week"),
        (SKILL, "skill: \"mechanic\")], maintenance: [(id: \"m\", every: \"1s\", duration: Fixed(\"1h\"))]", 24, "a minute or more"),
        (SKILL, "skill: \"mechanic\")], maintenance: [(id: \"m\", every: \"9h\", duration: Fixed(\"0h\"))]", 24, "a time of zero"),
        (
            SKILL,
            "skill: \"mechanic\")], maintenance: [(id: \"m\", every: \"9h\", duration: Fixed(\"1h\"), skill: \"x\")]",
            24,
            "no crew has the skill",
        ),
        (
            SKILL,
            "skill: \"mechanic\")], maintenance: [(id: \"m\", every: \"9h\", duration: Fixed(\"1h\"), restores: [(mode: \"x\")])]",
            24,
            "has no failure mode",
        ),
        (
            SKILL,
            "skill: \"mechanic\")], maintenance: [(id: \"m\", every: \"9h\", duration: Fixed(\"1h\"), restores: [(mode: \"jam\", renewal: Partial(2))])]",
            24,
            "between 0 and 1",
        ),
    ]);
}

#[test]
fn units_and_contracts() {
    check(&[
        ("(id: \"power\", unit: \"kW\")", "(id: \"power\", unit: \"kilowatt\")", 6, "not a UCUM unit"),
        ("unit: \"L\"", "unit: \"bar\"", 16, "cannot be converted to the model's m3"),
        ("unit: \"L\"", "unit: \"parsnips\"", 16, "not a UCUM unit"),
        ("unit: \"L\"", "topic: \"a/+/b\"", 16, "wildcard"),
        ("unit: \"L\"", "topic: \"a//b\"", 16, "empty level"),
        ("unit: \"L\"", "topic: \"$SYS/b\"", 16, "reserved"),
        ("unit: \"L\"", "topic: \"plantcast/mini/tele/F-1/mode\"", 27, "topic \"plantcast/mini/tele/F-1/mode\" stands twice"),
        ("unit: \"L\"", "min: 9, max: 2", 16, "range 9 to 2 is empty"),
        ("unit: \"L\"", "period: \"1min\", max_age: \"10s\"", 16, "stale"),
        ("unit: \"L\"", "partner: \"T-2.level\"", 16, "there is no tag"),
        ("(measures: Mode)", "(measures: Level)", 27, "without storage"),
        ("(measures: Mode)", "(measures: Given(\"power\"))", 27, "gives no power"),
        ("(measures: Mode)", "(measures: Free(\"ph\"))", 27, "state all three"),
        ("noise: 0.2", "noise: -0.2", 27, "0 or more"),
    ]);
}

#[test]
fn topology() {
    check(&[
        ("(medium: \"cooling\", from: \"C-1\", to: [\"F-1\"])", "(medium: \"cooling\", from: \"T-1\", to: [\"F-1\"])", 32, "T-1 neither gives"),
        ("to: [\"C-1\", \"F-1\"]", "to: [\"C-1\", \"F-1\", \"T-1\"]", 31, "T-1 neither needs"),
        ("        (medium: \"cooling\", from: \"C-1\", to: [\"F-1\"]),\n", "", 17, "F-1 needs cooling and no giver is linked"),
        ("        (medium: \"water\", from: \"S-1\", to: [\"T-1\"]),\n", "", 15, "no link takes water away"),
        ("        (medium: \"water\", from: \"T-1\", to: [\"F-1\"]),\n", "", 23, "no link brings water"),
        ("from: \"T-1\", to: [\"F-1\"]", "from: \"T-1\", to: [\"T-1\", \"F-1\"]", 34, "linked to itself"),
        ("to: [\"C-1\", \"F-1\"]", "to: [\"C-1\", \"C-1\", \"F-1\"]", 31, "stands twice"),
        ("to: [\"C-1\", \"F-1\"]", "to: [\"C-1\", \"F-1\"], via: [(0, 1, 2)]", 31, "way-points"),
        ("LevelBelow(asset: \"T-1\"", "LevelBelow(asset: \"G-1\"", 25, "no storage facet to watch"),
        ("skill: \"mechanic\"", "skill: \"welder\"", 24, "no crew has the skill"),
        ("(medium: \"cooling\", amount: 20", "(medium: \"water\", amount: 20", 20, "is a material, not a service"),
        ("inputs: [(medium: \"water\"", "inputs: [(medium: \"power\"", 23, "is a service, not a material"),
        ("thermal: (capacity_kj_per_k: 900, heat_kw: 18, setpoint_c: 4, trip_c: 10, reset_c: 6),", "", 20, "HeatUp without a thermal facet"),
    ]);
}

#[test]
fn groups_cells_and_forms() {
    check(&[
        ("k: 1", "k: 2", 36, "2 of 1 members"),
        ("k: 1", "k: 0", 36, "0 of 1 members"),
        ("members: [\"C-1\"])", "members: [\"C-1\", \"C-1\"])", 36, "stands twice"),
        ("bins: 5", "bins: 50", 38, "the largest feature is temperature of F-1 with 50 values"),
        ("levels: [\"T-1\"]", "levels: [\"G-1\"]", 38, "G-1 has no storage"),
        ("temperatures: [\"F-1\"]", "temperatures: [\"G-1\"]", 38, "G-1 has no thermal facet"),
        ("rate_per_h: 6000", "rate_per_h: 6", 23, "the rate form would be wrong here"),
        ("rate_per_h: 6000", "rate_per_h: 6000, cycle: \"4min\"", 23, "not much shorter than the 30min"),
        (
            "(id: \"can\", unit: \"{can}\", flow: Material)",
            "(id: \"can\", unit: \"{can}\", flow: PressureDriven)",
            9,
            "reserved and not yet supported",
        ),
        ("(id: \"cooling\", unit: \"kW\")", "(id: \"cooling\", unit: \"kW\", flow: Dc)", 7, "reserved and not yet supported"),
        ("at: (8, 0, 0),", "at: (8, 0, 0), safety: Safety,", 26, "read-only"),
        ("at: (6, 0, 0)", "at: (6, 0, 0), body: (gltf: \"../../etc/a.glb\")", 16, "refused"),
        ("name: \"Mini\",", "name: \"Mini\", kind_files: [\"x.ron\"],", 4, "cannot name others"),
    ]);
}

/// A line of parts; every case edits one place of it.
const PARTS: &str = r#"(
    version: 1,
    id: "line",
    name: "Line",
    media: [(id: "part", unit: "{part}", flow: Material), (id: "oil", unit: "L", flow: Material)],
    assets: [
        (id: "M-1", at: (0, 0, 0), process: (form: Parts(cycle: Triangular(min: "1min", mode: "2min", max: "4min")), outputs: [(medium: "part")])),
        (id: "B-1", at: (2, 0, 0), storage: (medium: "part", capacity: 9)),
        (id: "M-2", at: (4, 0, 0), process: (form: Parts(cycle: Exponential(mean: "2min"), servers: 2), inputs: [(medium: "part")], outputs: [(medium: "part")])),
        (id: "M-3", at: (6, 0, 0), process: (form: Parts(cycle: Erlang(phases: 3, mean: "1min")), inputs: [(medium: "part")]),
            reliability: [(id: "jam", hazard: Exponential(mttf: "2min"), repair: Fixed("1min"))]),
    ],
    links: [
        (medium: "part", from: "M-1", to: ["B-1"]),
        (medium: "part", from: "B-1", to: ["M-2"]),
        (medium: "part", from: "M-2", to: ["M-3"]),
    ],
)"#;

#[test]
fn lines_of_parts() {
    let plant = Plant::parse(PARTS, "t.ron").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(plant.assets[1].storage.map(|s| s.initial), Some(4.0), "half full, rounded down");
    let rate = plant.assets[2].process.as_ref().map(|p| p.rate_per_h);
    assert_eq!(rate, Some(60.0), "two servers of 2 min");
    let cases: [Case; 16] = [
        ("Exponential(mean: \"2min\"), servers: 2)", "Exponential(mean: \"2min\"), servers: 0)", 9, "1 to 100"),
        ("form: Parts(cycle: Erlang", "rate_per_h: 5, form: Parts(cycle: Erlang", 10, "no rate of its own"),
        ("form: Parts(cycle: Erlang", "cycle: \"1min\", form: Parts(cycle: Erlang", 10, "no second cycle"),
        ("form: Parts(cycle: Erlang", "hold_limit: \"1min\", form: Parts(cycle: Erlang", 10, "no hold limit"),
        ("phases: 3", "phases: 0", 10, "1 to 100"),
        ("mean: \"1min\")),", "mean: \"1us\")),", 10, "microseconds"),
        ("max: \"4min\"", "max: \"90s\"", 7, "not in order"),
        ("form: Parts(cycle: Triangular(min: \"1min\", mode: \"2min\", max: \"4min\"))", "rate_per_h: 60", 7, "runs by rate on the line of M-2"),
        ("form: Parts(cycle: Triangular(min: \"1min\", mode: \"2min\", max: \"4min\"))", "unit: \"{part}\"", 7, "more than 0"),
        ("capacity: 9", "capacity: 9.5", 8, "whole number"),
        ("capacity: 9", "capacity: 9, initial: 2.5", 8, "whole number"),
        ("(id: \"B-1\", at: (2, 0, 0), storage: (medium: \"part\", capacity: 9))", "(id: \"B-1\", at: (2, 0, 0))", 8, "passes parts on"),
        ("inputs: [(medium: \"part\")]),", "inputs: [(medium: \"part\", per_unit: 1.5)]),", 10, "1.5 per part"),
        (
            "process: (form: Parts(cycle: Exponential(mean: \"2min\"), servers: 2), inputs: [(medium: \"part\")], outputs: [(medium: \"part\")])",
            "storage: (medium: \"part\", capacity: 3)",
            15,
            "joined without a machine",
        ),
        ("Erlang(phases: 3, mean: \"1min\"))", "Erlang(phases: 3, mean: \"1min\"), servers: 2)", 10, "share one failure mode"),
        ("Exponential(mean: \"2min\"), servers: 2)", "Lognormal(median: \"2min\", sigma: -1))", 9, "0 or more"),
    ];
    for (from, to, line, expected) in cases {
        assert_eq!(PARTS.matches(from).count(), 1, "{from:?} must stand once");
        let told = refused(&PARTS.replace(from, to)).to_string();
        let hit = told.lines().any(|l| l.starts_with(&format!("t.ron:{line}:")) && l.contains(expected));
        assert!(hit, "{from:?} -> {to:?}: expected line {line} with {expected:?}, got\n{told}");
    }
}

#[test]
fn everything_is_listed_at_once_in_file_order() {
    let text = SCENE
        .replace("capacity: 100", "capacity: -1")
        .replace("scrap: 0.01", "scrap: 7")
        .replace("\"C-1\", \"F-1\"], levels", "\"C-7\", \"F-1\"], levels");
    let e = refused(&text);
    let lines: Vec<Option<u32>> = e.issues().iter().map(|i| i.line).collect();
    assert_eq!(lines, [Some(13), Some(23), Some(23), Some(38)], "{e}");
}

#[test]
fn syntax_errors_have_line_and_column() {
    let told = refused(&SCENE.replace("(id: \"G-1\", at: (0, 0, 0)", "(id: \"G-1\", at: (0, 0 0)")).to_string();
    assert!(told.starts_with("t.ron:13:"), "{told}");
    assert!(matches!(refused(""), DocumentError::Syntax { line: 1, .. }));
    assert!(matches!(refused("(((((((("), DocumentError::Syntax { .. }));
    assert!(matches!(refused(&"(".repeat(1_000_000)), DocumentError::TooDeep { .. }));
}

/// Scenes of 4 MiB that try to cost more than they are worth; every answer is an error, soon, with little memory.
#[test]
fn bombs_are_refused() {
    let mut assets = String::new();
    for i in 0..20_000 {
        let _ = write!(assets, "(id: \"A{i}\", at: (0, 0, 0)),");
    }
    let head = "(version: 1, id: \"b\", name: \"b\", media: [], ";
    let told = refused(&format!("{head} assets: [{assets}])")).to_string();
    assert!(told.contains("20000 assets, more than the limit of 10000"), "{told}");

    let dangling = "(medium: \"x\", from: \"y\", to: [\"z\"]),".repeat(40_000);
    assert!(refused(&format!("{head} assets: [], links: [{dangling}])")).issues().len() <= 201);

    let text = "x".repeat(100_000);
    let few: String = (0..9_000).map(|i| format!("(id: \"A{i}\", kind: \"k\", at: (0, 0, 0)),")).collect();
    let told = refused(&format!("{head} kinds: [(id: \"k\", source: \"{text}\")], assets: [{few}])")).to_string();
    assert!(told.contains("more than the limit"), "{told}");

    let many = "0,".repeat(700_000);
    assert!(matches!(refused(&format!("{head} assets: [{many}])")), DocumentError::TooDeep { .. }));
    assert!(matches!(refused(&" ".repeat(5 << 20)), DocumentError::TooLarge { .. }));
}

#[test]
fn the_hash_is_of_the_meaning() {
    let parse = |text: &str| Plant::parse(text, "t.ron").unwrap().hash;
    assert_eq!(parse(SCENE), parse(&SCENE.replace("version: 1,", "// a comment\n version: 1,")));
    assert_eq!(parse(SCENE), parse(&SCENE.replace("scrap: 0.01", "scrap: 1e-2, earns_per_unit: 0")));
    assert_ne!(parse(SCENE), parse(&SCENE.replace("scrap: 0.01", "scrap: 0.011")));
}

#[test]
fn kinds_of_a_file_beside_the_scene() {
    let dir = tempfile::tempdir().unwrap();
    let scene = SCENE
        .replace("name: \"Mini\",", "name: \"Mini\", kind_files: [\"own.kinds.ron\"],")
        .replace("at: (4, 0, 0)", "kind: \"spring\", at: (4, 0, 0)");
    let path = dir.path().join("s.scene.ron");
    std::fs::write(&path, &scene).unwrap();
    assert!(Plant::load(&path).unwrap_err().to_string().contains("cannot be opened"));
    let kinds = "(version: 1, kinds: [(id: \"spring\", facets: (body: (shape: Intake, size: (1, 2, 1)), tags: [(measures: Rate)]))])";
    std::fs::write(dir.path().join("own.kinds.ron"), kinds).unwrap();
    let plant = Plant::load(&path).unwrap();
    assert_eq!(plant.assets[2].body.size_m, [1.0, 2.0, 1.0]);
    assert_eq!(plant.tags[0].unit, "m3/h");
}

proptest::proptest! {
    /// Any cut and splice of a scene is an answer, not a panic.
    #[test]
    fn spliced_scenes_are_answers(a in 0usize..3000, b in 0usize..3000, with in "[-0-9a-z(),:\"\\[\\]{}. ]{0,12}") {
        let cut = |i: usize| (0..=i.min(SCENE.len())).rev().find(|i| SCENE.is_char_boundary(*i)).unwrap_or(0);
        let _ = Plant::parse(&format!("{}{with}{}", &SCENE[..cut(a)], &SCENE[cut(b)..]), "t.ron");
    }
}

#[test]
fn couplings() {
    check(&[
        ("initial: 5)", "initial: 5, outflow: [(law: Linear(per_h: -1))])", 16, "more than 0"),
        ("initial: 5)", "initial: 5, outflow: [(to: \"T-9\", law: Linear(per_h: 1))])", 16, "did you mean \"T-1\""),
        ("initial: 5)", "initial: 5, outflow: [(to: \"T-1\", law: Linear(per_h: 1))])", 16, "drains into itself"),
        ("initial: 5)", "initial: 5, outflow: [(to: \"F-1\", law: Torricelli(full_per_h: 1))])", 16, "does not hold the same medium"),
        ("capacity_kj_per_k: 900", "kj_per_k_per_unit: 900", 22, "without a storage facet"),
        ("capacity_kj_per_k: 900", "inflow_c: 20, capacity_kj_per_k: 900", 22, "add kj_per_k_per_unit"),
        ("capacity_kj_per_k: 900, ", "", 22, "must be more than 0"),
        ("capacity_kj_per_k: 900", "capacity_kj_per_k: 900, exchange_with: [(with: \"F-1\", by: Ua(kw_per_k: 1))]", 22, "exchanges heat with itself"),
        ("capacity_kj_per_k: 900", "capacity_kj_per_k: 900, exchange_with: [(with: \"T-1\", by: Ua(kw_per_k: 1))]", 22, "has no thermal facet"),
        (
            "capacity_kj_per_k: 900",
            "capacity_kj_per_k: 900, exchange_with: [(with: \"T-1\", by: Effectiveness(fraction: 1.2, least_kw_per_k: 1))]",
            22,
            "between 0 and 1",
        ),
        ("fraction: 0.05), then", "fraction: 0.05), hysteresis: 2, then", 25, "less than 1"),
    ]);
}

#[test]
fn profiles() {
    check(&[
        (
            "unit: \"kW\"),\n        (id: \"cooling\"",
            "unit: \"kW\", price_profile: (knots: [(\"6h\", 0.2), (\"6h\", 0.1)])),\n        (id: \"cooling\"",
            6,
            "is not in order",
        ),
        (
            "unit: \"kW\"),\n        (id: \"cooling\"",
            "unit: \"kW\", price_profile: (knots: [(\"25h\", 0.2)])),\n        (id: \"cooling\"",
            6,
            "is not in order",
        ),
        (
            "unit: \"kW\"),\n        (id: \"cooling\"",
            "unit: \"kW\", price_profile: (knots: [(\"6h\", -1)])),\n        (id: \"cooling\"",
            6,
            "0 or more",
        ),
        (
            "unit: \"kW\"),\n        (id: \"cooling\"",
            "unit: \"kW\", co2_profile: (form: Linear, knots: [(\"6h\", 1)])),\n        (id: \"cooling\"",
            6,
            "change by steps",
        ),
        (
            "flow: Material),\n        (id: \"can\"",
            "flow: Material, price_profile: (knots: [(\"6h\", 1)])),\n        (id: \"can\"",
            8,
            "on a material",
        ),
        ("name: \"Mini\",", "name: \"Mini\", ambient_profile: (knots: []),", 4, "0 knots"),
        ("name: \"Mini\",", "name: \"Mini\", ambient_profile: (knots: [(\"1h\", -300)]),", 4, "-273.15"),
    ]);
}

#[test]
fn contradictory_controls() {
    let rule = "(id: \"dry\", when: LevelBelow(asset: \"T-1\", fraction: 0.05), then: Inhibit, via: \"G-1\")";
    let pair = |start: &str, stop: &str| format!("(id: \"a\", when: {start}, then: Start), (id: \"b\", when: {stop}, then: Stop)");
    let low = |x: &str| format!("LevelBelow(asset: \"T-1\", fraction: {x})");
    let high = |x: &str| format!("LevelAbove(asset: \"T-1\", fraction: {x})");
    let warm = |x: &str| format!("TemperatureAbove(asset: \"F-1\", celsius: {x})");
    let cold = |x: &str| format!("TemperatureBelow(asset: \"F-1\", celsius: {x})");
    for (start, stop, expected) in [
        (low("0.6"), high("0.4"), "both hold between"),
        (high("0.4"), low("0.6"), "both hold between"),
        (low("0.5"), high("0.5"), "same threshold chatter"),
        (low("0.2"), low("0.1"), "same side"),
        (warm("8"), cold("9"), "both hold between"),
        ("Running(asset: \"G-1\")".into(), "Running(asset: \"G-1\")".into(), "same side"),
    ] {
        check(&[(rule, &pair(&start, &stop), 25, expected)]);
    }
    for (start, stop) in [(low("0.2"), high("0.8")), (warm("9"), cold("5")), (low("0.9"), cold("5"))] {
        let text = SCENE.replace(rule, &pair(&start, &stop));
        assert!(Plant::parse(&text, "t.ron").is_ok(), "{start} / {stop} is fine");
    }
}
