/* The printf family. The bounded ones return -1 when the text does not fit, and terminate the
   buffer only if room is left. */
#include "format.h"

static int Print(BOOLEAN wide, PVOID buffer, SIZE_T size, PCVOID format, va_list args)
{
    RTLP_FORMAT f = {.Wide = wide, .Format = format, .Buffer = buffer, .Size = size};
    RtlpFormat(&f, args);
    if (f.Length < size) {
        if (wide) {
            ((PWSTR)buffer)[f.Length] = 0;
        } else {
            ((PSTR)buffer)[f.Length] = 0;
        }
    }
    /* Without a buffer the caller asks for the length. */
    return f.Length <= size || buffer == NULL ? (int)f.Length : -1;
}

int _vsnprintf(PSTR buffer, SIZE_T size, PCSTR format, va_list args)
{
    return Print(FALSE, buffer, buffer == NULL ? 0 : size, format, args);
}

int _vsnwprintf(PWSTR buffer, SIZE_T size, PCWSTR format, va_list args)
{
    return Print(TRUE, buffer, buffer == NULL ? 0 : size, format, args);
}

int vsprintf(PSTR buffer, PCSTR format, va_list args) { return Print(FALSE, buffer, 0x7FFFFFFF, format, args); }

int _snprintf(PSTR buffer, SIZE_T size, PCSTR format, ...)
{
    va_list args;
    va_start(args, format);
    int n = _vsnprintf(buffer, size, format, args);
    va_end(args);
    return n;
}

int sprintf(PSTR buffer, PCSTR format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsprintf(buffer, format, args);
    va_end(args);
    return n;
}

int _snwprintf(PWSTR buffer, SIZE_T size, PCWSTR format, ...)
{
    va_list args;
    va_start(args, format);
    int n = _vsnwprintf(buffer, size, format, args);
    va_end(args);
    return n;
}

int swprintf(PWSTR buffer, PCWSTR format, ...)
{
    va_list args;
    va_start(args, format);
    int n = Print(TRUE, buffer, 0x7FFFFFFF, format, args);
    va_end(args);
    return n;
}
