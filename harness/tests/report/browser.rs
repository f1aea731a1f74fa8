//! A headless Chromium, spoken to over its debugging pipe: no port, no driver.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Names under which distributions install it.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
];

/// An answer comes in milliseconds; the first one after a second or two, on a loaded machine later.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
pub struct Browser {
    process: Child,
    orders: Option<ChildStdin>,
    answers: Receiver<Value>,
    next: u64,
    session: Option<String>,
    /// What has happened since it was last asked.
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

/// How a page is looked at.
#[derive(Clone, Copy)]
pub struct Look {
    pub width: u32,
    pub dark: bool,
}

impl Browser {
    /// The name of the program, if there is one.
    pub fn find() -> Option<&'static str> {
        let there = |name: &&str| {
            let found = Command::new(*name)
                .arg("--version")
                .stderr(Stdio::null())
                .output();
            found.is_ok_and(|output| output.status.success())
        };
        NAMES.into_iter().find(there)
    }

    /// Starts it. It ends when this value does.
    pub fn start(program: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        // It reads orders from descriptor 3 and answers on 4.
        let mut process = Command::new("sh")
            .args([
                "-c",
                r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#,
                program,
            ])
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .args(["--disable-dev-shm-usage", "--remote-debugging-pipe"])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .args(["--hide-scrollbars", "--force-color-profile=srgb"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = process.stdout.take().unwrap();
        let (sender, answers) = mpsc::channel();
        std::thread::spawn(move || {
            for message in BufReader::new(stdout).split(0) {
                let Ok(value) = message.and_then(|text| Ok(serde_json::from_slice(&text)?)) else {
                    break;
                };
                if sender.send(value).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self {
            orders: process.stdin.take(),
            process,
            answers,
            next: 0,
            session: None,
            events: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", attach)["sessionId"].clone();
        browser.session = session.as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.call("Page.setLifecycleEventsEnabled", json!({"enabled": true}));
        browser
    }

    /// Gives an order and waits for its answer.
    #[track_caller]
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut order = json!({"id": id, "method": method, "params": params});
        if let Some(session) = &self.session {
            order["sessionId"] = json!(session);
        }
        let mut text = order.to_string().into_bytes();
        text.push(0);
        self.orders.as_mut().unwrap().write_all(&text).unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let answer = self.answers.recv_timeout(left);
            let answer = answer.unwrap_or_else(|error| panic!("{method}: no answer: {error}"));
            if answer["id"] == id {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    /// Goes to a page and waits until all of it is there.
    fn navigate(&mut self, url: &str) {
        let loader = self.call("Page.navigate", json!({"url": url}))["loaderId"].clone();
        let is_there = |event: &Value| {
            let params = &event["params"];
            let loaded = event["method"] == "Page.lifecycleEvent" && params["name"] == "load";
            loaded && params["loaderId"] == loader
        };
        let deadline = Instant::now() + PATIENCE;
        while !self.events.iter().any(is_there) {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self.answers.recv_timeout(left);
            self.events
                .push(event.unwrap_or_else(|_| panic!("{url} does not load")));
        }
    }

    /// Opens a page as somebody with this screen and taste would.
    pub fn open(&mut self, url: &str, look: Look) {
        let scheme = if look.dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
        let metrics =
            json!({"width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        self.events.clear();
        self.navigate(url);
    }

    /// What an expression is.
    #[track_caller]
    pub fn eval(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.call("Runtime.evaluate", params);
        let thrown = &result["exceptionDetails"];
        assert!(thrown.is_null(), "{thrown}");
        result["result"]["value"].clone()
    }

    /// Presses a key that writes a character, or one with a name.
    pub fn press(&mut self, key: &str, code: u32) {
        let text = if key.len() == 1 { key } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let params =
                json!({"type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code});
            self.call("Input.dispatchKeyEvent", params);
        }
    }

    /// What the page complained about, and what it wanted to load, since it was opened.
    pub fn complaints(&self) -> Vec<String> {
        let text = |value: &Value| value.to_string();
        let mut found = Vec::new();
        for event in &self.events {
            let params = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Runtime.exceptionThrown" => found.push(text(&params["exceptionDetails"])),
                "Runtime.consoleAPICalled" => found.push(text(params)),
                "Log.entryAdded" => found.push(text(&params["entry"])),
                "Network.requestWillBeSent" => {
                    let url = params["request"]["url"].as_str().unwrap_or_default();
                    let is_page = params["type"] == "Document";
                    if !(is_page || url.starts_with("data:")) {
                        found.push(format!("it loads {url}"));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// A picture of the page from top to bottom, at most 3000 pixels high, as a file; how large it
    /// is, and how many colours it has.
    pub fn picture(&mut self, file: &Path) -> (usize, u64) {
        let size = self.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        let height = size["height"].as_f64().unwrap().clamp(1.0, 3000.0);
        let clip = json!({"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1});
        let params = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let data = self.call("Page.captureScreenshot", params)["data"].clone();
        let data = data.as_str().unwrap();
        let bytes = STANDARD.decode(data).unwrap();
        std::fs::write(file, &bytes).unwrap();
        let colours = self.eval(&format!(
            "(async () => {{
                const image = new Image();
                image.src = 'data:image/png;base64,{data}';
                await image.decode();
                const canvas = document.createElement('canvas');
                [canvas.width, canvas.height] = [image.width, image.height];
                const context = canvas.getContext('2d');
                context.drawImage(image, 0, 0);
                const pixels = new Uint32Array(
                    context.getImageData(0, 0, image.width, image.height).data.buffer);
                return new Set(pixels).size;
            }})()"
        ));
        (bytes.len(), colours.as_u64().unwrap())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It ends when the pipe closes.
        self.orders = None;
        let deadline = Instant::now() + Duration::from_secs(5);
        while Instant::now() < deadline {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
