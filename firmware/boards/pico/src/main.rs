#![no_std]
#![no_main]
use defmt_rtt as _;
mod layout;
#[embassy_executor::main]
async fn main(_spawner: embassy_executor::Spawner) {
    let _p = embassy_rp::init(Default::default());
}
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    tekser_last_words::say(info, tekser_wire::message::FirmwareVersion([0, 1, 0]));
    loop {}
}
