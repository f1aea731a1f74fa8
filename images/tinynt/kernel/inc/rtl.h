/* Runtime library: memory, strings, formatted output. */
#pragma once
#include "ntdef.h"
typedef __builtin_va_list va_list;
#define va_start __builtin_va_start
#define va_arg __builtin_va_arg
#define va_end __builtin_va_end

PVOID memcpy(PVOID d, PCVOID s, SIZE_T n);
PVOID memmove(PVOID d, PCVOID s, SIZE_T n);
PVOID memset(PVOID d, int c, SIZE_T n);
int memcmp(PCVOID a, PCVOID b, SIZE_T n);
SIZE_T strlen(PCSTR s);
int strcmp(PCSTR a, PCSTR b);
int strncmp(PCSTR a, PCSTR b, SIZE_T n);
int _stricmp(PCSTR a, PCSTR b);
SIZE_T wcslen(PCWSTR s);
#define RtlZeroMemory(p, n) memset((p), 0, (n))
#define RtlCopyMemory memcpy

/* C99 semantics of the msvcrt kind: return the length, or -1 when it did not fit (the buffer then
   holds as much as fits and is not terminated). %s is char, %S and %ws are WCHAR, %wZ a
   UNICODE_STRING pointer; flags, width, precision, h l ll I64 and d i u x X p c o. */
int _vsnprintf(PSTR buffer, SIZE_T size, PCSTR format, va_list args);
int _snprintf(PSTR buffer, SIZE_T size, PCSTR format, ...);
int _vsnwprintf(PWSTR buffer, SIZE_T size, PCWSTR format, va_list args);

void RtlInitUnicodeString(PUNICODE_STRING s, PCWSTR text);
void RtlInitAnsiString(PANSI_STRING s, PCSTR text);
WCHAR RtlUpcaseUnicodeChar(WCHAR c);
LONG RtlCompareUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignoreCase);
BOOLEAN RtlEqualUnicodeString(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignoreCase);
BOOLEAN RtlPrefixUnicodeString(PCUNICODE_STRING p, PCUNICODE_STRING s, BOOLEAN ignoreCase);
void RtlCopyUnicodeString(PUNICODE_STRING d, PCUNICODE_STRING s);
NTSTATUS RtlAppendUnicodeStringToString(PUNICODE_STRING d, PCUNICODE_STRING s);
NTSTATUS RtlAppendUnicodeToString(PUNICODE_STRING d, PCWSTR s);
NTSTATUS RtlAnsiStringToUnicodeString(PUNICODE_STRING d, const STRING *s, BOOLEAN allocate);
NTSTATUS RtlUnicodeStringToAnsiString(PANSI_STRING d, PCUNICODE_STRING s, BOOLEAN allocate);
void RtlFreeUnicodeString(PUNICODE_STRING s);
void RtlFreeAnsiString(PANSI_STRING s);
void RtlCaptureContext(PCONTEXT context);

ULONG DbgPrint(PCSTR format, ...);
