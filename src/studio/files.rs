//! Files of the window: scenarios opened and saved, file dialogs on a thread of their own.
//!
//! Never blocks a frame: the native dialog runs on a named thread and answers through a bounded channel. Where
//! no dialog exists it answers nothing, like Cancel; the path fields always work.

use super::{
    desk::{Desk, Effect},
    draft::Draft,
};
use crate::scenario::Scenario;
use bevy::prelude::Resource;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::path::{Path, PathBuf};

/// What a dialog answered.
#[derive(Debug)]
enum Answer {
    Open(PathBuf),
    Save(PathBuf),
}

/// The open dialog, if any.
#[derive(Resource, Debug)]
pub struct Files {
    answers: Receiver<Answer>,
    sender: Sender<Answer>,
}

impl Default for Files {
    fn default() -> Self {
        let (sender, answers) = bounded(4);
        Files { answers, sender }
    }
}

impl Files {
    /// Opens a native dialog.
    pub fn dialog(&self, save: bool, desk: &mut Desk) {
        let sender = self.sender.clone();
        let name = desk.draft.as_ref().map_or_else(|| "what-if.scenario.ron".to_owned(), |d| format!("{}.scenario.ron", d.scenario().id));
        let ask = move || {
            let dialog = rfd::FileDialog::new().add_filter("Scenario", &["ron"]);
            let answer = if save { dialog.set_file_name(name).save_file().map(Answer::Save) } else { dialog.pick_file().map(Answer::Open) };
            if let Some(answer) = answer {
                // full only when four dialogs answered in one frame: the newest is dropped like Cancel
                let _ = sender.try_send(answer);
            }
        };
        if let Err(e) = std::thread::Builder::new().name("plantcast-file-dialog".into()).spawn(ask) {
            desk.notice = Some(format!("The file dialog could not be opened ({e}); use the path field"));
        }
    }

    /// What the dialogs answered since the last frame.
    pub fn answers(&self) -> Vec<Effect> {
        self.answers
            .try_iter()
            .map(|a| match a {
                Answer::Open(p) => Effect::Read(p),
                Answer::Save(p) => Effect::Write(p),
            })
            .collect()
    }
}

/// Puts a scenario file on the desk.
pub fn read(desk: &mut Desk, path: &Path) {
    match Scenario::load(path) {
        Ok(s) => {
            desk.draft = Some(Draft::new(s, Some(path.to_owned())));
            desk.notice = None;
        }
        Err(e) => desk.notice = Some(e.to_string()),
    }
}

/// Writes the draft.
pub fn write(desk: &mut Desk, path: &Path) {
    let Some(draft) = &mut desk.draft else {
        desk.notice = Some("There is no scenario to save".into());
        return;
    };
    match draft.scenario().save(path) {
        Ok(()) => {
            draft.path = Some(path.to_owned());
            desk.notice = Some(format!("Saved {}", path.display()));
        }
        Err(e) => desk.notice = Some(e.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::studio::{ask::Ask, fixture::Fixture};

    #[test]
    fn a_saved_draft_opens_as_it_was_and_a_bad_file_is_an_answer() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lose.scenario.ron");
        let mut f = Fixture::live();
        write(&mut f.desk, &path);
        assert!(f.desk.notice.is_some(), "nothing to save");
        let (asset, live) = (f.failed, f.live.clone());
        f.desk.apply(Ask::Lose(asset), &live);
        let before = f.desk.draft.as_ref().expect("a draft").scenario().clone();
        write(&mut f.desk, &path);
        f.desk.draft = None;
        read(&mut f.desk, &path);
        let after = f.desk.draft.as_ref().expect("read back").scenario();
        assert_eq!((&after.disruptions, &after.responses, after.horizon), (&before.disruptions, &before.responses, before.horizon));
        std::fs::write(&path, "Scenario(").unwrap();
        read(&mut f.desk, &path);
        assert!(f.desk.notice.as_ref().expect("says why").contains("lose.scenario.ron"));
    }
}
