//! Checks made before Bevy starts: a display that answers, a graphics adapter. A missing one gives advice, not a panic.
//!
//! Reads the environment and opens sockets; changes nothing.

use std::{fmt, path::PathBuf};

/// Packages that bring a Vulkan driver on Debian and Ubuntu.
pub const DRIVER_PACKAGES: &str = "libvulkan1 mesa-vulkan-drivers";

/// What is missing to open a window or draw a picture.
#[derive(Debug, thiserror::Error)]
pub enum PreflightError {
    /// No display server answers.
    #[error("no display: {0}. Start from a desktop session, or use `plantcast demo` and `plantcast render`, which need none")]
    NoDisplay(String),
    /// Wayland is announced but dead while X11 works; winit would not fall back.
    #[error("WAYLAND_DISPLAY is set but {0} does not answer; unset it to use the X server {1}")]
    DeadWayland(PathBuf, String),
    /// No usable graphics adapter.
    #[error("no usable Vulkan driver was found ({0}). Debian/Ubuntu: apt install {DRIVER_PACKAGES}")]
    NoAdapter(String),
}

/// The adapter that will draw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Adapter {
    /// Name.
    pub name: String,
    /// Whether it is software.
    pub software: bool,
    /// Backend and driver.
    pub driver: String,
}

impl fmt::Display for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.name, if self.software { "software" } else { "hardware" }, self.driver)
    }
}

/// The display that will be used, in words.
///
/// # Errors
/// [`PreflightError::NoDisplay`], [`PreflightError::DeadWayland`].
pub fn check_display() -> Result<String, PreflightError> {
    let var = |k: &str| std::env::var(k).ok().filter(|v| !v.is_empty());
    if cfg!(not(target_os = "linux")) || var("WAYLAND_SOCKET").is_some() {
        return Ok("the desktop".into());
    }
    let x = var("DISPLAY").filter(|d| x_answers(d));
    let Some(wayland) = var("WAYLAND_DISPLAY") else {
        return match (x, var("DISPLAY")) {
            (Some(d), _) => Ok(format!("X11 {d}")),
            (None, Some(d)) => Err(PreflightError::NoDisplay(format!("the X server {d} does not answer"))),
            (None, None) => Err(PreflightError::NoDisplay("neither WAYLAND_DISPLAY nor DISPLAY is set".into())),
        };
    };
    let socket = match wayland.starts_with('/') {
        true => PathBuf::from(&wayland),
        false => PathBuf::from(var("XDG_RUNTIME_DIR").unwrap_or_default()).join(&wayland),
    };
    match (socket_answers(&socket), x) {
        (true, _) => Ok(format!("Wayland {wayland}")),
        (false, Some(d)) => Err(PreflightError::DeadWayland(socket, d)),
        (false, None) => Err(PreflightError::NoDisplay(format!("the Wayland socket {} does not answer, and no X server does", socket.display()))),
    }
}

#[cfg(unix)]
fn socket_answers(path: &std::path::Path) -> bool {
    std::os::unix::net::UnixStream::connect(path).is_ok()
}

#[cfg(not(unix))]
fn socket_answers(_: &std::path::Path) -> bool {
    true
}

/// Whether a local X server accepts; remote ones (`host:0`) are left to winit.
fn x_answers(display: &str) -> bool {
    let Some(rest) = display.strip_prefix(':').or_else(|| display.strip_prefix("unix:")) else { return true };
    let number = rest.split('.').next().unwrap_or("0");
    let path = format!("/tmp/.X11-unix/X{number}");
    socket_answers(std::path::Path::new(&path)) || abstract_answers(&path)
}

#[cfg(target_os = "linux")]
fn abstract_answers(name: &str) -> bool {
    use std::os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixStream},
    };
    SocketAddr::from_abstract_name(name.as_bytes()).and_then(|a| UnixStream::connect_addr(&a)).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn abstract_answers(_: &str) -> bool {
    false
}

/// The adapter that Bevy will choose; asks the way Bevy does, where Bevy would panic.
///
/// # Errors
/// [`PreflightError::NoAdapter`].
pub fn check_gpu() -> Result<Adapter, PreflightError> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::from_env().unwrap_or(wgpu::Backends::all());
    let instance = wgpu::Instance::new(descriptor);
    let adapter = bevy::tasks::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default()))
        .map_err(|e| PreflightError::NoAdapter(e.to_string()))?;
    let info = adapter.get_info();
    Ok(Adapter {
        name: info.name.clone(),
        software: info.device_type == wgpu::DeviceType::Cpu,
        driver: format!("{:?}, {}", info.backend, info.driver_info),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_that_nobody_serves_does_not_answer() {
        assert!(!x_answers(":4093"));
        assert!(x_answers("elsewhere:0"), "remote displays are left to winit");
    }

    #[test]
    fn advice_names_the_packages() {
        assert!(PreflightError::NoAdapter("none".into()).to_string().contains("mesa-vulkan-drivers"));
    }
}
