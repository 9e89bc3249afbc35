//! The story of the product, played on a virtual bench: phones appear and are read, over modem
//! ports and over USB debugging, one after its owner allowed it; the registry is asked, screens
//! are scanned where a phone kept something to itself, a scanner reads their boxes, three phones
//! with replaced boards become cases, a batch is submitted, the answer arrives.
//!
//! Every step asks first whether it was done already, so a story that was cut off at any moment,
//! however roughly, goes on where it was on the same data directory.

mod counter;
mod phones;
mod report;
mod story;

use std::sync::Arc;

use tekser_hardware::Bus;
use tekser_virtual_bench::persona::Allow;
use tekser_virtual_bench::scanner::Kit;
use tekser_virtual_bench::{Persona, VirtualBench};

use crate::check::BlockReason;
use crate::registry::sandbox::{Listing, Sandbox};
use crate::store::StoreError;

pub use counter::DemoScanner;
pub use report::{PhoneReport, Report, StepReport};
pub use story::{Pace, Story, StoryError};

/// The phones of the story and the registry's opinion of them.
pub struct Scene {
    /// Where the phones are plugged in.
    pub bench: Arc<VirtualBench>,
    /// The phones, in the order in which they are plugged in.
    pub cast: Vec<Persona>,
    /// The scanner; none where the system has no thread left for it. Boxes are then typed.
    pub scanner: Option<Arc<DemoScanner>>,
}

impl Default for Scene {
    fn default() -> Self {
        let scanner = DemoScanner::new(Kit::nth(1)).ok().map(Arc::new);
        Self { bench: Arc::new(VirtualBench::new()), cast: Persona::demo(), scanner }
    }
}

impl Scene {
    /// Where phones and scanner are plugged in.
    pub fn buses(&self) -> Vec<Arc<dyn Bus>> {
        let mut buses: Vec<Arc<dyn Bus>> = vec![Arc::clone(&self.bench) as Arc<dyn Bus>];
        buses.extend(self.scanner.iter().map(|scanner| Arc::clone(scanner) as Arc<dyn Bus>));
        buses
    }

    /// Tells the embedded registry where the cast stands, so that every kind of verdict is seen:
    /// the boards that were put in are in grace or unknown, the old ones verified, the rest mixed.
    ///
    /// # Errors
    ///
    /// If the registry's file fails.
    pub async fn list_cast(&self, sandbox: &Sandbox) -> Result<(), StoreError> {
        const MIX: [Listing; 4] = [
            Listing::White,
            Listing::Grey,
            Listing::Black(BlockReason::BlockListed),
            Listing::Silent,
        ];
        let mut mix = MIX.into_iter().cycle();
        for persona in &self.cast {
            let was_replaced = is_replaced(persona);
            for (slot, imei) in persona.imeis.iter().enumerate() {
                if !was_replaced {
                    sandbox.list(imei.imei14(), mix.next().unwrap_or(Listing::White)).await?;
                } else if slot == 0 {
                    // A board that was tried with a SIM card is in grace; the rest is unknown.
                    sandbox.list(imei.imei14(), Listing::Grey).await?;
                }
            }
            for imei in persona.old_imeis.iter().filter(|_| was_replaced) {
                sandbox.list(imei.imei14(), Listing::White).await?;
            }
        }
        Ok(())
    }
}

/// Whether the phone asks its owner before it lets this computer in.
fn asks_owner(persona: &Persona) -> bool {
    let allow = persona.android.as_ref().map(|android| android.allow);
    matches!(allow, Some(Allow::After(_) | Allow::Never))
}

/// Whether the phone's board was replaced: none of the IMEIs on its box is its own.
fn is_replaced(persona: &Persona) -> bool {
    !persona.old_imeis.is_empty()
        && persona.old_imeis.iter().all(|old| !persona.imeis.contains(old))
}
