//! PDFs by hand, for what no writer makes on purpose. Included by tests of other crates, not all of
//! which need all of it.

#![allow(dead_code, reason = "see above")]

/// A PDF put together object by object; the first is the catalog, the second the page tree.
pub struct ByHand {
    objects: Vec<Vec<u8>>,
}

impl ByHand {
    /// A document of one page with this content, in Helvetica as `/F`.
    pub fn page(content: &str) -> Self {
        Self::page_with(content, "", "")
    }

    /// A page with more entries of its own and of its resources.
    pub fn page_with(content: &str, page: &str, resources: &str) -> Self {
        let mut new = Self { objects: Vec::new() };
        new.add("<< /Type /Catalog /Pages 2 0 R >>");
        new.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
        new.add(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R {page} \
             /Resources << /Font << /F 5 0 R >> {resources} >> >>"
        ));
        new.stream("", content.as_bytes());
        new.add(
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        );
        new
    }

    /// Adds an object and gives its number.
    pub fn add(&mut self, body: impl Into<Vec<u8>>) -> usize {
        self.objects.push(body.into());
        self.objects.len()
    }

    /// Adds a stream and gives its number.
    pub fn stream(&mut self, dict: &str, data: &[u8]) -> usize {
        let mut body = format!("<< /Length {} {dict} >>\nstream\n", data.len()).into_bytes();
        body.extend(data);
        body.extend(b"\nendstream");
        self.add(body)
    }

    /// Puts another body in the place of an object, counted from 1.
    pub fn replace(&mut self, number: usize, body: impl Into<Vec<u8>>) {
        self.objects[number - 1] = body.into();
    }

    /// The bytes, with a table of references.
    pub fn file(&self) -> Vec<u8> {
        let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut places = Vec::new();
        for (at, body) in self.objects.iter().enumerate() {
            places.push(file.len());
            file.extend(format!("{} 0 obj\n", at + 1).bytes());
            file.extend(body);
            file.extend(b"\nendobj\n");
        }
        let table = file.len();
        let count = places.len() + 1;
        file.extend(format!("xref\n0 {count}\n0000000000 65535 f \n").bytes());
        for place in places {
            file.extend(format!("{place:010} 00000 n \n").bytes());
        }
        let trailer = format!("trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{table}\n");
        file.extend(trailer.bytes());
        file.extend(b"%%EOF\n");
        file
    }
}

/// One line of text in Helvetica.
pub fn line(text: &str) -> String {
    format!("BT /F 9 Tf 50 700 Td ({text}) Tj ET")
}
