/* Private to Ps. */
#pragma once
#include "ntoskrnl.h"

PHANDLE_TABLE ExCreateHandleTable(PEPROCESS process);
HANDLE ExCreateHandle(PHANDLE_TABLE table, PVOID object);
BOOLEAN ExDestroyHandle(PHANDLE_TABLE table, HANDLE handle);
void PspDeleteThread(PVOID thread);
