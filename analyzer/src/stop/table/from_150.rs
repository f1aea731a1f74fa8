//! Stops 0x150 to 0x17F.

use super::super::row::{Class, NONE, Role, Row, stop, sub};
use crate::verdict::{CauseId, Confidence};

pub(super) const ROWS: &[Row] = &[
    stop(0x150, "TCPIP_AOAC_NIC_ACTIVE_REFERENCE_LEAK", Class::Io)
        .notices("A network adapter's active reference was kept though its send queue was empty."),
    stop(0x151, "UNSUPPORTED_INSTRUCTION_MODE", Class::Exception)
        .notices("Code ran in an instruction set mode that the system does not allow.")
        .parameters([
            Role::Instruction.is("program counter"),
            Role::TrapFrame.is("trap frame"),
            NONE,
            NONE,
        ]),
    stop(0x152, "INVALID_PUSH_LOCK_FLAGS", Class::Lock)
        .notices("A push lock was called with flags that are not valid.")
        .parameters([
            Role::Flags.is("flags of the caller"),
            Role::Lock.is("push lock"),
            NONE,
            NONE,
        ]),
    stop(
        0x153,
        "KERNEL_LOCK_ENTRY_LEAKED_ON_THREAD_TERMINATION",
        Class::Lock,
    )
    .notices("A thread ended while it still held a lock.")
    .parameters([
        Role::Thread.is("thread that ended"),
        Role::Object.is("lock entry that it left"),
        NONE,
        NONE,
    ])
    .described(&["autoboost lock entries"]),
    stop(0x154, "UNEXPECTED_STORE_EXCEPTION", Class::Storage)
        .notices("The store that compresses memory met an exception: a disk or memory failed."),
    stop(0x155, "OS_DATA_TAMPERING", Class::Corruption)
        .notices("Data of the system was tampered with."),
    stop(
        0x156,
        "WINSOCK_DETECTED_HUNG_CLOSESOCKET_LIVEDUMP",
        Class::Watchdog,
    )
    .notices(
        "Winsock closed a socket whose transport endpoint did not finish; a live dump was \
         taken.",
    )
    .parameters([
        Role::Object.is("AFD endpoint"),
        Role::Value.is("transport: 1 UDP, 2 raw, 3 TCP listener, 4 TCP"),
        Role::Size.is("bytes waiting to be sent, for datagrams"),
        Role::Triage.is("afd!NETIO_SUPER_TRIAGE_BLOCK"),
    ]),
    stop(0x157, "KERNEL_THREAD_PRIORITY_FLOOR_VIOLATION", Class::Lock)
        .notices("A thread's priority floor was set or cleared in a wrong way.")
        .blames(
            CauseId::Inconclusive,
            Confidence::Possible,
            "a thread's priority floor is wrong",
        ),
    stop(0x158, "ILLEGAL_IOMMU_PAGE_FAULT", Class::Hardware)
        .notices("The IOMMU reported a page fault for an address space that is not valid.")
        .parameters([
            Role::Value.is("ASID"),
            Role::Count.is("ASIDs in use"),
            Role::Process.is("process of the ASID"),
            Role::Count.is("references of the ASID"),
        ]),
    stop(0x159, "HAL_ILLEGAL_IOMMU_PAGE_FAULT", Class::Hardware)
        .notices(
            "The IOMMU reported a page fault for an address space being freed: a driver left DMA \
             running.",
        )
        .parameters([
            Role::Value.is("vendor of the IOMMU"),
            Role::HardwareRecord.is("fault packet, or a status"),
            Role::Value.is("vendor's data, or the PASID"),
            Role::Value.is("vendor's data, or the directory base"),
        ]),
    stop(0x15A, "SDBUS_INTERNAL_ERROR", Class::Hardware)
        .notices("A device on an SD bus failed and cannot be recovered.")
        .parameters([
            Role::Object.is("SD work packet that failed"),
            Role::Object.is("socket of the controller"),
            Role::Object.is("request sent to the bus driver"),
            NONE,
        ]),
    stop(
        0x15B,
        "WORKER_THREAD_RETURNED_WITH_SYSTEM_PAGE_PRIORITY_ACTIVE",
        Class::Other,
    )
    .notices("A worker routine returned with the thread's system page priority raised.")
    .parameters([
        Role::Caller.is("worker routine"),
        Role::Value.is("system page priority now"),
        Role::Value.is("parameter of the work item"),
        Role::Object.is("work item"),
    ]),
    stop(0x15C, "PDC_WATCHDOG_TIMEOUT_LIVEDUMP", Class::Watchdog)
        .notices(
            "A component did not answer in time on the way into or out of connected standby; a \
             live dump was taken.",
        )
        .parameters([
            Role::Value.is("ID of the client that hangs"),
            Role::Value.is("type of client: 1 notification, 2 resiliency, 3 activator"),
            Role::Object.is("PDC structure of the client"),
            Role::Triage.is("pdc!PDC_14F_TRIAGE"),
        ]),
    stop(0x15D, "SOC_SUBSYSTEM_FAILURE_LIVEDUMP", Class::Hardware)
        .notices("A subsystem of the SoC failed; a live dump was taken.")
        .parameters([
            Role::Object.is("SOC_SUBSYSTEM_FAILURE_DETAILS"),
            NONE,
            NONE,
            Role::Address.is("data of the vendor, if any"),
        ]),
    stop(0x15E, "BUGCODE_NDIS_DRIVER_LIVE_DUMP", Class::Other).notices(
        "NDIS found a network driver in error and wrote a dump; the machine was not \
         stopped.",
    ),
    stop(
        0x15F,
        "CONNECTED_STANDBY_WATCHDOG_TIMEOUT_LIVEDUMP",
        Class::Watchdog,
    )
    .notices(
        "Connected standby took too long to reach its next phase; the machine was not \
         stopped.",
    ),
    stop(0x160, "WIN32K_ATOMIC_CHECK_FAILURE", Class::Graphics)
        .notices("A function of win32k broke its promise to be atomic.")
        .parameters([
            Role::Count.is("atomic functions on the stack"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0x161, "LIVE_SYSTEM_DUMP", Class::Forced)
        .notices("Somebody asked for a dump; the machine was not stopped.")
        .interrupts(),
    stop(0x162, "KERNEL_AUTO_BOOST_INVALID_LOCK_RELEASE", Class::Lock)
        .notices("A thread released a lock that it does not hold.")
        .parameters([
            Role::Thread.is("thread"),
            Role::Lock.is("lock that it does not own"),
            NONE,
            NONE,
        ]),
    stop(0x163, "WORKER_THREAD_TEST_CONDITION", Class::Other)
        .notices("A test of the kernel's worker threads failed.")
        .parameters([
            Role::Flags.is("tests that are active"),
            Role::Flags.is("test that failed"),
            NONE,
            NONE,
        ]),
    stop(0x164, "WIN32K_CRITICAL_FAILURE", Class::Graphics)
        .notices("The window manager met an error that it cannot handle."),
    stop(
        0x165,
        "CLUSTER_CSV_STATUS_IO_TIMEOUT_LIVEDUMP",
        Class::Watchdog,
    )
    .notices(
        "I/O on the cluster node that coordinates a volume took too long; a live dump was \
         taken.",
    )
    .parameters([
        Role::Value.is("PID of the cluster service, if known"),
        Role::Value.is("ID of the node that saw the timeout"),
        NONE,
        NONE,
    ]),
    stop(
        0x166,
        "CLUSTER_RESOURCE_CALL_TIMEOUT_LIVEDUMP",
        Class::Watchdog,
    )
    .notices("A call to a cluster resource took too long; a live dump was taken.")
    .parameters([
        Role::Value.is("PID of the resource host"),
        Role::Value.is("TID of the thread that makes the call"),
        Role::Value.is("type of call"),
        Role::Value.is("control code, for calls 8 and 9"),
    ]),
    stop(
        0x167,
        "CLUSTER_CSV_SNAPSHOT_DEVICE_INFO_TIMEOUT_LIVEDUMP",
        Class::Watchdog,
    )
    .notices(
        "volsnap took too long to answer the cluster service about snapshots; a live dump was \
         taken.",
    )
    .parameters([
        Role::Value.is("PID of the cluster service"),
        Role::Value.is("TID of the thread that asks"),
        Role::Value.is("1 the volume was active, 2 it was down already"),
        NONE,
    ]),
    stop(
        0x168,
        "CLUSTER_CSV_STATE_TRANSITION_TIMEOUT_LIVEDUMP",
        Class::Watchdog,
    )
    .notices("A cluster shared volume took too long to change its state; a live dump was taken.")
    .parameters([
        Role::Value.is("PID of the cluster service"),
        Role::Value.is("target: 0 init, 1 paused, 2 draining, 3 down-level, 4 active"),
        NONE,
        NONE,
    ]),
    stop(
        0x169,
        "CLUSTER_CSV_VOLUME_ARRIVAL_LIVEDUMP",
        Class::Watchdog,
    )
    .notices("A new cluster shared volume did not arrive in time; a live dump was taken.")
    .parameters([
        Role::Value.is("PID of the cluster service"),
        NONE,
        NONE,
        NONE,
    ]),
    stop(
        0x16A,
        "CLUSTER_CSV_VOLUME_REMOVAL_LIVEDUMP",
        Class::Watchdog,
    )
    .notices("A cluster shared volume was not removed in time; a live dump was taken.")
    .parameters([
        Role::Value.is("PID of the cluster service"),
        NONE,
        NONE,
        NONE,
    ]),
    stop(
        0x16B,
        "CLUSTER_CSV_CLUSTER_WATCHDOG_LIVEDUMP",
        Class::Watchdog,
    )
    .notices("A thread of the cluster service made no progress for long; a live dump was taken.")
    .parameters([
        Role::Value.is("PID of the cluster service"),
        Role::Value.is("TID of the stuck thread"),
        NONE,
        NONE,
    ]),
    stop(0x16C, "INVALID_RUNDOWN_PROTECTION_FLAGS", Class::Lock)
        .notices("Rundown protection was called with flags that are not valid.")
        .parameters([
            Role::Flags.is("flags of the caller"),
            Role::Lock.is("rundown reference"),
            NONE,
            NONE,
        ]),
    stop(0x16D, "INVALID_SLOT_ALLOCATOR_FLAGS", Class::Other)
        .notices("A slot allocator was called with flags that are not valid.")
        .parameters([Role::Flags.is("flags of the caller"), NONE, NONE, NONE]),
    stop(0x16E, "ERESOURCE_INVALID_RELEASE", Class::Lock)
        .notices("An executive resource was released for a thread that is none.")
        .parameters([
            Role::Lock.is("resource"),
            Role::Thread.is("current thread"),
            Role::Value.is("thread that the caller named"),
            NONE,
        ]),
    stop(
        0x16F,
        "CLUSTER_CSV_STATE_TRANSITION_INTERVAL_TIMEOUT_LIVEDUMP",
        Class::Watchdog,
    )
    .notices(
        "The next change of a cluster shared volume's state was not asked for in time; a live \
         dump was taken.",
    )
    .parameters([
        Role::Value.is("PID of the cluster service"),
        Role::Value.is("target: 0 init, 1 paused, 2 draining, 3 down-level, 4 active"),
        NONE,
        NONE,
    ]),
    stop(
        0x170,
        "CLUSTER_CSV_CLUSSVC_DISCONNECT_WATCHDOG",
        Class::Watchdog,
    )
    .notices("The disconnect of the cluster service made no progress.")
    .parameters([
        Role::Value.is("TID of the thread that disconnects"),
        Role::Value.is("timeout in milliseconds"),
        NONE,
        NONE,
    ]),
    stop(0x171, "CRYPTO_LIBRARY_INTERNAL_ERROR", Class::Corruption)
        .notices("The cryptographic library met what must never happen and could not report it.")
        .parameters([Role::Internal.is("ID of the failure"), NONE, NONE, NONE]),
    stop(0x173, "COREMSGCALL_INTERNAL_ERROR", Class::Other)
        .notices("CoreMessageCall met an error that it cannot recover from.")
        .parameters([Role::Internal.is("kind of failure"), NONE, NONE, NONE]),
    stop(0x174, "COREMSG_INTERNAL_ERROR", Class::Other)
        .notices("CoreMessaging met an error that it cannot recover from.")
        .parameters([Role::Internal.is("kind of failure"), NONE, NONE, NONE]),
    stop(
        0x175,
        "PREVIOUS_FATAL_ABNORMAL_RESET_ERROR",
        Class::Hardware,
    )
    .notices(
        "The boot before ended in a fatal error or a reset, on Windows Phone; a live dump \
         keeps what is left.",
    ),
    stop(0x178, "ELAM_DRIVER_DETECTED_FATAL_ERROR", Class::Startup)
        .notices("The early-launch antimalware driver met a fatal error.")
        .parameters([
            Role::Subtype.is("kind of failure"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("vendor's data, if any"),
        ])
        .subtypes(&[
            sub(0x0, "the attestation of the TPM could not be revoked").with(
                Role::Object.is("BDCB_IMAGE_INFORMATION of the driver inspected"),
                Role::Status.is("TBS_RESULT"),
                Role::Value.is("vendor's data, if any"),
            ),
            sub(0x1_0000, "a failure that the vendor defined").with(
                Role::Value.is("vendor's value, if any"),
                Role::Value.is("vendor's value, if any"),
                Role::Value.is("vendor's data, if any"),
            ),
        ]),
    stop(
        0x179,
        "CLUSTER_CLUSPORT_STATUS_IO_TIMEOUT_LIVEDUMP",
        Class::Watchdog,
    )
    .notices("I/O to a cluster target node took too long; a live dump was taken.")
    .parameters([Role::Irp.is("IRP that timed out"), NONE, NONE, NONE]),
    stop(0x17B, "PROFILER_CONFIGURATION_ILLEGAL", Class::Other)
        .notices("The profiler was configured in a way that is not allowed."),
    stop(0x17C, "PDC_LOCK_WATCHDOG_LIVEDUMP", Class::Watchdog)
        .notices(
            "A thread held the lock of the power dependency coordinator (PDC) too long; a live \
             dump was taken.",
        )
        .parameters([
            Role::Thread.is("thread that holds the lock"),
            Role::Value.is("timeout in milliseconds"),
            NONE,
            NONE,
        ]),
    stop(0x17D, "PDC_UNEXPECTED_REVOCATION_LIVEDUMP", Class::Power)
        .notices(
            "The power dependency coordinator (PDC) revoked an activator unexpectedly; a live \
             dump was taken.",
        )
        .parameters([
            Role::Value.is("ID of the client"),
            Role::Object.is("activator client"),
            Role::Object.is("activation"),
            Role::Object.is("pdc!_PDC_CLIENT_PROCESS_INFO"),
        ]),
    stop(0x17E, "MICROCODE_REVISION_MISMATCH", Class::Hardware)
        .notices("The processors run different revisions of microcode.")
        .parameters([
            Role::Value.is("CPUID signature of the processor that differs"),
            Role::Value.is("microcode revision expected"),
            Role::Value.is("microcode revision found"),
            Role::Processor.is("processor that differs"),
        ]),
];
