//! An ensemble spread over processes is the ensemble of one process, byte for byte: through the program itself, with
//! parts shuffled, repeated, overlapping, missing, foreign, damaged and killed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

fn plantcast(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plantcast")).args(args).current_dir(dir).output().expect("the program starts")
}

fn done(dir: &Path, args: &[&str]) {
    let out = plantcast(dir, args);
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
}

/// Runs and gives the message of the refusal (exit code 15).
fn refused(dir: &Path, args: &[&str]) -> String {
    let out = plantcast(dir, args);
    assert_eq!(out.status.code(), Some(15), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn part(dir: &Path, runs: &str, file: &str, seed: &str, threads: &str) {
    done(dir, &["ensemble", "chiller-outage", "--seed", seed, "--runs", runs, "--threads", threads, "--out", file]);
}

fn read(dir: &Path, file: &str) -> Vec<u8> {
    std::fs::read(dir.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

#[test]
fn shuffled_repeated_and_overlapping_parts_make_the_forecast_of_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    done(dir, &["whatif", "chiller-outage", "--seed", "7", "--runs", "60", "--threads", "2", "--out", "whole.json", "--json"]);
    for (runs, file, threads) in [("0..13", "a", "1"), ("13..31", "b", "2"), ("31..32", "c", "1"), ("32..60", "d", "2"), ("9..40", "over", "2")] {
        part(dir, runs, file, "7", threads);
    }
    let whole = read(dir, "whole.json");
    for order in [&["c", "a", "d", "b"][..], &["d", "c", "b", "a", "c"], &["over", "d", "a"], &["b", "over", "a", "d", "c", "over"]] {
        done(dir, &[&["merge", "--out", "merged.json"], order].concat());
        assert_eq!(read(dir, "merged.json"), whole, "{order:?}");
    }
    let to_stdout = plantcast(dir, &["merge", "a", "b", "c", "d"]);
    assert_eq!(to_stdout.stdout, whole);

    let gap = refused(dir, &["merge", "d", "a", "--out", "no.json"]);
    assert!(gap.contains("futures 13..32 are missing"), "{gap}");
    let late = refused(dir, &["merge", "b", "--out", "no.json"]);
    assert!(late.contains("futures 0..13 are missing"), "{late}");
    part(dir, "13..31", "foreign", "8", "1");
    let foreign = refused(dir, &["merge", "a", "foreign", "c", "d", "--out", "no.json"]);
    assert!(foreign.contains("different seeds: 7 and 8"), "{foreign}");
    done(dir, &["ensemble", "late-syrup", "--seed", "7", "--runs", "13..31", "--out", "other"]);
    let other = refused(dir, &["merge", "a", "other", "--out", "no.json"]);
    assert!(other.contains("different scenarios"), "{other}");
    let not_one = refused(dir, &["merge", "whole.json", "--out", "no.json"]);
    assert!(not_one.contains("whole.json is no part of an ensemble"), "{not_one}");
    assert!(!dir.join("no.json").exists());

    // one digit of one future
    let mut damaged = read(dir, "b");
    let at = damaged.iter().rposition(|b| *b == b'1').unwrap();
    damaged[at] = b'2';
    std::fs::write(dir.join("damaged"), &damaged).unwrap();
    let why = refused(dir, &["merge", "a", "damaged", "c", "d", "--out", "no.json"]);
    assert!(why.contains("damaged"), "{why}");
    std::fs::write(dir.join("cut"), &read(dir, "b")[..20_000]).unwrap();
    let why = refused(dir, &["merge", "a", "cut", "c", "d", "--out", "no.json"]);
    assert!(why.contains("cut is unfinished"), "{why}");
}

#[test]
fn a_killed_part_goes_on_and_a_finished_one_is_not_run_again() {
    let dir = tempfile::tempdir().unwrap();
    let dir: PathBuf = dir.path().into();
    let args = ["ensemble", "late-syrup", "--seed", "3", "--runs", "0..1500", "--threads", "2", "--out"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_plantcast")).args(args).arg("p").current_dir(&dir).spawn().expect("the program starts");
    let partial = dir.join("p.partial");
    // more than the head and one block is on disk: SIGKILL
    let mut waited = 0;
    while std::fs::metadata(&partial).map_or(0, |m| m.len()) < 200_000 && waited < 6000 {
        std::thread::sleep(Duration::from_millis(10));
        waited += 1;
    }
    child.kill().expect("it runs");
    let _ = child.wait();
    assert!(partial.exists() && !dir.join("p").exists(), "it was killed in the middle");
    let out = plantcast(&dir, &[&args[..], &["p"]].concat());
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success() && said.contains("going on at future"), "{said}");
    let again = plantcast(&dir, &[&args[..], &["p"]].concat());
    assert!(String::from_utf8_lossy(&again.stderr).contains("finished already"));
    done(&dir, &[&args[..], &["q"]].concat());
    assert!(read(&dir, "p") == read(&dir, "q"), "the same part as one that was never killed");
}
