/* The memory is an ivshmem device's. The gate is an I/O port behind which a pipe has room for one
   byte: the host sees the first of two and takes it when its order stands in the memory; until then
   the machine does not get past the second. */
#include "lockstep.h"
#include "agent.h"
#include "virtio.h"
#include <string.h>

#define INPUT_OFFSET 0x1000
#define OUTPUT_OFFSET 0x20000
#define MAILBOX_BYTES 0x40000
#define MEMORY_BAR 2

static const char Magic[8] = "SCGATE\0\1";
enum { TAKE_INPUT = 1, RUN_ON = 2 };

typedef struct MAILBOX {
    char Magic[8];
    USHORT Gate, Pad[3];
    ULONG64 Time;               /* 100 ns since boot */
    ULONG OutputLength;
    ULONG Order;
    ULONG InputLength;
    ULONG Pad2;
    ULONG64 RunOn;              /* 100 ns */
} MAILBOX;
C_ASSERT(FIELD_OFFSET(MAILBOX, Time) == 0x10 && FIELD_OFFSET(MAILBOX, Order) == 0x1C &&
         FIELD_OFFSET(MAILBOX, RunOn) == 0x28);

static volatile MAILBOX *Mailbox;
static USHORT Gate;
static PUCHAR Input;            /* a copy: an answer may bring the next input before this one is read to its end */
static BOOLEAN Ordered;         /* the host's last order has not been carried out */

BOOLEAN LockstepFind(void)
{
    ULONG slot;
    char magic[8];
    if (!PciFind(0x1AF4, 0x1110, 0x1110, &slot)) {
        return FALSE;
    }
    PciWrite(slot, 4, 2, PciRead(slot, 4, 2) | PCI_ENABLE_MEMORY_SPACE);
    volatile MAILBOX *m = PciMap(slot, MEMORY_BAR, 0, MAILBOX_BYTES);
    if (m == NULL) {
        return FALSE;
    }
    memcpy(magic, (const void *)m->Magic, sizeof(magic));
    if (memcmp(magic, Magic, sizeof(magic)) != 0) {
        return FALSE;
    }
    Input = GaAllocate(OUTPUT_OFFSET - INPUT_OFFSET);
    if (Input == NULL) {
        return FALSE;
    }
    Gate = m->Gate;
    Mailbox = m;
    return TRUE;
}

static void Pass(UCHAR byte) { __asm__ volatile("outb %0, %1" : : "a"(byte), "Nd"(Gate) : "memory"); }

/* Shows the host so much output and brings back its order. */
static void Meet(ULONG outputLength)
{
    Mailbox->Time = KeQueryInterruptTime();
    Mailbox->OutputLength = outputLength;
    Mailbox->Order = 0;
    Pass('A');
    Pass('B');
    Ordered = TRUE;
}

void LockstepRead(const char **data, SIZE_T *length)
{
    for (;;) {
        LARGE_INTEGER wait;
        if (!Ordered) {
            Meet(0);
        }
        Ordered = FALSE;
        ULONG bytes = Mailbox->InputLength;
        if (Mailbox->Order == TAKE_INPUT && bytes != 0 && bytes <= OUTPUT_OFFSET - INPUT_OFFSET) {
            memcpy(Input, (PUCHAR)Mailbox + INPUT_OFFSET, bytes);
            *data = (const char *)Input;
            *length = bytes;
            return;
        }
        /* No order: the host has gone and the gate stands open. */
        wait.QuadPart = Mailbox->Order == RUN_ON ? -(LONG64)Mailbox->RunOn : -100 * 10000;
        KeDelayExecutionThread(KernelMode, FALSE, &wait);
    }
}

void LockstepWrite(const void *data, SIZE_T length)
{
    for (const UCHAR *p = data; length != 0;) {
        ULONG piece = (ULONG)min(length, MAILBOX_BYTES - OUTPUT_OFFSET);
        memcpy((PUCHAR)Mailbox + OUTPUT_OFFSET, p, piece);
        Meet(piece);
        p += piece;
        length -= piece;
    }
}
