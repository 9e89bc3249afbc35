//! Lines that a phone sends unasked: signal reports, calls, boot messages, NMEA.

use super::command::Command;

/// Unasked lines that carry no tag.
const WORDS: [&str; 14] = [
    "RDY",
    "RING",
    "READY",
    "APP RDY",
    "Call Ready",
    "SMS Ready",
    "SMS READY",
    "SMS DONE",
    "PB DONE",
    "PB READY",
    "POWERED DOWN",
    "NORMAL POWER DOWN",
    "UNDER-VOLTAGE WARNNING",
    "UNDER-VOLTAGE WARNING",
];

/// First characters of a tag: `+CMTI:`, `^RSSI:`, `*E2NAP:`, `%NWID:`, `$GPRMC,`, `_OSIGQ:`, `#STN:`.
const SIGILS: [char; 7] = ['+', '^', '*', '%', '$', '_', '#'];

/// Whether a line has nothing to do with `command`: a known word, or a tag that is not one of
/// the command's own. Deciding by whose tag it is, and not by a list of tags, also puts aside
/// the ones that nobody has written down, such as an IMSI or ICCID report.
pub(super) fn is(line: &str, command: Command) -> bool {
    if WORDS.contains(&line) {
        return true;
    }
    line.starts_with(SIGILS) && !command.tags().contains(&tag(line))
}

/// The tag of a line, without what follows it: `+CGSN` of `+CGSN: "…"`.
pub(super) fn tag(line: &str) -> &str {
    let end = line
        .char_indices()
        .find(|(index, c)| *index > 0 && !c.is_ascii_alphanumeric() && *c != '_')
        .map_or(line.len(), |(index, _)| index);
    line.get(..end).unwrap_or(line)
}
