#!/usr/bin/env python3
"""Writes kernel/inc/nttypes.h: the NT structures that TinyNT uses, at Windows' offsets.

Input is a volatility3 ISF symbol table of a public ntkrnlmp PDB (.json or .json.xz); names, field
names, offsets and sizes come from it, so a dump of TinyNT reads like one of that Windows build.
Each size and last offset is checked again by the compiler (_Static_assert).

    tools/gen_types.py SYMBOLS.json.xz > kernel/inc/nttypes.h

Structures are defined at file scope: volatility3's pdbconv stops at nested definitions.
"""
import json
import lzma
import sys

# What the kernel needs by name; embedded structures follow by themselves.
ROOTS = """
_LIST_ENTRY _SINGLE_LIST_ENTRY _SLIST_HEADER _UNICODE_STRING _STRING _LARGE_INTEGER _ULARGE_INTEGER
_CONTEXT _KTRAP_FRAME _KEXCEPTION_FRAME _EXCEPTION_RECORD _EXCEPTION_POINTERS _KSPECIAL_REGISTERS
_KPROCESSOR_STATE _KPCR _KPRCB _KIDTENTRY64 _KGDTENTRY64 _KTSS64 _KUSER_SHARED_DATA
_KTHREAD _ETHREAD _KPROCESS _EPROCESS _CLIENT_ID _DISPATCHER_HEADER _KEVENT _KSEMAPHORE _KMUTANT
_KTIMER _KDPC _KDPC_DATA _KAPC _KAPC_STATE _KWAIT_BLOCK _KTIMER_TABLE _KTIMER_TABLE_ENTRY _KQUEUE
_FAST_MUTEX _KGATE _ERESOURCE _OWNER_ENTRY _EX_PUSH_LOCK _EX_RUNDOWN_REF
_WORK_QUEUE_ITEM _OBJECT_HEADER _OBJECT_HEADER_NAME_INFO _OBJECT_HEADER_CREATOR_INFO
_OBJECT_HEADER_HANDLE_INFO _OBJECT_HEADER_QUOTA_INFO _OBJECT_HEADER_PROCESS_INFO
_OBJECT_TYPE _OBJECT_TYPE_INITIALIZER _OBJECT_DIRECTORY _OBJECT_DIRECTORY_ENTRY
_OBJECT_SYMBOLIC_LINK _OBJECT_ATTRIBUTES _HANDLE_TABLE _HANDLE_TABLE_ENTRY
_OBJECT_CREATE_INFORMATION
_IRP _IO_STACK_LOCATION _IO_STATUS_BLOCK _DEVICE_OBJECT _DEVOBJ_EXTENSION _DRIVER_OBJECT
_DRIVER_EXTENSION _FILE_OBJECT _VPB _IO_TIMER _DEVICE_NODE _MDL _IO_COMPLETION_CONTEXT
_POOL_HEADER _POOL_TRACKER_TABLE _POOL_TRACKER_BIG_PAGES _MMPTE _MMPTE_HARDWARE _MMPTE_SOFTWARE
_MMPFN _KLDR_DATA_TABLE_ENTRY _LDR_DATA_TABLE_ENTRY _IMAGE_DOS_HEADER _IMAGE_NT_HEADERS64
_IMAGE_FILE_HEADER _IMAGE_OPTIONAL_HEADER64 _IMAGE_DATA_DIRECTORY _IMAGE_SECTION_HEADER
_IMAGE_DEBUG_DIRECTORY _RTL_BITMAP _KSPIN_LOCK_QUEUE _KLOCK_QUEUE_HANDLE _KLOCK_ENTRY
_TRIAGE_9F_POWER _TRIAGE_9F_PNP _POP_IRP_DATA _VI_TRACK_IRQL
_VF_POOL_TRACE _IOV_IRP_TRACE _MM_DRIVER_VERIFIER_DATA _VF_SUSPECT_DRIVER_ENTRY _VI_POOL_ENTRY_INUSE
_FILE_BASIC_INFORMATION _FILE_STANDARD_INFORMATION _FILE_NETWORK_OPEN_INFORMATION
_RTL_AVL_TREE _RTL_BALANCED_NODE _SECURITY_SUBJECT_CONTEXT _ACCESS_STATE
_GENERIC_MAPPING _ALPC_PROCESS_CONTEXT _POWER_STATE _POWER_SEQUENCE
_PNP_DEVICE_ACTION_ENTRY _PNP_DEVICE_COMPLETION_QUEUE _DEVICE_RELATIONS _POP_IRP_WORKER_ENTRY
_DEVICE_CAPABILITIES _INTERFACE _RTL_AVL_TABLE _MM_SESSION_SPACE _EPROCESS_VALUES
_TOKEN _CM_KEY_BODY _CMHIVE _CM_KEY_NODE _CM_KEY_VALUE _HMAP_ENTRY _MMVAD _CONTROL_AREA
_SHARED_CACHE_MAP _VACB
""".split()
ENUMS = """_KTHREAD_STATE _KWAIT_REASON _EVENT_TYPE _POOL_TYPE _KOBJECTS _FILE_INFORMATION_CLASS
_INTERFACE_TYPE _DEVICE_POWER_STATE _SYSTEM_POWER_STATE _DEVICE_RELATION_TYPE
_PNP_DEVNODE_STATE""".split()
# Large and of no use here: kept at their size, as bytes.
OPAQUE = set("""_PROCESSOR_POWER_STATE _KSHARED_READY_QUEUE _SYNCH_COUNTERS _FILESYSTEM_DISK_COUNTERS
_REQUEST_MAILBOX _HYPERCALL _MI_SYSTEM_INFORMATION _MM_SESSION_SPACE _KCORE_CONTROL_BLOCK
_PPM_FFH_THROTTLE_STATE_INFO _MACHINE_FRAME_X _PS_PROPERTY_SET _KSTACK_CONTROL_X _MMSUPPORT_FULL
_PS_DYNAMIC_ENFORCED_ADDRESS_RANGES _JOBOBJECT_WAKE_FILTER _ALPC_PROCESS_CONTEXT _SE_AUDIT_PROCESS_CREATION_INFO
_PROCESS_ENERGY_VALUES _THREAD_ENERGY_VALUES _KSCB _INVPCID_DESCRIPTOR_X _XSAVE_FORMAT_X
_MI_VAD_X _MM_PAGE_ACCESS_INFO_HEADER _CACHED_KSTACK_LIST_X _KSECURE_FAULT_INFORMATION
_KENTROPY_TIMING_STATE _IOP_IRP_STACK_PROFILER _KLOCK_ENTRY_LOCK_STATE_X _PRCB_X""".split())

