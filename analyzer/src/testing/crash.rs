//! The crash: a driver opens a file while it holds a spin lock, another thread spins for the lock,
//! a third one waits.

use super::image::LoadedImage;
use super::memory::{HeaderFields, VirtualMemory};

const DATA: u64 = 0xffff_a000_0000_0000;
pub(crate) const PAGED: u64 = 0xffff_b000_0000_5010;
const PAGED_PTE: u64 = 0x0000_0012_0000_0080;
const STACK_SIZE: u64 = 0x3000;
/// Return addresses in the driver, from its disassembly: HoldAndOpen, RaiseAndOpen behind the call
/// of ZwOpenFile; OnlyLock behind the call that takes the lock.
const HOLD_RETURN: u64 = 0x1029;
const RAISE_RETURN: u64 = 0x1091;
const LOCK_RETURN: u64 = 0x1056;

/// What tests vary.
pub(crate) struct CrashSetup {
    pub kernel_base: u64,
    pub driver_base: u64,
    pub driver_name: &'static str,
    /// The driver raises the IRQL itself instead of taking the lock.
    pub raises_irql: bool,
    /// Another processor spins for the lock; otherwise it waits.
    pub spinner: bool,
    pub lock_word: u64,
    /// P1 of the stop.
    pub address: u64,
    /// RDX in the trap frame of the fault, whose `FaultAddress` is then P1.
    pub rdx: Option<u64>,
    /// `IopCreateFile` calls `KeBugCheckEx`, but control arrives with this bit of the address
    /// changed, where nothing is mapped.
    pub wrong_turn: Option<u32>,
    /// The module list has a cycle.
    pub list_loops: bool,
}

impl Default for CrashSetup {
    fn default() -> Self {
        Self {
            kernel_base: 0xffff_f801_2340_0000,
            driver_base: 0xffff_f801_5670_0000,
            driver_name: "bad-driver.sys",
            raises_irql: false,
            spinner: true,
            lock_word: 1,
            address: PAGED,
            rdx: None,
            wrong_turn: None,
            list_loops: false,
        }
    }
}

impl CrashSetup {
    /// The instruction that faults.
    fn fault(&self, nt: &LoadedImage, fs: &LoadedImage) -> u64 {
        match self.wrong_turn {
            Some(bit) => nt.address("KeBugCheckEx") ^ 1 << bit,
            None => fs.address("FsCreate") + 5,
        }
    }
}

/// A stack under construction, from the outermost frame inwards.
struct StackBuilder<'m> {
    memory: &'m mut VirtualMemory,
    sp: u64,
}

impl StackBuilder<'_> {
    fn push(&mut self, value: u64) {
        self.sp -= 8;
        self.memory.write_u64(self.sp, value);
    }

    /// A frame with 0x28 bytes of locals that was called from `from`.
    fn plain(&mut self, from: u64) {
        self.push(from);
        self.sp -= 0x28;
    }

    fn machine_frame(&mut self, rip: u64) {
        let rsp = self.sp;
        for value in [0x18, rsp, 0x246, 0x10, rip] {
            self.push(value);
        }
    }
}

