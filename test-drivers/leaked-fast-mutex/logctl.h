/* What \Device\LeakedFastMutex can be asked; for its clients too. */
#pragma once

#define LOG_DEVICE_NAME L"\\Device\\LeakedFastMutex"
/* A record (the input buffer). An empty one is a mark: it is counted, not kept. */
#define IOCTL_LOG_APPEND CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_LOG_QUERY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _LOG_STATUS {
    ULONG Records, Marks;
} LOG_STATUS, *PLOG_STATUS;
