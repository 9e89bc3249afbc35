//! The scan engine's line: UART 0, GP0 to the engine's RX, GP1 from its TX.
//!
//! While a sector of the flash is erased nothing runs for 45 ms, no interrupt either, and the UART
//! holds 32 bytes: 33 ms at 9600 baud. So DMA carries what comes into a ring in RAM, for ever and
//! by itself, each byte with its error marks, and the ring is looked at from time to time. At
//! 115,200 baud it holds 89 ms.

use core::sync::atomic::{AtomicU16, Ordering};

use embassy_rp::peripherals::{DMA_CH0, DMA_CH1, PIN_0, PIN_1, UART0};
use embassy_rp::uart::{Async, Config, InterruptHandler, Uart, UartRx, UartTx};
use embassy_rp::{Peri, bind_interrupts, clocks, dma, pac};
use embassy_time::{Duration, Instant, Timer};
use embedded_io_async::{Error, ErrorKind, ErrorType, Read, Write};
use tekser_wire::message::Settings;

bind_interrupts!(struct Irqs {
    UART0_IRQ => InterruptHandler<UART0>;
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
});

/// What this line needs of the chip.
pub struct Parts {
    pub uart: Peri<'static, UART0>,
    pub tx: Peri<'static, PIN_0>,
    pub rx: Peri<'static, PIN_1>,
    pub tx_dma: Peri<'static, DMA_CH0>,
    pub rx_dma: Peri<'static, DMA_CH1>,
}

/// The channel of [`Parts::rx_dma`].
const CHANNEL: usize = 1;

/// Entries of the ring; a power of 2.
const RING: usize = 1024;

/// Where DMA puts the UART's data register, entry by entry: a byte and the marks of its errors.
/// The channel wraps by address, so the ring begins at a multiple of its size.
#[repr(align(2048))]
struct Ring([AtomicU16; RING]);

static BYTES: Ring = Ring([const { AtomicU16::new(0) }; RING]);

/// Of an entry: framing, parity, break, overrun.
const MARKS: u16 = 0xF00;

/// How often the ring is looked at while bytes are coming in. That is part of what a scan takes.
const LOOK_EVERY: Duration = Duration::from_micros(100);

/// How long after the last byte it is looked at so often: longer than a byte takes at 1200 baud.
const LOOK_FOR: Duration = Duration::from_millis(10);

/// How often it is looked at else. Only how soon the first byte is seen hangs on it.
const IDLE_EVERY: Duration = Duration::from_millis(2);

/// A byte came broken, or too much came at once.
#[derive(Debug)]
pub struct Broken;

impl core::fmt::Display for Broken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a byte came broken")
    }
}

impl core::error::Error for Broken {}

impl Error for Broken {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidData
    }
}

/// The reading side.
pub struct FromEngine {
    _uart: UartRx<'static, Async>,
    taken: u32,
    look_until: Instant,
}

/// The writing side.
pub struct ToEngine(UartTx<'static, Async>);

#[inline(never)]
pub fn open(parts: Parts) -> (FromEngine, ToEngine) {
    let mut config = Config::default();
    config.baudrate = Settings::DEFAULT.baud;
    let Parts { uart, tx, rx, tx_dma, rx_dma } = parts;
    let (tx, rx) = Uart::new(uart, tx, rx, Irqs, tx_dma, rx_dma, config).split();
    // An engine that is not connected is silent.
    pac::PADS_BANK0.gpio(1).modify(|pad| {
        pad.set_pde(false);
        pad.set_pue(true);
    });
    pac::UART0.uartdmacr().modify(|dma| dma.set_rxdmae(true));
    begin();
    let from = FromEngine { _uart: rx, taken: 0, look_until: Instant::MIN };
    (from, ToEngine(tx))
}

/// Has DMA carry the next 2³² − 1 bytes.
fn begin() {
    let channel = pac::DMA.ch(CHANNEL);
    channel.read_addr().write_value(pac::UART0.uartdr().as_ptr() as u32);
    channel.write_addr().write_value(BYTES.0.as_ptr() as u32);
    channel.trans_count().write_value(u32::MAX);
    channel.ctrl_trig().write(|control| {
        control.set_treq_sel(pac::dma::vals::TreqSel::UART0_RX);
        control.set_data_size(pac::dma::vals::DataSize::SIZE_HALFWORD);
        control.set_incr_write(true);
        control.set_ring_sel(true);
        control.set_ring_size(11); // address bits that change: 2048 bytes
        control.set_chain_to(CHANNEL as u8);
        control.set_irq_quiet(true);
        control.set_en(true);
    });
}

impl FromEngine {
    /// Bytes that came and were not taken.
    fn waiting(&self) -> u32 {
        let came = u32::MAX - pac::DMA.ch(CHANNEL).trans_count().read();
        came.wrapping_sub(self.taken)
    }

    /// Takes the next byte.
    fn next(&mut self) -> Option<Result<u8, Broken>> {
        let waiting = self.waiting();
        if waiting == 0 {
            if self.taken == u32::MAX {
                begin();
                self.taken = 0;
            }
            return None;
        }
        if waiting > RING as u32 {
            self.taken = self.taken.wrapping_add(waiting);
            return Some(Err(Broken));
        }
        let entry = BYTES.0.get(self.taken as usize % RING)?.load(Ordering::Relaxed);
        self.taken = self.taken.wrapping_add(1);
        Some(if entry & MARKS == 0 { Ok(entry as u8) } else { Err(Broken) })
    }

    /// Takes bytes up to the first that is broken.
    fn take(&mut self, buffer: &mut [u8]) -> Option<Result<usize, Broken>> {
        let mut count = 0;
        for place in buffer {
            let before = self.taken;
            match self.next() {
                Some(Ok(byte)) => *place = byte,
                Some(Err(Broken)) if count == 0 => return Some(Err(Broken)),
                Some(Err(Broken)) => {
                    self.taken = before;
                    break;
                }
                None => break,
            }
            count += 1;
        }
        (count > 0).then_some(Ok(count))
    }
}

impl ErrorType for FromEngine {
    type Error = Broken;
}

impl Read for FromEngine {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        loop {
            if let Some(taken) = self.take(buffer) {
                self.look_until = Instant::now() + LOOK_FOR;
                return taken;
            }
            let is_busy = Instant::now() < self.look_until;
            Timer::after(if is_busy { LOOK_EVERY } else { IDLE_EVERY }).await;
        }
    }
}

impl ErrorType for ToEngine {
    type Error = Broken;
}

impl Write for ToEngine {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        self.0.write(bytes).await.map_err(|_| Broken)?;
        Ok(bytes.len())
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        Ok(())
    }
}

/// Runs the line at this speed; what is under way just then is lost. Like the driver's own
/// function, which needs both halves of it in one hand.
pub fn set_baud(baud: u32) {
    // In 64ths, rounded; at least 1, at most 16 bits of whole parts.
    let divisor = (8 * clocks::clk_peri_freq() / baud.max(300)).div_ceil(2).clamp(64, 0x3F_FFFF);
    let uart = pac::UART0;
    let control = uart.uartcr().read();
    uart.uartcr().modify(|control| control.set_uarten(false));
    uart.uartibrd().write(|whole| whole.set_baud_divint((divisor / 64) as u16));
    uart.uartfbrd().write(|part| part.set_baud_divfrac((divisor % 64) as u8));
    // The UART takes both over when this register is written.
    uart.uartlcr_h().modify(|_| {});
    uart.uartcr().write_value(control);
}