/// A CONTEXT record.
fn context(rip: u64, rsp: u64, rbx: u64, rbp: u64) -> Vec<u8> {
    let mut record = vec![0; 0x4D0];
    for (at, value) in [(0x90, rbx), (0x98, rsp), (0xA0, rbp), (0xF8, rip)] {
        record[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    record[0x38] = 0x10;
    record
}

/// Builds the memory and the header of the crash.
pub(crate) fn crash(setup: &CrashSetup) -> (VirtualMemory, HeaderFields) {
    let mut memory = VirtualMemory::default();
    let nt = LoadedImage::load(
        &mut memory,
        "mini-nt.exe",
        "mini-nt.pdb",
        setup.kernel_base,
        "ntoskrnl.exe",
        None,
    );
    let driver = LoadedImage::load(
        &mut memory,
        "minidrv.sys",
        "minidrv.pdb",
        setup.driver_base,
        setup.driver_name,
        Some(&nt),
    );
    let fs = LoadedImage::load(
        &mut memory,
        "minifs.sys",
        "minifs.pdb",
        setup.driver_base + 0x100_0000,
        "minifs.sys",
        None,
    );
    memory.set_absent(PAGED, PAGED_PTE);
    let lock = device(&mut memory, &nt, &driver, setup.lock_word);
    link_modules(&mut memory, &nt, &[&nt, &driver, &fs], setup.list_loops);
    let stacks = [DATA + 0x10_3000, DATA + 0x20_3000, DATA + 0x30_3000];
    let (crash_sp, trap_rbp) =
        crashing_stack(&mut memory, setup, [&nt, &driver, &fs], stacks[0], lock);
    let other = match setup.spinner {
        true => spinning_stack(&mut memory, &nt, &driver, stacks[1], lock),
        false => idle_stack(&mut memory, &nt, stacks[1]),
    };
    let kernel_stack = waiting_stack(&mut memory, &nt, stacks[2]);
    let header_context = context(nt.address("KeBugCheckEx"), crash_sp, 0, trap_rbp);
    threads(&mut memory, &nt, stacks, kernel_stack);
    processors(&mut memory, &nt, [&header_context, &other]);
    memory.write_u64(
        nt.address("KeNumberProcessors") & !7,
        2 << (nt.address("KeNumberProcessors") % 8 * 8),
    );
    let debugger_data = DATA + 0x4000;
    memory.write(debugger_data + 0x10, b"KDBG");
    memory.write_u64(debugger_data + 0x18, nt.base);
    let fault = setup.fault(&nt, &fs);
    let parameters = match setup.wrong_turn {
        Some(_) => [fault, 2, 8, fault],
        None => [setup.address, 2, 0, fault],
    };
    let fields = HeaderFields {
        bugcheck: 0xD1,
        parameters,
        loaded_modules: nt.address("PsLoadedModuleList"),
        active_processes: nt.address("PsActiveProcessHead"),
        debugger_data,
        processors: 2,
        context: header_context,
    };
    (memory, fields)
}

/// A device with the driver's extension; returns the lock's address.
fn device(memory: &mut VirtualMemory, nt: &LoadedImage, driver: &LoadedImage, word: u64) -> u64 {
    let (object, device) = (DATA + 0x5000, DATA + 0x6040);
    memory.write(object, &[4, 0]);
    memory.write_u64(
        object + nt.offset("_DRIVER_OBJECT", "DriverStart"),
        driver.base,
    );
    let size = nt.pdb.size_of("_DEVICE_OBJECT").unwrap();
    memory.write(device, &[3, 0]);
    memory.write(device + 2, &(size as u16 + 0x18).to_le_bytes());
    memory.write_u64(device + nt.offset("_DEVICE_OBJECT", "DriverObject"), object);
    let extension = device + size;
    memory.write_u64(
        device + nt.offset("_DEVICE_OBJECT", "DeviceExtension"),
        extension,
    );
    memory.write_u64(extension + 0x10, word);
    extension + 0x10
}

fn link_modules(
    memory: &mut VirtualMemory,
    nt: &LoadedImage,
    images: &[&LoadedImage],
    loops: bool,
) {
    const ENTRY: &str = "_KLDR_DATA_TABLE_ENTRY";
    let head = nt.address("PsLoadedModuleList");
    let entry = |index: usize| DATA + 0x8000 + 0x400 * index as u64;
    memory.write_u64(head, entry(0));
    for (index, image) in images.iter().enumerate() {
        let at = entry(index);
        let next = match (index + 1 == images.len(), loops) {
            (true, true) => entry(0),
            (true, false) => head,
            (false, _) => entry(index + 1),
        };
        memory.write_u64(at, next);
        memory.write_u64(at + nt.offset(ENTRY, "DllBase"), image.base);
        memory.write(
            at + nt.offset(ENTRY, "SizeOfImage"),
            &image.size.to_le_bytes(),
        );
        let name: Vec<u8> = image
            .name
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let string = at + nt.offset(ENTRY, "BaseDllName");
        memory.write(string, &(name.len() as u16).to_le_bytes());
        memory.write_u64(string + 8, at + 0x200);
        memory.write(at + 0x200, &name);
    }
}

/// KiStartSystemThread → PspSystemThreadStartup → driver; returns the stack inside the thread's
/// start routine, its return address pushed.
fn thread_start<'m>(
    memory: &'m mut VirtualMemory,
    nt: &LoadedImage,
    base: u64,
) -> StackBuilder<'m> {
    let mut stack = StackBuilder { memory, sp: base };
    stack.plain(0);
    stack.plain(nt.address("KiStartSystemThread") + 0xA);
    stack.push(nt.address("PspSystemThreadStartup") + 0xA);
    stack
}

