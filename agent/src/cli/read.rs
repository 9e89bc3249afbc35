//! `tekser read`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use jiff::Timestamp;
use serde::Serialize;
use tekser_hardware::survey::{self, News, Options, Stop, Summary, Trouble};
use tekser_hardware::{Bus, Device, DeviceId, Reading, Role, Speaks};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::machine::{AdbArguments, machine_bus, single_bus};
use super::output::{Colour, Cured, Output};
use super::{Ended, Failure, Outcome, Setting, modem};
use crate::bench::{Handset, RecordedReading, merge};
use crate::finding::Severity;
use crate::id::{HandsetId, ReadingId};

/// Reads what is plugged in, or the phone on one port, and prints its IMEIs. No reading is stored
/// and nothing on the phone changes.
///
/// A phone with USB debugging asks its owner to allow this computer: touch Allow. The station's
/// key, by which it knows this computer the next time, lies in the data directory.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The serial port, such as /dev/ttyACM0 or COM7; all phones if not said.
    #[arg(long)]
    port: Option<String>,
    /// One device only, by its place as `tekser devices` lists it, such as usb:1-2.
    #[arg(long, conflicts_with = "port")]
    device: Option<String>,
    /// Have the phone show a modem port that it hides first. Nothing on it changes but its USB
    /// connection, and that until it is pulled out; other programs that use the phone lose it.
    #[arg(long, requires = "device")]
    show_modem: bool,
    #[command(flatten)]
    adb: AdbArguments,
}

/// One phone, for programs.
#[derive(Serialize)]
struct View<'a> {
    device: &'a DeviceId,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    handset: Option<&'a Handset>,
    /// The first reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<&'a Reading>,
    readings: &'a [Reading],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cure: Option<String>,
}

/// What was read of one device.
pub(super) struct Found {
    device: Device,
    /// What its sources told, in the order in which they did.
    pub readings: Vec<Reading>,
    summary: Summary,
}

impl Found {
    /// Why nothing was read, with what to do about it.
    pub(super) fn into_error(self) -> anyhow::Error {
        let trouble =
            self.summary.into_trouble().unwrap_or(Trouble::NoPort { role: self.device.role });
        let cure = trouble.cure();
        let inner = anyhow::Error::new(trouble).context(format!("{} was not read", self.device.id));
        Cured { cure, inner }.into()
    }
}

pub(super) async fn run(arguments: Arguments, setting: &Setting, output: &Output) -> Ended {
    let single = arguments.port.is_some();
    let bus = arguments.port.as_deref().map_or_else(machine_bus, single_bus);
    let mut devices = wanted(bus.devices(), arguments.device.as_deref())?;
    if arguments.show_modem {
        for device in &mut devices {
            *device = modem::shown(&bus, device, output).await?;
        }
    }
    let options = options(&arguments.adb, &devices, setting, output).await?;
    output.progress(&format!("reading {} …", plural(devices.len())));
    let mut outcome = Outcome::Fine;
    // A phone whose owner is waited for does not keep the others' IMEIs from the person.
    let ended = |found: &Found| {
        let nothing = found.readings.is_empty();
        output.progress("");
        if !(single && nothing)
            && show(found, as_handset(found).as_ref(), output) == Outcome::Finding
        {
            outcome = Outcome::Finding;
        }
    };
    let mut found = survey_all(&bus, devices, &options, output, ended).await?;
    output.progress("");
    if single && found.first().is_some_and(|one| one.readings.is_empty()) {
        return Err(Failure::Environment(found.remove(0).into_error()));
    }
    let handsets: Vec<Option<Handset>> = found.iter().map(as_handset).collect();
    let views = found.iter().zip(&handsets).map(|(one, handset)| view_of(one, handset.as_ref()));
    output.value(&views.collect::<Vec<_>>());
    Ok(outcome)
}

/// The devices that are to be read: scanners are not.
fn wanted(mut devices: Vec<Device>, place: Option<&str>) -> Result<Vec<Device>, Failure> {
    if let Some(place) = place {
        devices.retain(|device| device.id.as_str() == place);
        if devices.is_empty() {
            let text = format!("nothing is plugged in at {place}; `tekser devices` lists what is");
            return Err(Failure::Environment(anyhow!(text)));
        }
    }
    devices.retain(|device| device.role != Role::Scanner);
    if devices.is_empty() {
        return Err(Failure::Environment(anyhow!(
            "nothing is plugged in that could be read; `tekser doctor` looks for the reason"
        )));
    }
    Ok(devices)
}

/// How the devices are asked. The data directory is used only if a phone is shown a key.
async fn options(
    adb: &AdbArguments,
    devices: &[Device],
    setting: &Setting,
    output: &Output,
) -> Result<Options, Failure> {
    adb.check()?;
    let has_adb = devices.iter().any(|device| device.speaking(Speaks::Adb).next().is_some());
    if !adb.wanted() || !has_adb {
        return Ok(Options { ask_adb: adb.wanted(), ..Options::default() });
    }
    let asking = adb.asking(&setting.place()?)?;
    output.progress("getting the station's key for phones ready …");
    let keys = asking.keys.get().await?;
    Ok(Options { again: Vec::new(), ..asking.options(keys, Stop::default()) })
}

