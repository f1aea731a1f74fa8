/* The display adapter: QEMU's standard VGA, whose linear framebuffer needs no firmware to be set up
   (Bochs' VBE interface, ports 0x1CE and 0x1CF). */
#include "inbvp.h"

enum {
    VBE_ID,
    VBE_WIDTH,
    VBE_HEIGHT,
    VBE_DEPTH,
    VBE_ENABLE,
    VBE_BANK,
    VBE_VIRTUAL_WIDTH,
    VBE_VIRTUAL_HEIGHT,
    VBE_X,
    VBE_Y
};
#define VBE_ENABLED 0x01
#define VBE_LINEAR 0x40
#define VBE_KEEP_MEMORY 0x80

#define BLUE 0x0063B1
#define WHITE 0xFFFFFF
#define PALE 0xBFDDF5

#define LEFT 64

static PULONG InbvScreen;       /* NULL: there is no display */

static void WriteVbe(USHORT index, USHORT value)
{
    OutWord(0x1CE, index);
    OutWord(0x1CF, value);
}

void InbvDriverInitialize(void)
{
    for (ULONG slot = 0; slot < 256; slot++) {
        if (HalpReadPci(0, slot, 0, 4) != 0x11111234) {
            continue;
        }
        ULONG64 base = HalpReadPci(0, slot, 0x10, 4) & ~15u;
        if (base == 0) {
            return;
        }
        HalpWritePci(0, slot, 4, 2, HalpReadPci(0, slot, 4, 2) | 3);    /* ports and memory on */
        /* Write-combining (2), as a framebuffer should be. */
        InbvScreen = MmMapIoSpace(base, INBV_WIDTH * INBV_HEIGHT * sizeof(ULONG), 2);
        return;
    }
}

static void SetMode(void)
{
    /* Without a firmware the attribute controller still blanks the screen: reading the status
       register resets its flip-flop, then index 0x20 turns the display on. */
    InByte(0x3DA);
    OutByte(0x3C0, 0x20);
    WriteVbe(VBE_ENABLE, 0);
    WriteVbe(VBE_WIDTH, INBV_WIDTH);
    WriteVbe(VBE_HEIGHT, INBV_HEIGHT);
    WriteVbe(VBE_DEPTH, 32);
    WriteVbe(VBE_X, 0);
    WriteVbe(VBE_Y, 0);
    WriteVbe(VBE_ENABLE, VBE_ENABLED | VBE_LINEAR | VBE_KEEP_MEMORY);
}

void InbvDisplayBugCheck(ULONG code, PCSTR name, const ULONG64 parameters[4], PCSTR driver)
{
    CHAR line[80];
    ULONG y = 96;
    if (InbvScreen == NULL) {
        return;
    }
    SetMode();
    InbvFill(InbvScreen, 0, 0, INBV_WIDTH, INBV_HEIGHT, BLUE);
    InbvText(InbvScreen, LEFT, y, 4, WHITE, "TinyNT stopped");
    y += INBV_LINE(4) + 16;
    InbvFill(InbvScreen, LEFT, y, INBV_WIDTH - 2 * LEFT, 2, PALE);
    y += 32;
    InbvText(InbvScreen, LEFT, y, 2, PALE, "Stop code");
    y += INBV_LINE(2);
    InbvText(InbvScreen, LEFT, y, 2, WHITE, name);
    y += INBV_LINE(2) + 20;
    _snprintf(line, sizeof(line), "STOP: 0x%08lX", code);
    InbvText(InbvScreen, LEFT, y, 2, WHITE, line);
    for (ULONG i = 0; i < 4; i++) {
        _snprintf(line, sizeof(line), i == 0 ? "(0x%016llX," : i == 3 ? " 0x%016llX)" : " 0x%016llX,", parameters[i]);
        InbvText(InbvScreen, LEFT + 17 * INBV_ADVANCE(2), y, 2, WHITE, line);
        y += INBV_LINE(2);
    }
    if (driver != NULL) {
        y += 20;
        InbvText(InbvScreen, LEFT, y, 2, PALE, "What failed");
        y += INBV_LINE(2);
        InbvText(InbvScreen, LEFT, y, 2, WHITE, driver);
    }
}