/// Returns the innermost stack pointer, and RBP as the trap handler set it.
fn crashing_stack(
    memory: &mut VirtualMemory,
    setup: &CrashSetup,
    [nt, driver, fs]: [&LoadedImage; 3],
    base: u64,
    lock: u64,
) -> (u64, u64) {
    let mut stack = thread_start(memory, nt, base);
    // The driver's frame, and the return address of its call of ZwOpenFile.
    if setup.raises_irql {
        stack.push(0);
        stack.sp -= 0x30;
        stack.push(driver.base + RAISE_RETURN);
    } else {
        stack.sp -= 3 * 8 + 0x30;
        stack.push(driver.base + HOLD_RETURN);
    }
    stack.machine_frame(nt.address("KiServiceLinkage"));
    stack.sp -= 0x28;
    stack.plain(nt.address("KiSystemServiceCopyEnd") + 5);
    stack.plain(nt.address("NtOpenFile") + 0xA);
    // FsCreate saves RSI, where HoldAndOpen keeps the lock's address.
    stack.push(nt.address("IopCreateFile") + 0xA);
    if setup.wrong_turn.is_none() {
        stack.push(lock);
        stack.sp -= 0x30;
    }
    let fault = setup.fault(nt, fs);
    stack.machine_frame(fault);
    stack.push(0);
    stack.push(0);
    stack.sp -= 0x158;
    if let Some(rdx) = setup.rdx {
        stack.memory.write_u64(stack.sp + 0x40, rdx);
        stack.memory.write_u64(stack.sp + 0xD0, setup.address);
    }
    if setup.wrong_turn.is_some() {
        stack.memory.write_u64(stack.sp + 0xD0, fault);
    }
    let trap_rbp = stack.sp + 0x80;
    stack.plain(nt.address("KiPageFault") + 0x16);
    stack.push(nt.address("KiBugCheckDispatch") + 0xA);
    (stack.sp, trap_rbp)
}

/// The other processor's context: in KxWaitForSpinLockAndAcquire, called for OnlyLock.
fn spinning_stack(
    memory: &mut VirtualMemory,
    nt: &LoadedImage,
    driver: &LoadedImage,
    base: u64,
    lock: u64,
) -> Vec<u8> {
    let mut stack = thread_start(memory, nt, base);
    stack.sp -= 2 * 8 + 0x28;
    stack.push(driver.base + LOCK_RETURN);
    stack.sp -= 0x28;
    stack.push(nt.address("KeAcquireSpinLockRaiseToDpc") + 0x11);
    stack.push(0);
    stack.sp -= 0x20;
    context(
        nt.address("KxWaitForSpinLockAndAcquire") + 8,
        stack.sp,
        lock,
        0,
    )
}

fn idle_stack(memory: &mut VirtualMemory, nt: &LoadedImage, base: u64) -> Vec<u8> {
    let stack = thread_start(memory, nt, base);
    context(nt.address("KeWaitForSingleObject"), stack.sp, 0, 0)
}

/// Returns the thread's KernelStack.
fn waiting_stack(memory: &mut VirtualMemory, nt: &LoadedImage, base: u64) -> u64 {
    let mut stack = thread_start(memory, nt, base);
    stack.sp -= 0x28;
    stack.plain(nt.address("KeWaitForSingleObject") + 0xA);
    stack.push(nt.address("KiSwapContext") + 0xA);
    stack.push(0);
    stack.sp - 0x30
}

fn thread(index: u64) -> u64 {
    DATA + 0xA000 + 0x400 * index
}

/// Three threads of one process: two running, one waiting.
fn threads(memory: &mut VirtualMemory, nt: &LoadedImage, stacks: [u64; 3], kernel_stack: u64) {
    let (process, head) = (DATA + 0x9000, nt.address("PsActiveProcessHead"));
    let links = process + nt.offset("_EPROCESS", "ActiveProcessLinks");
    memory.write_u64(head, links);
    memory.write_u64(links, head);
    memory.write(process + nt.offset("_EPROCESS", "ImageFileName"), b"System");
    let list = process + nt.offset("_EPROCESS", "ThreadListHead");
    let entry_at = nt.offset("_ETHREAD", "ThreadListEntry");
    memory.write_u64(list, thread(0) + entry_at);
    for index in 0..3u64 {
        let at = thread(index);
        let next = if index == 2 {
            list
        } else {
            thread(index + 1) + entry_at
        };
        memory.write_u64(at + entry_at, next);
        memory.write_u64(
            at + nt.offset("_ETHREAD", "Cid.UniqueThread"),
            0x100 + index,
        );
        let base = stacks[index as usize];
        memory.write_u64(at + nt.offset("_KTHREAD", "StackBase"), base);
        memory.write_u64(at + nt.offset("_KTHREAD", "StackLimit"), base - STACK_SIZE);
        memory.write_u64(at + nt.offset("_KTHREAD", "KernelStack"), kernel_stack);
        memory.write_u64(at + nt.offset("_KTHREAD", "Process"), process);
        let state = if index == 2 { 5 } else { 2 };
        memory.write(at + nt.offset("_KTHREAD", "State"), &[state]);
    }
}

fn processors(memory: &mut VirtualMemory, nt: &LoadedImage, contexts: [&[u8]; 2]) {
    const PRCB: &str = "_KPRCB";
    let block = nt.address("KiProcessorBlock");
    for (index, record) in contexts.into_iter().enumerate() {
        let prcb = DATA + 0xC000 + 0x2000 * index as u64;
        memory.write_u64(block + 8 * index as u64, prcb);
        memory.write_u64(
            prcb + nt.offset(PRCB, "CurrentThread"),
            thread(index as u64),
        );
        memory.write(
            prcb + nt.offset(PRCB, "ProcessorState.ContextFrame"),
            record,
        );
    }
}
