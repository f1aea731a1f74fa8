/* COM1, output only. */
#include "ntoskrnl.h"

#define COM1 0x3F8

void HalpInitializeSerial(void)
{
    OutByte(COM1 + 1, 0);
    OutByte(COM1 + 3, 0x80);
    OutByte(COM1, 1);
    OutByte(COM1 + 1, 0);
    OutByte(COM1 + 3, 3);
    OutByte(COM1 + 2, 0xC7);
}

void HalDisplayString(PCSTR text)
{
    for (; *text; text++) {
        while (!(InByte(COM1 + 5) & 0x20)) {
            PauseProcessor();
        }
        OutByte(COM1, (UCHAR)*text);
    }
}
