//! The dialogue over a link.

use std::time::Duration;

use tekser_hardware::Link;
use tekser_hardware::adb::packet::{Kind, Packet};
use tekser_hardware::adb::{Budget, ReadError, read};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::far::bytes;
use super::key;

async fn next(far: &mut DuplexStream) -> (Vec<u8>, Vec<u8>) {
    let mut header = vec![0; 24];
    far.read_exact(&mut header).await.unwrap();
    let length = u32::from_le_bytes(header[12..16].try_into().unwrap());
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    far.read_exact(&mut payload).await.unwrap();
    (header, payload)
}

/// Counts the writes that reach it, as USB would make a transfer of each.
struct Transfers(DuplexStream, std::sync::Arc<std::sync::Mutex<Vec<usize>>>);

impl tokio::io::AsyncRead for Transfers {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl tokio::io::AsyncWrite for Transfers {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        self.1.lock().unwrap().push(bytes.len());
        std::pin::Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[tokio::test]
async fn header_and_payload_go_out_as_two_transfers() {
    let (near, mut far) = tokio::io::duplex(64 * 1024);
    let sizes = std::sync::Arc::default();
    let link = Link::from_io(Transfers(near, std::sync::Arc::clone(&sizes)));
    let phone = async {
        let (_, greeting) = next(&mut far).await;
        assert_eq!(greeting, b"host::features=shell_v2,cmd");
        far.write_all(&bytes(&Packet::new(Kind::Auth, 1, 0, vec![9; 20]))).await.unwrap();
        let (_, signature) = next(&mut far).await;
        assert_eq!(signature.len(), 256);
        far.write_all(&bytes(&Packet::new(Kind::Connect, 0x0100_0001, 4096, b"device::".into())))
            .await
            .unwrap();
        let (_, service) = next(&mut far).await;
        assert_eq!(service, b"shell:getprop\0");
        drop(far);
    };
    let keys = [key()];
    let (reading, ()) = tokio::join!(read(link, &keys, Budget::default(), |_| {}), phone);
    let error = reading.unwrap_err();
    assert!(error.is_gone(), "{error:?}");
    assert_eq!(*sizes.lock().unwrap(), [24, 27, 24, 256, 24, 14]);
}

#[tokio::test]
async fn a_device_that_takes_nothing_and_one_that_says_nothing_end_in_time() {
    let short = Duration::from_millis(40);
    let budget = Budget { connect: short, command: short, ..Budget::default() };
    for room in [8, 4096] {
        let (near, _far) = tokio::io::duplex(room);
        let error = read(Link::from_io(near), &[key()], budget, |_| {}).await;
        assert!(matches!(error, Err(ReadError::Silent)), "{error:?}");
    }
}
