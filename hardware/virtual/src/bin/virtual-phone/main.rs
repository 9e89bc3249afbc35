//! `virtual-phone`: a phone that is not there, for whoever writes programs that talk to phones.

mod manners;
mod plugged;

use std::io::{BufRead, IsTerminal, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::json;
use tekser_virtual_bench::persona::{AdbBehaviour, Allow, Android, ImeiAnswer};
use tekser_virtual_bench::{Interrupt, Persona};
use tokio::sync::mpsc;

use self::manners::Bad;
use self::plugged::{Plugged, Way};

/// Phones that are not there: they speak AT on a pseudo-terminal and the Android debug bridge on
/// a socket, behave and misbehave, and tell what they were asked. All numbers are made up.
#[derive(Debug, Parser)]
#[command(name = "virtual-phone", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  virtual-phone list
      Which phones there are.
  virtual-phone plug --on tcp
      A phone with Android 14 that lets any computer in. It prints its address; then, elsewhere:
      adb connect 127.0.0.1:PORT && adb shell getprop ro.serialno
  virtual-phone plug --on tcp --android 5.1 --allow 10 --address 127.0.0.1:5555
      An old phone whose owner touches \"Allow\" after ten seconds, at a known address.
  virtual-phone plug --on tcp --allow never
      A phone that asks its owner. Press Enter to touch \"Allow\".
  virtual-phone plug --on tcp --imei refuses --properties
      A phone that lets a computer in and still does not tell its IMEI, but has it in getprop.
  virtual-phone plug --on tcp --bad floods,crumbs --pull-after 5000
      A phone that waits for nobody, and whose cable comes out.
  virtual-phone plug --on pty --persona at:1
      A feature phone on a serial port, for any terminal program.

What the phone is asked is printed as it comes; `!` marks what can do more than read. Ctrl-C
pulls the cable. The exit code is 1 if anything more than reading was asked for.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Show which phones there are.
    List {
        /// As JSON, one object a line.
        #[arg(long)]
        json: bool,
    },
    /// Plug a phone in and tell what it is asked, until Ctrl-C.
    Plug(Plug),
}

#[derive(Debug, Args)]
struct Plug {
    /// Which phone: a number of `list`, such as `android:3` or `at:1`. A number alone is an
    /// Android phone, on a pseudo-terminal an AT phone. Any number is some phone.
    #[arg(long, default_value = "0")]
    persona: String,
    /// Where it is plugged in.
    #[arg(long, value_enum)]
    on: Way,
    /// Address to listen at; port 0 is any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    address: SocketAddr,
    /// Version of Android, 4.1 to 16, instead of the phone's own.
    #[arg(long, value_name = "VERSION")]
    android: Option<String>,
    /// Whether a computer is let in: `known` (any), `never`, or after so many seconds, when the
    /// owner touches "Allow". Enter touches it at once.
    #[arg(long, value_name = "known|never|SECONDS", default_value = "known", value_parser = allow)]
    allow: Allow,
    /// What is said when an IMEI is asked for over the debug bridge.
    #[arg(long, value_enum, default_value_t = Answer::Tells)]
    imei: Answer,
    /// Short for `--imei refuses`.
    #[arg(long)]
    refuse: bool,
    /// The IMEIs stand in getprop too.
    #[arg(long)]
    properties: bool,
    /// Milliseconds from a command to its answer.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay: u64,
    /// The cable comes out after so many bytes of output on the debug bridge.
    #[arg(long, value_name = "BYTES")]
    pull_after: Option<usize>,
    /// Bad manners on the debug bridge; several, with commas between.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "MANNER")]
    bad: Vec<Bad>,
    /// Tell everything as JSON, one object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Answer {
    /// The IMEI.
    Tells,
    /// A parcel that says no.
    Refuses,
    /// A security exception.
    Exception,
    /// No string.
    Null,
}

fn allow(text: &str) -> Result<Allow, String> {
    match text {
        "known" => Ok(Allow::Known),
        "never" => Ok(Allow::Never),
        seconds => seconds
            .parse()
            .ok()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .map(Allow::After)
            .ok_or_else(|| "is `known`, `never` or a number of seconds".to_owned()),
    }
}

impl Plug {
    fn persona(&self) -> anyhow::Result<Persona> {
        let (family, number) = self
            .persona
            .split_once(':')
            .unwrap_or_else(|| (if self.on.is_serial() { "at" } else { "android" }, &self.persona));
        let number = number.parse().with_context(|| format!("{number} is no number"))?;
        let mut persona = match family {
            "at" => Persona::nth(number),
            "android" => Persona::android_nth(number),
            other => bail!("there is no family {other}: it is `android:{number}` or `at:{number}`"),
        };
        persona.behaviour.delay = Duration::from_millis(self.delay);
        // Over TCP there is a debug bridge or nothing.
        if persona.android.is_some() || self.android.is_some() || self.on == Way::Tcp {
            let own = persona.android.take().unwrap_or_default();
            persona.android = Some(self.android(own)?);
        }
        Ok(persona)
    }

    fn android(&self, own: Android) -> anyhow::Result<Android> {
        let android = match &self.android {
            Some(release) => {
                let known = || Android::releases().collect::<Vec<_>>().join(", ");
                let version = Android::of_release(release)
                    .with_context(|| format!("no Android {release}; there is {}", known()))?;
                Android { usb_id: own.usb_id, properties_imei: own.properties_imei, ..version }
            }
            None => own,
        };
        let imei_answer = match self.imei {
            _ if self.refuse => ImeiAnswer::Refuses,
            Answer::Tells => ImeiAnswer::Tells,
            Answer::Refuses => ImeiAnswer::Refuses,
            Answer::Exception => ImeiAnswer::Exception,
            Answer::Null => ImeiAnswer::Null,
        };
        let mut adb = AdbBehaviour {
            delay: Duration::from_millis(self.delay),
            pulled_after: self.pull_after,
            ..AdbBehaviour::default()
        };
        self.bad.iter().for_each(|bad| bad.spoil(&mut adb));
        let properties_imei = android.properties_imei || self.properties;
        Ok(Android { allow: self.allow, imei_answer, properties_imei, adb, ..android })
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::List { json } => list(json).map(|()| true),
        Command::Plug(plug) => run(&plug).await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("virtual-phone: {error:#}");
            ExitCode::from(3)
        }
    }
}

