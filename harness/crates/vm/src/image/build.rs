//! Building an image by its own commands.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use nix::fcntl::{Flock, FlockArg};

use super::Image;

/// An image could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A command could not be started.
    #[error("cannot run `{command}`: {error}")]
    Start {
        command: String,
        error: std::io::Error,
    },
    #[error("`{command}` failed ({status}):\n{output}")]
    Failed {
        command: String,
        /// How it ended.
        status: ExitStatus,
        output: String,
    },
    /// It succeeded, but a file of the image is still missing.
    #[error("the build made no {}", .0.display())]
    NotMade(PathBuf),
    /// Two builds at once are kept apart by a lock file, which could not be used.
    #[error("cannot lock {}: {error}", path.display())]
    Lock {
        path: PathBuf,
        error: std::io::Error,
    },
}

impl Image {
    /// Builds what has changed. Quick when nothing has. The commands' output is only shown as
    /// part of an error.
    ///
    /// # Errors
    /// A command is missing or fails, or the image is incomplete afterwards.
    pub fn build(&self) -> Result<(), BuildError> {
        let _lock = self.lock()?;
        for command in &self.build {
            let shown = command.join(" ");
            let output = Command::new(&command[0])
                .args(&command[1..])
                .current_dir(&self.root)
                .stdin(Stdio::null())
                // A make above us (cargo under make, say) must not lend us its job server.
                .env_remove("MAKEFLAGS")
                .env_remove("MFLAGS")
                .output()
                .map_err(|error| BuildError::Start {
                    command: shown.clone(),
                    error,
                })?;
            if !output.status.success() {
                let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
                text.push_str(&String::from_utf8_lossy(&output.stderr));
                return Err(BuildError::Failed {
                    command: shown,
                    status: output.status,
                    output: text.trim_end().to_owned(),
                });
            }
        }
        match self.absent_file() {
            Some(file) => Err(BuildError::NotMade(file)),
            None => Ok(()),
        }
    }

    /// nextest runs each test in a process of its own; only one of them may build at a time.
    fn lock(&self) -> Result<Flock<File>, BuildError> {
        let path = self.root.join("target/stopcode/build.lock");
        let lock = || -> std::io::Result<Flock<File>> {
            fs::create_dir_all(self.root.join("target/stopcode"))?;
            let file = File::create(&path)?;
            Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| errno.into())
        };
        lock().map_err(|error| BuildError::Lock {
            path: path.clone(),
            error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Boot;

    fn image(root: &std::path::Path, build: &[&[&str]]) -> Image {
        let mut image = crate::testing::image::tiny();
        image.root = root.to_owned();
        let Boot::Nt(nt) = &mut image.boot else {
            panic!()
        };
        nt.kernel = root.join("loader.elf");
        nt.fw_cfg.clear();
        image.build = (build.iter())
            .map(|command| command.iter().map(|word| (*word).to_owned()).collect())
            .collect();
        image
    }

    #[test]
    fn failures_quote_the_commands_own_words() {
        let folder = tempfile::tempdir().unwrap();
        let failing = image(
            folder.path(),
            &[&["sh", "-c", "echo words; echo more >&2; exit 3"]],
        );
        let error = failing.build().unwrap_err().to_string();
        assert!(
            error.contains("words\nmore") && error.contains("exit status: 3"),
            "{error}"
        );

        let absent = image(folder.path(), &[&["no-such-command-here"]]);
        assert!(matches!(absent.build(), Err(BuildError::Start { .. })));

        let lazy = image(folder.path(), &[&["true"]]);
        assert!(matches!(lazy.build(), Err(BuildError::NotMade(_))));

        let good = image(folder.path(), &[&["touch", "loader.elf"]]);
        good.build().unwrap();
    }
}