/// Reads all of them at once, and tells people what to do meanwhile. Each is shown to `ended` as
/// soon as it is read.
async fn survey_all(
    bus: &Arc<dyn Bus>,
    devices: Vec<Device>,
    options: &Options,
    output: &Output,
    mut ended: impl FnMut(&Found),
) -> Result<Vec<Found>, Failure> {
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    for (index, device) in devices.into_iter().enumerate() {
        let (bus, tell) = (Arc::clone(bus), tell.clone());
        let options = Options { stop: Stop::default(), ..options.clone() };
        tasks.spawn(async move { (index, survey_one(bus, device, options, tell).await) });
    }
    drop(tell);
    let mut waiting = Waiting::default();
    let mut all = BTreeMap::new();
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            biased;
            Some((device, until)) = told.recv() => waiting.change(device, until, output),
            joined = tasks.join_next() => match joined {
                Some(joined) => {
                    let (index, found) = joined?;
                    ended(&found);
                    all.insert(index, found);
                }
                None => break,
            },
            _ = second.tick() => waiting.show(output),
        }
    }
    Ok(all.into_values().collect())
}

async fn survey_one(
    bus: Arc<dyn Bus>,
    device: Device,
    options: Options,
    tell: mpsc::UnboundedSender<(DeviceId, Option<Instant>)>,
) -> Found {
    let mut readings = Vec::new();
    let summary = survey::read(bus, &device, &options, |news| {
        // Whoever reads devices listens until all of them are read.
        let _ = match news {
            News::Waiting { until } => tell.send((device.id.clone(), Some(until))),
            News::Allowed => tell.send((device.id.clone(), None)),
            News::Reading(reading) => {
                readings.push(reading);
                Ok(())
            }
        };
    });
    let summary = summary.await;
    let _ = tell.send((device.id.clone(), None));
    Found { device, readings, summary }
}

/// Reads one device, telling people what to do meanwhile.
pub(super) async fn read(
    bus: &Arc<dyn Bus>,
    device: Device,
    options: &Options,
    output: &Output,
) -> Result<Found, Failure> {
    let found = survey_all(bus, vec![device], options, output, |_| {}).await?.into_iter().next();
    found.ok_or_else(|| Failure::Environment(anyhow!("nothing was read")))
}

/// Phones whose owner is waited for, and until when.
#[derive(Default)]
struct Waiting(BTreeMap<DeviceId, Instant>);

impl Waiting {
    fn change(&mut self, device: DeviceId, until: Option<Instant>, output: &Output) {
        match until {
            Some(until) => {
                output.ask(&format!("touch Allow on the phone at {device}"));
                self.0.insert(device, until);
            }
            None if self.0.remove(&device).is_some() => output.progress("reading …"),
            None => {}
        }
        self.show(output);
    }

    /// Says whose "Allow" is waited for, and how long.
    fn show(&self, output: &Output) {
        let Some(until) = self.0.values().min() else { return };
        let left = until.saturating_duration_since(Instant::now()).as_secs();
        let phones: Vec<&str> = self.0.keys().map(DeviceId::as_str).collect();
        output.progress(&format!(
            "touch Allow on the phone ({}): {}:{:02} left",
            phones.join(", "),
            left / 60,
            left % 60
        ));
    }
}

/// Prints a device for people; says whether the caller must look at it.
fn show(found: &Found, handset: Option<&Handset>, output: &Output) -> Outcome {
    output.line(&output.paint(Colour::Dim, found.device.id.as_str()));
    if let Some(handset) = handset
        && !output.is_json()
    {
        output.handset(handset);
    }
    for trouble in found.summary.sides.iter().filter_map(|side| {
        // Of a phone that was read, silent serial ports are no news.
        let shown = handset.is_none() || side.speaks == Speaks::Adb;
        side.trouble.as_ref().filter(|_| shown)
    }) {
        show_trouble(trouble, handset.is_some(), output);
    }
    if let Some(trouble) = &found.summary.nothing_to_ask {
        show_trouble(trouble, false, output);
    }
    let worrying = handset.is_none_or(|handset| {
        handset.worst() == Some(Severity::Stop) || handset.imeis().is_empty()
    });
    Outcome::finding_if(worrying)
}

fn show_trouble(trouble: &Trouble, was_read: bool, output: &Output) {
    let (colour, sign) = if was_read { (Colour::Yellow, "!") } else { (Colour::Red, "✗") };
    output.line(&output.paint(colour, &format!("  {sign} {trouble}")));
    output.line(&format!("    what to do: {}", trouble.cure()));
}

fn view_of<'a>(found: &'a Found, handset: Option<&'a Handset>) -> View<'a> {
    let trouble = found.summary.trouble().filter(|_| found.readings.is_empty());
    View {
        device: &found.device.id,
        role: found.device.role,
        handset,
        reading: found.readings.first(),
        readings: &found.readings,
        error: trouble.map(ToString::to_string),
        cure: trouble.map(Trouble::cure),
    }
}

fn plural(devices: usize) -> String {
    if devices == 1 { "one device".to_owned() } else { format!("{devices} devices") }
}

fn as_handset(found: &Found) -> Option<Handset> {
    let handset = HandsetId::new();
    let recorded: Vec<RecordedReading> = found
        .readings
        .iter()
        .map(|reading| RecordedReading {
            id: ReadingId::new(),
            at: Timestamp::now(),
            device: Some(found.device.id.clone()),
            plugged_at: None,
            usb: None,
            handset,
            reading: reading.clone(),
        })
        .collect();
    merge(handset, &recorded)
}
