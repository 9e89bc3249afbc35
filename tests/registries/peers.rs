//! Programs of other hands.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// Says loudly that a program is missing.
fn missing(what: &str, cure: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what} is missing; {cure}");
    eprintln!("SKIPPED: {what} is missing, so nothing is proved here; {cure}");
}

/// An official description, from the folder beside the repository.
pub fn description(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/registries").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("SKIPPED: {} is missing, so nothing is proved here", path.display());
    }
    text
}

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server that answers as a description says.
pub struct Prism {
    pub address: SocketAddr,
    _process: Process,
    _folder: tempfile::TempDir,
}

impl Prism {
    pub fn serve(description: &str) -> Option<Self> {
        let modules = std::env::var_os("TEKSER_NPM").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/npm/node_modules"),
            PathBuf::from,
        );
        let program = modules.join("@stoplight/prism-cli/dist/index.js");
        if !program.is_file() {
            missing("npm's @stoplight/prism-cli", ".ci/run tools fetches it");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("description.yaml");
        std::fs::write(&file, description).unwrap();
        let mut child = Command::new("node")
            .arg(program)
            .args(["mock", "--host", "127.0.0.1", "--port", "0"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node runs what npm fetched");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let process = Process(child);
        let address = lines
            .find_map(|line| {
                let line = line.ok()?;
                line.split_once("listening on http://")?.1.trim().parse().ok()
            })
            .expect("Prism says where it listens");
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { address, _process: process, _folder: folder })
    }
}

/// A reverse proxy that speaks HTTP/2 on its near side.
pub struct Nghttpx {
    pub address: SocketAddr,
    _process: Process,
}

/// A server's key and certificate, and who vouches for it.
pub struct Certificate {
    pub authority: PathBuf,
    key: PathBuf,
    certificate: PathBuf,
}

impl Nghttpx {
    /// In front of that server; without a certificate it speaks h2c.
    pub fn before(server: SocketAddr, certificate: Option<&Certificate>) -> Option<Self> {
        if let Err(error) = Command::new("nghttpx").arg("--version").output() {
            missing("nghttpx", &format!("apt install nghttp2-proxy ({error})"));
            return None;
        }
        // It cannot be given port 0, and another program may take the free port that we saw.
        (0..10).find_map(|_| Self::try_before(server, certificate)).or_else(|| {
            panic!("nghttpx does not start");
        })
    }

    fn try_before(server: SocketAddr, certificate: Option<&Certificate>) -> Option<Self> {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new("nghttpx");
        command
            .args(["--conf=/dev/null", "--single-process", "--workers=1", "--no-ocsp"])
            .args(["--errorlog-file=/dev/null", "--accesslog-file=/dev/null"])
            .arg(format!("--backend=127.0.0.1,{}", server.port()));
        let near = format!("--frontend=127.0.0.1,{}", address.port());
        match certificate {
            None => command.arg(format!("{near};no-tls")),
            Some(own) => command.arg(near).arg(&own.key).arg(&own.certificate),
        };
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut process = Process(child.unwrap());
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if process.0.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect(address).is_ok() {
                return Some(Self { address, _process: process });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Certificate {
    /// One for 127.0.0.1, made by an authority of its own.
    pub fn make(folder: &Path) -> Option<Self> {
        let at = |name: &str| folder.join(name);
        std::fs::write(at("extensions"), "subjectAltName=IP:127.0.0.1\n").unwrap();
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let steps: [&[&str]; 3] = [
            &["req", "-x509", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"],
            &["req", "-new", "-subj", "/CN=server", "-keyout", "server.key", "-out", "server.csr"],
            &[
                "x509",
                "-req",
                "-in",
                "server.csr",
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-extfile",
                "extensions",
                "-out",
                "server.pem",
            ],
        ];
        for step in steps {
            let mut command = Command::new("openssl");
            command
                .current_dir(folder)
                .args(step)
                .args(["-days", "2"].iter().filter(|_| step[1] != "-new"));
            if step[0] == "req" {
                command.args(key);
            }
            match command.output() {
                Ok(output) => {
                    let told = String::from_utf8_lossy(&output.stderr);
                    assert!(output.status.success(), "{step:?}: {told}");
                }
                Err(error) => {
                    missing("openssl", &format!("apt install openssl ({error})"));
                    return None;
                }
            }
        }
        Some(Self { authority: at("ca.pem"), key: at("server.key"), certificate: at("server.pem") })
    }
}
