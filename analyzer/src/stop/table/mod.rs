//! The rows, one for each documented stop code, in files by their codes. Sources: Microsoft's bug
//! check code reference, and bugcodes.h of the Windows SDK for the names.

mod framework;
mod from_000;
mod from_050;
mod from_090;
mod from_0c0;
mod from_0f0;
mod from_110;
mod from_130;
mod from_150;
mod from_180;
mod from_1b0;
mod from_1e0;
mod from_350;
mod io_verified;
mod shared;
mod verified;

use super::row::Row;

/// All rows, by ascending code.
pub(super) const FILES: &[&[Row]] = &[
    from_000::ROWS,
    from_050::ROWS,
    from_090::ROWS,
    from_0c0::ROWS,
    from_0f0::ROWS,
    from_110::ROWS,
    from_130::ROWS,
    from_150::ROWS,
    from_180::ROWS,
    from_1b0::ROWS,
    from_1e0::ROWS,
    from_350::ROWS,
];
