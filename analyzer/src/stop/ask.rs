//! Queries about a stop that its row answers.

use super::access::{Access, AccessCode};
use super::row::{Class, NONE, Parameter, Role, Row, Subtype};
use super::{Stop, family, of};
use crate::verdict::CauseId;

impl Stop {
    /// The row of the code.
    pub(crate) fn row(&self) -> Option<&'static Row> {
        of(self.code)
    }

    /// The code without the variant bit, which the table lists.
    pub(crate) fn family(&self) -> u32 {
        family(self.code)
    }

    pub(crate) fn class(&self) -> Class {
        self.row().map_or(Class::Other, |known| known.class)
    }

    /// The subtype in P1, if the table has it.
    pub(crate) fn subtype(&self) -> Option<&'static Subtype> {
        let mut subtypes = self.row()?.subtypes.iter();
        subtypes.find(|subtype| self.parameters[0].is(subtype.value))
    }

    /// The parameters of this code and subtype.
    pub(crate) fn known_parameters(&self) -> [Parameter; 4] {
        let known = self.row().map_or([NONE; 4], |known| known.parameters);
        match self.subtype().and_then(|subtype| subtype.parameters) {
            Some([second, third, fourth]) => [known[0], second, third, fourth],
            None => known,
        }
    }

    /// The role of a parameter; the first has index 0.
    pub(crate) fn role(&self, index: usize) -> Role {
        self.known_parameters()[index].role
    }

    /// The index of the first parameter with a role.
    pub(crate) fn index_of(&self, role: Role) -> Option<usize> {
        (0..4).find(|&index| self.role(index) == role)
    }

    /// The first parameter with a role, if its value is known.
    pub(crate) fn by_role(&self, role: Role) -> Option<u64> {
        self.parameter(self.index_of(role)?)
    }

    /// The cause that the code, or the code with its subtype, implies.
    pub(crate) fn implies(&self) -> Option<CauseId> {
        let of_subtype = self.subtype().and_then(|subtype| subtype.implies);
        of_subtype.or_else(|| self.row()?.implies)
    }

    /// The parameter that names the offending driver by its device. For a stop about an IRP, the
    /// device is only one that the IRP was sent to.
    pub(crate) fn violator(&self) -> Option<usize> {
        let device = self.index_of(Role::Device)?;
        self.index_of(Role::Irp).is_none().then_some(device)
    }

    /// Whether the stop does not show its reason, which must be searched among the threads.
    pub(crate) fn is_forced(&self) -> bool {
        let elsewhere = self.row().is_some_and(|known| known.reason_elsewhere);
        elsewhere || self.class() == Class::Forced
    }

    /// Whether waiting threads matter.
    pub(crate) fn is_about_waits(&self) -> bool {
        self.is_forced() || self.row().is_some_and(|known| known.about_waits)
    }

    /// Whether the crash stack is that of interrupted code.
    pub(crate) fn interrupts(&self) -> bool {
        self.row().is_some_and(|known| known.interrupts)
    }

    /// Whether a trap or an exception led to the stop.
    pub(crate) fn is_trap(&self) -> bool {
        matches!(self.class(), Class::Fault | Class::Exception)
            || self.instruction_index().is_some()
    }

    /// Whether the stop is an unhandled exception.
    pub(crate) fn is_exception(&self) -> bool {
        self.role(0) == Role::ExceptionCode
    }

    /// Whether the parameters give the address, kind and instruction of a failed access.
    pub(crate) fn is_access(&self) -> bool {
        self.class() == Class::Fault
            && self.access_code().is_some()
            && self.instruction_index().is_some()
    }

    /// The kind of access, for stops that state it.
    pub(crate) fn access(&self) -> Option<Access> {
        let (index, code) = self.access_code()?;
        Some(match self.parameter(index) {
            Some(value) => code.decode(value),
            None => Access::Unknown,
        })
    }

    fn access_code(&self) -> Option<(usize, AccessCode)> {
        (0..4).find_map(|index| match self.role(index) {
            Role::Access(code) => Some((index, code)),
            _ => None,
        })
    }

    /// The parameter that holds the instruction that the stop is about.
    pub(crate) fn instruction_index(&self) -> Option<usize> {
        self.index_of(Role::Instruction)
    }

    /// The parameters that hold the kind of access and the address of an access violation.
    pub(crate) fn exception_information(&self) -> Option<(usize, usize)> {
        let first = self.index_of(Role::ExceptionInformation)?;
        let second = first + 1;
        (second < 4 && self.role(second) == Role::ExceptionInformation).then_some((first, second))
    }
}
