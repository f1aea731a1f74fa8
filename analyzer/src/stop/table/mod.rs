//! The rows, one for each documented stop code, in files by their codes. Sources: Microsoft's bug
//! check code reference, and bugcodes.h of the Windows SDK for the names.

mod from_000;
mod from_000_more;
mod from_040;
mod from_080;
mod from_0c0;
mod from_100;
mod from_130;
mod from_160;
mod from_18c;
mod from_1a0;
mod from_1d0;
mod from_200;
mod known_000;
mod known_040;
mod known_080;
mod known_0c0;
mod known_100;
mod known_140;
mod known_180_up;

use super::row::Row;

/// All rows.
pub(super) const FILES: &[&[Row]] = &[
    from_000::ROWS,
    from_000_more::ROWS,
    from_040::ROWS,
    from_080::ROWS,
    from_0c0::ROWS,
    from_100::ROWS,
    from_130::ROWS,
    from_160::ROWS,
    from_18c::ROWS,
    from_1a0::ROWS,
    from_1d0::ROWS,
    from_200::ROWS,
    known_000::ROWS,
    known_040::ROWS,
    known_080::ROWS,
    known_0c0::ROWS,
    known_100::ROWS,
    known_140::ROWS,
    known_180_up::ROWS,
];
