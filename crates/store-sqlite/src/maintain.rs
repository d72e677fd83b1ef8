//! Backup and restore of the embedded store.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use usher_store::{Error, Result};

use crate::open;
use crate::rows::error;

/// All pages at a stretch: one snapshot, in which a server can write on. In several steps,
/// each commit in between would start the copy anew.
const ALL_PAGES: i32 = -1;

/// Copies the store, also while a server uses it, to a new file: all of one moment.
///
/// # Errors
/// [`Error::Unavailable`] when the file is there already or can't be written.
pub fn backup(folder: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        return Err(Error::Engine(format!("{} is there already", to.display())));
    }
    // Under another name until it is whole and on disk: no half backup looks like one.
    let partial = to.with_extension("partial");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let source = Connection::open_with_flags(open::file(folder), flags).map_err(error)?;
    copy(&source, &partial)?;
    std::fs::rename(&partial, to).map_err(io)?;
    sync_folder(to)
}

/// Puts a backup into a folder that has no store yet.
///
/// # Errors
/// [`Error::Unavailable`] when the folder has a store, or the file is no sound backup.
pub fn restore(from: &Path, folder: &Path) -> Result<()> {
    let to = open::file(folder);
    if to.exists() {
        let message = format!(
            "{} has a store already; choose an empty folder",
            folder.display()
        );
        return Err(Error::Engine(message));
    }
    open::make_folder(folder)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let source = Connection::open_with_flags(from, flags).map_err(error)?;
    let sound: String = source
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .map_err(error)?;
    if sound != "ok" {
        return Err(Error::Unavailable(format!(
            "the backup is damaged: {sound}"
        )));
    }
    if open::meta(&source, "sandbox").is_err() {
        return Err(Error::Unavailable("this is no backup of Usher".to_owned()));
    }
    let partial = to.with_extension("partial");
    copy(&source, &partial)?;
    std::fs::rename(&partial, &to).map_err(io)?;
    sync_folder(&to)
}

fn copy(source: &Connection, to: &Path) -> Result<()> {
    if to.exists() {
        std::fs::remove_file(to).map_err(io)?;
    }
    // Only the owner may read it: it holds what the store holds.
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(io)?;
    let mut target = Connection::open(to).map_err(error)?;
    Backup::new(source, &mut target)
        .and_then(|backup| backup.step(ALL_PAGES))
        .map_err(error)?;
    target.close().map_err(|(_, e)| error(e))?;
    std::fs::File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(io)
}

fn sync_folder(file: &Path) -> Result<()> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty());
    std::fs::File::open(folder.unwrap_or(Path::new(".")))
        .and_then(|folder| folder.sync_all())
        .map_err(io)
}

fn io(error: std::io::Error) -> Error {
    Error::Unavailable(error.to_string())
}