fn list(json: bool) -> anyhow::Result<()> {
    let android =
        (0..Persona::ANDROID_TYPES).map(|n| (format!("android:{n}"), Persona::android_nth(n)));
    let at = (0..Persona::AT_TYPES).map(|n| (format!("at:{n}"), Persona::nth(n)));
    for (key, persona) in android.chain(at) {
        if json {
            say(&about(&key, &persona))?;
            continue;
        }
        let version = persona.android.as_ref();
        let version =
            version.map_or_else(|| "-".to_owned(), |it| format!("Android {}", it.release));
        let ways = match (persona.has_modem(), persona.android.is_some()) {
            (true, true) => "usb pty tcp",
            (true, false) => "usb pty",
            _ => "usb tcp",
        };
        let imeis = persona.imeis.len();
        let name = format!("{} {}", persona.maker, persona.model);
        say(&format!("{key:<11} {name:<22} {version:<12} {imeis} IMEI  on {ways}"))?;
    }
    Ok(())
}

fn about(key: &str, persona: &Persona) -> serde_json::Value {
    json!({
        "persona": key,
        "name": persona.name,
        "maker": persona.maker,
        "model": persona.model,
        "serial": persona.serial,
        "imeis": persona.imeis.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "android": persona.android.as_ref().map(|android| &android.release),
        "modem": persona.has_modem(),
    })
}

/// A line on standard output at once, also where that is a pipe.
fn say(line: &impl ToString) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", line.to_string()).and_then(|()| output.flush())?;
    Ok(())
}

/// How often the phone is looked at.
const RHYTHM: Duration = Duration::from_millis(50);

/// Says whether nothing but reading was asked for.
async fn run(plug: &Plug) -> anyhow::Result<bool> {
    let persona = plug.persona()?;
    let key = plug.persona.clone();
    let mut interrupt = Interrupt::listen()?;
    let phone = Plugged::plug(persona.clone(), plug.on, plug.address).await?;
    announce(plug.json, &key, &persona, &phone)?;
    let mut teller = Teller { json: plug.json, ..Teller::default() };
    let mut enter = enters();
    let mut rhythm = tokio::time::interval(RHYTHM);
    loop {
        tokio::select! {
            () = interrupt.pressed() => break,
            Some(()) = enter.recv() => {
                phone.touch_allow();
            }
            _ = rhythm.tick() => teller.look(&phone)?,
        }
    }
    teller.look(&phone)?;
    let harm = phone.violations().len();
    match plug.json {
        true => say(&json!({ "event": "unplugged", "asked": phone.asked().len(), "harm": harm }))?,
        false => say(&format!(
            "unplugged; asked {} times, {harm} of them to do more than read",
            phone.asked().len()
        ))?,
    }
    Ok(harm == 0)
}

fn announce(json: bool, key: &str, persona: &Persona, phone: &Plugged) -> anyhow::Result<()> {
    let place = phone.place();
    if json {
        let mut about = about(key, persona);
        if let Some(about) = about.as_object_mut() {
            about.insert("event".to_owned(), "plugged".into());
            about.insert("at".to_owned(), place.into());
        }
        return say(&about);
    }
    let imeis: Vec<String> = persona.imeis.iter().map(ToString::to_string).collect();
    say(&format!("{} at {place}", persona.name))?;
    say(&format!("serial {}, IMEI {}", persona.serial, imeis.join(" and ")))?;
    say(&format!("try: {}", phone.hint()))
}

/// Presses of Enter, if somebody sits at a terminal or writes lines into a pipe.
fn enters() -> mpsc::Receiver<()> {
    let (sender, receiver) = mpsc::channel(1);
    // A thread of its own: reading standard input cannot be called off.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || sender.blocking_send(()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Tells what is new.
#[derive(Debug, Default)]
struct Teller {
    json: bool,
    asked: usize,
    violations: usize,
    complaints: usize,
    asking: bool,
}

impl Teller {
    fn look(&mut self, phone: &Plugged) -> anyhow::Result<()> {
        let (asked, violations) = (phone.asked(), phone.violations());
        let mut harmful = violations.iter().skip(self.violations).peekable();
        for command in asked.iter().skip(self.asked) {
            let harm = harmful.next_if_eq(&command).is_some();
            match self.json {
                true => say(&json!({ "event": "asked", "command": command, "harm": harm }))?,
                false => say(&format!("{} {command}", if harm { '!' } else { '>' }))?,
            }
        }
        (self.asked, self.violations) = (asked.len(), violations.len());
        let complaints = phone.complaints();
        for complaint in complaints.iter().skip(self.complaints) {
            match self.json {
                true => say(&json!({ "event": "complaint", "text": complaint }))?,
                false => say(&format!("? {complaint}"))?,
            }
        }
        self.complaints = complaints.len();
        let asking = phone.is_asking();
        if asking && !self.asking {
            let hint = if std::io::stdin().is_terminal() { " (Enter allows it)" } else { "" };
            match self.json {
                true => say(&json!({ "event": "asking" }))?,
                false => say(&format!("* asks its owner to allow this computer{hint}"))?,
            }
        }
        self.asking = asking;
        Ok(())
    }
}
