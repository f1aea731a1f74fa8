/* A processor's own structures: KPCR, GDT, IDT, TSS, interrupt stacks. */
#include "ki.h"

PKPRCB KiProcessorBlock[MAXIMUM_PROCESSORS];
volatile LONG KeNumberProcessors;
static KPCR KiInitialPCR __attribute__((aligned(4096)));
static UCHAR KiBootDoubleFaultStack[0x2000] __attribute__((aligned(16)));
static UCHAR KiBootNmiStack[0x4000] __attribute__((aligned(16)));
static KGDTENTRY64 KiBootGdt[10];
static KTSS64 KiBootTss;
KIDTENTRY64 KiIdt[256] __attribute__((aligned(4096)));
/* Where QEMU puts a processor's registers when it writes a dump (_KPRCB.Context). Not the PRCB's own
   ProcessorState: that keeps what the processor ran when it was frozen. */
static CONTEXT KiDumpContexts[MAXIMUM_PROCESSORS] __attribute__((aligned(16)));

typedef struct _KI_DESCRIPTOR {
    USHORT Limit;
    ULONG64 Base;
} __attribute__((packed)) KI_DESCRIPTOR;

void KiPageFault(void), KiDivideErrorFault(void), KiDebugTrapOrFault(void), KiNmiInterrupt(void),
    KiBreakpointTrap(void), KiOverflowTrap(void), KiBoundFault(void), KiInvalidOpcodeFault(void),
    KiNpxNotAvailableFault(void), KiDoubleFaultAbort(void), KiInvalidTssFault(void), KiSegmentNotPresentFault(void),
    KiStackFault(void), KiGeneralProtectionFault(void), KiFloatingErrorFault(void), KiAlignmentFault(void),
    KiMcheckAbort(void), KiXmmException(void);

enum { IST_NONE, IST_DOUBLE_FAULT, IST_NMI };

static void KiSetGate(ULONG vector, PVOID handler, ULONG ist)
{
    ULONG64 at = (ULONG64)handler;
    ULONG64 *gate = (ULONG64 *)&KiIdt[vector];
    gate[0] = (at & 0xFFFF) | KGDT64_R0_CODE << 16 | (ULONG64)ist << 32 | 0x8EULL << 40 | (at >> 16 & 0xFFFF) << 48;
    gate[1] = at >> 32;
}

void KiInitializeTraps(void)
{
    static const struct {
        UCHAR Vector, Ist;
        void (*Handler)(void);
    } traps[] = {
        {0, 0, KiDivideErrorFault},
        {1, 0, KiDebugTrapOrFault},
        {2, IST_NMI, KiNmiInterrupt},
        {3, 0, KiBreakpointTrap},
        {4, 0, KiOverflowTrap},
        {5, 0, KiBoundFault},
        {6, 0, KiInvalidOpcodeFault},
        {7, 0, KiNpxNotAvailableFault},
        {8, IST_DOUBLE_FAULT, KiDoubleFaultAbort},
        {10, 0, KiInvalidTssFault},
        {11, 0, KiSegmentNotPresentFault},
        {12, 0, KiStackFault},
        {13, 0, KiGeneralProtectionFault},
        {14, 0, KiPageFault},
        {16, 0, KiFloatingErrorFault},
        {17, 0, KiAlignmentFault},
        {18, IST_DOUBLE_FAULT, KiMcheckAbort},
        {19, 0, KiXmmException},
        {APC_VECTOR, 0, KiApcInterrupt},
        {DISPATCH_VECTOR, 0, KiDpcInterrupt},
    };
    for (ULONG v = 0x20; v < 0x100; v++) {
        KiSetGate(v, KiIsrThunk + (v - 0x20) * 8, 0);
    }
    for (ULONG i = 0; i < ARRAYSIZE(traps); i++) {
        KiSetGate(traps[i].Vector, (PVOID)traps[i].Handler, traps[i].Ist);
    }
}

