//! What facts are collected from: the target with its threads, processors and stacks.

use std::cell::RefCell;

use super::lock::{LockHome, lock_home};
use super::stacks::StackFacts;
use crate::modules::is_inbox;
use crate::nt::{Nt, Processor, Thread};
use crate::stop::BugcheckData;
use crate::target::{Pc, Symbol};
use crate::verdict::Unknown;

pub(crate) struct CollectContext<'a, 't, 'd> {
    pub nt: &'a Nt<'t, 'd>,
    pub bugcheck: BugcheckData,
    pub processors: &'a [Processor],
    pub threads: &'a [Thread],
    pub stacks: &'a [StackFacts],
    pub unknown: RefCell<Vec<Unknown>>,
}

impl CollectContext<'_, '_, '_> {
    /// Adds an unknown.
    pub(crate) fn note(&self, what: impl Into<String>, why: impl ToString) {
        self.unknown.borrow_mut().push(Unknown {
            what: what.into(),
            why: why.to_string(),
        });
    }

    /// The value; an error becomes an unknown.
    pub(crate) fn known<T, E: ToString>(&self, what: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.note(what, error)).ok()
    }

    /// Whose memory an address lies in.
    pub(crate) fn home(&self, address: u64) -> LockHome {
        lock_home(self.nt, self.threads, address)
    }

    /// The address with its symbol.
    pub(crate) fn place(&self, address: u64) -> Place {
        Place {
            address,
            symbol: self.nt.target.symbol(address, Pc::Exact),
        }
    }
}

/// An address in code with its symbol.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Place {
    pub address: u64,
    pub symbol: Symbol,
}

impl Place {
    pub(crate) fn text(&self) -> String {
        self.symbol.text(self.address)
    }

    /// Whether it lies in a module other than the kernel.
    pub(crate) fn is_driver(&self) -> bool {
        self.symbol.module.is_some() && !self.symbol.in_kernel
    }

    /// Whether it lies in a driver that is not inbox.
    pub(crate) fn is_third_party(&self) -> bool {
        let name = self.symbol.module.as_deref();
        self.is_driver() && name.is_some_and(|name| !is_inbox(name))
    }

    /// Of callers, innermost first: the first in a third-party driver, else in any driver.
    pub(crate) fn first_suspect(callers: &[Self]) -> Option<&Self> {
        let other = callers.iter().find(|place| place.is_third_party());
        other.or_else(|| callers.iter().find(|place| place.is_driver()))
    }
}
