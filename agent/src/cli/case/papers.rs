//! Documents and devices as arguments of the command line.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context as _;
use clap::ValueEnum as _;
use sha2::{Digest as _, Sha256};
use tekser_imei::Imei;
use tokio::io::AsyncReadExt as _;

use super::super::Failure;
use crate::cases::{AttachedFile, Document, DocumentKind, FileDigest, FiledDevice, Line};

/// Longest file whose digest is taken: no paper is longer, a disk image is.
const FILE_MAX: u64 = 256 * 1024 * 1024;

/// Why an argument is no document or no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ArgumentError {
    #[error(
        "`{0}` is not of the form key=value; keys are kind, number, date, holder, devices, file"
    )]
    NoPair(String),
    #[error("there is no key `{0}`; keys are kind, number, date, holder, devices, file")]
    NoSuchKey(String),
    #[error("there is no kind of document `{0}`; kinds are {kinds}", kinds = kinds())]
    NoSuchKind(String),
    #[error("a document needs its kind: kind=tracking_number")]
    NoKind,
    #[error("{key}: {reason}")]
    BadValue { key: &'static str, reason: String },
    #[error("a device is MAKER;MODEL;IMEI;IMEI… or IMEI;IMEI…: {0}")]
    NoDevice(String),
}

fn kinds() -> String {
    DocumentKind::value_variants().iter().map(|kind| name_of(*kind)).collect::<Vec<_>>().join(", ")
}

