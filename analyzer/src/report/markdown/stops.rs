//! What a stop code says, in a sentence (Microsoft's bug check code reference).

/// What the kernel noticed when it raised the stop.
pub(super) fn noticed(code: u32) -> Option<&'static str> {
    let text = match code & !0x1000_0000 {
        0x0A => {
            "Kernel code touched an address at raised IRQL that was not there: paged out, freed or never valid."
        }
        0xD1 => {
            "A driver touched an address at DISPATCH_LEVEL or above that was not there: paged out, \
             freed or never valid. At that IRQL no page fault can be served."
        }
        0x19 | 0xC2 | 0xC5 | 0x13A => {
            "The pool allocator found its own bookkeeping damaged, or was called in a way that it \
             forbids. Who finds the damage is rarely who did it."
        }
        0x1A | 0x4E => "Memory management found its own structures damaged.",
        0x1E | 0x3B | 0x7E | 0x8E => {
            "Kernel code raised an exception, an access violation for example, and nobody handled it."
        }
        0x44 => "A driver completed an IRP that had already been completed.",
        0x50 => "Kernel code touched an address that is backed by nothing, below DISPATCH_LEVEL.",
        0x7F => {
            "The processor raised a trap that the kernel cannot serve, a double fault for example."
        }
        0x80 => {
            "A non-maskable interrupt came in: failing hardware, or somebody who wants a dump of a \
             system that hangs."
        }
        0x9C | 0x124 => "The processor reported a hardware error.",
        0x9F => "A power transition did not come to its end within the time that it is given.",
        0xC1 | 0xCC | 0xCD | 0xD5 | 0xD6 => {
            "Special pool puts every block on a page of its own, next to an invalid one, and makes \
             freed blocks invalid: an access outside of a live block stops the machine at the very \
             instruction."
        }
        0xC4 => "Driver Verifier found that a driver broke a rule.",
        0xC9 => "Driver Verifier found that a driver broke a rule of the I/O manager.",
        0xCE => {
            "Code of a driver was called, or its memory touched, after the driver was unloaded."
        }
        0xE2 => "Somebody forced the stop.",
        0xE3 => "A thread released an executive resource that it does not own.",
        0xEA | 0x116 | 0x119 => "The graphics device or its driver did not answer in time.",
        0xFC => "Code was executed in memory that is marked as data.",
        0x101 => "A processor did not answer the clock interrupt for too long.",
        0x109 => "The kernel found its own code or structures changed.",
        0x133 => {
            "The watchdog that counts clock ticks at DISPATCH_LEVEL and above ran out: either one \
             DPC or ISR took too long (parameter 1 is 0), or a processor did not come below \
             DISPATCH_LEVEL for too long (parameter 1 is 1)."
        }
        0x139 => "The kernel found a structure that had been tampered with.",
        0x153 => "A thread ended while it still held a lock.",
        0x162 => "A thread released a lock that it does not hold.",
        _ => return None,
    };
    Some(text)
}
