//! The symbol path, and the syntax of `_NT_SYMBOL_PATH`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::fetch::Fetch;

/// The server of a bare `srv*`.
pub(super) const MICROSOFT: &str = "https://msdl.microsoft.com/download/symbols";

/// One element of a symbol path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SymbolSource {
    /// A file, or a folder in which PDBs and ISF tables are found at any depth down to a limit:
    /// flat folders and symbol stores (`name/GUID-age/name`) both work.
    Folder(PathBuf),
    /// A cache: a symbol store that is looked up, not searched.
    Store(PathBuf),
    /// A symbol server. Downloads are kept in the first cache.
    Server {
        /// Stores to look up first; downloads go to the first of them.
        caches: Vec<PathBuf>,
        /// URL without a trailing slash.
        url: String,
    },
}

/// Files, folders, symbol stores and servers. Local sources are tried first, then the servers, each
/// in this order.
#[derive(Clone, Debug, Default)]
pub struct SymbolPath {
    sources: Vec<SymbolSource>,
    cache: Option<PathBuf>,
    fetch: Option<Arc<dyn Fetch>>,
}

impl SymbolPath {
    /// From folders and files. Ones that do not exist are ignored.
    pub fn from_dirs(dirs: impl IntoIterator<Item = PathBuf>) -> Self {
        let sources = dirs.into_iter().map(SymbolSource::Folder);
        Self {
            sources: sources.collect(),
            ..Self::default()
        }
    }

    /// From the syntax of `_NT_SYMBOL_PATH`: elements between semicolons, each a folder,
    /// `srv*cache*…*server`, `symsrv*dll*cache*…*server` or `cache*folder`. An empty or missing
    /// cache of a server is `default_cache`; a bare `srv*` is Microsoft's server.
    ///
    /// Caches of `cache*` are looked up, and keep downloads of servers to their right. Files of
    /// folders are not copied to them.
    pub fn parse(text: &str, default_cache: &Path) -> Self {
        let mut sources = Vec::new();
        let mut shared = Vec::new();
        for element in text.split(';').map(str::trim) {
            let lower = element.to_ascii_lowercase();
            let parts = element.split('*').map(str::trim);
            let folder = |part: &str| match part {
                "" => default_cache.to_owned(),
                part => PathBuf::from(part),
            };
            if lower.starts_with("cache*") {
                let caches: Vec<_> = parts.skip(1).map(folder).collect();
                sources.extend(caches.iter().cloned().map(SymbolSource::Store));
                shared.extend(caches);
            } else if let Some(skipped) = server_prefix(&lower) {
                let mut stores: Vec<_> = parts.skip(skipped).collect();
                let last = match stores.pop() {
                    None | Some("") if stores.is_empty() => MICROSOFT,
                    last => last.unwrap_or_default(),
                };
                let mut caches: Vec<_> = stores.into_iter().map(folder).collect();
                if !is_url(last) {
                    let store = folder(last);
                    sources.extend(caches.into_iter().chain([store]).map(SymbolSource::Store));
                    continue;
                }
                caches.extend(shared.iter().cloned());
                if caches.is_empty() {
                    caches.push(default_cache.to_owned());
                }
                sources.push(server(caches, last));
            } else if is_url(element) {
                let caches = match shared.is_empty() {
                    true => vec![default_cache.to_owned()],
                    false => shared.clone(),
                };
                sources.push(server(caches, element));
            } else if !element.is_empty() {
                sources.push(SymbolSource::Folder(element.into()));
            }
        }
        Self {
            sources,
            ..Self::default()
        }
    }

    /// Appends the sources of `other`.
    pub fn then(mut self, other: Self) -> Self {
        self.sources.extend(other.sources);
        self.cache = self.cache.or(other.cache);
        self.fetch = self.fetch.or(other.fetch);
        self
    }

    /// Sets the folder for decompressed files, if no source is a cache.
    pub fn with_cache(mut self, cache: PathBuf) -> Self {
        self.cache = Some(cache);
        self
    }

    /// Sets the downloader. Without one, servers are only mentioned in errors.
    pub fn with_fetch(mut self, fetch: Arc<dyn Fetch>) -> Self {
        self.fetch = Some(fetch);
        self
    }

