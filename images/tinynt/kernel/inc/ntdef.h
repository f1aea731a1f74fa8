/* Basic types, status codes and list helpers, named as in the public NT headers. */
#pragma once
#include "nttypes.h"

#define DECLSPEC_NORETURN __attribute__((noreturn))
#define NULL ((void *)0)
#define TRUE 1
#define FALSE 0
#define VOID void
#define UNREFERENCED_PARAMETER(x) ((void)(x))
#define ARRAYSIZE(a) (sizeof(a) / sizeof((a)[0]))
#define FIELD_OFFSET(t, f) ((ULONG) __builtin_offsetof(t, f))
#define CONTAINING_RECORD(a, t, f) ((t *)((PUCHAR)(a) - __builtin_offsetof(t, f)))
#define ALIGN_UP(x, a) (((x) + ((a) - 1)) & ~((ULONG64)(a) - 1))
#define ALIGN_DOWN(x, a) ((x) & ~((ULONG64)(a) - 1))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
/* The loader makes sections named PAGE* pageable. */
#define PAGED_FUNCTION __attribute__((section("PAGE")))
/* Real ntoskrnl.exe has a section of this name; some tools recognise a kernel by it. */
#define POOLCODE __attribute__((section("POOLCODE")))

typedef void *PVOID, *HANDLE;
typedef const void *PCVOID;
typedef char CHAR, *PCHAR, *PSTR;
typedef const char *PCSTR;
typedef signed char SCHAR;
typedef unsigned char UCHAR, *PUCHAR, BOOLEAN, *PBOOLEAN, KIRQL, *PKIRQL;
typedef short SHORT, *PSHORT, CSHORT;
typedef unsigned short USHORT, *PUSHORT, WCHAR, *PWCHAR, *PWSTR;
typedef const unsigned short *PCWSTR;
typedef int INT;
typedef unsigned int UINT;
typedef long LONG, *PLONG, NTSTATUS, *PNTSTATUS, KPRIORITY;
typedef unsigned long ULONG, *PULONG, ACCESS_MASK, DEVICE_TYPE;
typedef long long LONGLONG, LONG64, *PLONG64;
typedef unsigned long long ULONGLONG, ULONG64, *PULONG64, ULONG_PTR, *PULONG_PTR, SIZE_T, *PSIZE_T;
typedef unsigned long long KAFFINITY, KSPIN_LOCK, *PKSPIN_LOCK, ERESOURCE_THREAD, PFN_NUMBER;
typedef long long LONG_PTR, SSIZE_T;
typedef HANDLE *PHANDLE;
typedef CHAR KPROCESSOR_MODE, CCHAR;
enum { KernelMode, UserMode };

