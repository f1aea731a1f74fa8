//! The report for a terminal: one page, or all of it.

mod detail;
mod head;
mod stacks;
mod system;

use super::paint::{Page, Style};
use crate::verdict::Verdict;

/// How much of a list the page has.
const MAX_EVIDENCE: usize = 6;
const MAX_UNKNOWN: usize = 4;
const MAX_FRAMES: usize = 14;
const MAX_DRIVERS: usize = 12;

/// One page: what stopped, why, who, how sure, what to do next; then the reasons, the machine and its
/// drivers.
pub fn human(verdict: &Verdict, colour: bool) -> String {
    report(verdict, colour, false)
}

/// The same with nothing left out.
pub fn human_long(verdict: &Verdict, colour: bool) -> String {
    report(verdict, colour, true)
}

fn report(verdict: &Verdict, colour: bool, long: bool) -> String {
    let limit = |page: usize| if long { usize::MAX } else { page };
    let mut page = Page::new(colour);
    head::head(&mut page, verdict);
    head::explanation(&mut page, verdict);
    head::stop(&mut page, verdict);
    detail::victims(&mut page, &verdict.victims);
    detail::evidence(&mut page, verdict, limit(MAX_EVIDENCE));
    detail::alternatives(&mut page, verdict);
    detail::unknown(&mut page, verdict, limit(MAX_UNKNOWN));
    stacks::stacks(&mut page, verdict, limit(MAX_FRAMES), long);
    system::machine(&mut page, verdict);
    system::drivers(&mut page, verdict, limit(MAX_DRIVERS));
    if long {
        system::modules(&mut page, verdict);
    }
    let signature = format!(
        "signature {}  ({})",
        verdict.signature, verdict.signature_hash
    );
    page.line("");
    page.painted(2, Style::Dim, &signature);
    if let Some(bucket) = verdict.bucket.as_ref().filter(|_| long) {
        page.painted(2, Style::Dim, &format!("!analyze would write {bucket}"));
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{DriverInfo, UnloadedModule};

    #[test]
    fn the_first_lines_say_why_who_how_sure_and_what_next() {
        let verdict = crate::testing::verdict_of_a_held_lock();
        let report = human(&verdict, false);
        let lines: Vec<_> = report.lines().collect();
        assert!(lines[0].starts_with("STOP 0x"), "{report}");
        for (line, word) in lines[1..].iter().zip(["why", "who"]) {
            assert!(line.starts_with(&format!("  {word}")), "{report}");
        }
        let head = lines[..8].join("\n");
        assert!(
            head.contains("\n  sure  likely") && head.contains("\n  next  "),
            "{report}"
        );
    }

    #[test]
    fn unloaded_modules_are_named_up_to_a_bound() {
        let mut verdict = crate::testing::verdict_of_a_held_lock();
        assert!(human_long(&verdict, false).contains("\nMODULES\n  3 loaded\n"));
        let unloaded = |index: u64| UnloadedModule {
            name: format!("gone{index}.sys"),
            start: index.into(),
            end: (index + 1).into(),
        };
        verdict.unloaded = (0..14).map(unloaded).collect();
        let report = human_long(&verdict, false);
        for wanted in ["14 unloaded: gone0.sys,", "gone11.sys and 2", "more"] {
            assert!(report.contains(wanted), "{report}");
        }
        assert!(!report.contains("gone12.sys"), "{report}");
    }

    #[test]
    fn the_page_leaves_out_what_the_long_form_has() {
        let mut verdict = crate::testing::verdict_of_a_held_lock();
        verdict.drivers = (0..20)
            .map(|index| DriverInfo {
                name: format!("other{index:02}.sys"),
                date: Some(format!("20{index:02}-01-01")),
                ..DriverInfo::default()
            })
            .collect();
        let page = human(&verdict, false);
        assert!(
            page.contains("other11.sys") && !page.contains("other12.sys"),
            "{page}"
        );
        assert!(page.contains("and 8 more: --long"), "{page}");
        assert!(human_long(&verdict, false).contains("other19.sys"));
    }
}
