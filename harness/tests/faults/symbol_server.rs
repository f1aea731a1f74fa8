//! Symbols from a server on this machine: they arrive, are kept, and are not missed when the
//! server has gone.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Serves the PDBs of some folders by their names, whatever key is asked for.
pub struct Server {
    pub url: String,
    is_silent: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    pub fn new(folders: &[PathBuf]) -> Self {
        let entries = folders
            .iter()
            .flat_map(|folder| fs::read_dir(folder).unwrap());
        let files: HashMap<_, _> = entries
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
            .filter(|(name, _)| name.ends_with(".pdb"))
            .collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let is_silent = Arc::new(AtomicBool::new(false));
        let silent = Arc::clone(&is_silent);
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        // Ends with the test's process.
        thread::spawn(move || {
            let mut held = Vec::new();
            for mut stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                if silent.load(Ordering::SeqCst) {
                    held.push(stream);
                    continue;
                }
                let mut request = [0; 4096];
                let length = stream.read(&mut request).unwrap_or(0);
                let request = String::from_utf8_lossy(&request[..length]);
                let path = request.split(' ').nth(1).unwrap_or_default();
                let name = path.rsplit('/').next().unwrap_or_default();
                let (status, body) = match files.get(name) {
                    Some(file) => ("200 OK", fs::read(file).unwrap()),
                    None => ("404 Not Found", Vec::new()),
                };
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes());
                let _ = stream.write_all(&body);
            }
        });
        Self {
            url,
            is_silent,
            asked,
        }
    }

    /// How often it was asked until now.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// From now on, it takes what it is asked and does not answer.
    pub fn fall_silent(&self) {
        self.is_silent.store(true, Ordering::SeqCst);
    }
}

/// `read` gives the verdict with a symbol path; `known` is the one with the folders themselves.
pub fn serves(
    server: &Server,
    folder: &Path,
    known: &Value,
    read: impl Fn(&str, &[&str]) -> Value,
) {
    let path = |cache: &str| format!("srv*{}*{}", folder.join(cache).display(), server.url);
    let same = |verdict: &Value| {
        for part in ["cause", "culprit", "signature", "evidence"] {
            assert_eq!(verdict[part], known[part], "{part}");
        }
    };
    same(&read(&path("cache"), &[]));
    assert!(folder.join("cache/ntkrnlmp.pdb").is_dir());
    // What is in the cache is enough.
    server.fall_silent();
    same(&read(&path("cache"), &["--offline"]));
    // A server that does not answer costs a few seconds once, not once for each module.
    let start = Instant::now();
    let verdict = read(&path("empty"), &[]);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    let unknown = verdict["unknown"].to_string();
    assert!(
        unknown.contains("ntkrnlmp.pdb") && unknown.contains(&server.url),
        "{unknown}"
    );
    let start = Instant::now();
    let unknown = read(&path("empty"), &["--offline"])["unknown"].to_string();
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
    assert!(unknown.contains("not asked"), "{unknown}");
}
