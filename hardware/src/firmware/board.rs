//! What each board's memory is like, and how tools call its chip.

use core::ops::Range;

use tekser_wire::message::Board;

/// A board that scanners are made of.
#[derive(Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its number.
    pub board: Board,
    /// Its name, for people.
    pub name: &'static str,
    /// Its chip, as probe-rs calls it.
    pub chip: &'static str,
    /// What the names of chips begin with that it may be as well.
    pub family: &'static str,
    /// Where a chip says what it is, the bits that count, and what they are.
    pub identity: (u32, u32, u32),
    /// Its flash, as addresses of the processor.
    pub flash: Range<u32>,
    /// What is erased at once, in bytes.
    pub sector: u32,
    /// The part of it that keeps scans, for the life of the board: no image may reach in there, and
    /// none may look for scans elsewhere.
    pub journal: Range<u32>,
    /// What its UF2 files carry as their family, if its boot loader takes such.
    pub uf2_family: Option<u32>,
    /// What the drive of its boot loader calls it, in `INFO_UF2.TXT`.
    pub uf2_board: Option<&'static str>,
    /// Whether an image begins with a second boot stage (see [`super::boot2`]).
    pub boot2: bool,
}

/// Raspberry Pi Pico. The flash chip is a W25Q16JV of 2 MiB; the family is that of
/// [the list that everyone shares](https://github.com/microsoft/uf2/blob/master/utils/uf2families.json).
pub const PICO: Facts = Facts {
    board: Board::PICO,
    name: "Raspberry Pi Pico",
    chip: "RP2040",
    family: "RP2040",
    // SYSINFO CHIP_ID: part and manufacturer; above them the revision (RP2040 datasheet, 2.20.1).
    identity: (0x4000_0000, 0x0fff_ffff, 0x0000_2927),
    flash: 0x1000_0000..0x1020_0000,
    sector: 4096,
    journal: 0x1010_0000..0x1020_0000,
    uf2_family: Some(0xe48b_ff56),
    uf2_board: Some("RPI-RP2"),
    boot2: true,
};

/// nRF52840 development kit.
pub const NRF52840: Facts = Facts {
    board: Board::NRF52840,
    name: "nRF52840 development kit",
    chip: "nRF52840_xxAA",
    family: "nRF52840",
    // FICR INFO.PART (nRF52840 product specification, 4.4.1.7).
    identity: (0x1000_0100, u32::MAX, 0x0005_2840),
    flash: 0..0x10_0000,
    sector: 4096,
    journal: 0x8_0000..0x10_0000,
    uf2_family: None,
    uf2_board: None,
    boot2: false,
};

/// STM32F405. Sectors are 16, 64 and 128 KiB there; an image is padded to the smallest.
pub const STM32F405: Facts = Facts {
    board: Board::STM32F405,
    name: "STM32F405",
    chip: "STM32F405RG",
    family: "STM32F405",
    // DBGMCU_IDCODE: device; above it the revision (RM0090, 38.6.1).
    identity: (0xe004_2000, 0xfff, 0x413),
    flash: 0x0800_0000..0x0810_0000,
    sector: 16 << 10,
    journal: 0x0808_0000..0x0810_0000,
    uf2_family: None,
    uf2_board: None,
    boot2: false,
};

/// Every board that an image can be for.
pub const ALL: [&Facts; 3] = [&PICO, &NRF52840, &STM32F405];

/// What is known of a board.
pub fn facts(board: Board) -> Option<&'static Facts> {
    ALL.into_iter().find(|facts| facts.board == board)
}
