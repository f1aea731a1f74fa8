//! A 64 KiB firmware image that does a little of what a kernel does and then reports that
//! it is done. The time that it takes is the measure of an accelerator.

/// Size of the image; QEMU maps it just below 1 MiB.
const SIZE: usize = 0x1_0000;

/// Where [`CODE`] is put.
const CODE_AT: usize = 0xF000;

/// Exit status of QEMU when the workload has run to its end: the guest writes 0x10 to port 0xF4,
/// and isa-debug-exit turns a value v into 2 v + 1.
pub(super) const EXIT_DONE: i32 = 0x10 * 2 + 1;

/// Where the processor starts: `ljmp $0xF000, $0xF000`.
const RESET: [u8; 5] = [0xea, 0x00, 0xf0, 0x00, 0xf0];

/// Ring 0, 32 bits, flat segments, an IDT with a breakpoint handler; then 8 million rounds of
/// memory traffic, with a port read and an INT3 every 65536 rounds. Interrupts and port reads
/// matter: some virtual machines inside virtual machines fail or crawl at exactly these.
#[rustfmt::skip]
const CODE: [u8; 148] = [
    0xfa,                                           //        cli
    0x2e, 0x66, 0x0f, 0x01, 0x16, 0x88, 0xf0,       //        lgdtl %cs:gdtr
    0x0f, 0x20, 0xc0,                               //        mov %cr0, %eax
    0x0c, 0x01,                                     //        or $1, %al
    0x0f, 0x22, 0xc0,                               //        mov %eax, %cr0
    0x66, 0xea, 0x18, 0xf0, 0x0f, 0x00, 0x08, 0x00, //        ljmpl $8, $flat
    0x66, 0xb8, 0x10, 0x00,                         // flat:  mov $16, %ax
    0x8e, 0xd8,                                     //        mov %ax, %ds
    0x8e, 0xd0,                                     //        mov %ax, %ss
    0xbc, 0x00, 0x70, 0x00, 0x00,                   //        mov $0x7000, %esp
    0xc7, 0x05, 0x18, 0x10, 0x00, 0x00,             //        movl $.., idt + 3 * 8
    0x69, 0xf0, 0x08, 0x00,                         //          (handler's low half, selector 8)
    0xc7, 0x05, 0x1c, 0x10, 0x00, 0x00,             //        movl $.., idt + 3 * 8 + 4
    0x00, 0x8e, 0x0f, 0x00,                         //          (interrupt gate, high half)
    0x0f, 0x01, 0x1d, 0x8e, 0xf0, 0x0f, 0x00,       //        lidt idtr
    0xb9, 0x00, 0x12, 0x7a, 0x00,                   //        mov $8000000, %ecx
    0x89, 0xc8,                                     // again: mov %ecx, %eax
    0x25, 0xfc, 0xff, 0x00, 0x00,                   //        and $0xfffc, %eax
    0x01, 0x88, 0x00, 0x00, 0x01, 0x00,             //        add %ecx, 0x10000(%eax)
    0x51, 0x5a,                                     //        push %ecx; pop %edx
    0xf7, 0xc1, 0xff, 0xff, 0x00, 0x00,             //        test $0xffff, %ecx
    0x75, 0x03,                                     //        jnz skip
    0xe4, 0x80,                                     //        in $0x80, %al
    0xcc,                                           //        int3
    0x49,                                           // skip:  dec %ecx
    0x75, 0xe3,                                     //        jnz again
    0xb0, 0x10,                                     //        mov $0x10, %al
    0xe6, 0xf4,                                     //        out %al, $0xf4
    0xf4, 0xeb, 0xfd,                               // end:   hlt; jmp end
    0xcf,                                           // handler: iret
    0x8d, 0xb6, 0x00, 0x00, 0x00, 0x00,             //        (padding)
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // gdt:   null
    0xff, 0xff, 0x00, 0x00, 0x00, 0x9b, 0xcf, 0x00, //        code, 4 GiB
    0xff, 0xff, 0x00, 0x00, 0x00, 0x93, 0xcf, 0x00, //        data, 4 GiB
    0x17, 0x00, 0x70, 0xf0, 0x0f, 0x00,             // gdtr
    0xff, 0x07, 0x00, 0x10, 0x00, 0x00,             // idtr:  idt at 0x1000
];

/// The image, as QEMU's `-bios` takes it.
pub(super) fn image() -> Vec<u8> {
    let mut image = vec![0; SIZE];
    image[CODE_AT..CODE_AT + CODE.len()].copy_from_slice(&CODE);
    image[SIZE - 16..SIZE - 16 + RESET.len()].copy_from_slice(&RESET);
    image
}
