//! The tags of secondary data whose writer is known.
//!
//! The GUIDs and the names of the variables that hold them were read off the images of Windows by
//! others, or are documented by their writers; the contents agree with those of real dumps.

use super::Guid;

/// A tag, the part of the system that writes it, and what its data is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownTag {
    pub guid: Guid,
    /// The module, and its variable where it has a name.
    pub writer: &'static str,
    pub holds: &'static str,
}

/// Tags that readers ask for.
pub(crate) mod tag {
    use super::Guid;

    /// `RawSMBIOSData`: version, size, and the firmware's SMBIOS tables.
    pub(crate) const SMBIOS: Guid = Guid::parse("bc5c008f-1e3a-44d7-988d-86f6884c6758");
    /// Values of the registry's key of the first processor.
    pub(crate) const PROCESSOR: Guid = Guid::parse("6c7ac389-4313-47dc-9f34-a8800a0fb56c");
    /// What CPUID returned.
    pub(crate) const CPUID: Guid = Guid::parse("d03dc06f-d88e-44c5-ba2a-fae035172d19");
    /// The boot status data.
    pub(crate) const BSD: Guid = Guid::parse("f57308df-cc45-4e01-ad76-29a4ebb010ec");
    /// Time-outs that NTFS recorded.
    pub(crate) const NTFS: Guid = Guid::parse("00afe9c4-940d-4213-8016-cd3719b5bc20");
    /// The Plug and Play event in progress.
    pub(crate) const PNP: Guid = Guid::parse("b7631941-532a-4cd6-b1b1-edb5917d4557");
    /// What Winlogon was doing.
    pub(crate) const WINLOGON: Guid = Guid::parse("80cc79cf-a719-4af1-bf97-fe29ff76ebc1");
}

const fn named(guid: Guid, writer: &'static str, holds: &'static str) -> KnownTag {
    KnownTag {
        guid,
        writer,
        holds,
    }
}

const KNOWN: &[KnownTag] = &[
    named(tag::SMBIOS, "mssmbios!SMBiosGuidSMBios", "SMBIOS tables"),
    named(
        tag::PROCESSOR,
        "mssmbios!SMBiosGuidBios",
        "registry values of the first processor",
    ),
    named(
        tag::CPUID,
        "mssmbios!SMBiosGuidRegisters",
        "CPUID of the processor",
    ),
    named(
        Guid::parse("e83b40d2-b0a0-4842-abea-71c9e3463dd1"),
        "mssmbios!SMBiosGuidAcpi",
        "ACPI tables",
    ),
    named(
        tag::BSD,
        "nt!PopBlackBoxBsdGuid",
        "boot status data (blackboxbsd)",
    ),
    named(
        tag::NTFS,
        "nt!PopBlackBoxNtfsGuid",
        "time-outs of NTFS (blackboxntfs)",
    ),
    named(
        tag::PNP,
        "nt!PopBlackBoxPnpGuid",
        "Plug and Play event (blackboxpnp)",
    ),
    named(
        tag::WINLOGON,
        "nt!PopBlackBoxWinLogonGuid",
        "state of Winlogon (blackboxwinlogon)",
    ),
    named(
        Guid::parse("4ee76bd8-3cf4-44a0-a0ac-3937643e37a3"),
        "nt!PopBlackBoxCodeIntegrityGuid",
        "state of code integrity",
    ),
    named(
        Guid::parse("9276c055-eb87-425c-b8b5-04e4d247f6cd"),
        "pci!PCI_CFG_RECORD_GUID",
        "PCI configuration space",
    ),
    named(
        Guid::parse("2b4ae195-a64d-4f04-8ede-7e4f981bd42a"),
        "nt!GUID_TRIAGEDUMP_DATA",
        "data that drivers added to the minidump",
    ),
    named(
        Guid::parse("2b88b710-1c93-4f7c-b06c-655ecc50decc"),
        "nt!EtwSecondaryDumpDataGuid",
        "buffers of event tracing",
    ),
    named(
        Guid::parse("b0692a5e-6b7b-4073-8a7c-604e35032970"),
        "nt!HvlSkCrashdumpGuid",
        "data of the secure kernel",
    ),
    named(
        Guid::parse("9282756a-ab95-4d24-a137-ecddc5de53f5"),
        "nt",
        "failures of the secure kernel",
    ),
    named(
        Guid::parse("0f1f53f3-561f-42e7-bdb4-ba8e66b726d5"),
        "nt",
        "feature configuration",
    ),
    named(
        Guid::parse("5bc8704a-6cb7-4378-ac72-ad06e2416e4a"),
        "nt!CarSecondaryDataGuid",
        "data of code that checks drivers' rules",
    ),
    named(
        Guid::parse("54c84888-01d1-4c1e-bed6-282c98241303"),
        "wdf01000!WdfDumpGuid",
        "log of a KMDF driver",
    ),
    named(
        Guid::parse("f87e4a4c-c5a1-4d2f-bff0-d5de63a5e4c3"),
        "wdf01000!WdfDumpGuid2",
        "KMDF drivers",
    ),
    named(
        Guid::parse("c939c73b-17dc-4a44-904c-e2d987f52649"),
        "storport!GUID_STORPORT_PAGING_DEVICE_DUMP",
        "the paging device",
    ),
    named(
        Guid::parse("da82441d-7142-4bc1-b844-0807c5a4b67f"),
        "storport!GUID_DEVICEDUMP_DRIVER_STORAGE_PORT",
        "storage requests (DEVICEDUMP_SECTION_HEADER)",
    ),
    named(
        Guid::parse("270a33fd-3da6-460d-ba89-3c1bae21e39b"),
        "watchdog!WdDxgkSecondaryDataGUID",
        "state of the display (TDR)",
    ),
    named(
        Guid::parse("bf2297dc-34ba-11dc-868a-e19155d89593"),
        "nvlddmkm",
        "state of the NVIDIA display driver",
    ),
    named(
        Guid::parse("65755a40-f146-43ea-8c91-36b85728fd35"),
        "crashdmp!CRASHDUMP_GUID_ID",
        "separator",
    ),
    named(
        Guid::parse("00dae7ca-6833-45c5-b147-bdaed7b61fd6"),
        "hvservice!HbEvtSystemDiagLogCrashdumpAreaGuid",
        "log of the hypervisor's start",
    ),
];

/// What is known of a tag.
pub(crate) fn known(guid: Guid) -> Option<&'static KnownTag> {
    KNOWN.iter().find(|known| known.guid == guid)
}
