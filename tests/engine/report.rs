//! The executive page: self-contained, escaped, and saying what the forecast says.

use plantcast::forecast::{self, Forecast, Request, Silent};
use plantcast::plant::Plant;
use plantcast::scenario::{self, Scenario};
use plantcast::sim::Model;
use std::sync::Arc;

fn chiller() -> Forecast {
    let scenario =
        Scenario::parse(scenario::builtin("chiller-outage").expect("the test is set up right"), "chiller-outage").expect("the test is set up right");
    let plant = Plant::builtin(&scenario.scene).expect("the test is set up right").expect("the test is set up right");
    let compiled = scenario.compile(&plant).expect("the test is set up right");
    let mut r = Request::of(&scenario, compiled, Arc::new(Model::compile(&plant).expect("the test is set up right")), None)
        .expect("the test is set up right");
    (r.runs, r.threads) = (60, 2);
    forecast::run(&r, &Silent).expect("the test is set up right")
}

#[test]
fn the_page_is_one_file_and_says_what_the_forecast_says() {
    let mut f = chiller();
    let page = plantcast::report::html(&f);
    for nothing in ["<script", "http://", "https://", "<link", "<img", "url(", "@import", "NaN", "inf"] {
        let found = page.replace("http://www.w3.org/2000/svg", "").contains(nothing);
        assert!(!found, "{nothing}");
    }
    for something in ["<svg", "falls short in <b>", "Do nothing", "What this rests on", "plantcast trace chiller-outage", "@media print"] {
        assert!(page.contains(something), "{something}");
    }
    let hash: String = f.hash.iter().map(|b| format!("{b:02x}")).collect();
    assert!(page.contains(&hash), "the lineage");
    assert!(page.contains("Chiller 1"), "the asset that is lost");
    assert_eq!(page.matches("<section>").count(), page.matches("</section>").count());
    assert_eq!(plantcast::report::html(&f), page, "the same forecast is the same page");

    f.asset_names.iter_mut().for_each(|n| *n = "<script>alert(1)</script>".into());
    f.plant_name = "\"><img src=x>".into();
    f.alternatives.iter_mut().for_each(|a| a.name = "a & <b>".into());
    let page = plantcast::report::html(&f);
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("<b>a") && page.contains("a &amp; &lt;b&gt;"));
}

#[test]
fn a_forecast_without_responses_or_impacts_has_a_page_too() {
    let mut f = chiller();
    f.alternatives.truncate(1);
    f.alternatives[0].impacts.clear();
    f.alternatives[0].causes.clear();
    f.story = None;
    assert!(plantcast::report::html(&f).contains("no asset falls short"));
}
