//! T36: every way to tamper with the trail is found and the first bad record named.

use super::*;
use crate::{
    clock::ManualClock,
    governance::audit::AuditKey,
    history::{NewAudit, chain_hash},
    time::Time,
};
use std::path::PathBuf;

const RECORDS: u64 = 1000;

struct Trail {
    _dir: tempfile::TempDir,
    store: Store,
    checkpoints: PathBuf,
    key: VerifyingKey,
}

fn record(i: u64) -> NewAudit {
    NewAudit { at_wall: Time(i as i64), kind: format!("kind.{}", i % 3), trace: format!("t{i}"), body: format!("{{\"i\":{i}}}") }
}

fn trail(records: u64, every: u64) -> Trail {
    let dir = tempfile::tempdir().unwrap();
    let (store, checkpoints) = (Store::in_memory().unwrap(), dir.path().join("checkpoints.jsonl"));
    let mut log = AuditLog::open(AuditKey::open(dir.path(), &*ManualClock::new()).unwrap(), Some(checkpoints.clone()), every).unwrap();
    for i in 1..=records {
        let row = store.control(|c| c.append(&record(i))).unwrap();
        log.note(&row).unwrap();
    }
    log.seal_now(&store, true).unwrap();
    let key = AuditKey::read_public(&dir.path().join("audit.pub")).unwrap();
    assert_eq!(key, log.public());
    Trail { _dir: dir, store, checkpoints, key }
}

fn check(rows: &[AuditRow], checkpoints: &[Checkpoint], key: &VerifyingKey) -> Result<Report, VerifyError> {
    // The reader hands out what the "file" holds in stored order, as SQLite does by rowid.
    let mut done = false;
    verify_rows(|_| Ok(if std::mem::replace(&mut done, true) { Vec::new() } else { rows.to_vec() }), checkpoints, key)
}

fn first_bad(r: Result<Report, VerifyError>) -> u64 {
    match r {
        Err(VerifyError::Bad { first_bad, .. }) => first_bad,
        other => panic!("not detected: {other:?}"),
    }
}

#[test]
fn an_untouched_trail_verifies() {
    let t = trail(RECORDS, 250);
    let report = verify(&t.store, &t.checkpoints, &t.key).unwrap();
    assert_eq!(report, Report { records: RECORDS, checkpoints: 5, sealed_to: RECORDS, unsealed: 0, closed: true });
    t.store.control(|c| c.append(&record(0))).unwrap();
    let report = verify(&t.store, &t.checkpoints, &t.key).unwrap();
    assert_eq!((report.unsealed, report.closed), (1, false));
}

#[test]
fn every_record_times_every_operation_is_detected() {
    let t = trail(RECORDS, 250);
    let rows = t.store.audit_from(1, 2000).unwrap();
    let cps = AuditLog::read(&t.checkpoints).unwrap();
    // The chain is a fold: each case runs on a window from the record before the tampered one; a sample runs in full.
    for k in 0..rows.len() {
        let full = k % 331 == 0 || k + 2 >= rows.len();
        let (from, until) = if full { (0, rows.len()) } else { (k, k + 3) };
        for op in 0..7 {
            let mut r = rows[from..until].to_vec();
            let Some(expected) = tamper(&mut r, k - from, op) else { continue };
            let expected = (expected + from) as u64;
            if full {
                assert_eq!(first_bad(check(&r, &cps, &t.key)), expected, "record {k} operation {op}");
            } else if op == 5 {
                assert!(r.is_empty(), "a cut tail is for the checkpoints to find, in the full sample");
            } else {
                let mut chain = Chain { next: k as u64 + 1, hash: rows[k].prev_hash, checkpoints: &[], reached: 0, sealed: 0 };
                let bad = r.iter().find_map(|r| chain.take(r).err());
                assert!(matches!(bad, Some(VerifyError::Bad { first_bad, .. }) if first_bad == expected), "record {k} operation {op}: {bad:?}");
            }
        }
    }
}

