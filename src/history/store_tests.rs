//! Tests of the store: durability, atomicity, damage, versions, a full disk.

use super::*;
use crate::{history::NewAudit, time::Time};

fn record(i: i64) -> NewAudit {
    NewAudit { at_wall: Time(i), kind: "test".into(), trace: "t".into(), body: format!("{{\"i\":{i}}}") }
}

fn command(id: &str, asset: &str, state: OutboxState) -> OutboxRow {
    OutboxRow {
        id: id.into(),
        proposal: "p".into(),
        trace: "t".into(),
        step: 0,
        compensates: false,
        asset: asset.into(),
        epoch: 1,
        state,
        frame: "{}".into(),
        created_wall: Time(1),
        updated_wall: Time(1),
    }
}

#[test]
fn records_survive_reopening_and_chain() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..3 {
        let s = Store::open(dir.path()).unwrap();
        s.control(|c| c.append(&record(i))).unwrap();
    }
    let rows = Store::open(dir.path()).unwrap().audit_tail(10).unwrap();
    assert_eq!(rows.iter().map(|r| r.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(rows[0].prev_hash, [0; 32]);
    assert!(rows.windows(2).all(|w| w[1].prev_hash == w[0].hash));
    assert!(rows.iter().all(|r| r.hash == r.computed_hash()));
}

#[test]
fn a_failed_transaction_leaves_no_trace() {
    let s = Store::in_memory().unwrap();
    let r: Result<(), HistoryError> = s.control(|c| {
        c.append(&record(1))?;
        c.enqueue(&command("a", "X", OutboxState::Pending))?;
        c.enqueue(&command("b", "X", OutboxState::Pending))
    });
    assert!(matches!(r, Err(HistoryError::Refused { .. })), "one open command per asset: {r:?}");
    assert!(s.audit_tail(10).unwrap().is_empty());
    assert!(s.open_commands().unwrap().is_empty());
}

#[test]
fn every_open_state_reserves_the_asset_and_no_closed_one_does() {
    for state in OutboxState::ALL {
        let s = Store::in_memory().unwrap();
        assert_eq!(OutboxState::from_name(state.name()), Some(state));
        let second: Result<(), HistoryError> = s.control(|c| {
            c.enqueue(&command("a", "X", state))?;
            c.enqueue(&command("c", "Y", OutboxState::Pending))?;
            c.enqueue(&command("b", "X", OutboxState::Pending))
        });
        assert_eq!(second.is_err(), state.is_open(), "{state:?}");
    }
}

#[test]
fn audit_records_refuse_change_and_removal() {
    let s = Store::in_memory().unwrap();
    s.control(|c| c.append(&record(1))).unwrap();
    for text in ["UPDATE audit SET body = 'x'", "DELETE FROM audit"] {
        let r: Result<usize, HistoryError> = s.control(|c| c.tx.execute(text, []).map_err(sql));
        assert!(matches!(r, Err(HistoryError::Refused { .. })), "{r:?}");
    }
}

#[test]
fn epochs_only_grow() {
    let s = Store::in_memory().unwrap();
    let two: Result<(u64, u64, u64, u64), HistoryError> =
        s.control(|c| Ok((c.epoch("A")?, c.next_epoch("A")?, c.next_epoch("A")?, c.next_epoch("B")?)));
    assert_eq!(two.unwrap(), (0, 1, 2, 1));
}

#[test]
fn damaged_control_is_set_aside_and_refused_damaged_records_are_replaced() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("control.sqlite"), "this is not a database, but long enough to be one ".repeat(40)).unwrap();
    let e = Store::open(dir.path()).unwrap_err();
    assert!(matches!(e, HistoryError::Damaged { .. }), "{e}");
    assert!(dir.path().join("control.sqlite.damaged-1").exists());
    assert!(!dir.path().join("control.sqlite").exists());
    std::fs::write(dir.path().join("records.sqlite"), "neither is this ".repeat(100)).unwrap();
    let s = Store::open(dir.path()).unwrap();
    assert!(s.set_aside().unwrap().ends_with("records.sqlite.damaged-1"));
    assert!(std::fs::read_to_string(s.set_aside().unwrap()).unwrap().starts_with("neither"));
    s.control(|c| c.append(&record(1))).unwrap();
}

#[test]
fn a_newer_schema_is_refused_untouched() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    Connection::open(dir.path().join("control.sqlite")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Store::open(dir.path()), Err(HistoryError::Newer { found: 99, .. })));
    assert!(dir.path().join("control.sqlite").exists());
}

#[test]
fn a_full_disk_is_a_typed_error_and_passes_when_space_returns() {
    let s = Store::in_memory().unwrap();
    let limit = s.limit_control_pages(1).unwrap();
    assert!(s.capacity().unwrap().is_low());
    let mut written = 0;
    let error = loop {
        match s.control(|c| c.append(&record(written))) {
            Ok(_) => written += 1,
            Err(e) => break e,
        }
        assert!(written < 10_000, "limit of {limit} pages was never reached");
    };
    assert!(matches!(&error, HistoryError::Full { .. }) && error.may_pass(), "{error}");
    assert_eq!(s.audit_tail(10_000).unwrap().len() as i64, written);
    s.limit_control_pages(100_000).unwrap();
    assert!(!s.capacity().unwrap().is_low());
    assert_eq!(s.control(|c| c.append(&record(0))).unwrap().seq as i64, written + 1);
}

#[test]
fn the_handle_is_shared_between_threads() {
    let s = Store::in_memory().unwrap();
    std::thread::scope(|scope| {
        for t in 0..4 {
            let s = s.clone();
            scope.spawn(move || (0..25).for_each(|i| drop(s.control(|c| c.append(&record(t * 100 + i))).unwrap())));
        }
    });
    let rows = s.audit_tail(1000).unwrap();
    assert_eq!(rows.len(), 100);
    assert!(rows.windows(2).all(|w| w[1].seq == w[0].seq + 1 && w[1].prev_hash == w[0].hash));
}

#[test]
fn reading_only_creates_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Store::open_read_only(dir.path()), Err(HistoryError::Folder { .. })));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let writer = Store::open(dir.path()).unwrap();
    writer.control(|c| c.append(&record(1))).unwrap();
    let reader = Store::open_read_only(dir.path()).unwrap();
    assert_eq!(reader.audit_tail(10).unwrap().len(), 1, "beside a running writer");
    assert!(matches!(reader.control(|c| c.append(&record(2))), Err(HistoryError::ReadOnly { .. })));
    writer.control(|c| c.append(&record(2))).unwrap();
    assert_eq!(reader.audit_tail(10).unwrap().len(), 2);
}
