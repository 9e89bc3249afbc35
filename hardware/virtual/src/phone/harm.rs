//! Which commands a phone should never be given by a station that only reads.

/// Whether a command does more than read or set up the conversation. What is not known to be
/// harmless counts as a write.
pub(super) fn is_write(body: &str) -> bool {
    const SETTINGS: [&str; 7] =
        ["+CMEE=", "+CSCS=", "+CGSN=", "+EGMR=0,", "+CREG=", "+CGREG=", "+CMGF="];
    const ACTIONS: [&str; 14] = [
        "+COPS",
        "+CCWA",
        "+CUAD",
        "+CRST",
        "+FACT",
        "+SUDDLMOD",
        "%DLOAD",
        "%FRST",
        "%MINIOS",
        "%RESTART",
        "^RESET",
        "+CPOF",
        "+CMGS",
        "+CMGW",
    ];
    if ACTIONS.contains(&body) || ACTIONS.iter().any(|name| body.starts_with(&format!("{name}="))) {
        return true;
    }
    if body.starts_with(['Z', 'D', 'A', 'S', 'H', 'O', '&', '/']) {
        return true;
    }
    let sets = body.contains('=') && !body.ends_with("=?");
    sets && !SETTINGS.iter().any(|setting| body.starts_with(setting))
}