/// Does operation `op` to record `k` of `r`; the position (from 1) of the first record that is then bad.
fn tamper(r: &mut Vec<AuditRow>, k: usize, op: u8) -> Option<usize> {
    let last = k + 1 >= r.len();
    match op {
        0 => r[k].body.push(' '),
        1 if !last => drop(r.remove(k)),
        2 if !last => r.swap(k, k + 1),
        3 => r.insert(k, AuditRow { body: "{}".into(), ..r[k].clone() }),
        4 if !last => {
            r.insert(k, r[k].clone());
            return Some(k + 2);
        }
        5 => r.truncate(k),
        6 => r[k].at_wall = Time(r[k].at_wall.0 + 1),
        _ => return None,
    }
    Some(k + 1)
}

#[test]
fn a_rewritten_chain_an_older_copy_and_a_wrong_key_are_detected() {
    let t = trail(300, 64);
    let rows = t.store.audit_from(1, 2000).unwrap();
    let cps = AuditLog::read(&t.checkpoints).unwrap();
    // Consistent rewrite from record 100 on: only the checkpoints can tell.
    let mut r = rows.clone();
    for k in 99..r.len() {
        if k == 99 {
            r[k].body = "{\"i\":\"forged\"}".into();
        }
        let prev = r[k - 1].hash;
        let new = NewAudit { at_wall: r[k].at_wall, kind: r[k].kind.clone(), trace: r[k].trace.clone(), body: r[k].body.clone() };
        (r[k].prev_hash, r[k].hash) = (prev, chain_hash(&prev, r[k].seq, &new));
    }
    assert!(check(&r, &[], &t.key).is_ok(), "the chain alone accepts it");
    let bad = first_bad(check(&r, &cps, &t.key));
    assert!((65..=100).contains(&bad), "between the last good checkpoint (64) and the forged record: {bad}");
    assert_eq!(first_bad(check(&rows[..200], &cps, &t.key)), 201, "older copy");
    let other = AuditKey::generate(&*ManualClock::new());
    let stranger = {
        let c = ManualClock::new();
        let _ = AuditKey::generate(&*c);
        AuditKey::generate(&*c).public()
    };
    assert_eq!(other.public(), t.key, "the manual entropy repeats");
    assert_eq!(first_bad(check(&rows, &cps, &stranger)), 1);
}

#[test]
fn changed_checkpoints_are_detected() {
    let t = trail(300, 64);
    let rows = t.store.audit_from(1, 2000).unwrap();
    let cps = AuditLog::read(&t.checkpoints).unwrap();
    for i in 0..cps.len() {
        let mut c = cps.clone();
        c[i].seq += 1;
        assert!(check(&rows, &c, &t.key).is_err());
        if i + 1 < cps.len() {
            let mut c = cps.clone();
            c.remove(i);
            assert!(check(&rows, &c, &t.key).is_err(), "removed {i}");
        }
    }
}

#[test]
fn tampering_inside_the_file_is_found_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let cp = dir.path().join("checkpoints.jsonl");
    let mut log = AuditLog::open(AuditKey::open(dir.path(), &*ManualClock::new()).unwrap(), Some(cp.clone()), 4).unwrap();
    for i in 1..=10 {
        let row = store.control(|c| c.append(&record(i))).unwrap();
        log.note(&row).unwrap();
    }
    drop(store);
    let raw = rusqlite::Connection::open(dir.path().join("control.sqlite")).unwrap();
    raw.execute_batch("DROP TRIGGER audit_keeps; UPDATE audit SET body = replace(body, '7', '8') WHERE seq = 7;").unwrap();
    drop(raw);
    let key = AuditKey::open(dir.path(), &*ManualClock::new()).unwrap();
    assert_eq!(first_bad(verify(&Store::open(dir.path()).unwrap(), &cp, &key.public())), 7);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(dir.path().join("audit.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "the key is the owner's alone");
    }
}
