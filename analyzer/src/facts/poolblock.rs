//! The pool block that the stop is about.

/// A block and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PoolBlock {
    /// Address of its header.
    pub address: u64,
    /// Bytes, with the header.
    pub size: u64,
    /// Four characters.
    pub tag: String,
    /// The module that the debugger's list of tags names.
    pub owner: Option<String>,
    /// Whether it is free.
    pub free: bool,
}

impl PoolBlock {
    /// Whether an address lies in it.
    pub(crate) fn holds(&self, address: u64) -> bool {
        address.wrapping_sub(self.address) < self.size.max(1)
    }

    /// Whether it belongs to a module, by its file's name.
    pub(crate) fn is_of(&self, module: &str) -> bool {
        let stem = |name: &str| {
            let name = name.to_lowercase();
            name.rsplit_once('.')
                .map_or(name.clone(), |(stem, _)| stem.to_owned())
        };
        let owner = self.owner.as_deref();
        owner.is_some_and(|owner| stem(owner) == stem(module))
    }
}
