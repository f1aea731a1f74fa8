/* Configuration manager: an in-memory registry, case-insensitive, gone at power-off. */
#pragma once
#include "ke.h"

enum { REG_NONE, REG_SZ, REG_EXPAND_SZ, REG_BINARY, REG_DWORD, REG_MULTI_SZ = 7, REG_QWORD = 11 };
NTSTATUS CmInitSystem(void);   /* \Registry\Machine\System\CurrentControlSet\{Control,Services} */
NTSTATUS NtCreateKey(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa, ULONG titleIndex, PUNICODE_STRING c,
                     ULONG options, PULONG disposition);
NTSTATUS NtOpenKey(PHANDLE h, ACCESS_MASK access, POBJECT_ATTRIBUTES oa);
NTSTATUS NtSetValueKey(HANDLE h, PUNICODE_STRING name, ULONG titleIndex, ULONG type, PVOID data, ULONG size);
NTSTATUS NtQueryValueKey(HANDLE h, PUNICODE_STRING name, int infoClass, PVOID info, ULONG length, PULONG needed);
NTSTATUS NtDeleteKey(HANDLE h);
NTSTATUS NtEnumerateKey(HANDLE h, ULONG index, int infoClass, PVOID info, ULONG length, PULONG needed);
NTSTATUS NtEnumerateValueKey(HANDLE h, ULONG index, int infoClass, PVOID info, ULONG length, PULONG needed);
NTSTATUS NtQueryKey(HANDLE h, int infoClass, PVOID info, ULONG length, PULONG needed);
NTSTATUS NtDeleteValueKey(HANDLE h, PUNICODE_STRING name);

/* For the kernel itself. `out` gets a terminated pool buffer (ExFreePool). */
NTSTATUS CmpQueryString(PUNICODE_STRING keyPath, PCWSTR value, PUNICODE_STRING out);
NTSTATUS CmpQueryDword(PUNICODE_STRING keyPath, PCWSTR value, PULONG out);
NTSTATUS CmpCreatePath(PCWSTR path);
