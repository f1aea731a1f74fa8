//! The exception of a stop, and the registers at the exception.

use iced_x86::{CpuidFeature, Decoder, DecoderOptions, Mnemonic};

use super::context::CollectContext;
use super::fault::{Fault, instruction};
use super::stacks::StackFacts;
use super::system::Start;
use crate::dump::{Context, DumpHeader, MemoryExt};
use crate::stop::{Access, Role};
use crate::target::Target;

/// `EXCEPTION_RECORD` (winnt.h): number of parameters and the parameters.
const PARAMETERS_AT: u64 = 0x20;
const CONTEXT_BYTES: usize = 0x4D0;
/// STATUS_ACCESS_VIOLATION.
const ACCESS_VIOLATION: u32 = 0xC000_0005;

/// An unhandled exception.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExceptionFacts {
    /// NTSTATUS.
    pub code: u32,
    pub address: u64,
    /// For access violations: kind of access and the address.
    pub access: Option<(u64, u64)>,
    /// For illegal instructions: the instruction at the address.
    pub refused: Option<Refused>,
}

/// An instruction that the processor refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It needs an extension of the instruction set.
    Extension(Mnemonic, CpuidFeature),
    /// It always raises the exception (`ud2`).
    OnPurpose,
    /// The bytes are not an instruction.
    NoInstruction,
    /// Every x64 processor has it.
    Common(Mnemonic),
}

/// STATUS_ILLEGAL_INSTRUCTION.
const ILLEGAL_INSTRUCTION: u32 = 0xC000_001D;
/// Extensions that every x64 processor has.
const COMMON: &[CpuidFeature] = &[
    CpuidFeature::INTEL8086,
    CpuidFeature::INTEL186,
    CpuidFeature::INTEL286,
    CpuidFeature::INTEL386,
    CpuidFeature::INTEL486,
    CpuidFeature::X64,
    CpuidFeature::CMOV,
    CpuidFeature::CPUID,
    CpuidFeature::CX8,
    CpuidFeature::FPU,
    CpuidFeature::FXSR,
    CpuidFeature::MMX,
    CpuidFeature::MSR,
    CpuidFeature::MULTIBYTENOP,
    CpuidFeature::SSE,
    CpuidFeature::SSE2,
    CpuidFeature::TSC,
];

/// What the processor refused at `address`, if the bytes are in the dump.
fn refused(target: &Target<'_>, address: u64) -> Option<Refused> {
    let bytes = target.memory.read_prefix(address, 15);
    if bytes.is_empty() {
        return None;
    }
    let mut decoder = Decoder::with_ip(64, &bytes, address, DecoderOptions::NONE);
    let instruction = decoder.decode();
    let mnemonic = instruction.mnemonic();
    if instruction.is_invalid() {
        return Some(Refused::NoInstruction);
    }
    if matches!(mnemonic, Mnemonic::Ud0 | Mnemonic::Ud1 | Mnemonic::Ud2) {
        return Some(Refused::OnPurpose);
    }
    let features = instruction.cpuid_features();
    let special = features.iter().find(|feature| !COMMON.contains(feature));
    Some(match special {
        Some(&feature) => Refused::Extension(mnemonic, feature),
        None => Refused::Common(mnemonic),
    })
}

/// The registers that the crash stack starts from. If the stop has a context record, its registers
/// are those of the exception; the header's are those of the code that reported it.
pub(crate) fn start(target: &Target<'_>, header: &DumpHeader) -> Start {
    let record = header.bugcheck.stop().index_of(Role::ContextRecord);
    let of_exception = record.and_then(|index| {
        let address = header.bugcheck.parameters[index];
        let bytes = target.memory.read_prefix(address, CONTEXT_BYTES);
        let context = Context::parse(&bytes).filter(Context::is_plausible)?;
        let source = format!("the context record at {address:#x} (P{})", index + 1);
        Some(Start {
            context,
            source,
            instruction: None,
        })
    });
    of_exception.unwrap_or_else(|| Start {
        context: header.context,
        source: "the context record in the dump's header".to_owned(),
        instruction: instruction(target, &header.bugcheck.stop()),
    })
}

/// Reads the exception from the stop's parameters (Microsoft's bug check reference).
pub(crate) fn exception(context: &CollectContext<'_, '_, '_>) -> Option<ExceptionFacts> {
    if !context.bugcheck.stop().is_exception() {
        return None;
    }
    let [code, address, ..] = context.bugcheck.parameters;
    let memory = context.nt.target.memory;
    let from_record = |record: u64| {
        // An exception that software raises has no parameters.
        let count = memory.read_uint(record.wrapping_add(PARAMETERS_AT - 8), 4);
        count.ok().filter(|&count| count >= 2)?;
        let at = |index: u64| {
            memory
                .read_u64(record.wrapping_add(PARAMETERS_AT + 8 * index))
                .ok()
        };
        Some((at(0)?, at(1)?))
    };
    let stated = context.bugcheck.stop().exception_information();
    let stated = stated.map(|(kind, address)| {
        let parameters = context.bugcheck.parameters;
        (parameters[kind], parameters[address])
    });
    let record = context.bugcheck.stop().by_role(Role::ExceptionRecord);
    let access = stated.or_else(|| from_record(record?));
    let code = code as u32;
    Some(ExceptionFacts {
        code,
        address,
        access: access.filter(|_| code == ACCESS_VIOLATION),
        refused: (code == ILLEGAL_INSTRUCTION)
            .then(|| refused(context.nt.target, address))
            .flatten(),
    })
}

/// An access violation as a fault.
pub(crate) fn fault_of(
    target: &Target<'_>,
    exception: &ExceptionFacts,
    crash: Option<&StackFacts>,
) -> Option<Fault> {
    let (kind, address) = exception.access?;
    let access = Access::of_exception(kind);
    let frame = crash.and_then(|stack| stack.at_instruction(exception.address));
    Some(Fault {
        address,
        irql: None,
        access,
        rip: exception.address.into(),
        frame,
        pte: target.memory.pte_state(address),
        pageable: None,
    })
}
