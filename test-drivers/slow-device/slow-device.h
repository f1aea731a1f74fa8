/* The device \Device\SlowDevice. Both codes: the output is the input. */
#pragma once

#define SLOW_DEVICE_NAME L"\\Device\\SlowDevice"
/* Answers at once. */
#define IOCTL_SLOW_ECHO CTL_CODE(FILE_DEVICE_UNKNOWN, 0x911, METHOD_BUFFERED, FILE_ANY_ACCESS)
/* Answers after SLOW_MILLISECONDS, from a timer's DPC; one such request at a time. */
#define IOCTL_SLOW_ECHO_LATER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x912, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define SLOW_MILLISECONDS 500
