//! Symbol servers over HTTP. Being offline is ordinary: a server that does not answer within
//! seconds is tried once in the life of the process, not once for each module.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use analyzer::{Fetch, FetchError};
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// How long to wait for a server.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// Until it is found and connected to.
    pub connect: Duration,
    /// Until it answers, and then between any two pieces of the file.
    pub silence: Duration,
    /// For one file as a whole.
    pub file: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            silence: Duration::from_secs(5),
            file: Duration::from_secs(300),
        }
    }
}

/// Asks symbol servers, and remembers which do not answer.
#[derive(Debug)]
pub struct SymbolServers {
    agent: Agent,
    silent: Mutex<HashMap<String, String>>,
    announce: Option<fn(&str)>,
}

impl SymbolServers {
    /// Proxies are those of the environment, certificates those of the system.
    pub fn new(timeouts: &Timeouts) -> Self {
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier);
        let config = Agent::config_builder()
            .tls_config(tls.build())
            .user_agent(concat!("stopcode/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(timeouts.connect))
            .timeout_connect(Some(timeouts.connect))
            .timeout_recv_response(Some(timeouts.silence))
            .timeout_per_read(Some(timeouts.silence))
            .timeout_global(Some(timeouts.file))
            .build();
        Self {
            agent: config.into(),
            silent: Mutex::default(),
            announce: None,
        }
    }

    /// With something to call with the address of each file that is about to arrive.
    pub fn announcing(mut self, announce: fn(&str)) -> Self {
        self.announce = Some(announce);
        self
    }

    fn get(&self, url: &str, to: &mut dyn Write) -> Result<(), Problem> {
        let mut answer = self.agent.get(url).call()?;
        if let Some(announce) = self.announce {
            announce(url);
        }
        let expected = answer.body().content_length();
        let mut body = answer.body_mut().as_reader();
        let mut buffer = vec![0; 64 << 10];
        let mut received = 0_u64;
        loop {
            let length = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) => return Err(Problem::Body(error.into())),
            };
            received += length as u64;
            to.write_all(&buffer[..length]).map_err(Problem::Write)?;
        }
        match expected {
            Some(expected) if received < expected => Err(Problem::Short),
            _ => Ok(()),
        }
    }
}

impl Fetch for SymbolServers {
    fn fetch(&self, url: &str, to: &mut dyn Write) -> Result<(), FetchError> {
        let host = host(url);
        let silent = || self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = silent().get(host) {
            return Err(FetchError::Failed(why.clone()));
        }
        let problem = match self.get(url, to) {
            Ok(()) => return Ok(()),
            Err(problem) => problem,
        };
        let (why, is_silent) = match problem {
            Problem::Ask(ureq::Error::StatusCode(404 | 410)) => return Err(FetchError::NotFound),
            Problem::Ask(ureq::Error::StatusCode(code)) => (format!("HTTP status {code}"), false),
            Problem::Ask(error) | Problem::Body(error @ ureq::Error::Timeout(_)) => {
                (error.to_string(), true)
            }
            Problem::Body(error) => (format!("the file broke off: {error}"), false),
            Problem::Short => ("the file broke off".to_owned(), false),
            Problem::Write(error) => (format!("the cache cannot be written: {error}"), false),
        };
        if is_silent {
            silent().insert(host.to_owned(), why.clone());
        }
        Err(FetchError::Failed(why))
    }
}

/// What is in the way of a file.
enum Problem {
    /// The server does not answer.
    Ask(ureq::Error),
    /// It does, and then it does not.
    Body(ureq::Error),
    /// Fewer bytes than it said.
    Short,
    Write(io::Error),
}

impl From<ureq::Error> for Problem {
    fn from(error: ureq::Error) -> Self {
        Self::Ask(error)
    }
}

/// Scheme, host and port of an address.
fn host(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Instant;

    use super::*;

    /// A server that gives every connection the same answer and then is silent for `pause`.
    struct Server {
        url: String,
        connections: Arc<AtomicUsize>,
    }

    impl Server {
        fn new(answer: &'static str, pause: Duration) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/a.pdb", listener.local_addr().unwrap());
            let connections = Arc::new(AtomicUsize::new(0));
            let seen = Arc::clone(&connections);
            // Ends with the test's process.
            thread::spawn(move || {
                for stream in listener.incoming() {
                    let mut stream = stream.unwrap();
                    seen.fetch_add(1, Ordering::SeqCst);
                    thread::spawn(move || {
                        let _ = stream.read(&mut [0; 4096]);
                        let _ = stream.write_all(answer.as_bytes());
                        thread::sleep(pause);
                    });
                }
            });
            Self { url, connections }
        }

        fn connections(&self) -> usize {
            self.connections.load(Ordering::SeqCst)
        }
    }

    fn servers() -> SymbolServers {
        SymbolServers::new(&Timeouts {
            connect: Duration::from_millis(500),
            silence: Duration::from_millis(500),
            file: Duration::from_secs(2),
        })
    }

    const NO_PAUSE: Duration = Duration::ZERO;
    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_file_arrives() {
        let server = Server::new("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\npdb", NO_PAUSE);
        let mut file = Vec::new();
        assert_eq!(servers().fetch(&server.url, &mut file), Ok(()));
        assert_eq!(file, b"pdb");
    }

    #[test]
    fn not_found_says_nothing_about_the_server() {
        let server = Server::new("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", NO_PAUSE);
        let servers = servers();
        for _ in 0..2 {
            let answer = servers.fetch(&server.url, &mut Vec::new());
            assert_eq!(answer, Err(FetchError::NotFound));
        }
        let broken = Server::new("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", NO_PAUSE);
        let answer = servers.fetch(&broken.url, &mut Vec::new());
        assert_eq!(answer, Err(FetchError::Failed("HTTP status 500".into())));
    }

    #[test]
    fn who_is_silent_is_asked_once() {
        let bodies = ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npd"];
        for server in bodies.map(|body| Server::new(body, LONG)) {
            let servers = servers();
            let start = Instant::now();
            for _ in 0..3 {
                let answer = servers.fetch(&server.url, &mut Vec::new());
                assert!(matches!(answer, Err(FetchError::Failed(_))), "{answer:?}");
            }
            assert_eq!(server.connections(), 1);
            assert!(start.elapsed() < LONG / 4);
        }
    }

    #[test]
    fn who_cannot_be_connected_to_fails_at_once() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/a.pdb", free.local_addr().unwrap());
        drop(free);
        let answer = servers().fetch(&url, &mut Vec::new());
        assert!(matches!(answer, Err(FetchError::Failed(_))), "{answer:?}");
    }

    #[test]
    fn a_file_that_breaks_off_is_an_error() {
        let server = Server::new("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npd", NO_PAUSE);
        let answer = servers().fetch(&server.url, &mut Vec::new());
        let Err(FetchError::Failed(why)) = answer else {
            panic!("{answer:?}")
        };
        assert!(why.contains("broke off"), "{why}");
    }

    #[test]
    fn hosts() {
        assert_eq!(host("https://a.b:8/c/d"), "https://a.b:8");
        assert_eq!(host("http://a"), "http://a");
        assert_eq!(host("odd"), "odd");
    }
}
