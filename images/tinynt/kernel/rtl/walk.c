/* Stack walks on a running machine, by the images' unwind tables (.pdata): for records of who did
   what. Every read is checked, and the walk ends at the first thing it does not understand. */
#include "ntoskrnl.h"

typedef struct _RUNTIME_FUNCTION {
    ULONG BeginAddress, EndAddress, UnwindData;
} RUNTIME_FUNCTION, *PRUNTIME_FUNCTION;
typedef struct _UNWIND_CODE {
    UCHAR CodeOffset, UnwindOp : 4, OpInfo : 4;
} UNWIND_CODE;
typedef struct _UNWIND_INFO {
    UCHAR Version : 3, Flags : 5;
    UCHAR SizeOfProlog, CountOfCodes;
    UCHAR FrameRegister : 4, FrameOffset : 4;
    UNWIND_CODE Codes[];
} UNWIND_INFO, *PUNWIND_INFO;
enum {
    UWOP_PUSH_NONVOL,
    UWOP_ALLOC_LARGE,
    UWOP_ALLOC_SMALL,
    UWOP_SET_FPREG,
    UWOP_SAVE_NONVOL,
    UWOP_SAVE_NONVOL_FAR,
    UWOP_EPILOG,
    UWOP_SPARE,
    UWOP_SAVE_XMM128,
    UWOP_SAVE_XMM128_FAR,
    UWOP_PUSH_MACHFRAME
};
enum { RSP = 4, UNW_FLAG_CHAININFO = 4, WALK_LIMIT = 64 };

typedef struct _WALK {
    ULONG64 Rip, Reg[16];
    BOOLEAN Interrupted;        /* Rip is not a return address */
} WALK, *PWALK;

