//! `plantcast audit`: verifies or lists the audit trail of a data folder. Reads only; moves nothing.

use super::{CliError, code, edge};
use crate::{
    governance::{
        audit::{AuditKey, CHECKPOINTS, PUBLIC_KEY, Report, VerifyError, verify},
        hex,
    },
    history::{AuditRow, HistoryError, Store},
};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// Verify or list the audit trail.
#[derive(clap::Args, Debug, Clone)]
pub struct AuditArgs {
    /// What to do
    #[command(subcommand)]
    pub what: AuditCommand,
}

/// What to do with the trail.
#[derive(clap::Subcommand, Debug, Clone)]
pub enum AuditCommand {
    /// Check every record, the chain and the signed checkpoints; exit 13 names the first bad record
    Verify(VerifyArgs),
    /// Print records
    List(ListArgs),
}

/// Arguments of `audit verify`.
#[derive(clap::Args, Debug, Clone)]
pub struct VerifyArgs {
    /// Data folder [default: PLANTCAST_DATA_DIR, else the user's]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Public key kept elsewhere, instead of the folder's own
    #[arg(long, value_name = "FILE")]
    pub public_key: Option<PathBuf>,
    /// Checkpoint file kept elsewhere, instead of the folder's own
    #[arg(long, value_name = "FILE")]
    pub checkpoints: Option<PathBuf>,
    /// Fail unless the trail has at least this many records, known from an earlier verification
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub at_least: u64,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `audit list`.
#[derive(clap::Args, Debug, Clone)]
pub struct ListArgs {
    /// Data folder [default: PLANTCAST_DATA_DIR, else the user's]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Newest records to print
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub last: usize,
    /// Only this trace id
    #[arg(long, value_name = "ID")]
    pub trace: Option<String>,
    /// One JSON object per line
    #[arg(long)]
    pub json: bool,
}

/// Runs the subcommand.
///
/// # Errors
/// [`CliError`] with exit code 13 when the trail cannot be trusted, 74 when it cannot be read.
pub fn run(args: &AuditArgs) -> Result<(), CliError> {
    let text = match &args.what {
        AuditCommand::Verify(a) => verify_text(a)?,
        AuditCommand::List(a) => list_text(a)?,
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(CliError::io(e)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn open(folder: &Path) -> Result<Store, CliError> {
    Store::open_read_only(folder).map_err(|e| from_store(&e))
}

fn from_store(e: &HistoryError) -> CliError {
    match e {
        HistoryError::Damaged { .. } | HistoryError::DamagedWhileOpen { .. } | HistoryError::Form { .. } => CliError::new(code::INTEGRITY, e),
        _ => CliError::io(e),
    }
}

/// Verifies a data folder: what `audit verify` does, for the demo too.
///
/// # Errors
/// As [`run`].
pub fn verify_folder(args: &VerifyArgs) -> Result<Report, CliError> {
    let folder = edge::data_dir(args.data_dir.clone());
    let store = open(&folder)?;
    let key = AuditKey::read_public(&args.public_key.clone().unwrap_or_else(|| folder.join(PUBLIC_KEY))).map_err(CliError::io)?;
    let checkpoints = args.checkpoints.clone().unwrap_or_else(|| folder.join(CHECKPOINTS));
    let report = verify(&store, &checkpoints, &key).map_err(|e| match &e {
        VerifyError::Bad { .. } | VerifyError::Checkpoints(_) => {
            CliError::new(code::INTEGRITY, format!("{e}\nkeep the files as they are; restore nothing over them"))
        }
        VerifyError::Store(s) => from_store(s),
    })?;
    if report.records < args.at_least {
        let text = format!("audit record {}: missing; the trail once had {} records: its tail was cut", report.records + 1, args.at_least);
        return Err(CliError::new(code::INTEGRITY, text));
    }
    Ok(report)
}

fn verify_text(args: &VerifyArgs) -> Result<String, CliError> {
    let r = verify_folder(args)?;
    if args.json {
        return Ok(serde_json::to_string(&r).map_err(CliError::failed)? + "\n");
    }
    let end = if r.closed { "closed in order" } else { "not closed in order (still running, or it was stopped)" };
    Ok(format!(
        "audit trail intact: {} records, {} signed checkpoints; signed for up to record {}, {} after it; {end}\n",
        r.records, r.checkpoints, r.sealed_to, r.unsealed
    ))
}

fn list_text(args: &ListArgs) -> Result<String, CliError> {
    let store = open(&edge::data_dir(args.data_dir.clone()))?;
    let wanted = |r: &AuditRow| args.trace.as_ref().is_none_or(|t| &r.trace == t);
    let rows = store.audit_tail(if args.trace.is_some() { 1_000_000 } else { args.last }).map_err(|e| from_store(&e))?;
    let mut rows: Vec<AuditRow> = rows.into_iter().filter(wanted).collect();
    let over = rows.len().saturating_sub(args.last);
    rows.drain(..over);
    rows.iter().map(|r| if args.json { json_line(r) } else { Ok(text_line(r)) }).collect()
}

fn json_line(r: &AuditRow) -> Result<String, CliError> {
    let body: serde_json::Value = serde_json::from_str(&r.body).unwrap_or_else(|_| serde_json::Value::String(r.body.clone()));
    let line = serde_json::json!({
        "schema_version": 1, "seq": r.seq, "at": stamp(r), "kind": r.kind, "trace": r.trace, "body": body, "hash": hex(&r.hash),
    });
    Ok(serde_json::to_string(&line).map_err(CliError::failed)? + "\n")
}

fn text_line(r: &AuditRow) -> String {
    let body: serde_json::Value = serde_json::from_str(&r.body).unwrap_or_default();
    let field = |name: &str| body.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_string();
    format!("{:>6}  {}  {:<24} {:<18} {}  [{}]\n", r.seq, stamp(r), r.kind, field("actor"), field("text"), hex(&r.hash[..6]))
}

fn stamp(r: &AuditRow) -> String {
    jiff::Timestamp::from_microsecond(r.at_wall.0).map_or_else(|_| r.at_wall.0.to_string(), |t| t.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::ManualClock, governance::audit::AuditLog, history::NewAudit, time::Time};

    fn args(dir: &Path) -> VerifyArgs {
        VerifyArgs { data_dir: Some(dir.into()), public_key: None, checkpoints: None, at_least: 0, json: false }
    }

    #[test]
    fn verifies_lists_and_ends_with_13_on_tampering() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(verify_folder(&args(dir.path())).unwrap_err().code, code::IO, "nothing there");
        let store = Store::open(dir.path()).unwrap();
        let mut log = AuditLog::open_in(Some(dir.path()), &*ManualClock::new()).unwrap();
        for i in 0..5 {
            let body = r#"{"actor":"olga","text":"looked"}"#.into();
            store.control(|c| c.append(&NewAudit { at_wall: Time(i), kind: "note".into(), trace: format!("t{i}"), body })).unwrap();
        }
        log.seal_now(&store, true).unwrap();
        assert!(verify_text(&args(dir.path())).unwrap().starts_with("audit trail intact: 5 records"));
        assert_eq!(verify_folder(&VerifyArgs { at_least: 6, ..args(dir.path()) }).unwrap_err().code, code::INTEGRITY);
        let list = ListArgs { data_dir: Some(dir.path().into()), last: 2, trace: None, json: false };
        let text = list_text(&list).unwrap();
        assert!(text.lines().count() == 2 && text.contains("olga") && text.contains("looked"), "{text}");
        let one = list_text(&ListArgs { trace: Some("t1".into()), json: true, ..list }).unwrap();
        assert!(one.lines().count() == 1 && one.contains("\"seq\":2"), "{one}");
        let raw = rusqlite::Connection::open(dir.path().join("control.sqlite")).unwrap();
        raw.execute_batch("DROP TRIGGER audit_stays; DELETE FROM audit WHERE seq = 4;").unwrap();
        let e = verify_folder(&args(dir.path())).unwrap_err();
        assert!(e.code == code::INTEGRITY && e.message.contains("record 4"), "{e}");
    }
}