#define NT_TYPE(n) typedef struct _##n n, *P##n
struct _LOADER_BLOCK;
/* clang-format off */
NT_TYPE(LIST_ENTRY); NT_TYPE(SINGLE_LIST_ENTRY); NT_TYPE(UNICODE_STRING); NT_TYPE(STRING);
NT_TYPE(CONTEXT); NT_TYPE(KTRAP_FRAME); NT_TYPE(KEXCEPTION_FRAME); NT_TYPE(EXCEPTION_RECORD);
NT_TYPE(KPCR); NT_TYPE(KPRCB); NT_TYPE(KUSER_SHARED_DATA); NT_TYPE(KTSS64);
NT_TYPE(KTHREAD); NT_TYPE(ETHREAD); NT_TYPE(KPROCESS); NT_TYPE(EPROCESS); NT_TYPE(CLIENT_ID);
NT_TYPE(DISPATCHER_HEADER); NT_TYPE(KEVENT); NT_TYPE(KSEMAPHORE); NT_TYPE(KMUTANT); NT_TYPE(KTIMER);
NT_TYPE(KDPC); NT_TYPE(KDPC_DATA); NT_TYPE(KAPC); NT_TYPE(KAPC_STATE); NT_TYPE(KWAIT_BLOCK);
NT_TYPE(KQUEUE); NT_TYPE(FAST_MUTEX); NT_TYPE(ERESOURCE); NT_TYPE(OWNER_ENTRY); NT_TYPE(EX_PUSH_LOCK);
NT_TYPE(WORK_QUEUE_ITEM); NT_TYPE(OBJECT_HEADER); NT_TYPE(OBJECT_HEADER_NAME_INFO);
NT_TYPE(OBJECT_TYPE); NT_TYPE(OBJECT_TYPE_INITIALIZER); NT_TYPE(OBJECT_DIRECTORY);
NT_TYPE(OBJECT_DIRECTORY_ENTRY); NT_TYPE(OBJECT_SYMBOLIC_LINK); NT_TYPE(OBJECT_ATTRIBUTES);
NT_TYPE(HANDLE_TABLE); NT_TYPE(OBJECT_CREATE_INFORMATION); NT_TYPE(IRP); NT_TYPE(IO_STACK_LOCATION);
NT_TYPE(IO_STATUS_BLOCK); NT_TYPE(DEVICE_OBJECT); NT_TYPE(DEVOBJ_EXTENSION); NT_TYPE(DRIVER_OBJECT);
NT_TYPE(DRIVER_EXTENSION); NT_TYPE(FILE_OBJECT); NT_TYPE(VPB); NT_TYPE(IO_TIMER);
NT_TYPE(DEVICE_NODE); NT_TYPE(DEVICE_RELATIONS); NT_TYPE(POP_IRP_DATA); NT_TYPE(MDL);
NT_TYPE(POOL_HEADER); NT_TYPE(POOL_TRACKER_TABLE);
NT_TYPE(POOL_TRACKER_BIG_PAGES); NT_TYPE(MMPTE); NT_TYPE(MMPFN); NT_TYPE(KLDR_DATA_TABLE_ENTRY);
NT_TYPE(IMAGE_DOS_HEADER); NT_TYPE(IMAGE_NT_HEADERS64); NT_TYPE(IMAGE_SECTION_HEADER);
NT_TYPE(IMAGE_DATA_DIRECTORY); NT_TYPE(GENERIC_MAPPING); NT_TYPE(KLOCK_QUEUE_HANDLE);
NT_TYPE(KSPIN_LOCK_QUEUE); NT_TYPE(FILE_BASIC_INFORMATION); NT_TYPE(FILE_STANDARD_INFORMATION);
/* clang-format on */
typedef union _SLIST_HEADER SLIST_HEADER, *PSLIST_HEADER;
typedef struct _STRING ANSI_STRING, *PANSI_STRING;
typedef const struct _UNICODE_STRING *PCUNICODE_STRING;
typedef union _LARGE_INTEGER LARGE_INTEGER, *PLARGE_INTEGER;
typedef union _ULARGE_INTEGER ULARGE_INTEGER;
typedef union _KIDTENTRY64 KIDTENTRY64, *PKIDTENTRY64;
typedef union _KGDTENTRY64 KGDTENTRY64, *PKGDTENTRY64;
typedef union _HANDLE_TABLE_ENTRY HANDLE_TABLE_ENTRY, *PHANDLE_TABLE_ENTRY;
typedef KMUTANT KMUTEX, *PKMUTEX;
typedef enum _KWAIT_REASON KWAIT_REASON;
typedef enum _POOL_TYPE POOL_TYPE;
typedef enum _EVENT_TYPE EVENT_TYPE;
typedef enum _FILE_INFORMATION_CLASS FILE_INFORMATION_CLASS;
typedef enum { WaitAll, WaitAny } WAIT_TYPE;
typedef enum { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum { CriticalWorkQueue, DelayedWorkQueue, HyperCriticalWorkQueue } WORK_QUEUE_TYPE;

static inline void InitializeListHead(PLIST_ENTRY h) { h->Flink = h->Blink = h; }
static inline BOOLEAN IsListEmpty(const LIST_ENTRY *h) { return h->Flink == h; }
static inline BOOLEAN RemoveEntryList(PLIST_ENTRY e)
{
    PLIST_ENTRY f = e->Flink, b = e->Blink;
    b->Flink = f;
    f->Blink = b;
    return f == b;
}
static inline PLIST_ENTRY RemoveHeadList(PLIST_ENTRY h)
{
    PLIST_ENTRY e = h->Flink;
    RemoveEntryList(e);
    return e;
}
static inline void InsertTailList(PLIST_ENTRY h, PLIST_ENTRY e)
{
    PLIST_ENTRY b = h->Blink;
    e->Flink = h;
    e->Blink = b;
    b->Flink = e;
    h->Blink = e;
}
static inline void InsertHeadList(PLIST_ENTRY h, PLIST_ENTRY e)
{
    PLIST_ENTRY f = h->Flink;
    e->Flink = f;
    e->Blink = h;
    f->Blink = e;
    h->Flink = e;
}
/* Functions, not macros: fields of packed structures would turn the macros into library calls. */
static inline LONG InterlockedIncrement(volatile LONG *p) { return __atomic_add_fetch(p, 1, __ATOMIC_SEQ_CST); }
static inline LONG InterlockedDecrement(volatile LONG *p) { return __atomic_sub_fetch(p, 1, __ATOMIC_SEQ_CST); }
static inline LONG InterlockedExchange(volatile LONG *p, LONG v) { return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); }
static inline LONG InterlockedCompareExchange(volatile LONG *p, LONG v, LONG was)
{
    return __sync_val_compare_and_swap(p, was, v);
}
static inline PVOID InterlockedCompareExchangePointer(PVOID volatile *p, PVOID v, PVOID was)
{
    return __sync_val_compare_and_swap(p, was, v);
}
