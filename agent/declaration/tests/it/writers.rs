//! PDFs by two writers of other hands.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::by_hand::line;

/// Packed as `FlateDecode`.
pub fn packed(data: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    packer.write_all(data).unwrap();
    packer.finish().unwrap()
}

/// What lopdf does with a document on the way out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Save {
    Plain,
    Packed,
    ObjectStreams,
    /// A password to open it, and one for its owner.
    Encrypted(&'static str, &'static str),
}

/// Pages of text as lopdf writes them.
pub fn lopdf(pages: &[&str], save: Save) -> Vec<u8> {
    use lopdf::{Document, Object, SaveOptions, Stream, StringFormat, dictionary};
    let mut document = Document::with_version("1.7");
    let tree = document.new_object_id();
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier",
    });
    let resources = document.add_object(dictionary! { "Font" => dictionary! { "F" => font } });
    let mut kids = Vec::new();
    for text in pages {
        let content = document.add_object(Stream::new(dictionary! {}, line(text).into_bytes()));
        let page = document.add_object(dictionary! {
            "Type" => "Page", "Parent" => tree, "Contents" => content, "Resources" => resources,
            "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        });
        kids.push(Object::from(page));
    }
    let count = i64::try_from(kids.len()).unwrap();
    let pages = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count };
    document.objects.insert(tree, Object::Dictionary(pages));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    let id = Object::String(vec![7; 16], StringFormat::Hexadecimal);
    document.trailer.set("ID", Object::Array(vec![id.clone(), id]));
    if save != Save::Plain {
        document.compress();
    }
    if let Save::Encrypted(user, owner) = save {
        encrypt(&mut document, user, owner);
    }
    let mut file = Vec::new();
    if save == Save::ObjectStreams {
        let options = SaveOptions::builder().use_object_streams(true).use_xref_streams(true);
        document.save_with_options(&mut file, options.build()).unwrap();
    } else {
        document.save_to(&mut file).unwrap();
    }
    file
}

fn encrypt(document: &mut lopdf::Document, user: &str, owner: &str) {
    use lopdf::encryption::crypt_filters::{Aes128CryptFilter, CryptFilter};
    use lopdf::{EncryptionState, EncryptionVersion, Permissions};
    let filter: std::sync::Arc<dyn CryptFilter> = std::sync::Arc::new(Aes128CryptFilter);
    let state = EncryptionState::try_from(EncryptionVersion::V4 {
        document: &*document,
        encrypt_metadata: true,
        crypt_filters: [(b"StdCF".to_vec(), filter)].into(),
        stream_filter: b"StdCF".to_vec(),
        string_filter: b"StdCF".to_vec(),
        owner_password: owner,
        user_password: user,
        permissions: Permissions::PRINTABLE | Permissions::COPYABLE,
    });
    document.encrypt(&state.unwrap()).unwrap();
}

/// Lines of text as krilla writes them: a subset of the font, by number of sign, with a map to
/// characters. None where Debian's DejaVu fonts are missing, which CI does not allow.
pub fn krilla(lines: &[&str], turned: bool) -> Option<Vec<u8>> {
    use krilla::Document;
    use krilla::geom::{Point, Transform};
    use krilla::page::PageSettings;
    use krilla::text::{Font, TextDirection};
    let font = Path::new("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf");
    if !font.exists() {
        assert!(std::env::var_os("CI").is_none(), "not installed: fonts-dejavu-core");
        eprintln!("SKIPPED: no DejaVu fonts (Debian: fonts-dejavu-core)");
        return None;
    }
    let font = Font::new(std::fs::read(font).unwrap().into(), 0).unwrap();
    let mut document = Document::new();
    let mut page = document.start_page_with(PageSettings::from_wh(595.0, 842.0).unwrap());
    let mut surface = page.surface();
    if turned {
        surface.push_transform(&Transform::from_row(0.0, 1.0, -1.0, 0.0, 595.0, 0.0));
    }
    for (at, text) in lines.iter().enumerate() {
        let start = Point::from_xy(40.0, 60.0 + at as f32 * 14.0);
        surface.draw_text(start, font.clone(), 9.0, text, false, TextDirection::Auto);
    }
    if turned {
        surface.pop();
    }
    surface.finish();
    page.finish();
    Some(document.finish().unwrap())
}
