//! Which phone a reading is of.
//!
//! A phone is recognised by an identity it gave before, else by its serial number: a replaced board
//! changes the first and keeps the second. A phone that is plugged in elsewhere, or carries another
//! serial number, is another phone even if it gives the same IMEI: that is how clones are seen. So
//! is one that tells no serial number of its own and shows another one on USB than the phone of that
//! IMEI did in the same mode.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tekser_hardware::{Device, DeviceId, Reading, Source, survey};
use tekser_imei::Imei14;

use super::handset::{Handset, UsbName};
use super::{Bench, serial};
use crate::id::HandsetId;
use crate::store::{Change, StoreError};

/// Where and as what something was plugged in.
#[derive(Clone)]
pub(super) struct Plug {
    pub(super) device: DeviceId,
    pub(super) at: Timestamp,
    pub(super) usb: Option<UsbName>,
}

/// As what a device shows itself on USB, if that tells it from others.
pub(super) fn usb_name(device: &Device) -> Option<UsbName> {
    let (vendor, product) = device.usb_id?;
    // Those that a system makes up from the socket are none.
    let serial = survey::by_descriptors(device)?.serial.filter(|one| !serial::is_dummy(one))?;
    Some(UsbName { id: format!("{vendor:04x}:{product:04x}"), serial: serial.trim().to_owned() })
}

/// Whether this phone has shown itself on USB in the same mode, and never under this serial number:
/// then what gives its IMEI now is another one. In another mode one phone may show another number.
async fn is_shown_otherwise(
    change: &mut Change<'_>,
    handset: &Handset,
    usb: Option<&UsbName>,
) -> Result<bool, StoreError> {
    let Some(usb) = usb else { return Ok(false) };
    let readings = change.readings_of(handset.id).await?;
    let before = readings.iter().filter_map(|reading| reading.usb.as_ref());
    let mut same_mode = before.filter(|before| before.id == usb.id).peekable();
    Ok(same_mode.peek().is_some()
        && !same_mode.any(|before| before.serial.eq_ignore_ascii_case(&usb.serial)))
}

impl Bench {
    /// The phone that a reading is of, if it was here before.
    pub(super) async fn recognise(
        &self,
        change: &mut Change<'_>,
        reading: &Reading,
        numbers: &[Imei14],
        plug: Option<&Plug>,
    ) -> Result<Option<HandsetId>, StoreError> {
        let elsewhere: BTreeSet<HandsetId> = self
            .live()
            .values()
            .filter(|live| Some(&live.view.id) != plug.map(|plug| &plug.device))
            .filter_map(|live| live.handset)
            .collect();
        let scanned = matches!(reading.source, Source::Screen | Source::Label);
        let may_be = |handset: &Handset| {
            let same_serial = match (&handset.serial, &reading.serial) {
                (Some(theirs), Some(ours)) if !serial::is_dummy(ours) => {
                    theirs.eq_ignore_ascii_case(ours)
                }
                _ => true,
            };
            // What was scanned can't be plugged in: it belongs to the phone wherever that is.
            same_serial && (scanned || !elsewhere.contains(&handset.id))
        };
        let told = reading.serial.as_deref().filter(|serial| !serial::is_dummy(serial));
        let usb = plug.and_then(|plug| plug.usb.as_ref());
        for handset in change.handsets_with(numbers).await? {
            // What the phone itself says of its serial number is above what its USB strings say.
            let by_serial = told.is_some() && handset.serial.is_some();
            if may_be(&handset) && (by_serial || !is_shown_otherwise(change, &handset, usb).await?)
            {
                return Ok(Some(handset.id));
            }
        }
        if let Some(serial) = reading.serial.as_ref().filter(|serial| !serial::is_dummy(serial))
            && let Some(handset) = change.handset_with_serial(serial).await?
            && may_be(&handset)
            && !(reading.source == Source::Label && has_other_label(&handset, numbers))
        {
            return Ok(Some(handset.id));
        }
        Ok(None)
    }
}

/// The numbers that a reading gives.
pub(super) fn numbers(reading: &Reading) -> Vec<Imei14> {
    reading.claims.iter().filter_map(|claim| claim.value.imei14()).collect()
}

/// Whether the phone has a label with other numbers: a board is replaced, a box is not, and what
/// is taken for a serial number may be a model that two boxes share.
fn has_other_label(handset: &Handset, numbers: &[Imei14]) -> bool {
    let said = handset.slots.iter().flat_map(|slot| &slot.said);
    let label = said.filter(|said| said.source == Source::Label);
    !numbers.is_empty() && label.filter_map(|said| said.claim.value.imei14()).next().is_some()
}
