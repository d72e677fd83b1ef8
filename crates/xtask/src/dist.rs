//! `cargo xtask dist`: the server as it is handed out.

use crate::shell::{self, Result};

pub fn run() -> Result<()> {
    shell::run(shell::cargo().args(["build", "--release", "--package", "usher-server"]))?;
    let version = env!("CARGO_PKG_VERSION");
    let system = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let name = format!("usher-{version}-{system}");
    let folder = shell::target().join("dist").join(name);
    std::fs::create_dir_all(&folder)?;
    std::fs::copy(shell::target().join("release/usher"), folder.join("usher"))?;
    for document in ["LICENSE-MIT", "LICENSE-APACHE", "README.md"] {
        std::fs::copy(shell::root().join(document), folder.join(document))?;
    }
    println!("{}", folder.display());
    Ok(())
}