    /// Removes the downloader.
    pub fn without_fetch(self) -> Self {
        Self {
            fetch: None,
            ..self
        }
    }

    /// The sources, in order.
    pub fn sources(&self) -> &[SymbolSource] {
        &self.sources
    }

    /// Files and folders to search.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.sources.iter().filter_map(|source| match source {
            SymbolSource::Folder(folder) => Some(folder.as_path()),
            _ => None,
        })
    }

    /// Local folders that may be symbol stores.
    pub(super) fn stores(&self) -> impl Iterator<Item = &Path> {
        let stores = self.sources.iter().flat_map(|source| match source {
            SymbolSource::Folder(root) | SymbolSource::Store(root) => std::slice::from_ref(root),
            SymbolSource::Server { caches, .. } => caches,
        });
        stores.map(PathBuf::as_path)
    }

    /// The folder for decompressed files: the first cache, else the one that was set.
    pub(super) fn cache(&self) -> Option<&Path> {
        let caches = self.sources.iter().filter_map(|source| match source {
            SymbolSource::Folder(_) => None,
            SymbolSource::Store(store) => Some(store),
            SymbolSource::Server { caches, .. } => caches.first(),
        });
        let first = caches.chain(&self.cache).next();
        first.map(PathBuf::as_path)
    }

    /// Servers, with the folder for their downloads.
    pub(super) fn servers(&self) -> impl Iterator<Item = (&Path, &str)> {
        self.sources.iter().filter_map(|source| match source {
            SymbolSource::Server { caches, url } => Some((caches.first()?.as_path(), &**url)),
            _ => None,
        })
    }

    pub(super) fn fetch(&self) -> Option<&dyn Fetch> {
        self.fetch.as_deref()
    }
}

/// Number of parts before the stores.
fn server_prefix(lower: &str) -> Option<usize> {
    if lower.starts_with("srv*") {
        return Some(1);
    }
    lower.starts_with("symsrv*").then_some(2)
}

fn server(caches: Vec<PathBuf>, url: &str) -> SymbolSource {
    SymbolSource::Server {
        caches,
        url: url.trim_end_matches('/').to_owned(),
    }
}

fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(text: &str) -> Vec<SymbolSource> {
        SymbolPath::parse(text, Path::new("/default")).sources
    }

    fn at(caches: &[&str], url: &str) -> SymbolSource {
        server(caches.iter().map(PathBuf::from).collect(), url)
    }

    fn store(path: &str) -> SymbolSource {
        SymbolSource::Store(path.into())
    }

    #[test]
    fn every_form_of_an_element() {
        let cases: &[(&str, &[SymbolSource])] = &[
            ("", &[]),
            ("; ;", &[]),
            (
                "/a; /b c",
                &[
                    SymbolSource::Folder("/a".into()),
                    SymbolSource::Folder("/b c".into()),
                ],
            ),
            ("srv*/c*https://s/sym/", &[at(&["/c"], "https://s/sym")]),
            ("SRV**HTTP://s", &[at(&["/default"], "HTTP://s")]),
            ("srv*https://s", &[at(&["/default"], "https://s")]),
            ("srv*", &[at(&["/default"], MICROSOFT)]),
            (
                "srv*/c*/share*https://s",
                &[at(&["/c", "/share"], "https://s")],
            ),
            ("srv*/store", &[store("/store")]),
            ("srv*/c*/store", &[store("/c"), store("/store")]),
            (
                "symsrv*symsrv.dll*/c*https://s",
                &[at(&["/c"], "https://s")],
            ),
            (
                "cache*/c;srv*https://s",
                &[store("/c"), at(&["/c"], "https://s")],
            ),
            ("cache*", &[store("/default")]),
            (
                "cache*/c;/a;srv*/d*https://s",
                &[
                    store("/c"),
                    SymbolSource::Folder("/a".into()),
                    at(&["/d", "/c"], "https://s"),
                ],
            ),
            ("https://s", &[at(&["/default"], "https://s")]),
            (r"C:\sym", &[SymbolSource::Folder(r"C:\sym".into())]),
        ];
        for (text, expected) in cases {
            assert_eq!(sources(text), *expected, "{text}");
        }
    }
}
