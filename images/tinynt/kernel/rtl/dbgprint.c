/* Debug output to the serial port, from any IRQL. */
#include "ntoskrnl.h"

static volatile LONG DbgpLock;

static void Display(PCSTR text)
{
    BOOLEAN on = KeDisableInterrupts();
    /* After a stop the lock's holder may be frozen: then nobody waits for it. */
    while (InterlockedExchange(&DbgpLock, 1) != 0 && KiBugcheckData[0] == 0) {
        PauseProcessor();
    }
    HalDisplayString(text);
    __atomic_store_n(&DbgpLock, 0, __ATOMIC_RELEASE);
    KeRestoreInterrupts(on);
}

ULONG vDbgPrintExWithPrefix(PCSTR prefix, ULONG component, ULONG level, PCSTR format, va_list args)
{
    CHAR text[512];
    SIZE_T start = strnlen(prefix, sizeof(text) - 1);
    UNREFERENCED_PARAMETER(component);
    UNREFERENCED_PARAMETER(level);
    memcpy(text, prefix, start);
    _vsnprintf(text + start, sizeof(text) - start, format, args);
    text[sizeof(text) - 1] = 0;
    Display(text);
    return STATUS_SUCCESS;
}

ULONG vDbgPrintEx(ULONG component, ULONG level, PCSTR format, va_list args)
{
    return vDbgPrintExWithPrefix("", component, level, format, args);
}

ULONG DbgPrint(PCSTR format, ...)
{
    va_list args;
    va_start(args, format);
    vDbgPrintEx(0, 0, format, args);
    va_end(args);
    return STATUS_SUCCESS;
}

ULONG DbgPrintEx(ULONG component, ULONG level, PCSTR format, ...)
{
    va_list args;
    va_start(args, format);
    vDbgPrintEx(component, level, format, args);
    va_end(args);
    return STATUS_SUCCESS;
}