static void KiLoadTables(PKPCR pcr)
{
    KI_DESCRIPTOR gdt = {sizeof KiBootGdt - 1, (ULONG64)pcr->GdtBase};
    KI_DESCRIPTOR idt = {sizeof KiIdt - 1, (ULONG64)KiIdt};
    ULONG64 *entry = (ULONG64 *)pcr->GdtBase, tss = (ULONG64)pcr->TssBase;
    entry[2] = 0x00209B0000000000;
    entry[3] = 0x00CF93000000FFFF;
    entry[8] = 0x67 | (tss & 0xFFFFFF) << 16 | 0x89ULL << 40 | (tss >> 24 & 0xFF) << 56;
    entry[9] = tss >> 32;
    __asm__ volatile("lgdt %0; lidt %1" ::"m"(gdt), "m"(idt));
    __asm__ volatile("pushq $0x10; leaq 1f(%%rip), %%rax; pushq %%rax; lretq; 1:"
                     "movl $0x18, %%eax; movw %%ax, %%ds; movw %%ax, %%es; movw %%ax, %%ss;"
                     "xorl %%eax, %%eax; movw %%ax, %%fs; movw %%ax, %%gs; movw $0x40, %%ax; ltr %%ax" ::
                         : "rax", "memory");
    WriteMSR(0xC0000101, (ULONG64)pcr);     /* GS base */
    WriteMSR(0xC0000102, 0);
    pcr->Prcb.ProcessorState.SpecialRegisters.Cr0 = ReadCR0();
    pcr->Prcb.ProcessorState.SpecialRegisters.Cr3 = ReadCR3();
    pcr->Prcb.ProcessorState.SpecialRegisters.Cr4 = ReadCR4();
    pcr->Prcb.ProcessorState.SpecialRegisters.Gdtr.Limit = gdt.Limit;
    pcr->Prcb.ProcessorState.SpecialRegisters.Gdtr.Base = (PVOID)gdt.Base;
    pcr->Prcb.ProcessorState.SpecialRegisters.Idtr.Limit = idt.Limit;
    pcr->Prcb.ProcessorState.SpecialRegisters.Idtr.Base = (PVOID)idt.Base;
    pcr->Prcb.ProcessorState.SpecialRegisters.Tr = KGDT64_SYS_TSS;
    pcr->Prcb.ProcessorState.SpecialRegisters.MsrGsBase = (ULONG64)pcr;
}

static void KiFillPcr(PKPCR pcr, ULONG number, PKGDTENTRY64 gdt, PKTSS64 tss, PUCHAR doubleFault, PUCHAR nmi)
{
    PKPRCB prcb = &pcr->Prcb;
    ULONG regs[4];
    pcr->GdtBase = gdt;
    pcr->TssBase = tss;
    pcr->IdtBase = KiIdt;
    pcr->Self = pcr;
    pcr->CurrentPrcb = prcb;
    pcr->MajorVersion = pcr->MinorVersion = 1;
    *(ULONG64 *)&tss->Ist[IST_DOUBLE_FAULT] = (ULONG64)doubleFault;
    *(ULONG64 *)&tss->Ist[IST_NMI] = (ULONG64)nmi;
    tss->IoMapBase = sizeof *tss;
    prcb->Number = number;
    prcb->LegacyNumber = (UCHAR)number;
    prcb->MajorVersion = prcb->MinorVersion = 1;
    prcb->GroupIndex = (UCHAR)number;
    prcb->GroupSetMember = 1ULL << number;
    prcb->Context = &KiDumpContexts[number];
    prcb->MxCsr = 0x1F80;
    KiInitializeDpcWatchdog(prcb);
    Cpuid(0, 0, regs);
    memcpy(prcb->VendorString, &regs[1], 4);
    memcpy(prcb->VendorString + 4, &regs[3], 4);
    memcpy(prcb->VendorString + 8, &regs[2], 4);
    for (ULONG i = 0; i < ARRAYSIZE(prcb->DispatcherReadyListHead); i++) {
        InitializeListHead(&prcb->DispatcherReadyListHead[i]);
    }
    for (ULONG i = 0; i < ARRAYSIZE(prcb->DpcData); i++) {
        prcb->DpcData[i].DpcList.LastEntry = &prcb->DpcData[i].DpcList.ListHead;
    }
    KiInitializeTimerTable(prcb);
    KiProcessorBlock[number] = prcb;
}

void KiInitializeBootProcessor(void)
{
    KiFillPcr(&KiInitialPCR, 0, KiBootGdt, &KiBootTss, KiBootDoubleFaultStack + sizeof KiBootDoubleFaultStack,
              KiBootNmiStack + sizeof KiBootNmiStack);
    KiLoadTables(&KiInitialPCR);
}

/* On the boot processor: what processor `number` will need. NULL when memory is out. */
PKPCR KiAllocateProcessor(ULONG number)
{
    SIZE_T pages = BYTES_TO_PAGES(sizeof(KPCR)) + 1;
    PUCHAR base = MiReserveAddressSpace(pages);
    PUCHAR stacks = MiReserveAddressSpace(6);
    if (base == NULL || stacks == NULL || !MiCommitRange(base, pages, MM_READWRITE) ||
        !MiCommitRange(stacks, 6, MM_READWRITE)) {
        return NULL;
    }
    PUCHAR tables = base + (pages - 1) * PAGE_SIZE;
    KiFillPcr((PKPCR)base, number, (PKGDTENTRY64)tables, (PKTSS64)(tables + 0x100), stacks + 0x2000, stacks + 0x6000);
    return (PKPCR)base;
}

void KiLoadProcessor(PKPCR pcr) { KiLoadTables(pcr); }