/// The name of a kind of documents, as in JSON.
pub(super) fn name_of(kind: DocumentKind) -> String {
    kind.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// A document as it was typed: its files are not read yet.
#[derive(Debug, Clone)]
pub(super) struct DocumentText {
    document: Document,
    files: Vec<PathBuf>,
}

impl FromStr for DocumentText {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, ArgumentError> {
        let (mut kind, mut files) = (None, Vec::new());
        let mut document = Document::new(DocumentKind::Other);
        for pair in text.split(',') {
            let (key, value) =
                pair.split_once('=').ok_or_else(|| ArgumentError::NoPair(pair.to_owned()))?;
            match key.trim() {
                "kind" => kind = Some(parse_kind(value.trim())?),
                "number" => document.number = Some(parse("number", value)?),
                "date" => document.date = Some(parse("date", value)?),
                "holder" => document.holder = Some(parse("holder", value)?),
                "devices" => document.devices = Some(parse("devices", value)?),
                "file" => files.push(PathBuf::from(value)),
                other => return Err(ArgumentError::NoSuchKey(other.to_owned())),
            }
        }
        document.kind = kind.ok_or(ArgumentError::NoKind)?;
        Ok(Self { document, files })
    }
}

fn parse_kind(name: &str) -> Result<DocumentKind, ArgumentError> {
    DocumentKind::from_str(&name.replace('-', "_"), true)
        .map_err(|_| ArgumentError::NoSuchKind(name.to_owned()))
}

fn parse<T>(key: &'static str, value: &str) -> Result<T, ArgumentError>
where
    T: FromStr<Err: std::fmt::Display>,
{
    let reason = |error: T::Err| ArgumentError::BadValue { key, reason: error.to_string() };
    value.trim().parse().map_err(reason)
}

/// The documents, with size and digest of their files.
pub(super) async fn read(documents: Vec<DocumentText>) -> Result<Vec<Document>, Failure> {
    let mut all = Vec::with_capacity(documents.len());
    for DocumentText { mut document, files } in documents {
        for path in files {
            let file = attach(&path).await;
            let file = file.with_context(|| format!("cannot attach {}", path.display()));
            document.files.push(file.map_err(Failure::Usage)?);
        }
        all.push(document);
    }
    Ok(all)
}

async fn attach(path: &Path) -> anyhow::Result<AttachedFile> {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let name = Line::parse(&name)?;
    let mut file = tokio::fs::File::open(path).await?.take(FILE_MAX + 1);
    let (mut hasher, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut buffer).await?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
        hasher.update(part);
        size += part.len() as u64;
    }
    anyhow::ensure!(size <= FILE_MAX, "it is longer than {FILE_MAX} bytes");
    let digest: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(AttachedFile { name, size, sha256: FileDigest::parse(&digest)? })
}

/// A device as it was typed: `MAKER;MODEL;IMEI;IMEI…`, or its IMEIs alone.
#[derive(Debug, Clone)]
pub(super) struct DeviceText(pub FiledDevice);

impl FromStr for DeviceText {
    type Err = ArgumentError;

    fn from_str(text: &str) -> Result<Self, ArgumentError> {
        let bad = |reason: String| ArgumentError::NoDevice(reason);
        let fields: Vec<&str> = text.split(';').map(str::trim).collect();
        let mut device = FiledDevice::default();
        let imeis = match fields.as_slice() {
            [maker, model, imeis @ ..] if !is_number(maker) => {
                let line = |text: &str| match text {
                    "" => Ok(None),
                    text => Line::parse(text).map(Some).map_err(|error| bad(error.to_string())),
                };
                (device.maker, device.model) = (line(maker)?, line(model)?);
                imeis
            }
            imeis => imeis,
        };
        for text in imeis.iter().filter(|text| !text.is_empty()) {
            device.imeis.push(text.parse::<Imei>().map_err(|error| bad(error.to_string()))?);
        }
        if device.imeis.is_empty() {
            return Err(bad("it has no IMEI".to_owned()));
        }
        Ok(Self(device))
    }
}

/// Whether a field is meant as an IMEI: fourteen digits or more, whatever stands between them.
fn is_number(field: &str) -> bool {
    field.chars().filter(char::is_ascii_digit).count() >= Imei::LEN - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(text: &str, expected: &str) {
        let error = text.parse::<DocumentText>().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn a_document_is_pairs_of_keys_and_values() {
        let text =
            "kind=tracking-number, number=RB 123 CN,date=2026-03-12,devices=2,holder=850615100017";
        let document = text.parse::<DocumentText>().unwrap().document;
        assert_eq!(document.kind, DocumentKind::TrackingNumber);
        assert_eq!(document.number.unwrap().as_str(), "RB 123 CN");
        assert_eq!((document.devices, document.date.unwrap().day()), (Some(2), 12));
        assert_eq!(document.holder.unwrap().as_str(), "850615100017");
    }

    #[test]
    fn a_slip_in_a_document_is_named() {
        check_refused("number=1", "needs its kind");
        check_refused("kind=passport", "tracking_number");
        check_refused("kind=receipt,colour=red", "colour");
        check_refused("kind=receipt,12", "key=value");
        check_refused("kind=receipt,date=12.13.2026", "date");
        check_refused("kind=receipt,holder=850615100018", "check digit");
    }

    #[test]
    fn a_device_is_maker_model_and_imeis() {
        let DeviceText(device) =
            "Samsung;Galaxy A54;35-462622-354626-2;354178036859789".parse().unwrap();
        assert_eq!(device.maker.unwrap().as_str(), "Samsung");
        assert_eq!(device.imeis.len(), 2);
        let DeviceText(device) = "354626223546262".parse().unwrap();
        assert_eq!((device.maker, device.imeis.len()), (None, 1));
        for text in ["", "Samsung;Galaxy", "Samsung;Galaxy;354626223546261", "354626223546261"] {
            assert!(text.parse::<DeviceText>().is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_file_is_named_by_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("declaration.pdf");
        std::fs::write(&path, "abc").unwrap();
        let file = attach(&path).await.unwrap();
        assert_eq!((file.name.as_str(), file.size), ("declaration.pdf", 3));
        let published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(file.sha256.as_str(), published);
        assert!(attach(&folder.path().join("none")).await.is_err());
    }
}
