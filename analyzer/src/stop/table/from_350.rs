//! Stops from 0x350 on.

use super::super::row::{Class, NONE, Role, Row, stop, sub};

pub(super) const ROWS: &[Row] = &[
    stop(0x356, "XBOX_VMCTRL_CS_TIMEOUT", Class::Watchdog)
        .notices("The Xbox console did not get into or out of connected standby in time.")
        .parameters([
            Role::Value.is("the way out of connected standby"),
            NONE,
            NONE,
            NONE,
        ]),
    stop(0xBFE, "BC_BLUETOOTH_VERIFIER_FAULT", Class::Verifier)
        .notices("The verifier for Bluetooth caught a wrong request of a driver.")
        .parameters([
            Role::Subtype.is("kind of violation"),
            Role::Object.is("BRB"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
        ])
        .subtypes(&[
            sub(0x1, "a request block (BRB) was submitted that is in use").with(
                Role::Object.is("BRB"),
                NONE,
                NONE,
            ),
            sub(0x2, "a request block (BRB) was freed that is in use").with(
                Role::Object.is("BRB"),
                NONE,
                NONE,
            ),
            sub(
                0x3,
                "a request block (BRB) was made of a type that does not exist",
            )
            .with(
                Role::Object.is("BRB"),
                Role::Object.is("PDO's extension, if known"),
                NONE,
            ),
            sub(0x4, "the pointer of a request block (BRB) is not valid").with(
                Role::Object.is("BRB"),
                NONE,
                NONE,
            ),
            sub(0x5, "a request block (BRB) has a wrong size").with(
                Role::Object.is("BRB"),
                Role::Size.is("size found"),
                Role::Size.is("size expected"),
            ),
            sub(0x6, "IOCTL_BTH_GET_DEVICE_INFO with wrong arguments").with(NONE, NONE, NONE),
            sub(0x7, "BRB_L2CA_UNREGISTER_SERVER with a wrong server handle").with(
                Role::Value.is("server handle"),
                NONE,
                NONE,
            ),
            sub(0x8, "BRB_L2CA_CLOSE_CHANNEL with a wrong channel handle").with(
                Role::Object.is("BRB"),
                Role::Value.is("channel handle"),
                NONE,
            ),
            sub(0x9, "BRB_SCO_UNREGISTER_SERVER with a wrong server handle").with(
                Role::Value.is("server handle"),
                NONE,
                NONE,
            ),
        ]),
    stop(0xBFF, "BC_BTHMINI_VERIFIER_FAULT", Class::Verifier)
        .notices("The verifier for Bluetooth transport drivers caught a wrong answer.")
        .parameters([
            Role::Subtype.is("kind of violation"),
            Role::Value.is("depends on the kind"),
            Role::Value.is("depends on the kind"),
            NONE,
        ])
        .subtypes(&[
            sub(0x1, "a packet came back with another type than its request").with(
                Role::Value.is("type returned"),
                Role::Value.is("type expected"),
                NONE,
            ),
            sub(
                0x2,
                "a status came back that is not expected, and the packet was dropped",
            )
            .with(Role::Status.is("status returned"), NONE, NONE),
            sub(0x3, "a wrong number of written bytes came back").with(
                Role::Size.is("size returned"),
                Role::Size.is("size expected"),
                NONE,
            ),
        ]),
    stop(
        0x21C8,
        "MANUALLY_INITIATED_BLACKSCREEN_HOTKEY_LIVE_DUMP",
        Class::Forced,
    )
    .notices("Somebody pressed the hotkey for a black screen; a live dump was taken."),
    stop(0x0002_0001, "HYPERVISOR_ERROR", Class::Hardware)
        .notices("The hypervisor met a fatal error."),
    stop(0x4000_008A, "THREAD_TERMINATE_HELD_MUTEX", Class::Lock)
        .notices("A thread ended while it owned a mutex that a driver had acquired.")
        .parameters([
            Role::Thread.is("thread that owned it"),
            Role::Lock.is("mutex"),
            NONE,
            NONE,
        ]),
    stop(
        0xC000_0218,
        "STATUS_CANNOT_LOAD_REGISTRY_FILE",
        Class::Startup,
    )
    .notices("A registry hive could not be loaded, as it is missing or damaged.")
    .parameters([Role::Text.is("name of the hive"), NONE, NONE, NONE]),
    stop(
        0xC000_021A,
        "STATUS_SYSTEM_PROCESS_TERMINATED",
        Class::Startup,
    )
    .notices("A process in user mode ended that the system cannot go on without."),
    stop(
        0xC000_0221,
        "STATUS_IMAGE_CHECKSUM_MISMATCH",
        Class::Startup,
    )
    .notices("A driver or system DLL does not match the checksum in its header."),
    stop(0xDEAD_DEAD, "MANUALLY_INITIATED_CRASH1", Class::Forced)
        .notices("Somebody asked for the stop, with a debugger or a tool.")
        .interrupts(),
];