BASE = {
    "void": "void", "char": "char", "unsigned char": "unsigned char", "signed char": "signed char",
    "short": "short", "unsigned short": "unsigned short", "int": "int", "unsigned int": "unsigned int",
    "long": "long", "unsigned long": "unsigned long", "long long": "long long",
    "unsigned long long": "unsigned long long", "wchar": "unsigned short", "wchar_t": "unsigned short",
    "float": "float", "double": "double", "HRESULT": "long", "pointer": "void *", "bool": "unsigned char",
}


class Table:
    def __init__(self, doc):
        self.doc = doc
        self.types = doc["user_types"]
        self.enums = doc["enums"]
        self.out = []
        self.done = set()
        self.forward = set()

    def size(self, t):
        k = t["kind"]
        if k == "base":
            return self.doc["base_types"][t["name"]]["size"]
        if k in ("struct", "union", "class"):
            return self.types[t["name"]]["size"]
        if k == "enum":
            e = self.enums[t["name"]]
            return e["size"]
        if k == "pointer" or k == "function":
            return 8
        if k == "array":
            return t["count"] * self.size(t["subtype"])
        if k == "bitfield":
            return self.size(t["type"])
        raise SystemExit(f"unknown kind {k}")

    def kind(self, name):
        return self.types[name]["kind"] if name in self.types else "struct"

    def decl(self, t, name):
        """A C declaration of `name` with type `t`."""
        k = t["kind"]
        if k == "base":
            return f"{BASE[t['name']]} {name}"
        if k in ("struct", "union", "class"):
            return f"{self.kind(t['name'])} {t['name']} {name}"
        if k == "enum":
            return f"enum {t['name']} {name}"
        if k == "pointer":
            sub = t["subtype"]
            if sub["kind"] == "function":
                return f"void (*{name})()"
            if sub["kind"] == "array":
                return f"void *{name}"
            if sub["kind"] in ("struct", "union", "class"):
                self.forward.add((self.kind(sub["name"]), sub["name"]))
            if sub["kind"] == "enum" and sub["name"] not in self.done:
                return f"int *{name}"
            return self.decl(sub, f"*{name}")
        if k == "function":
            return f"void *{name}"
        if k == "array":
            return self.decl(t["subtype"], f"{name}[{t['count']}]")
        raise SystemExit(f"cannot declare {t}")

    def needs(self, t):
        k = t["kind"]
        if k in ("struct", "union", "class"):
            return [("type", t["name"])]
        if k == "enum":
            return [("enum", t["name"])]
        if k == "array":
            return self.needs(t["subtype"])
        if k == "bitfield":
            return self.needs(t["type"])
        if k == "pointer" and t["subtype"]["kind"] == "enum":
            return self.needs(t["subtype"])
        return []

    def emit_enum(self, name):
        if name in self.done:
            return
        self.done.add(name)
        if name not in self.enums:
            print(f"gen_types: {name} is not in the table", file=sys.stderr)
            return
        e = self.enums[name]
        base = {1: "unsigned char", 2: "unsigned short"}.get(e["size"])
        head = f"enum {name}" + (f" : {base}" if base else "")
        body = ", ".join(f"{c} = {v if v >= -2**31 and v < 2**31 else v - 2**32}" for c, v in e["constants"].items())
        self.out.append(f"{head} {{ {body} }};\n")

    def emit(self, name):
        if name in self.done:
            return
        if name not in self.types:
            print(f"gen_types: {name} is not in the table", file=sys.stderr)
            return
        self.done.add(name)
        u = self.types[name]
        if name in OPAQUE:
            self.out.append(f"{u['kind']} {name} {{ unsigned char Opaque[{u['size']}]; }};\n")
            return
        fields = sorted(u["fields"].items(), key=lambda f: (f[1]["offset"], -self.extent(f[1])))
        for _, f in fields:
            for what, dep in self.needs(f["type"]):
                (self.emit if what == "type" else self.emit_enum)(dep)
        lines = [f"{u['kind']} {name} {{"]
        if u["kind"] == "union":
            for item in self.members(fields, 0):
                lines += ["    " + s for s in item]
        else:
            lines += ["    " + s for s in self.struct_body(fields, 0, u["size"])]
        lines.append("};")
        lines.append(f"_Static_assert(sizeof({u['kind']} {name}) == {u['size']:#x}, \"{name}\");")
        last = [(n, f) for n, f in fields if f["type"]["kind"] != "bitfield"]
        if last and last[-1][1]["offset"]:
            fname, f = last[-1]
            lines.append(f"_Static_assert(__builtin_offsetof({u['kind']} {name}, {fname}) == {f['offset']:#x}, \"{name}.{fname}\");")
        self.out.append("\n".join(lines) + "\n")

    def extent(self, f):
        return self.size(f["type"])

    def members(self, fields, base):
        """Fields that share an offset range, each as lines of one union member."""
        items, bits = [], {}
        for name, f in fields:
            if f["type"]["kind"] == "bitfield":
                bits.setdefault((f["offset"], self.size(f["type"])), []).append((name, f))
            else:
                pad = f["offset"] - base
                d = self.decl(f["type"], name) + ";"
                if pad:
                    d = f"struct {{ unsigned char Fill{base:X}_{name}[{pad}]; {d} }};"
                items.append([d])
        for (off, size), group in sorted(bits.items()):
            # Bits of one storage unit may overlap (unions of flag sets): lay them in rounds.
            group.sort(key=lambda g: (g[1]["type"]["bit_position"], -g[1]["type"]["bit_length"]))
            while group:
                at, row, rest = 0, [], []
                for name, f in group:
                    t = f["type"]
                    if t["bit_position"] < at:
                        rest.append((name, f))
                        continue
                    base_name = BASE.get(t["type"].get("name"), None) or f"enum {t['type']['name']}"
                    if t["bit_position"] > at:
                        row.append(f"{base_name} : {t['bit_position'] - at};")
                    row.append(f"{base_name} {name} : {t['bit_length']};")
                    at = t["bit_position"] + t["bit_length"]
                if at < size * 8:
                    row.append(f"{base_name} : {size * 8 - at};")
                pad = f"unsigned char Fill{base:X}_{row[0].split()[-3] if len(row[0].split()) > 3 else 'bits'}_{len(items)}[{off - base}]; " if off > base else ""
                items.append([f"struct {{ {pad}{' '.join(row)} }};"])
                group = rest
        return items

    def struct_body(self, fields, start, end):
        lines, at, i = [], start, 0
        while i < len(fields):
            # one group of overlapping fields
            off = fields[i][1]["offset"]
            stop = off + self.extent(fields[i][1])
            j = i + 1
            while j < len(fields) and fields[j][1]["offset"] < stop:
                stop = max(stop, fields[j][1]["offset"] + self.extent(fields[j][1]))
                j += 1
            group = fields[i:j]
            if off > at:
                lines.append(f"unsigned char Reserved{at:X}[{off - at}];")
            items = self.members(group, off)
            if len(items) == 1:
                lines += items[0]
            else:
                lines.append("union {")
                lines += ["    " + s for item in items for s in item]
                lines.append("};")
            at, i = stop, j
        if end > at:
            lines.append(f"unsigned char Reserved{at:X}[{end - at}];")
        return lines


def main():
    path = sys.argv[1]
    opener = lzma.open if path.endswith(".xz") else open
    with opener(path) as f:
        table = Table(json.load(f))
    for name in ENUMS:
        table.emit_enum(name)
    for root in ROOTS:
        table.emit(root)
    print("""/* Written by tools/gen_types.py; do not edit.
   Layouts are those of the public symbols of Windows 10 build 19041 (ntkrnlmp). */
#pragma once
#pragma pack(push, 1)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wmicrosoft-enum-forward-reference"
#pragma clang diagnostic ignored "-Wdeprecated-non-prototype"
""")
    for kind, name in sorted(table.forward):
        print(f"{kind} {name};")
    print()
    print("\n".join(table.out))
    print("#pragma clang diagnostic pop\n#pragma pack(pop)")


main()
