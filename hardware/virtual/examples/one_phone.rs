//! Puts one phone on a pseudo-terminal until Enter is pressed, then prints what it was asked.
//!
//! `cargo run --example one_phone` and, elsewhere, `picocom /dev/pts/…`.

#[cfg(unix)]
#[tokio::main]
async fn main() -> std::io::Result<()> {
    use tekser_virtual_bench::{Persona, pty::PtyPhone};

    let number = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let persona = Persona::nth(number);
    println!("{} on:", persona.name);
    let phone = PtyPhone::plug(persona)?;
    println!("{}", phone.port());
    let waiting = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    waiting.await.map_err(std::io::Error::other)??;
    println!("{:#?}\nwrites: {:#?}", phone.asked(), phone.violations());
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    println!("This system has no pseudo-terminals.");
}