PKLDR_DATA_TABLE_ENTRY MiLookupDataTableEntry(PCVOID address)
{
    for (PLIST_ENTRY e = PsLoadedModuleList.Flink; e != NULL && e != &PsLoadedModuleList; e = e->Flink) {
        PKLDR_DATA_TABLE_ENTRY m = CONTAINING_RECORD(e, KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        if ((ULONG64)address - (ULONG64)m->DllBase < m->SizeOfImage) {
            return m;
        }
    }
    return NULL;
}

static BOOLEAN RtlpRead(ULONG64 at, PULONG64 value)
{
    if ((LONG64)at >> 47 != -1 || (at & 7) != 0 || !MmIsAddressValid((PVOID)at)) {
        return FALSE;
    }
    *value = *(PULONG64)at;
    return TRUE;
}

static PRUNTIME_FUNCTION RtlpLookupFunctionEntry(PKLDR_DATA_TABLE_ENTRY module, ULONG rva)
{
    PRUNTIME_FUNCTION table = module->ExceptionTable;
    ULONG low = 0, high = table != NULL ? module->ExceptionTableSize / sizeof(*table) : 0;
    while (low < high) {
        ULONG middle = (low + high) / 2;
        if (rva < table[middle].BeginAddress) {
            high = middle;
        } else if (rva >= table[middle].EndAddress) {
            low = middle + 1;
        } else {
            return &table[middle];
        }
    }
    return NULL;
}

/* How many 16-bit slots a code takes. */
static ULONG RtlpCodeSlots(UCHAR op, UCHAR info)
{
    switch (op) {
    case UWOP_ALLOC_LARGE: return info == 0 ? 2 : 3;
    case UWOP_SAVE_NONVOL:
    case UWOP_SAVE_XMM128:
    case UWOP_EPILOG: return 2;
    case UWOP_SAVE_NONVOL_FAR:
    case UWOP_SAVE_XMM128_FAR:
    case UWOP_SPARE: return 3;
    default: return 1;
    }
}

/* Undoes one code. FALSE: not readable. `machine` is set when the frame was a trap's. */
static BOOLEAN RtlpUndo(PWALK w, PUNWIND_INFO u, ULONG i, ULONG64 frame, PBOOLEAN machine)
{
    UCHAR info = u->Codes[i].OpInfo;
    PUSHORT slot = (PUSHORT)&u->Codes[i + 1];
    switch (u->Codes[i].UnwindOp) {
    case UWOP_PUSH_NONVOL:
        if (!RtlpRead(w->Reg[RSP], &w->Reg[info])) {
            return FALSE;
        }
        w->Reg[RSP] += 8;
        return TRUE;
    case UWOP_ALLOC_LARGE:
        w->Reg[RSP] += info == 0 ? slot[0] * 8ULL : (ULONG)slot[0] | (ULONG)slot[1] << 16;
        return TRUE;
    case UWOP_ALLOC_SMALL: w->Reg[RSP] += info * 8 + 8; return TRUE;
    case UWOP_SET_FPREG: w->Reg[RSP] = w->Reg[u->FrameRegister] - u->FrameOffset * 16; return TRUE;
    case UWOP_SAVE_NONVOL: return RtlpRead(frame + slot[0] * 8ULL, &w->Reg[info]);
    case UWOP_SAVE_NONVOL_FAR: return RtlpRead(frame + ((ULONG)slot[0] | (ULONG)slot[1] << 16), &w->Reg[info]);
    case UWOP_PUSH_MACHFRAME:
        *machine = TRUE;
        frame = w->Reg[RSP] + (info ? 8 : 0);
        return RtlpRead(frame, &w->Rip) && RtlpRead(frame + 24, &w->Reg[RSP]);
    default: return TRUE;            /* vector registers are not followed */
    }
}

/* With interrupts off: a module's unload waits for every processor to take one, once it is unlinked. */
static BOOLEAN RtlpUnwindFrame(PWALK w)
{
    ULONG64 start = w->Reg[RSP], pc = w->Interrupted ? w->Rip : w->Rip - 1;
    PKLDR_DATA_TABLE_ENTRY module = MiLookupDataTableEntry((PVOID)pc);
    BOOLEAN machine = FALSE;
    if (module == NULL) {
        return FALSE;
    }
    PUCHAR base = module->DllBase;
    PRUNTIME_FUNCTION f = RtlpLookupFunctionEntry(module, (ULONG)(pc - (ULONG64)base));
    for (ULONG chain = 0; f != NULL && chain < 8; chain++) {
        if (f->UnwindData & 3 || f->UnwindData >= module->SizeOfImage) {
            return FALSE;
        }
        PUNWIND_INFO u = (PUNWIND_INFO)(base + f->UnwindData);
        ULONG64 offset = chain == 0 ? w->Rip - (ULONG64)base - f->BeginAddress : ~0ULL;
        ULONG64 frame = u->FrameRegister ? w->Reg[u->FrameRegister] - u->FrameOffset * 16 : w->Reg[RSP];
        for (ULONG i = 0; i < u->CountOfCodes; i += RtlpCodeSlots(u->Codes[i].UnwindOp, u->Codes[i].OpInfo)) {
            if (u->Codes[i].CodeOffset <= offset && !RtlpUndo(w, u, i, frame, &machine)) {
                return FALSE;
            }
        }
        f = u->Flags & UNW_FLAG_CHAININFO ? (PRUNTIME_FUNCTION)&u->Codes[(u->CountOfCodes + 1) & ~1] : NULL;
    }
    w->Interrupted = machine;
    if (machine) {
        return w->Rip != 0;
    }
    if (!RtlpRead(w->Reg[RSP], &w->Rip)) {
        return FALSE;
    }
    w->Reg[RSP] += 8;
    return w->Rip != 0 && w->Reg[RSP] > start;
}

/* Instruction addresses from the caller's frame outwards. */
__attribute__((noinline)) ULONG RtlWalkFrameChain(PVOID *callers, ULONG count, ULONG skip)
{
    WALK w = {.Interrupted = FALSE};
    ULONG n = 0;
    __asm__ volatile("lea 0(%%rip), %%rax\n mov %%rax, %0\n mov %%rbx, %1\n mov %%rsp, %2\n mov %%rbp, %3\n mov %%rsi, "
                     "%4\n mov %%rdi, %5\n"
                     "mov %%r12, %6\n mov %%r13, %7\n mov %%r14, %8\n mov %%r15, %9"
                     : "=m"(w.Rip), "=m"(w.Reg[3]), "=m"(w.Reg[4]), "=m"(w.Reg[5]), "=m"(w.Reg[6]), "=m"(w.Reg[7]),
                       "=m"(w.Reg[12]), "=m"(w.Reg[13]), "=m"(w.Reg[14]), "=m"(w.Reg[15])::"rax", "memory");
    for (ULONG i = 0; i < WALK_LIMIT && n < count; i++) {
        BOOLEAN enabled = KeDisableInterrupts();
        BOOLEAN more = RtlpUnwindFrame(&w);
        KeRestoreInterrupts(enabled);
        if (!more) {
            break;
        }
        if (i >= skip) {
            callers[n++] = (PVOID)w.Rip;
        }
    }
    return n;
}

__attribute__((noinline)) USHORT RtlCaptureStackBackTrace(ULONG skip, ULONG count, PVOID *trace, PULONG hash)
{
    ULONG n = RtlWalkFrameChain(trace, count, skip + 1);    /* from our caller's frame on */
    if (hash != NULL) {
        *hash = 0;
        for (ULONG i = 0; i < n; i++) {
            *hash += (ULONG)(ULONG64)trace[i];
        }
    }
    return (USHORT)n;
}
