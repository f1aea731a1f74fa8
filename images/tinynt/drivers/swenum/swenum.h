/* The control interface of the bus, for whoever plugs devices in and out. */
#pragma once

#define SWENUM_NAME_CHARS 64
/* Each takes the device's name, zero-terminated UTF-16: the device is SW\<name>\0. */
#define IOCTL_SWENUM_PLUG 0x2A2000    /* the device appears */
#define IOCTL_SWENUM_UNPLUG 0x2A2004    /* it is gone, without a warning */
#define IOCTL_SWENUM_EJECT 0x2A2008    /* it is to be removed; its drivers may refuse */
#define IOCTL_SWENUM_QUERY 0x2A200C    /* no output; the status is one of: */
/* STATUS_SUCCESS              started
   STATUS_DEVICE_NOT_READY     there, but not started yet
   STATUS_DEVICE_CONFIGURATION_ERROR   there, but it has no drivers, or they failed
   STATUS_DELETE_PENDING       unplugged, its drivers are still being told
   STATUS_NO_SUCH_DEVICE       not there */
