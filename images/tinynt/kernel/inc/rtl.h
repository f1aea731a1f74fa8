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
ULONG DbgPrintEx(ULONG component, ULONG level, PCSTR format, ...);
ULONG vDbgPrintEx(ULONG component, ULONG level, PCSTR format, va_list args);

PVOID memchr(PCVOID p, int c, SIZE_T n);
SIZE_T RtlCompareMemory(PCVOID a, PCVOID b, SIZE_T n);
int tolower(int c);
int toupper(int c);
SIZE_T strnlen(PCSTR s, SIZE_T limit);
int _strnicmp(PCSTR a, PCSTR b, SIZE_T n);
PSTR strcpy(PSTR d, PCSTR s);
PSTR strncpy(PSTR d, PCSTR s, SIZE_T n);
PSTR strcat(PSTR d, PCSTR s);
PSTR strchr(PCSTR s, int c);
PSTR strrchr(PCSTR s, int c);
PSTR strstr(PCSTR s, PCSTR what);
int atoi(PCSTR s);
SIZE_T wcsnlen(PCWSTR s, SIZE_T limit);
int wcscmp(PCWSTR a, PCWSTR b);
int wcsncmp(PCWSTR a, PCWSTR b, SIZE_T n);
int _wcsicmp(PCWSTR a, PCWSTR b);
int _wcsnicmp(PCWSTR a, PCWSTR b, SIZE_T n);
PWSTR wcscpy(PWSTR d, PCWSTR s);
PWSTR wcschr(PCWSTR s, WCHAR c);
PWSTR wcsrchr(PCWSTR s, WCHAR c);
int vsprintf(PSTR buffer, PCSTR format, va_list args);
int sprintf(PSTR buffer, PCSTR format, ...);
int _snwprintf(PWSTR buffer, SIZE_T size, PCWSTR format, ...);
int swprintf(PWSTR buffer, PCWSTR format, ...);

WCHAR RtlDowncaseUnicodeChar(WCHAR c);
CHAR RtlUpperChar(CHAR c);
LONG RtlCompareString(const STRING *a, const STRING *b, BOOLEAN ignoreCase);
NTSTATUS RtlHashUnicodeString(PCUNICODE_STRING s, BOOLEAN ignoreCase, ULONG algorithm, PULONG hash);
NTSTATUS RtlUpcaseUnicodeString(PUNICODE_STRING d, PCUNICODE_STRING s, BOOLEAN allocate);
NTSTATUS RtlIntegerToUnicodeString(ULONG value, ULONG base, PUNICODE_STRING s);
NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING s, ULONG base, PULONG value);
ULONG RtlNtStatusToDosError(NTSTATUS status);
ULONG RtlRandomEx(PULONG seed);

/* Stack walks: instruction addresses, the caller's first. */
ULONG RtlWalkFrameChain(PVOID *callers, ULONG count, ULONG skip);
USHORT RtlCaptureStackBackTrace(ULONG skip, ULONG count, PVOID *trace, PULONG hash);

typedef struct _RTL_BITMAP RTL_BITMAP, *PRTL_BITMAP;
void RtlInitializeBitMap(PRTL_BITMAP m, PULONG buffer, ULONG bits);
BOOLEAN RtlTestBit(PRTL_BITMAP m, ULONG i);
void RtlSetBit(PRTL_BITMAP m, ULONG i);
void RtlClearBit(PRTL_BITMAP m, ULONG i);
void RtlSetBits(PRTL_BITMAP m, ULONG start, ULONG count);
void RtlClearBits(PRTL_BITMAP m, ULONG start, ULONG count);
void RtlSetAllBits(PRTL_BITMAP m);
void RtlClearAllBits(PRTL_BITMAP m);
/* 0xFFFFFFFF when there is no such run. */
ULONG RtlFindClearBits(PRTL_BITMAP m, ULONG count, ULONG hint);
ULONG RtlFindSetBits(PRTL_BITMAP m, ULONG count, ULONG hint);
ULONG RtlFindClearBitsAndSet(PRTL_BITMAP m, ULONG count, ULONG hint);
ULONG RtlNumberOfSetBits(PRTL_BITMAP m);

typedef struct _TIME_FIELDS {
    CSHORT Year, Month, Day, Hour, Minute, Second, Milliseconds, Weekday;
} TIME_FIELDS, *PTIME_FIELDS;
void RtlTimeToTimeFields(PLARGE_INTEGER time, PTIME_FIELDS f);
BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS f, PLARGE_INTEGER time);

typedef struct _OSVERSIONINFOW {
    ULONG dwOSVersionInfoSize, dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
    WCHAR szCSDVersion[128];
} RTL_OSVERSIONINFOW, *PRTL_OSVERSIONINFOW;
typedef struct _OSVERSIONINFOEXW {
    ULONG dwOSVersionInfoSize, dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
    WCHAR szCSDVersion[128];
    USHORT wServicePackMajor, wServicePackMinor, wSuiteMask;
    UCHAR wProductType, wReserved;
} RTL_OSVERSIONINFOEXW, *PRTL_OSVERSIONINFOEXW;
NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW v);

/* Lock-free stacks; header and entries are 16-byte aligned. */
void InitializeSListHead(PSLIST_HEADER h);
USHORT ExQueryDepthSList(PSLIST_HEADER h);
PSINGLE_LIST_ENTRY ExpInterlockedPushEntrySList(PSLIST_HEADER h, PSINGLE_LIST_ENTRY entry);
PSINGLE_LIST_ENTRY ExpInterlockedPopEntrySList(PSLIST_HEADER h);
PSINGLE_LIST_ENTRY ExpInterlockedFlushSList(PSLIST_HEADER h);
PLIST_ENTRY ExInterlockedInsertHeadList(PLIST_ENTRY h, PLIST_ENTRY e, PKSPIN_LOCK lock);
PLIST_ENTRY ExInterlockedInsertTailList(PLIST_ENTRY h, PLIST_ENTRY e, PKSPIN_LOCK lock);
PLIST_ENTRY ExInterlockedRemoveHeadList(PLIST_ENTRY h, PKSPIN_LOCK lock);
