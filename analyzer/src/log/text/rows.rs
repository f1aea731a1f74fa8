//! Rows of tables that were wrapped: which line lacks its end, and which line is the end.

use std::sync::LazyLock;

use regex::Regex;

/// A row without its end, and what the end looks like.
static ROWS: LazyLock<Vec<(Regex, Regex)>> = LazyLock::new(|| {
    let rows: [(&str, &str); 8] = [
        // `Arguments` below `Bugcheck code`.
        (
            r"^Arguments(?: [0-9a-f]{8}(?:`?[0-9a-f]{8})?){1,3}$",
            r"^[0-9a-f]{8}(?:`?[0-9a-f]{8})?(?: [0-9a-f]{8}(?:`?[0-9a-f]{8})?){0,2}$",
        ),
        // `Arg1:`.
        (
            r"^Arg(?:ument )?[1-4]:$",
            r"^(?:0x)?[0-9a-f`]{4,17}(?:$|[, ])",
        ),
        // A thread or a process, by its fields.
        (
            r"^(?:THREAD|PROCESS) .*\w:$",
            r"^(?:0x)?[0-9a-f`]{4,17}(?:$|\s)",
        ),
        (
            r"^(?:THREAD|PROCESS) .*[0-9a-f]{4}$",
            r"^(?:Cid:? |Teb: |Peb: |ParentCid: |Win32Thread: |WAIT: |RUNNING|READY|STANDBY|TERMINATED)",
        ),
        // `ln`.
        (
            r"^\([0-9a-f`]{8,17}\)\s+\S+\s+\|$",
            r"^\([0-9a-f`]{8,17}\)\s",
        ),
        // A location of `!irp`.
        (
            r"^(?:>?\s*\[.*\]\s+)?[0-9a-f]{1,2}\s+[0-9a-f]{1,2}\s+[0-9a-f`]{8,17}(?:\s+[0-9a-f`]{8,17})?$",
            r"^[0-9a-f`]{8,17}(?:-[0-9a-f`]{8,17})?(?:\s+[A-Za-z ]+)?$|^[0-9a-f`]{8,17}\s+[0-9a-f`]{8,17}-",
        ),
        // Bytes of `db`, and their text.
        (
            r"^[0-9a-f]{8}`?[0-9a-f]{8}\s+(?:[0-9a-f]{2}[ -]){15}[0-9a-f]{2}$",
            r"^\S{1,16}$",
        ),
        // An instruction without its operand, or without the address of the symbol in it.
        (
            r"^(?:\d+ )?[0-9a-f]{8}`?[0-9a-f]{8}\s+(?:[0-9a-f]{2}){1,15}\s+(?:call|j[a-z]{1,4}|lea|mov\w*|cmp|test|xor|and|or|add|sub|xadd|xchg|cmpxchg|inc|dec|push)(?:\s+\S.*)?$",
            r"^\([0-9a-f`]{8,17}\)\]?(?:,\S+)?$|^\[[^\[\] ]+\](?:,\S+)?$|^ptr \[|^\S+!\S+ \([0-9a-f`]{8,17}\)\]?(?:,\S+)?$",
        ),
    ];
    let compile = |text| Regex::new(text).expect("a constant");
    rows.map(|(row, end)| (compile(row), compile(end))).to_vec()
});

/// Whether `next` is the end of the row that `line` begins.
pub(super) fn ends(line: &str, next: &str) -> bool {
    let mut rows = ROWS.iter();
    rows.any(|(row, end)| row.is_match(line) && end.is_match(next))
}
