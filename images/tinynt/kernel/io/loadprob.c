/* In words, why the last image could not be loaded. */
#include "iop.h"

static CHAR IopLoadProblem[2048];

void IopSetLoadProblem(PCSTR format, ...)
{
    va_list args;
    va_start(args, format);
    _vsnprintf(IopLoadProblem, sizeof(IopLoadProblem) - 1, format, args);
    IopLoadProblem[sizeof(IopLoadProblem) - 1] = 0;
    va_end(args);
}

void IoQueryLastLoadProblem(PSTR buffer, ULONG size)
{
    if (size != 0) {
        SIZE_T length = min(strlen(IopLoadProblem), (SIZE_T)size - 1);
        memcpy(buffer, IopLoadProblem, length);
        buffer[length] = 0;
    }
}
