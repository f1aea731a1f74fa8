//! The function of the culprit that its author would look at.
//!
//! Library code that is linked into a driver (string helpers, memory copies, the raising of a fast
//! failure) and exception filters only run on behalf of another function of the same driver. Where
//! the stack shows that function, it is named instead. The module never changes.

use crate::facts::{FrameFacts, StackFacts};
use crate::verdict::Culprit;

/// Functions of the C library, of compilers and of header files, by name.
const LIBRARY: &[&str] = &[
    "memcpy",
    "memmove",
    "memset",
    "memcmp",
    "memchr",
    "strlen",
    "strnlen",
    "strcpy",
    "strncpy",
    "strcat",
    "strncat",
    "strcmp",
    "strncmp",
    "stricmp",
    "strnicmp",
    "strchr",
    "strrchr",
    "strstr",
    "sprintf",
    "snprintf",
    "vsnprintf",
    "swprintf",
    "vswprintf",
    "vsnwprintf",
    "snwprintf",
    "wcslen",
    "wcsnlen",
    "wcscpy",
    "wcsncpy",
    "wcscat",
    "wcsncat",
    "wcscmp",
    "wcsncmp",
    "wcsicmp",
    "wcsnicmp",
    "wcschr",
    "wcsrchr",
    "wcsstr",
    "qsort",
    "bsearch",
    "chkstk",
    "alloca_probe",
    "alldiv",
    "allmul",
    "aulldiv",
    "purecall",
    "InitializeListHead",
    "IsListEmpty",
    "InsertHeadList",
    "InsertTailList",
    "RemoveHeadList",
    "RemoveTailList",
    "RemoveEntryList",
    "PushEntryList",
    "PopEntryList",
    "AppendTailList",
    "FatalListEntryError",
    "operator new",
    "operator delete",
];
/// Starts of the names of such functions.
const FAMILIES: &[&str] = &[
    "RtlFailFast",
    "RtlpCheckListEntry",
    "RtlListEntry",
    "RtlCopyMemory",
    "RtlMoveMemory",
    "RtlZeroMemory",
    "RtlFillMemory",
    "RtlSecureZeroMemory",
    "RtlStringC",
    "RtlStringV",
    "RtlUnicodeStringC",
    "RtlStringLength",
    "RtlStringExHandle",
    "report_gsfailure",
    "report_rangecheckfailure",
    "report_securityfailure",
    "GSHandlerCheck",
    "security_check_cookie",
    "guard_",
    "C_specific_handler",
    "fastfail",
    "memcpy_",
    "memset_",
    "memmove_",
    "StringCch",
    "StringCb",
];
/// Functions that call an exception's filter or handler.
const DISPATCHERS: &[&str] = &[
    "C_specific_handler",
    "GSHandlerCheck",
    "RtlpExecuteHandlerForException",
    "RtlpExecuteHandlerForUnwind",
    "RtlDispatchException",
    "RtlUnwind",
    "RtlUnwindEx",
    "EH4_CallFilterFunc",
    "except_handler",
    "CxxFrameHandler",
    "ExecuteHandler",
];
/// Frames between a filter and the dispatcher that calls it.
const NEAR: usize = 3;

/// Names the caller instead of library code and exception filters.
pub(super) fn name(culprit: &mut Culprit, stacks: &[StackFacts]) {
    let Some((stack, index)) = position(culprit, stacks) else {
        return;
    };
    let frames = &stack.frames;
    let same = |frame: &FrameFacts| frame.symbol.module.as_deref() == Some(&culprit.module);
    let mut at = index;
    if let Some(dispatcher) = dispatcher(frames, at) {
        let faulting = (dispatcher..frames.len()).find(|&outer| same(&frames[outer]));
        at = faulting.unwrap_or(at);
    }
    while is_library(&frames[at]) && frames.get(at + 1).is_some_and(same) {
        at += 1;
    }
    if at == index || is_library(&frames[at]) {
        return;
    }
    let frame = &frames[at];
    culprit.function = frame.symbol.function.clone();
    culprit.offset = frame.symbol.offset;
    culprit.address = frame.address.map(Into::into);
    culprit.source_file = frame.symbol.file.clone();
    culprit.source_line = frame.symbol.line;
}

/// The frame that the culprit was taken from.
fn position<'s>(culprit: &Culprit, stacks: &'s [StackFacts]) -> Option<(&'s StackFacts, usize)> {
    stacks.iter().find_map(|stack| {
        let index = stack.frames.iter().position(|frame| {
            frame.symbol.module.as_deref() == Some(&culprit.module)
                && frame.symbol.function == culprit.function
                && frame.symbol.offset == culprit.offset
                && frame.address.map(Into::into) == culprit.address
        })?;
        Some((stack, index))
    })
}

/// The name without what compilers put around it.
fn bare(frame: &FrameFacts) -> &str {
    let name = frame.symbol.function.as_deref().unwrap_or("");
    let name = name.split('(').next().unwrap_or(name);
    let name = name.trim().trim_start_matches('_');
    // The secure variants of the C library.
    name.strip_suffix("_s").unwrap_or(name)
}

fn is_library(frame: &FrameFacts) -> bool {
    let name = bare(frame);
    LIBRARY.iter().any(|one| one.eq_ignore_ascii_case(name))
        || FAMILIES.iter().any(|start| name.starts_with(start))
}

/// The dispatcher of an exception that calls this frame: it is an exception filter.
fn dispatcher(frames: &[FrameFacts], filter: usize) -> Option<usize> {
    let outer = frames.get(filter + 1..)?.iter().take(NEAR);
    let calls = |frame: &FrameFacts| {
        let name = bare(frame);
        DISPATCHERS.iter().any(|start| name.starts_with(start))
    };
    // Nothing of another driver between the two.
    let at = outer
        .take_while(|frame| frame.symbol.module.is_some())
        .position(calls)?;
    let between = &frames[filter + 1..filter + 1 + at];
    let own = |frame: &FrameFacts| frame.symbol.module == frames[filter].symbol.module;
    between.iter().all(own).then_some(filter + 1 + at)
}
