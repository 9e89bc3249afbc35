//! An engine on a stream.

use std::time::{Duration, Instant};

use tekser_virtual_bench::VirtualEngine;
use tekser_wire::message::EngineKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn an_engine_answers_over_a_socket_and_says_what_it_is_shown() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let mut near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (far, _) = listener.accept().await.unwrap();
    let engine = VirtualEngine::new(EngineKind::Gm65, Instant::now()).serve(far);
    // Serial output, one line each, no USB.
    for (register, value) in [(0x0d, 0x00), (0x60, 0x01), (0x00, 0x02)] {
        near.write_all(&[0x7e, 0, 8, 1, 0, register, value, 0xab, 0xcd]).await.unwrap();
        let mut answer = [0; 7];
        timeout(PATIENCE, near.read_exact(&mut answer)).await.unwrap().unwrap();
        assert_eq!(answer, [2, 0, 0, 1, 0, 0x33, 0x31]);
    }
    engine.show("490154203237518");
    let mut line = [0; 16];
    timeout(PATIENCE, near.read_exact(&mut line)).await.unwrap().unwrap();
    assert_eq!(&line, b"490154203237518\r");
    assert_eq!((engine.waiting(), engine.asked().len()), (0, 3));
    engine.unplug();
    assert_eq!(timeout(PATIENCE, near.read(&mut line)).await.unwrap().unwrap(), 0);
}
